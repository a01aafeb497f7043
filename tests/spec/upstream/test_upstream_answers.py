"""What a client makes of an upstream's answers: bodies, statuses, types."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import msgspec
import pytest

from callboard_sdk.errors import UpstreamError
from callboard_sdk.upstream import Client, Upstream
from resolvers.upstream import State, UpstreamClient
from tests.faults import Answer, Request, Server
from tests.spec.upstream.clients import client_of

pytestmark = pytest.mark.asyncio


async def test_the_client_is_what_the_sdk_promises_to_plugins() -> None:
    async with client_of("http://127.0.0.1:1") as client:
        assert isinstance(client, Client)
        assert client.name == "stage"


async def test_a_read_goes_below_the_base_url_with_sorted_parameters_headers_and_the_current_token() -> None:
    tokens = iter(["first", "second"])
    async with Server(lambda _: Answer(body=b'{"a": 1}')) as server:
        settings: dict[str, Any] = {"headers": {"X-Tenant": "blue"}, "bearer": lambda: next(tokens)}
        async with client_of(f"{server.url}/api/v3/", **settings) as client:
            reply = await client.get("/things", {"q": "a b&c", "page": 2, "id": [1, 2]}, headers={"X-Extra": "yes"})
            await client.get("things")
    assert reply.status == 200
    assert reply.json(dict) == {"a": 1}
    assert not reply.stale
    assert [request.target for request in server.requests] == [
        "/api/v3/things?id=1&id=2&page=2&q=a%20b%26c",
        "/api/v3/things",
    ]
    assert server.requests[0].headers["x-tenant"] == "blue"
    assert server.requests[0].headers["x-extra"] == "yes"
    assert [request.headers["authorization"] for request in server.requests] == [
        "Bearer first",
        "Bearer second",
    ]


async def test_connections_are_kept_for_the_next_read() -> None:
    async with (
        Server(lambda request: Answer(404 if request.target == "/2" else 200)) as server,
        client_of(server) as client,
    ):
        await client.get("/1")
        await client.get("/2", ok=frozenset({404}))
        with pytest.raises(UpstreamError):
            await client.get("/2")
        await client.get("/3")
    assert (len(server.requests), server.connections) == (4, 1)


async def test_a_write_sends_json_once_and_is_never_retried() -> None:
    async with Server(lambda _: Answer(503)) as server, client_of(server, attempts=5) as client:
        with pytest.raises(UpstreamError) as caught:
            await client.post("/things", {"name": "x"})
    assert caught.value.reason == "UNREACHABLE"
    assert [(r.method, r.body, r.headers["content-type"]) for r in server.requests] == [
        ("POST", b'{"name":"x"}', "application/json")
    ]


@pytest.mark.parametrize(
    ("status", "reason", "retryable"),
    [
        (400, "REFUSED", False),
        (401, "UNAUTHORIZED", False),
        (403, "UNAUTHORIZED", False),
        (404, "NOT_FOUND", False),
        (408, "TIMEOUT", True),
        (410, "NOT_FOUND", False),
        (422, "REFUSED", False),
        (429, "RATE_LIMITED", True),
        (500, "BAD_ANSWER", True),
        (502, "UNREACHABLE", True),
        (503, "UNREACHABLE", True),
        (504, "UNREACHABLE", True),
    ],
)
async def test_each_status_has_a_reason_and_a_text_that_names_the_upstream_and_a_remedy(
    status: int, reason: str, retryable: bool
) -> None:
    async with Server(lambda _: Answer(status, b'{"password": "hunter2"}')) as server:
        async with client_of(server, attempts=1, headers={"X-Key": "s3cret"}) as client:
            with pytest.raises(UpstreamError) as caught:
                await client.get("/things", {"token": "in-the-query"})
    error = caught.value
    assert (error.reason, error.retryable, error.status) == (reason, retryable, status)
    assert error.extensions["upstream"] == "stage"
    assert "stage answered" in error.message
    assert "GET /things" in error.message
    assert error.message.endswith(".")
    for secret in ("hunter2", "s3cret", "in-the-query", str(server.port)):
        assert secret not in f"{error.message} {error.extensions} {error!r}"


async def test_a_quota_used_up_is_a_rate_limit_even_as_a_403() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1740788260"}  # a minute from now
    async with Server(lambda _: Answer(403, headers=headers)) as server, client_of(server) as client:
        with pytest.raises(UpstreamError) as caught:
            await client.get("/things")
    assert caught.value.reason == "RATE_LIMITED"
    assert caught.value.extensions["retryAfterSeconds"] == 60
    assert len(server.requests) == 1


async def test_statuses_that_the_plugin_expects_are_answers() -> None:
    async with Server(lambda _: Answer(404, b'"none"')) as server, client_of(server) as client:
        reply = await client.get("/things", ok=frozenset({404}))
    assert (reply.status, reply.json(str)) == (404, "none")


class Thing(msgspec.Struct):
    name: str
    sizes: list[int] = []


async def test_a_body_is_decoded_into_the_type_asked_for() -> None:
    async with (
        Server(lambda _: Answer(body=b'{"name": "box", "sizes": [1, 2], "more": {}}')) as server,
        client_of(server) as client,
    ):
        reply = await client.get("/thing")
    assert reply.json(Thing) == Thing(name="box", sizes=[1, 2])
    assert reply.json(object) == {"name": "box", "sizes": [1, 2], "more": {}}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"name": "box", "sizes": [1, "secret"]}', "Expected `int`, got `str` at `$.sizes[1]`"),
        (b'{"sizes": []}', "missing required field `name`"),
        (b"<html>secret</html>", "is not JSON"),
        (b'{"name": "\xff"}', "is not JSON"),
        (b"", "is not JSON"),
        (b"[" * 100_000, "answer"),
    ],
)
async def test_a_body_that_does_not_fit_is_a_bad_answer_that_names_the_place_and_shows_nothing_of_it(
    body: bytes, said: str
) -> None:
    async with Server(lambda _: Answer(body=body)) as server, client_of(server) as client:
        reply = await client.get("/thing")
        with pytest.raises(UpstreamError) as caught:
            reply.json(Thing)
        assert client.health.state is State.FAILING
    assert caught.value.reason == "BAD_ANSWER"
    assert said in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip", gzip.compress(b'"whole"')),
        ("x-gzip", gzip.compress(b'"wh') + gzip.compress(b'ole"')),
        ("deflate", zlib.compress(b'"whole"')),
        ("deflate", zlib.compress(b'"whole"', wbits=-15)),
        ("identity", b'"whole"'),
    ],
    ids=["gzip", "gzip, twice", "zlib", "deflate", "identity"],
)
async def test_compressed_bodies_are_read(encoding: str, content: bytes) -> None:
    async with (
        Server(lambda _: Answer(body=content, headers={"content-encoding": encoding})) as server,
        client_of(server) as client,
    ):
        reply = await client.get("/")
    assert reply.json(str) == "whole"
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [("br", b"?"), ("gzip", b"not gzip"), ("gzip", gzip.compress(b"x" * 999)[:-9]), ("deflate", b"\x00")],
    ids=["unknown", "not gzip", "cut", "not deflate"],
)
async def test_broken_or_unknown_compression_is_a_bad_answer(encoding: str, content: bytes) -> None:
    async with Server(lambda _: Answer(body=content, headers={"content-encoding": encoding})) as server:
        async with client_of(server, attempts=1) as client:
            with pytest.raises(UpstreamError) as caught:
                await client.get("/")
    assert caught.value.reason == "BAD_ANSWER"


NOTHINGS = gzip.compress(b"") * 2_000


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"x" * 20_001),
        Answer(body=b"", length=20_001),
        Answer(body=gzip.compress(b"0" * 5_000_000), headers={"content-encoding": "gzip"}),
        Answer(
            body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(NOTHINGS), NOTHINGS),
            headers={"content-encoding": "gzip", "transfer-encoding": "chunked", "content-length": ""},
        ),
        Answer(
            body=b"4e21\r\n" + b"x" * 20_001 + b"\r\n0\r\n\r\n",
            headers={"transfer-encoding": "chunked", "content-length": ""},
        ),
    ],
    ids=["announced", "announced only", "gzip bomb", "gzip of nothing, often", "chunked"],
)
async def test_an_answer_beyond_the_cap_is_refused_before_it_is_held(answer: Answer) -> None:
    if answer.headers.get("content-length") == "":
        answer = _chunked(answer)
    async with Server(lambda _: answer) as server, client_of(server, max_bytes=20_000) as client:
        with pytest.raises(UpstreamError) as caught:
            await client.get("/huge")
    assert caught.value.reason == "TOO_LARGE"
    assert "20,000 bytes" in caught.value.message
    assert len(server.requests) == 1


class _Raw(Answer):
    def encode(self) -> bytes:
        head, _, _ = Answer.encode(self).partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.startswith(b"content-length")]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def _chunked(answer: Answer) -> Answer:
    return _Raw(answer.status, answer.body, answer.headers)


async def test_a_body_just_within_the_cap_is_an_answer() -> None:
    async with (
        Server(lambda _: Answer(body=b"x" * 20_000)) as server,
        client_of(server, max_bytes=20_000) as client,
    ):
        assert len((await client.get("/")).content) == 20_000


async def test_a_token_that_cannot_be_read_is_said_without_showing_why() -> None:
    def bearer() -> str:
        raise OSError("/run/secrets/token s3cret")

    async with Server(lambda _: Answer()) as server, client_of(server, bearer=bearer) as client:
        with pytest.raises(UpstreamError) as caught:
            await client.get("/")
        assert client.health.state is State.FAILING
    assert caught.value.reason == "UNAUTHORIZED"
    assert "secret" not in caught.value.message
    assert "s3cret" not in "".join(str(one) for one in (caught.value.__cause__, caught.value.extensions))
    assert server.requests == []


async def test_a_plugins_own_words_about_its_token_are_kept() -> None:
    own = UpstreamError("stage", "UNAUTHORIZED", "the token file holds no token: write one line.", retryable=False)

    def bearer() -> str:
        raise own

    async with Server(lambda _: Answer()) as server, client_of(server, bearer=bearer) as client:
        with pytest.raises(UpstreamError) as read:
            await client.get("/")
        with pytest.raises(UpstreamError) as write:
            await client.post("/", {})
        assert client.health.last_error == own.message
    assert read.value is write.value is own
    assert server.requests == []


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "snow\u2603", "nul\x00"])
async def test_header_values_that_would_break_out_are_not_sent(value: str) -> None:
    async with Server(lambda _: Answer()) as server, client_of(server) as client:
        with pytest.raises(UpstreamError) as caught:
            await client.get("/", headers={"X-Thing": value})
    assert caught.value.reason == "REFUSED"
    assert server.requests == []


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with Server(lambda _: Answer()) as server, client_of(server) as client:
        assert (await client.get("/")).status == 200


async def test_settings_that_cannot_work_are_said_at_once() -> None:
    for upstream, said in (
        (Upstream("stage", "ftp://files"), "http or https"),
        (Upstream("stage", "https://user:pw@host/"), "credentials in headers or bearer"),
        (Upstream("stage", "https://host", ca="/nowhere/ca.pem"), "the ca of upstream stage"),
    ):
        with pytest.raises(UpstreamError) as caught:
            UpstreamClient(upstream)
        assert said in caught.value.message
        assert "pw" not in caught.value.message


async def test_health_counts_what_was_asked_and_what_went_out() -> None:
    def script(request: Request) -> Answer:
        return Answer(500 if request.target == "/bad" else 404 if request.target == "/none" else 200)

    async with Server(script) as server, client_of(server, attempts=2) as client:
        before = client.health
        await client.get("/good")
        good = client.health
        with pytest.raises(UpstreamError):
            await client.get("/bad")
        bad = client.health
        with pytest.raises(UpstreamError):
            await client.get("/none")
        none = client.health
    assert (before.state, before.calls, before.last_success) == (State.OK, 0, None)
    assert (good.state, good.calls, good.requests, good.failures) == (State.OK, 1, 1, 0)
    assert good.last_success is not None
    assert (bad.state, bad.calls, bad.requests, bad.retries, bad.failures) == (State.FAILING, 2, 3, 1, 1)
    assert bad.last_error is not None
    assert "500" in bad.last_error
    assert none.state is State.OK, "not found is an answer"
    assert len(server.requests) == none.requests == 4
    assert none.in_flight == 0
