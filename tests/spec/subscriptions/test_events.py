"""Source streams and response streams (GraphQL spec, section 6.2.3): each event is executed by itself."""

from __future__ import annotations

import asyncio

import pytest
from gateway.request import GraphQLRequest
from resolvers.plugins import FAILURES_BEFORE_QUARANTINE

from .newsroom import SOON, Newsroom, tagged

NEWS = "subscription { news { text source } }"


async def test_each_event_is_the_root_fields_value(room: Newsroom) -> None:
    listener = await room.listening("subscription Watch { latest: news { text wire __typename } }")
    room.desk.publish("a", "b")
    assert await listener.next() == {"data": {"latest": {"text": "a", "wire": "wired", "__typename": "Headline"}}}
    assert await listener.next() == {"data": {"latest": {"text": "b", "wire": "wired", "__typename": "Headline"}}}


async def test_a_source_that_is_over_ends_the_stream(room: Newsroom) -> None:
    listener = room.listen("subscription ($to: Int!) { count(to: $to) }", variables={"to": 3})
    await listener.begun()
    assert [await listener.next() for _ in range(3)] == [{"data": {"count": n}} for n in range(3)]
    assert await listener.end() is None
    assert 'callboard_streams_ended_total{reason="complete"} 1.0' in room.metrics


async def test_arguments_and_what_is_injected_reach_the_source(room: Newsroom) -> None:
    listener = await room.listening('subscription { news(topic: "x") { text source } }')
    room.desk.publish("y", "xyz")
    assert await listener.next() == {"data": {"news": {"text": "xyz", "source": "tester"}}}


async def test_an_error_of_one_event_does_not_end_the_stream(room: Newsroom) -> None:
    listener = await room.listening("subscription { news { text wire } }")
    room.desk.publish("bad", "good")
    told = await listener.next()
    assert told["data"] == {"news": {"text": "bad", "wire": None}}
    assert (told["errors"][0]["path"], told["errors"][0]["message"]) == (["news", "wire"], "the wire is cut")
    assert await listener.next() == {"data": {"news": {"text": "good", "wire": "wired"}}}


async def test_a_source_that_breaks_ends_the_stream_with_an_error_that_names_its_plugin(room: Newsroom) -> None:
    listener = await room.listening(NEWS)
    room.desk.publish("a", RuntimeError("password=hunter2"))
    assert (await listener.next())["data"] == {"news": {"text": "a", "source": "tester"}}
    told = await listener.next()
    assert "data" not in told and "hunter2" not in str(told)
    assert told["errors"][0]["message"].startswith("news of plugin 'news' failed")
    assert (told["errors"][0]["extensions"]["code"], told["errors"][0]["extensions"]["plugin"]) == ("INTERNAL", "news")
    assert await listener.next() is None


