"""Turns a cluster's settings into the upstream that the gateway makes a client for: address, credentials, limits."""

from __future__ import annotations

import atexit
import base64
import binascii
import os
import ssl
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from callboard_sdk import Upstream, UpstreamError

from .kubeconfig import AccessError, Kubeconfig, read_kubeconfig, read_text
from .settings import ClusterSettings, KubernetesSettings, check_url

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its service account (Kubernetes documentation, "Accessing the API from a Pod")."""


def upstreams(settings: KubernetesSettings) -> Iterable[Upstream]:
    """The clusters that can be asked; one whose credentials can't be read is left out and says so where it is needed."""
    for cluster in settings.clusters:
        try:
            yield upstream(cluster)
        except AccessError:
            continue


def upstream(
    cluster: ClusterSettings, environ: Mapping[str, str] = os.environ, service_account: Path = SERVICE_ACCOUNT
) -> Upstream:
    """How this cluster is reached. Raises AccessError when its files can't be read or say something unusable."""
    found = _found(cluster, environ, service_account)
    try:
        check_url(found.server, plain_http=cluster.plain_http)
    except ValueError as error:
        raise AccessError(f"cluster {cluster.name}: {error}") from None
    certificate, ca = _certificate(found), _ca(found)
    _check_tls(certificate, ca)
    return Upstream(
        name=cluster.name,
        base_url=found.server.rstrip("/"),
        headers={"Accept": "application/json"},
        bearer=_bearer(cluster.name, found),
        certificate=certificate,
        ca=ca,
        verify=cluster.verify and found.verify,
        timeout=cluster.timeout_seconds,
        attempts=cluster.attempts,
        concurrency=cluster.concurrency,
        fresh_for=cluster.fresh_seconds,
    )


def _found(cluster: ClusterSettings, environ: Mapping[str, str], service_account: Path) -> Kubeconfig:
    if cluster.kubeconfig:
        return read_kubeconfig(cluster.kubeconfig, cluster.context)
    if cluster.in_cluster:
        return _in_cluster(environ, service_account)
    return Kubeconfig(
        server=cluster.url or "",
        ca_file=cluster.ca_file,
        ca_data=cluster.ca_data,
        token=cluster.token.get_secret_value() if cluster.token else None,
        token_file=cluster.token_file,
        cert_file=cluster.cert_file,
        cert_data=cluster.cert_data.get_secret_value() if cluster.cert_data else None,
        key_file=cluster.key_file,
        key_data=cluster.key_data.get_secret_value() if cluster.key_data else None,
    )


def _in_cluster(environ: Mapping[str, str], service_account: Path) -> Kubeconfig:
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT", "443")
    token = service_account / "token"
    if not host or not token.exists():
        raise AccessError("in_cluster is set and this is not a pod with a service account: use url or kubeconfig instead")
    ca = service_account / "ca.crt"
    address = f"[{host}]" if ":" in host else host
    return Kubeconfig(server=f"https://{address}:{port}", token_file=token, ca_file=ca if ca.exists() else None)


def _bearer(name: str, found: Kubeconfig) -> Callable[[], str] | None:
    token, path = found.token, found.token_file
    if path is None:
        return (lambda: token) if token else None
    _token(path)

    def read() -> str:
        try:
            return _token(path)
        except AccessError as error:
            raise UpstreamError(name, "UNAUTHORIZED", f"cluster {name}: {error}", retryable=False) from None

    return read


def _token(path: Path) -> str:
    token = read_text(path, "token file").strip()
    if not token or not token.isprintable() or not token.isascii() or " " in token:
        raise AccessError(f"token file {path} holds no token: it has to be one line of printable ASCII")
    return token


def _certificate(found: Kubeconfig) -> tuple[Path, Path] | None:
    cert = _file(found.cert_file, found.cert_data, "client certificate")
    key = _file(found.key_file, found.key_data, "client key")
    if bool(cert) != bool(key):
        raise AccessError("a client certificate needs both its certificate and its key")
    return (cert, key) if cert and key else None


def _check_tls(certificate: tuple[Path, Path] | None, ca: Path | str | None) -> None:
    """Load what TLS will load, so that a mistake here is this cluster's own and no other's."""
    try:
        if ca is not None:
            text = ca if isinstance(ca, str) else read_text(ca, "certificate authority")
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        raise AccessError("the certificate authority is not a PEM certificate") from None
    try:
        if certificate is not None:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(*certificate, password=lambda: "")
    except (OSError, ValueError):
        raise AccessError("client certificate and key don't belong together, or the key is encrypted: use plain PEM") from None


def _file(path: Path | None, data: str | None, what: str) -> Path | None:
    if data is not None:
        return _private_file(_pem(data, what))
    if path is not None:
        _pem(read_text(path, what), f"{what} {path}")
    return path


def _ca(found: Kubeconfig) -> Path | str | None:
    if found.ca_data is not None:
        return _pem(found.ca_data, "certificate authority")
    if found.ca_file is not None:
        _pem(read_text(found.ca_file, "certificate authority"), f"certificate authority {found.ca_file}")
    return found.ca_file


def _pem(data: str, what: str) -> str:
    text = data
    if "-----BEGIN " not in data:
        try:
            text = base64.b64decode("".join(data.split()), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            text = ""
    if "-----BEGIN " not in text:
        raise AccessError(f"the {what} is neither PEM nor PEM in base64")
    return text


def _private_file(text: str) -> Path:
    """A file that only this user may read, gone when the process ends: TLS libraries load keys from files alone."""
    handle, name = tempfile.mkstemp(prefix="callboard-", suffix=".pem")
    path = Path(name)
    atexit.register(path.unlink, missing_ok=True)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return path
