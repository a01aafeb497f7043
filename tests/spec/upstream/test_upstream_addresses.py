"""Where a client may go: below its base URL, on its own host, never to link-local or metadata addresses."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callboard_sdk.errors import UpstreamError
from resolvers.upstream.address import Address, BadAddress
from resolvers.upstream.guard import is_refused
from tests.certificates import Authority
from tests.faults import Answer, Server
from tests.spec.upstream.clients import client_of


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("things", "https://api.example.com/v3/things"),
        ("/things?a=1#part", "https://api.example.com/v3/things?a=1&z=2"),
        ("", "https://api.example.com/v3/"),
        ("https://API.example.com:443/other?page=2", "https://api.example.com/other?page=2&z=2"),
        ("/a%2Fb/caf%C3%A9", "https://api.example.com/v3/a%2Fb/caf%C3%A9"),
    ],
)
def test_a_path_is_below_the_base_url_and_an_absolute_one_on_its_origin(path: str, url: str) -> None:
    params = {"z": 2} if "?" in path else None
    assert str(Address("https://api.example.com/v3/").at(path, params)) == url


@pytest.mark.parametrize(
    "path",
    [
        "http://api.example.com/v3/things",
        "https://api.example.com:8443/things",
        "https://evil.example/things",
        "https://api.example.com@evil.example/",
        "https://user:pw@api.example.com/",
        "//evil.example/things",
        "../admin",
        "a/../../admin",
        "a/%2e%2E/admin",
        "a/./b",
        "/a b",
        "/a\r\nHost: evil",
        "\\\\evil.example",
        "/" + "x" * 20_000,
    ],
)
def test_a_path_that_leads_elsewhere_is_refused_without_being_repeated(path: str) -> None:
    with pytest.raises(BadAddress) as caught:
        Address("https://api.example.com/v3").at(path)
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize(
    "base",
    [
        "",
        "api.example.com",
        "file:///etc/passwd",
        "https://",
        "https://a/?x=1",
        "https://u:p@a/",
        "http://[::1",
    ],
)
def test_a_base_url_that_cannot_work_is_refused(base: str) -> None:
    with pytest.raises(BadAddress, match="base URL"):
        Address(base)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "febf::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "::169.254.169.254",
        "224.0.0.1",
        "ff02::1",
    ],
)
def test_link_local_and_metadata_addresses_are_refused_in_every_spelling(address: str) -> None:
    assert is_refused(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "169.253.255.255", "2606:4700::1", "fd00::1"])
def test_private_and_public_addresses_are_allowed(address: str) -> None:
    assert not is_refused(address)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "base",
    [
        "http://169.254.169.254",
        "http://2852039166",
        "http://0xa9fea9fe",
        "http://[fe80::1]",
        "http://[::ffff:169.254.169.254]",
    ],
)
async def test_a_numeric_host_of_that_kind_is_refused_however_it_is_written(base: str) -> None:
    async with client_of(base) as client:
        with pytest.raises(UpstreamError) as caught:
            await client.get("/latest/meta-data")
    assert caught.value.reason == "REFUSED"
    assert not caught.value.retryable
    assert "link_local" in caught.value.message


class Names:
    """A resolver of names that says what a test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> None:
        self.names = names
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", self.getaddrinfo)

    async def getaddrinfo(self, host: str, port: int, **_: Any) -> list[Any]:
        if host not in self.names:
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.names[host]]


@pytest.mark.asyncio
async def test_the_address_a_name_leads_to_is_what_counts_at_each_new_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = Names(monkeypatch, {"rebinding.example": ["127.0.0.1"]})
    async with Server(lambda _: Answer()) as server:
        async with client_of(f"http://rebinding.example:{server.port}", attempts=1) as client:
            assert (await client.get("/")).status == 200
        names.names["rebinding.example"] = ["169.254.169.254"]
        async with client_of(f"http://rebinding.example:{server.port}", attempts=1) as client:
            with pytest.raises(UpstreamError, match="link-local"):
                await client.get("/")
        names.names["rebinding.example"] = ["169.254.169.254", "127.0.0.1"]
        async with client_of(f"http://rebinding.example:{server.port}", attempts=1) as client:
            assert (await client.get("/")).status == 200, "its other addresses may be used"
    assert {request.headers["host"] for request in server.requests} == {f"rebinding.example:{server.port}"}


@pytest.mark.asyncio
async def test_an_address_that_takes_no_connections_gives_way_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Names(monkeypatch, {"two.example": ["127.0.0.9", "127.0.0.1"]})
    async with Server(lambda _: Answer()) as server, client_of(f"http://two.example:{server.port}") as client:
        assert (await client.get("/")).status == 200


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    yield Authority(tmp_path)


@pytest.mark.asyncio
async def test_tls_trusts_the_named_authority_checks_the_name_and_shows_the_clients_certificate(
    authority: Authority,
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority.pem)
    context.load_cert_chain(*authority.issue("localhost"))
    context.verify_mode = ssl.CERT_REQUIRED
    mine = authority.issue("gateway")
    async with Server(lambda _: Answer(), tls=context) as server:
        base = f"https://localhost:{server.port}"
        async with client_of(base, ca=authority.pem, certificate=mine) as client:
            assert (await client.get("/")).status == 200
        async with client_of(base, verify=False, certificate=mine) as client:
            assert (await client.get("/")).status == 200
        async with client_of(base, certificate=mine, attempts=1) as client:
            with pytest.raises(UpstreamError, match="certificate is not accepted"):
                await client.get("/")
        async with client_of(base.replace("localhost", "127.0.0.1"), ca=authority.pem, certificate=mine, attempts=1) as client:
            with pytest.raises(UpstreamError, match="certificate is not accepted"):
                await client.get("/")
        async with client_of(base, ca=authority.pem, attempts=1) as client:
            with pytest.raises(UpstreamError) as caught:
                await client.get("/")
            assert caught.value.reason in ("UNREACHABLE", "BAD_ANSWER"), "as the event loop happens to see the refusal"
    assert len(server.requests) == 2
