"""What a client does when the upstream, or the way to it, misbehaves: limits, retries, the breaker."""

from __future__ import annotations

import asyncio
from itertools import chain, repeat

import pytest

from callboard_sdk.errors import UpstreamError
from resolvers.upstream import Limits, State
from resolvers.upstream.failure import Failed
from resolvers.upstream.gate import Gate
from tests.faults import Answer, Fault, Proxy, Request, Server
from tests.spec.upstream.clients import Hands, client_of, within

pytestmark = pytest.mark.asyncio


def in_turn(*answers: Answer) -> Server:
    """A server that gives these answers one after the other, the last one for ever."""
    rest = chain(answers, repeat(answers[-1]))
    return Server(lambda _: next(rest))


async def failing(client: object, path: str = "/") -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await client.get(path)  # type: ignore[attr-defined]
    return caught.value


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(silent=True), "TIMEOUT"),
        (Fault(delay=5), "TIMEOUT"),
        (Fault(rate=400), "TIMEOUT"),
        (Fault(cut=0), "BAD_ANSWER"),
        (Fault(cut=0, reset=True), "UNREACHABLE"),
        (Fault(cut=30), "BAD_ANSWER"),
        (Fault(cut=400), "BAD_ANSWER"),
        (Fault(cut=400, reset=True), "UNREACHABLE"),
        (Fault(garbage=b"\x00\xff SSH-2.0-hello\r\n" * 20), "BAD_ANSWER"),
    ],
    ids=str,
)
async def test_every_fault_of_a_connection_becomes_an_error_that_names_the_upstream(fault: Fault, reason: str) -> None:
    answer = Answer(body=b'"' + b"x" * 998 + b'"')
    async with Server(lambda _: answer) as server, Proxy(server.port, fault) as proxy:
        async with client_of(proxy, attempts=1, timeout=0.2 if reason == "TIMEOUT" else 5) as client:
            error = await failing(client, "/things")
            assert client.health.state is State.FAILING
            assert client.health.in_flight == 0
        async with client_of(proxy, attempts=1, timeout=5) as client:
            proxy.fault = None
            assert len((await client.get("/things")).content) == 1000
    assert error.reason == reason
    assert "stage" in error.message
    assert len(server.requests) == 2


async def test_nobody_listening_is_said_with_what_to_check() -> None:
    async with Server(lambda _: Answer()) as server:
        gone = server.url
    async with client_of(gone, attempts=1) as client:
        error = await failing(client)
    assert error.reason == "UNREACHABLE"
    assert "takes no connections" in error.message


async def test_a_name_without_an_address_is_said() -> None:
    async with client_of("http://nowhere.invalid", attempts=1) as client:
        error = await failing(client)
    assert error.reason == "UNREACHABLE"
    assert "DNS" in error.message


async def test_a_read_is_tried_again_after_a_pause_with_jitter() -> None:
    hands = Hands()
    async with in_turn(Answer(503), Answer(502), Answer(body=b'"ok"')) as server:
        async with client_of(server, attempts=3, hands=hands) as client:
            assert (await client.get("/")).json(str) == "ok"
            assert client.health.retries == 2
            assert client.health.failures == 0
    assert len(server.requests) == 3
    assert hands.slept == [0.05, 0.1], "half (the chance given) of a longest pause that doubles"


@pytest.mark.parametrize("fault", [Fault(cut=0), Fault(cut=400, reset=True), Fault(garbage=b"?" * 999)], ids=str)
async def test_a_spoilt_connection_is_never_used_again(fault: Fault) -> None:
    async with (
        Server(lambda _: Answer(body=b"1" * 999)) as server,
        Proxy(server.port, fault) as proxy,
        client_of(proxy) as client,
    ):
        await failing(client)
        proxy.fault = None
        assert (await client.get("/")).content == b"1" * 999
        assert client.health.state.name == "OK"


async def test_a_broken_connection_is_tried_again_on_another_one() -> None:
    async with Server(lambda _: Answer()) as server, Proxy(server.port, Fault(cut=10, reset=True)) as proxy:
        hands = Hands()

        async def mend(seconds: float) -> None:
            proxy.fault = None

        hands.sleep = mend  # type: ignore[method-assign]
        async with client_of(proxy, attempts=2, hands=hands) as client:
            assert (await client.get("/")).status == 200
    assert (len(server.requests), proxy.connections) == (2, 2)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 501])
async def test_what_another_try_cannot_mend_is_not_tried_again(status: int) -> None:
    async with Server(lambda _: Answer(status)) as server, client_of(server, attempts=5) as client:
        await failing(client)
    assert len(server.requests) == 1


async def test_retries_never_add_more_than_their_budget() -> None:
    async with Server(lambda _: Answer(503)) as server:
        limits = Limits(retry_share=0.2, retry_reserve=2, failures=10_000)
        async with client_of(server, attempts=3, limits=limits) as client:
            for number in range(50):
                await failing(client, f"/{number}")
    assert len(server.requests) == 50 + 2 + 9, "the reserve, and one for each five calls"


