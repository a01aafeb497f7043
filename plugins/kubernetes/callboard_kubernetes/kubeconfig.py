"""Reads a kubeconfig file: the address and the credentials that one of its contexts names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callboard_sdk.yaml import YamlError, read_documents

MAX_BYTES = 4 * 1024 * 1024
_REFUSED_USER = {
    "exec": "runs a program to get a token; the gateway runs no programs",
    "auth-provider": "uses an auth-provider, which Kubernetes itself has removed",
    "username": "signs in with user name and password, which Kubernetes itself has removed",
    "as": "acts as another user",
}
_REFUSED_CLUSTER = {
    "proxy-url": "goes through a proxy",
    "tls-server-name": "expects another server name than its address has",
}
_ADVICE = "use a context whose user has a service account's token, a tokenFile or a client certificate"


class AccessError(ValueError):
    """A cluster's address or credentials can't be read; the message says which, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """What one context says. Texts are as the file has them (data in base64), paths made absolute."""

    server: str
    verify: bool = True
    ca_file: Path | None = None
    ca_data: str | None = None
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    cert_file: Path | None = None
    cert_data: str | None = field(default=None, repr=False)
    key_file: Path | None = None
    key_data: str | None = field(default=None, repr=False)


def read_kubeconfig(path: Path, context: str | None = None) -> Kubeconfig:
    """What this context of this file says; its `current-context` without one. Raises AccessError."""
    config = _document(path)
    name = context or _text(config, "current-context")
    if not name:
        raise AccessError(f"{path} has no current-context: name one with `context`")
    chosen = _named(config, "contexts", "context", name, path)
    cluster = _named(config, "clusters", "cluster", _text(chosen, "cluster") or "", path)
    user = _named(config, "users", "user", _text(chosen, "user") or "", path)
    _refuse(user, _REFUSED_USER, f"{path}: user {_text(chosen, 'user')!r}", _ADVICE)
    _refuse(
        cluster,
        _REFUSED_CLUSTER,
        f"{path}: cluster {_text(chosen, 'cluster')!r}",
        "name a server that can be reached directly",
    )
    server = _text(cluster, "server")
    if not server:
        raise AccessError(f"{path}: cluster {_text(chosen, 'cluster')!r} has no server")
    return Kubeconfig(
        server=server,
        verify=cluster.get("insecure-skip-tls-verify") is not True,
        ca_file=_path(cluster, "certificate-authority", path),
        ca_data=_text(cluster, "certificate-authority-data"),
        token=_text(user, "token"),
        token_file=_path(user, "tokenFile", path),
        cert_file=_path(user, "client-certificate", path),
        cert_data=_text(user, "client-certificate-data"),
        key_file=_path(user, "client-key", path),
        key_data=_text(user, "client-key-data"),
    )


def read_text(path: Path, what: str) -> str:
    """The text of a file of credentials. Raises AccessError, which names the file and never shows what is in it."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise AccessError(f"{what} {path} is longer than {MAX_BYTES} bytes")
        return content.decode()
    except OSError as error:
        raise AccessError(f"{what} {path} can't be read: {error.strerror or 'no such file'}") from None
    except UnicodeDecodeError:
        raise AccessError(f"{what} {path} is not text") from None


def _document(path: Path) -> Mapping[str, Any]:
    try:
        documents = list(read_documents(read_text(path, "kubeconfig")))
    except YamlError as error:
        place = f":{error.mark.line}" if error.mark else ""
        raise AccessError(f"kubeconfig {path}{place} is not YAML: correct it with `kubectl config view`") from None
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise AccessError(f"kubeconfig {path} is not one document of kind Config")
    return documents[0].value


def _named(config: Mapping[str, Any], many: str, one: str, name: str, path: Path) -> Mapping[str, Any]:
    listed = config.get(many)
    entries = [e for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []
    found = {e["name"]: e.get(one) for e in entries if isinstance(e.get("name"), str)}
    if name not in found:
        raise AccessError(f"{path} has no {one} {name!r}; it has {', '.join(sorted(found)[:20]) or 'none'}")
    entry = found[name]
    return entry if isinstance(entry, dict) else {}


def _refuse(part: Mapping[str, Any], reasons: Mapping[str, str], where: str, advice: str) -> None:
    for key, reason in reasons.items():
        if part.get(key):
            raise AccessError(f"{where} {reason} (`{key}`): {advice}")


def _text(part: Mapping[str, Any], key: str) -> str | None:
    found = part.get(key)
    return found if isinstance(found, str) and found else None


def _path(part: Mapping[str, Any], key: str, config: Path) -> Path | None:
    found = _text(part, key)
    return config.parent.absolute() / found if found else None