async def test_a_source_that_keeps_breaking_is_left_out_for_a_while(room: Newsroom) -> None:
    for _ in range(FAILURES_BEFORE_QUARANTINE):
        listener = await room.listening(NEWS, "admin")
        room.desk.publish(RuntimeError("again"))
        assert await listener.end() == "INTERNAL"
    assert await room.listen(NEWS, "admin").end() == "PLUGIN_UNAVAILABLE"


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("subscription { news { text } count(to: 1) }", "only one top level field"),
        ("subscription { a: news { text } b: news { text } }", "only one top level field"),
        ("subscription { __typename }", "introspection"),
        ("subscription ($s: Boolean!) { news @skip(if: $s) { text } }", "@skip"),
        ("subscription { ...f } fragment f on Subscription { news { text } count(to: 1) }", "only one top level field"),
    ],
)
async def test_a_subscription_has_exactly_one_root_field(room: Newsroom, document: str, says: str) -> None:
    told = await room.listen(document).next()
    assert told["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED" and says in told["errors"][0]["message"]
    assert room.desk.listening == 0


async def test_variables_that_do_not_fit_open_nothing(room: Newsroom) -> None:
    told = await room.listen("subscription ($to: Int!) { count(to: $to) }", variables={"to": "x"}).next()
    assert told["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_queries_and_mutations_are_answered_once(room: Newsroom) -> None:
    for document, answer in [
        ("{ latest { text } }", {"latest": {"text": "old news"}}),
        ("mutation { printIt(count: 2) }", {"printIt": 2}),
        ("query subscription { latest { text } }", {"latest": {"text": "old news"}}),
    ]:
        listener = room.listen(document, "admin")
        assert await listener.next() == {"data": answer}
        assert await listener.end() is None


async def test_a_way_that_takes_one_response_refuses_a_subscription_and_says_what_to_do(room: Newsroom) -> None:
    asked = GraphQLRequest(NEWS, authorization=[room.harness.bearer(["reader"])])
    response = await room.harness.gateway.pipeline.answer(asked)
    assert (response.status, response.codes, response.executed) == (406, ("STREAM_NEEDED",), False)
    assert b"text/event-stream" in response.body and b"graphql-transport-ws" in response.body


async def test_who_leaves_closes_the_source_at_once(room: Newsroom) -> None:
    listener = await room.listening(NEWS)
    await listener.leave()
    assert (room.desk.listening, room.desk.closed) == (0, ["cancelled"])
    assert 'callboard_streams{transport="test"} 0.0' in room.metrics
    assert 'callboard_streams_ended_total{reason="client"} 1.0' in room.metrics


async def test_a_listener_whose_task_is_cancelled_closes_the_source(room: Newsroom) -> None:
    before = asyncio.all_tasks()
    listener = await room.listening(NEWS)
    waiting = asyncio.create_task(listener.next())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await listener.leave()
    assert room.desk.listening == 0
    await room.until(lambda: not asyncio.all_tasks() - before)


async def test_the_metrics_tell_what_is_open_and_what_was_sent(room: Newsroom) -> None:
    listener = await room.listening(NEWS)
    room.desk.publish("a")
    await listener.next()
    assert 'callboard_streams{transport="test"} 1.0' in room.metrics
    assert 'callboard_stream_events_total{transport="test"} 1.0' in room.metrics
    assert 'callboard_requests_total{operation="subscription",outcome="ok"} 1.0' in room.metrics
    await listener.leave()


async def test_a_slow_reader_is_ended_and_its_source_stands_still(opening) -> None:
    async with opening(subscriptions={"queue": 2, "patience_seconds": 0.05}) as room:
        listener = await room.listening(NEWS)
        room.desk.publish(*"abcdefgh")
        await room.until(lambda: bool(room.desk.closed))
        assert await listener.end() == "SLOW_READER"


async def test_a_slow_reader_isnt_ended_for_events_that_are_hidden_from_it(opening) -> None:
    async with opening(subscriptions={"queue": 2, "patience_seconds": 0.05}) as room:
        listener = await room.listening("subscription { changes { number } }", "tagged")
        hidden = [(number, tagged("hidden")) for number in range(1, 9)]
        room.desk.publish(*hidden, (9, tagged("seen", "open")), *hidden, (10, tagged("also", "open")), *hidden)
        await asyncio.sleep(0.3)
        assert room.desk.closed == []
        assert [(await listener.next())["data"]["changes"]["number"] for _ in range(2)] == [9, 10]
        room.desk.publish(*hidden, *[(number, tagged("seen", "open")) for number in (11, 12, 13)])
        await room.until(lambda: bool(room.desk.closed))
        assert await listener.end() == "SLOW_READER"


async def test_what_fails_to_show_while_it_waits_is_left_out_for_who_does_not_see_everything(opening) -> None:
    async with opening(subscriptions={"queue": 1, "patience_seconds": 0.05}) as room:
        listener = await room.listening("subscription { changes { number } }", "tagged")
        room.desk.publish((1, tagged("seen", "open")), *[(number, RuntimeError("hunter2")) for number in (2, 3, 4)])
        await asyncio.sleep(0.3)
        assert room.desk.closed == []
        assert (await listener.next())["data"]["changes"]["number"] == 1


async def test_a_reader_that_keeps_up_gets_more_than_may_wait(opening) -> None:
    async with opening(subscriptions={"queue": 2, "patience_seconds": SOON}) as room:
        listener = room.listen("subscription { count(to: 100) }")
        await listener.begun()
        assert [(await listener.next())["data"]["count"] for _ in range(100)] == list(range(100))
        assert await listener.end() is None


async def test_hidden_objects_change_in_silence(room: Newsroom) -> None:
    listener = await room.listening("subscription { changes { number component { name } } }", "tagged")
    room.desk.publish((1, tagged("hidden")), (2, tagged("seen", "open")), (3, tagged("hidden")), (4, tagged("also", "open")))
    assert await listener.next() == {"data": {"changes": {"number": 2, "component": {"name": "seen"}}}}
    assert await listener.next() == {"data": {"changes": {"number": 4, "component": {"name": "also"}}}}


async def test_hidden_events_cost_nothing_for_that_would_tell(opening) -> None:
    async with opening(limits={"points": 5}) as room:
        listener = await room.listening("subscription { changes { number } }", "tagged", extensions={"cost": True})
        for number in range(20):
            room.desk.publish((number, tagged("hidden")))
        room.desk.publish((20, tagged("seen", "open")))
        told = await listener.next()
        assert (told["data"], told["extensions"]["cost"]["remaining"]) == ({"changes": {"number": 20}}, 3)


@pytest.mark.parametrize("roles", [("admin",), ("tagged",)])
async def test_a_failure_of_what_shows_an_event_is_told_to_those_alone_who_see_everything(room: Newsroom, roles) -> None:
    listener = await room.listening("subscription { changes { number } }", *roles)
    room.desk.publish((1, RuntimeError("hunter2")), (2, tagged("seen", "open")))
    told = await listener.next()
    if "tagged" not in roles:
        assert told["errors"][0]["extensions"]["code"] == "INTERNAL" and "hunter2" not in str(told)
        told = await listener.next()
    assert told == {"data": {"changes": {"number": 2}}}


async def test_hidden_events_that_fail_cost_the_viewer_none_of_the_others(room: Newsroom) -> None:
    listener = await room.listening("subscription { changes { number } }", "tagged")
    for number in range(2 * FAILURES_BEFORE_QUARANTINE):
        room.desk.publish((number, RuntimeError("hidden")))
    room.desk.publish((99, tagged("seen", "open")))
    assert await listener.next() == {"data": {"changes": {"number": 99}}}