async def test_a_pause_that_the_upstream_asks_for_is_kept_to_when_it_fits() -> None:
    hands = Hands()
    async with in_turn(Answer(429, headers={"Retry-After": "2"}), Answer()) as server:
        async with client_of(server, hands=hands) as client:
            assert (await client.get("/")).status == 200
    assert len(server.requests) == 2
    assert hands.slept == [2.05]


@pytest.mark.parametrize("header", ["60", "Sat, 01 Mar 2025 00:17:40 GMT"])
async def test_a_pause_beyond_the_deadline_fails_at_once_and_says_when_to_come_back(header: str) -> None:
    hands = Hands()
    async with (
        Server(lambda _: Answer(429, headers={"Retry-After": header})) as server,
        client_of(server, hands=hands) as client,
    ):
        error = await failing(client)
        assert client.health.state is State.FAILING
    assert error.reason == "RATE_LIMITED"
    assert error.extensions["retryAfterSeconds"] == 60
    assert "in 60 s" in error.message
    assert hands.slept == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("header", ["soon", "-1", "\u0661", "Tue, 99 Foo 2025 99:99:99 GMT", "9" * 400])
async def test_an_unreadable_pause_is_no_pause_and_no_crash(header: str) -> None:
    answer = Answer(429, headers={"Retry-After": header.encode().decode("latin-1")})
    async with Server(lambda _: answer) as server, client_of(server, attempts=1) as client:
        assert (await failing(client)).reason == "RATE_LIMITED"


async def test_a_rate_limit_does_not_open_the_circuit() -> None:
    async with Server(lambda _: Answer(429)) as server:
        async with client_of(server, attempts=1, limits=Limits(failures=2)) as client:
            for _ in range(5):
                assert (await failing(client)).reason == "RATE_LIMITED"
    assert len(server.requests) == 5


async def test_a_rate_limit_is_remembered_until_the_moment_to_come_back() -> None:
    hands = Hands()
    async with in_turn(Answer(429, headers={"Retry-After": "60"}), Answer(body=b'"new"')) as server:
        async with client_of(server, attempts=3, hands=hands) as client:
            await failing(client, "/1")
            hands.seconds += 20
            early = await failing(client, "/2")
            with pytest.raises(UpstreamError) as write:
                await client.post("/3", {})
            assert client.health.requests == len(server.requests) == 1
            assert early.reason == write.value.reason == "RATE_LIMITED"
            assert early.extensions["retryAfterSeconds"] == 40
            assert "not asked again for 40 s" in early.message
            hands.seconds += 40
            assert (await client.get("/4")).json(str) == "new"
    assert hands.slept == [], "and nobody waited in vain"


async def test_calls_that_waited_behind_the_limited_one_are_not_sent() -> None:
    async with Server(lambda _: Answer(429, headers={"Retry-After": "60"}, delay=0.02)) as server:
        async with client_of(server, concurrency=1) as client:
            ended = await asyncio.gather(*(client.get(f"/{number}") for number in range(5)), return_exceptions=True)
    assert [getattr(one, "reason", one) for one in ended] == ["RATE_LIMITED"] * 5
    assert len(server.requests) == 1


async def test_a_rate_limits_longest_pause_is_bounded() -> None:
    hands = Hands()
    async with in_turn(Answer(429, headers={"Retry-After": "999999999"}), Answer()) as server:
        async with client_of(server, hands=hands, limits=Limits(quota_cap=600)) as client:
            await failing(client)
            hands.seconds += 599
            await failing(client)
            hands.seconds += 1
            assert (await client.get("/")).status == 200
    assert len(server.requests) == 2


async def test_the_circuit_opens_after_failures_in_a_row_and_closes_after_a_probe_that_succeeds() -> None:
    hands = Hands()
    async with Server(lambda _: Answer(500)) as server:
        limits = Limits(failures=3, cool_down=10)
        async with client_of(server, attempts=1, limits=limits, hands=hands) as client:
            for _ in range(3):
                assert (await failing(client)).status == 500
            opened = await failing(client)
            assert client.health.state is State.OPEN
            assert len(server.requests) == 3, "an open circuit asks nothing"
            assert opened.reason == "UNREACHABLE"
            assert opened.extensions["retryAfterSeconds"] == 10
            assert "failed 3 times in a row" in opened.message

            hands.seconds += 10
            assert (await failing(client)).status == 500, "the probe"
            assert (await failing(client)).extensions["retryAfterSeconds"] == 20, "twice as long after it"

            hands.seconds += 20
            server.script = lambda _: Answer()
            assert (await client.get("/")).status == 200
            assert client.health.state is State.OK
            assert (await client.get("/")).status == 200
    assert len(server.requests) == 6


