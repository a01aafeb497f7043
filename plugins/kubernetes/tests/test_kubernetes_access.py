"""How clusters are reached: settings, kubeconfig files, service accounts, tokens and certificates."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from callboard_kubernetes.access import upstream, upstreams
from callboard_kubernetes.cluster import Clusters
from callboard_kubernetes.kubeconfig import AccessError
from callboard_kubernetes.plugin import query_clusters
from callboard_kubernetes.settings import ClusterSettings, KubernetesSettings
from callboard_sdk import Clients, UpstreamError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

URL = "https://cluster.test"


def _cluster(**settings: Any) -> ClusterSettings:
    return ClusterSettings.model_validate({"name": "prod", **settings})


@pytest.fixture(scope="module")
def pem() -> tuple[str, str]:
    """A certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Callable[..., Path]:
    """Writes a kubeconfig with one cluster, one user and one context of these contents."""

    def write(user: Any = None, cluster: Any = None, **more: Any) -> Path:
        config = {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": URL, **(cluster or {})}}],
            "users": [{"name": "u", "user": user or {}}],
        }
        path = tmp_path / "config"
        path.write_text(json.dumps(config | more))
        return path

    return write


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "exactly one of url, kubeconfig, in_cluster; got none of them"),
        ({"url": URL, "in_cluster": True}, "got url and in_cluster"),
        ({"url": "http://cluster.test"}, "travel in the clear"),
        ({"url": "ftp://cluster.test"}, "not a web address"),
        ({"url": "https://"}, "not a web address"),
        ({"url": "https://[::1"}, "can't be read"),
        ({"url": "https://me:secret@cluster.test"}, "holds credentials"),
        ({"url": URL, "token": "a", "token_file": "b"}, "token and token_file say the same"),
        ({"url": URL, "cert_file": "a"}, "needs both parts"),
        ({"url": URL, "context": "x"}, "context goes with kubeconfig alone"),
        ({"kubeconfig": "x", "token": "a"}, "token go with url alone"),
        ({"url": URL, "name": "a/b"}, "a cluster's name has"),
        ({"url": URL, "namespaces": ["A"]}, "not a namespace"),
        ({"url": URL, "timeout_seconds": 0}, "greater than 0"),
        ({"url": URL, "tokn": "a"}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_what_to_write(settings: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as refused:
        _cluster(**settings)
    assert "secret" not in str(refused.value)


def test_two_clusters_may_not_share_a_name() -> None:
    with pytest.raises(ValidationError, match="two clusters are named 'prod'"):
        KubernetesSettings.model_validate({"clusters": [{"name": "prod", "url": URL}] * 2})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8001", "http://localhost:8001", "http://[::1]:8001"])
def test_plain_http_is_for_this_machine(url: str) -> None:
    assert upstream(_cluster(url=url)).base_url == url
    assert upstream(_cluster(url="http://cluster.test", plain_http=True)).base_url == "http://cluster.test"


def test_limits_are_the_upstreams() -> None:
    made = upstream(_cluster(url=URL + "/", timeout_seconds=7, attempts=1, concurrency=4, fresh_seconds=1, verify=False))
    assert (made.name, made.base_url, made.timeout, made.attempts, made.concurrency, made.fresh_for, made.verify) == (
        "prod", URL, 7, 1, 4, 1, False,
    )  # fmt: skip


def test_a_token_file_is_read_again_for_each_request(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    made = upstream(_cluster(url=URL, token_file=str(path)))
    assert made.bearer is not None and made.bearer() == "first"
    path.write_text("second")
    assert made.bearer() == "second"
    path.unlink()
    with pytest.raises(UpstreamError, match="can't be read") as lost:
        made.bearer()
    assert (lost.value.upstream, lost.value.reason) == ("prod", "UNAUTHORIZED")


def test_a_secret_never_shows() -> None:
    settings = _cluster(url=URL, token="s3cret")
    made = upstream(settings)
    assert made.bearer is not None and made.bearer() == "s3cret"
    assert "s3cret" not in repr(settings) + repr(made) + str(settings.model_dump())


@pytest.mark.parametrize("content", ["", "two words", "line\nline", "caf\u00e9", "\x00"])
def test_a_token_file_without_a_token_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "token"
    path.write_text(content)
    with pytest.raises(AccessError, match="holds no token") as refused:
        upstream(_cluster(url=URL, token_file=str(path)))
    assert not content or content not in str(refused.value)


def test_a_client_certificate_may_be_a_file_or_data(tmp_path: Path, pem: tuple[str, str]) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_text(pem[0])
    key.write_text(pem[1])
    assert upstream(_cluster(url=URL, cert_file=str(cert), key_file=str(key))).certificate == (cert, key)

    encoded = base64.b64encode(pem[1].encode()).decode()
    made = upstream(_cluster(url=URL, cert_data=pem[0], key_data=encoded, ca_data=pem[0]))
    assert made.certificate is not None
    assert [path.read_text() for path in made.certificate] == list(pem)
    assert [stat.S_IMODE(path.stat().st_mode) for path in made.certificate] == [0o600, 0o600]
    assert made.ca == pem[0]
    assert encoded[:40] not in repr(made)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cert_data": "x", "key_data": "y"}, "neither PEM nor PEM in base64"),
        ({"ca_data": "x"}, "neither PEM nor PEM in base64"),
        ({"ca_data": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"}, "not a PEM certificate"),
        ({"ca_file": "missing.pem"}, "missing.pem can't be read: No such file"),
        ({"token_file": "missing"}, "token file missing can't be read"),
    ],
)
def test_credentials_that_cannot_be_used_are_told(settings: Any, said: str) -> None:
    with pytest.raises(AccessError, match=said):
        upstream(_cluster(url=URL, **settings))


def test_a_certificate_without_its_own_key_is_told(pem: tuple[str, str]) -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    with pytest.raises(AccessError, match="don't belong together, or the key is encrypted"):
        upstream(_cluster(url=URL, cert_data=pem[0], key_data=other.decode()))


def test_a_kubeconfig_brings_address_and_token(kubeconfig: Any, tmp_path: Path, pem: tuple[str, str]) -> None:
    encoded = base64.b64encode(pem[0].encode()).decode()
    path = kubeconfig({"token": "t"}, {"certificate-authority-data": encoded})
    made = upstream(_cluster(kubeconfig=str(path)))
    assert (made.base_url, made.bearer and made.bearer(), made.ca, made.verify) == (URL, "t", pem[0], True)

    (tmp_path / "tok").write_text("from a file")
    with pytest.raises(AccessError, match="holds no token"):
        upstream(_cluster(kubeconfig=str(kubeconfig({"tokenFile": "tok"}))))
    (tmp_path / "tok").write_text("from-a-file")
    made = upstream(_cluster(kubeconfig=str(kubeconfig({"tokenFile": "tok"}, {"insecure-skip-tls-verify": True}))))
    assert (made.bearer and made.bearer(), made.verify) == ("from-a-file", False)


def test_a_kubeconfig_brings_a_client_certificate(kubeconfig: Any, tmp_path: Path, pem: tuple[str, str]) -> None:
    data = [base64.b64encode(part.encode()).decode() for part in pem]
    made = upstream(_cluster(kubeconfig=str(kubeconfig({"client-certificate-data": data[0], "client-key-data": data[1]}))))
    assert made.certificate and made.certificate[1].read_text() == pem[1]
    for name, part in zip(("c.pem", "k.pem"), pem, strict=True):
        (tmp_path / name).write_text(part)
    made = upstream(_cluster(kubeconfig=str(kubeconfig({"client-certificate": "c.pem", "client-key": "k.pem"}))))
    assert made.certificate == (tmp_path / "c.pem", tmp_path / "k.pem"), "paths are relative to the file"


@pytest.mark.parametrize(
    ("user", "cluster", "said"),
    [
        ({"exec": {"command": "aws"}}, {}, "user 'u' runs a program to get a token; the gateway runs no programs"),
        ({"auth-provider": {"name": "gcp"}}, {}, "uses an auth-provider"),
        ({"username": "me", "password": "s3cret"}, {}, "signs in with user name and password"),
        ({"as": "root"}, {}, "acts as another user"),
        ({}, {"proxy-url": "http://proxy"}, "goes through a proxy"),
        ({}, {"server": ""}, "cluster 'c' has no server"),
        ({}, {"server": "http://cluster.test"}, "travel in the clear"),
        ({"client-certificate-data": "LQ=="}, {}, "neither PEM nor PEM in base64"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_says_why(kubeconfig: Any, user: Any, cluster: Any, said: str) -> None:
    with pytest.raises(AccessError, match=said) as refused:
        upstream(_cluster(kubeconfig=str(kubeconfig(user, cluster))))
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"current-context": ""}, "has no current-context"),
        ({"current-context": "there"}, "has no context 'there'; it has here"),
        ({"clusters": []}, "has no cluster 'c'; it has none"),
        ({"clusters": 7}, "has no cluster 'c'; it has none"),
        ({"users": [{"name": "v"}, 3]}, "has no user 'u'; it has v"),
        ({"contexts": [{"name": "here", "context": None}]}, "has no cluster ''"),
    ],
)
def test_a_kubeconfig_with_a_part_missing_says_which(kubeconfig: Any, config: Any, said: str) -> None:
    with pytest.raises(AccessError, match=said):
        upstream(_cluster(kubeconfig=str(kubeconfig(**config))))


@pytest.mark.parametrize("text", ["a: [", "", "- 1", "a: 1\n---\nb: 2", "\x00"])
def test_a_kubeconfig_that_is_none_says_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(AccessError, match="is not"):
        upstream(_cluster(kubeconfig=str(path)))


def test_another_context_can_be_chosen(kubeconfig: Any) -> None:
    path = kubeconfig(
        clusters=[{"name": "d", "cluster": {"server": "https://other.test"}}],
        contexts=[{"name": "there", "context": {"cluster": "d", "user": "u"}}],
    )
    assert upstream(_cluster(kubeconfig=str(path), context="there")).base_url == "https://other.test"


def test_a_pods_own_service_account_is_used_in_a_cluster(tmp_path: Path, pem: tuple[str, str]) -> None:
    (tmp_path / "token").write_text("mine")
    (tmp_path / "ca.crt").write_text(pem[0])
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}
    made = upstream(_cluster(in_cluster=True), environ, tmp_path)
    assert (made.base_url, made.bearer and made.bearer(), made.ca) == ("https://10.0.0.1:6443", "mine", tmp_path / "ca.crt")
    assert upstream(_cluster(in_cluster=True), environ | {"KUBERNETES_SERVICE_HOST": "fd00::1"}, tmp_path).base_url == (
        "https://[fd00::1]:6443"
    )
    with pytest.raises(AccessError, match="not a pod with a service account"):
        upstream(_cluster(in_cluster=True), {}, tmp_path)


async def test_a_cluster_with_unusable_credentials_costs_no_other(fleet: Any, make: Any) -> None:
    settings = KubernetesSettings.model_validate(
        {"clusters": [{"name": "lost", "url": URL, "token_file": "missing"}, {"name": "prod", "url": URL}]}
    )
    assert [made.name for made in upstreams(settings)] == ["prod"]

    page = fleet(make.cluster("prod", objects={"deployments": [make.deployment("web")]}))
    page.clusters = Clusters.of(settings, Clients(page.clients))
    (state,) = await page.states(make.component("a", id="web"))
    assert state.summary == "2 of 2 pods ready; no answer from lost"
    assert str(state.workloads[1]) == "cluster lost: token file missing can't be read: No such file or directory"
    assert [c.reachable for c in await query_clusters(page.clusters)] == [False, True]
