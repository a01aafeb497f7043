"""Which clusters there are and how each is reached; checked when the gateway reads its settings."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from callboard_sdk import Secret, Settings
from pydantic import Field, field_validator, model_validator

from .kinds import WorkloadKind

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""A namespace's name (RFC 1123 label): nothing else may stand in a path."""


class ClusterSettings(Settings):
    """One cluster: where its API is, what proves who asks, and how much it may be asked."""

    name: str
    """What people call it; what `backstage.io/kubernetes-cluster` names, and errors show."""
    url: str | None = None
    """Its API server's address, unless `kubeconfig` or `in_cluster` says it."""
    kubeconfig: Path | None = None
    """A kubeconfig file that says address and credentials; users with `exec`, `auth-provider` or a password are refused."""
    context: str | None = None
    """Which of the kubeconfig's contexts; its current one without this."""
    in_cluster: bool = False
    """Use the service account of the pod that the gateway itself runs in."""
    token: Secret | None = None
    """A bearer token. Prefer `token_file`, which is read again for each request."""
    token_file: Path | None = None
    """A file that holds the bearer token."""
    cert_file: Path | None = None
    """A client certificate, PEM."""
    key_file: Path | None = None
    """The client certificate's key, PEM."""
    cert_data: Secret | None = None
    """A client certificate: PEM, or PEM in base64 as kubeconfigs have it."""
    key_data: Secret | None = None
    """The client certificate's key: PEM, or PEM in base64."""
    ca_file: Path | None = None
    """What signs the server's certificate, PEM; the system's authorities without it."""
    ca_data: str | None = None
    """What signs the server's certificate: PEM, or PEM in base64."""
    verify: bool = True
    """Whether the server's certificate is checked. Turn it off for a throw-away cluster alone."""
    plain_http: bool = False
    """Allow an http:// address that isn't this machine's: whoever listens on the way reads the token."""
    namespaces: tuple[str, ...] = ()
    """The namespaces that may be read; all of them when none is named. Cluster-wide lists become one list of each."""
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 3.0
    """How long one request may take."""
    attempts: Annotated[int, Field(ge=1, le=5)] = 2
    """How often a read that failed is tried in all."""
    concurrency: Annotated[int, Field(ge=1, le=64)] = 16
    """How many requests may be under way at once."""
    fresh_seconds: Annotated[float, Field(ge=0, le=3600)] = 15.0
    """How long an answer is used again without asking."""
    page_size: Annotated[int, Field(ge=10, le=5000)] = 500
    """How many objects one page of a list holds."""
    max_objects: Annotated[int, Field(ge=100, le=1_000_000)] = 20_000
    """How many objects one list may hold in all; a longer one is refused with an error."""

    @field_validator("name")
    @classmethod
    def _named(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("a cluster's name has at most 63 letters, digits, `-`, `_` and `.`, like prod-eu")
        return name

    @field_validator("namespaces")
    @classmethod
    def _namespaced(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not NAMESPACE.fullmatch(name):
                raise ValueError(f"{name[:80]!r} is not a namespace: lower-case letters, digits and `-`, at most 63")
        return tuple(dict.fromkeys(names))

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        ways = [way for way in ("url", "kubeconfig", "in_cluster") if getattr(self, way)]
        if len(ways) != 1:
            raise ValueError(f"say where the cluster is with exactly one of url, kubeconfig, in_cluster; got {_and(ways)}")
        proofs = [key for key in _PROOFS if getattr(self, key) is not None]
        if proofs and ways != ["url"]:
            raise ValueError(f"{_and(proofs)} go with url alone: {ways[0]} brings its own credentials")
        if self.context and not self.kubeconfig:
            raise ValueError("context goes with kubeconfig alone")
        for either, other in _ALTERNATIVES:
            if getattr(self, either) is not None and getattr(self, other) is not None:
                raise ValueError(f"{either} and {other} say the same: keep one")
        if bool(self.cert_file or self.cert_data) != bool(self.key_file or self.key_data):
            raise ValueError("a client certificate needs both parts: cert_file or cert_data, and key_file or key_data")
        if self.url:
            check_url(self.url, plain_http=self.plain_http)
        return self


_PROOFS = ("token", "token_file", "cert_file", "key_file", "cert_data", "key_data", "ca_file", "ca_data")
_ALTERNATIVES = (
    ("token", "token_file"),
    ("cert_file", "cert_data"),
    ("key_file", "key_data"),
    ("ca_file", "ca_data"),
)


class KubernetesSettings(Settings):
    """The clusters that are asked, and for what."""

    clusters: tuple[ClusterSettings, ...] = ()
    """The clusters; each entity is looked for in all of them unless an annotation names one."""
    kinds: tuple[WorkloadKind, ...] = tuple(WorkloadKind)
    """The kinds of workload that are listed; leave out what the clusters' roles don't let the gateway list."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [cluster.name for cluster in self.clusters]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two clusters are named {name!r}: give each a name of its own")
        return self


def check_url(url: str, *, plain_http: bool) -> None:
    """Raise ValueError unless this is an address that a token may be sent to."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the address can't be read: write https://host[:port][/path]") from None
    if parts.scheme not in ("https", "http") or not host:
        raise ValueError("the address is not a web address: write https://host[:port][/path]")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("the address holds credentials, a query or a fragment: leave them out, and use token_file")
    if parts.scheme == "http" and not plain_http and not _loopback(host):
        raise ValueError("the token would travel in the clear: write https://, or allow it with plain_http: true")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _and(words: list[str]) -> str:
    return " and ".join(words) or "none of them"