async def test_half_open_lets_one_probe_through_at_a_time_and_a_cancelled_one_frees_the_next() -> None:
    hands = Hands()
    async with Server(lambda _: Answer(500)) as server:
        async with client_of(server, attempts=1, limits=Limits(failures=1, cool_down=1), hands=hands) as client:
            await failing(client)
            hands.seconds += 1
            server.script = lambda _: Answer(delay=5)
            probe = asyncio.create_task(client.get("/probe"))
            await seen(server, 2)
            assert "not asked again" in (await failing(client, "/other")).message
            probe.cancel()
            await asyncio.wait({probe})
            server.script = lambda _: Answer()
            assert (await client.get("/next")).status == 200
    assert len(server.requests) == 3


async def test_no_more_requests_than_the_limit_are_under_way_and_the_rest_wait_in_order() -> None:
    async with Server(lambda _: Answer(delay=0.01)) as server, client_of(server, concurrency=3) as client:
        await asyncio.gather(*(client.get(f"/{number}") for number in range(12)))
        assert client.health.in_flight == 0
    assert len(server.requests) == 12
    assert server.most_at_once == 3
    assert server.connections == 3


async def test_a_full_queue_refuses_at_once() -> None:
    async with (
        Server(lambda _: Answer(delay=0.05)) as server,
        client_of(server, concurrency=1, limits=Limits(queue=2)) as client,
    ):
        ended = await asyncio.gather(*(client.get(f"/{number}") for number in range(5)), return_exceptions=True)
    refused = [one for one in ended if isinstance(one, UpstreamError)]
    assert [one.reason for one in refused] == ["OVERLOADED", "OVERLOADED"]
    assert len(server.requests) == 3


async def test_waiting_for_a_slot_counts_as_time() -> None:
    async with Server(lambda _: Answer(delay=0.2)) as server, client_of(server, concurrency=1) as client:
        first = asyncio.create_task(client.get("/1"))
        await seen(server, 1)
        with within(0.05):
            assert (await failing(client, "/2")).reason == "TIMEOUT"
        assert (await first).status == 200
    assert len(server.requests) == 1


async def test_a_slot_that_never_comes_free_is_an_overload() -> None:
    gate = Gate("stage", slots=1, queue=1)
    now = asyncio.get_running_loop().time()
    async with gate.slot(now + 5):
        with pytest.raises(Failed) as caught:
            async with gate.slot(now + 0.02):
                raise AssertionError("there was no slot")
    assert caught.value.error.reason == "OVERLOADED"
    async with gate.slot(now + 5):
        pass


async def test_a_call_never_outlasts_the_requests_own_deadline_and_that_is_not_the_upstreams_fault() -> None:
    async with (
        Server(lambda _: Answer(delay=5)) as server,
        client_of(server, limits=Limits(failures=1)) as client,
    ):
        with within(0.05):
            read = await failing(client)
            with pytest.raises(UpstreamError) as write:
                await client.post("/", {})
        assert "the request's time was up" in read.message
        assert write.value.reason == read.reason == "TIMEOUT"
        server.script = lambda _: Answer()
        assert (await client.get("/")).status == 200, "the circuit is closed"


async def test_no_time_left_means_no_retry() -> None:
    async with (
        Server(lambda _: Answer(503, headers={"Retry-After": "3"})) as server,
        client_of(server, timeout=60) as client,
    ):
        with within(2):
            assert (await failing(client)).status == 503
    assert len(server.requests) == 1


async def test_closing_stops_what_is_under_way_and_refuses_more() -> None:
    async with Server(lambda _: Answer(delay=5)) as server:
        async with client_of(server) as client:
            asked = asyncio.create_task(client.get("/"))
            await seen(server, 1)
            await client.aclose()
            with pytest.raises(UpstreamError, match="is closed"):
                await asked
            with pytest.raises(UpstreamError, match="is closed"):
                await client.get("/")
            assert client.health.in_flight == 0


async def seen(server: Server, count: int) -> None:
    """Wait until the server has seen so many requests."""
    async with asyncio.timeout(5):
        while len(server.requests) < count:
            await asyncio.sleep(0.005)


async def test_a_redirect_is_refused_unless_allowed_and_followed_on_its_own_host_alone() -> None:
    def script(request: Request) -> Answer:
        to = {
            "/old": "/new?secret=1",
            "/away": "http://127.0.0.2:1/x",
            "/loop": "/loop",
            "/long": "/old",
            "/none": "",
        }
        if request.target in to:
            return Answer(302, headers={"Location": to[request.target]})
        return Answer(body=b'"arrived"')

    async with Server(script) as server:
        async with client_of(server) as client:
            error = await failing(client, "/old")
            assert error.reason == "REFUSED"
            assert "secret" not in error.message
            assert "Put the final address into its settings" in error.message and "allow" not in error.message
        assert len(server.requests) == 1
        async with client_of(server, redirects=True, limits=Limits(redirects=1)) as client:
            assert (await client.get("/old")).json(str) == "arrived"
            assert "another host" in (await failing(client, "/away")).message
            for path in ("/loop", "/none"):
                assert (await failing(client, path)).reason == "REFUSED"
            assert "too many" in (await failing(client, "/long")).message
            with pytest.raises(UpstreamError, match="send the request again"):
                await client.post("/old", {})
