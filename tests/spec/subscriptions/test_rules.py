"""Who may watch, and what of it: by the rules of each event's own moment."""

from __future__ import annotations

import pytest

from .newsroom import RULES, Newsroom, tagged

NEWS = "subscription { news { text } }"
NOTED = "subscription { news { text notes } }"
CHANGES = "subscription { changes { number component { name } } }"


async def test_who_may_not_read_the_root_field_opens_nothing(room: Newsroom) -> None:
    listener = room.listen(NEWS, "nobody")
    assert await listener.end() == "FORBIDDEN"
    assert (room.desk.listening, room.desk.closed) == (0, [])


@pytest.mark.parametrize("rules", [RULES, RULES + "p, nobody, Subscription.changes, read, allow\n"], ids=["none", "another"])
async def test_hidden_it_looks_as_if_there_were_none(opening, rules: str) -> None:
    async with opening(rules, policies={"denied": "hide"}) as room:
        asked = await room.listen(NEWS, "nobody").next()
        never = await room.listen("subscription { mews { text } }", "nobody").next()
        assert str(asked).replace("news", "mews") == str(never) and "FORBIDDEN" not in str(asked)
        assert room.desk.listening == 0


@pytest.mark.parametrize("denied", ["answer", "hide"])
@pytest.mark.parametrize(
    "document",
    [
        "subscription { news { text } count(to: 1) }",
        "subscription { ...f } fragment f on Subscription { news { text } count(to: 1) }",
        "subscription { __typename }",
        "subscription ($to: Int!) { count(to: $to) }",
        "subscription ($s: Boolean!) { news @skip(if: $s) { text } }",
    ],
)
async def test_what_is_wrong_is_told_to_who_may_watch_nothing(opening, document: str, denied: str) -> None:
    async with opening(policies={"denied": denied}) as room:
        told = await room.listen(document, "nobody").next()
        assert told["errors"] and all(error["extensions"]["code"] != "INTERNAL" for error in told["errors"])


async def test_a_field_below_that_is_denied_is_null_with_an_error_and_its_function_is_not_called(room: Newsroom) -> None:
    listener = await room.listening(NOTED)
    room.desk.publish("a")
    told = await listener.next()
    assert told["data"] == {"news": {"text": "a", "notes": None}}
    assert (told["errors"][0]["path"], told["errors"][0]["extensions"]["code"]) == (["news", "notes"], "FORBIDDEN")
    assert room.desk.edited == []


async def test_a_version_that_gives_or_takes_a_field_counts_from_the_next_event_on(room: Newsroom) -> None:
    listener = await room.listening(NOTED)
    room.desk.publish("a")
    assert (await listener.next())["data"]["news"] == {"text": "a", "notes": None}
    await room.put(RULES + "p, reader, permission:news.edit, read, allow\n")
    room.desk.publish("b")
    assert await listener.next() == {"data": {"news": {"text": "b", "notes": "on b"}}}
    await room.put(RULES)
    room.desk.publish("c")
    assert (await listener.next())["data"]["news"] == {"text": "c", "notes": None}


async def test_a_version_that_takes_the_permission_away_ends_the_stream(room: Newsroom) -> None:
    listener = await room.listening(NEWS)
    await room.put(RULES + "p, reader, Subscription.news, read, deny\n")
    assert await listener.end() == "FORBIDDEN"
    assert room.desk.listening == 0
    assert 'callboard_streams_ended_total{reason="FORBIDDEN"} 1.0' in room.metrics


async def test_nothing_is_sent_of_an_event_that_comes_after_the_permission_went(room: Newsroom) -> None:
    listener = await room.listening(NEWS)
    await room.put(RULES + "p, reader, Subscription.news, read, deny\n")
    room.desk.publish("secret")
    assert await listener.end() == "FORBIDDEN"


async def test_what_is_seen_follows_the_rules_too(room: Newsroom) -> None:
    listener = await room.listening(CHANGES, "tagged")
    room.desk.publish((1, tagged("seen", "open")), (2, tagged("hidden")))
    assert (await listener.next())["data"]["changes"]["number"] == 1
    await room.put(RULES.replace('"open"', '"shut"'))
    room.desk.publish((3, tagged("seen", "open")), (4, tagged("now", "shut")))
    assert (await listener.next())["data"]["changes"] == {"number": 4, "component": {"name": "now"}}


async def test_a_condition_on_the_subscription_itself_narrows_it(opening) -> None:
    narrowed = RULES + 'p, some, Subscription.changes, read, allow, "{""hasTag"": {""tag"": ""open""}}"\ng, some, catalog\n'
    async with opening(narrowed) as room:
        listener = await room.listening(CHANGES, "some")
        room.desk.publish((1, tagged("left out")), (2, tagged("seen", "open")))
        assert (await listener.next())["data"]["changes"]["number"] == 2


async def test_each_event_costs_its_points_and_who_has_none_left_is_ended(opening) -> None:
    async with opening(limits={"points": 3}) as room:
        listener = await room.listening(NEWS)
        room.desk.publish("a", "b", "c")
        assert [(await listener.next())["data"]["news"]["text"] for _ in range(2)] == ["a", "b"]
        assert await listener.end() == "RATE_LIMITED"
        assert await room.listen(NEWS).end() == "RATE_LIMITED"


async def test_the_limits_of_a_query_are_those_of_a_subscription(opening) -> None:
    async with opening(limits={"depth": 1}) as room:
        assert await room.listen(NEWS).end() == "LIMIT_EXCEEDED"


async def test_one_viewer_may_open_so_many_and_all_so_many(opening) -> None:
    async with opening(subscriptions={"viewer_streams": 1, "streams": 2}) as room:
        bob, ann, eve = (room.harness.bearer(["reader"], name) for name in ("bob", "ann", "eve"))
        first = await room.listening(NEWS, authorization=bob)
        assert await room.listen(NEWS, authorization=bob).end() == "TOO_MANY_STREAMS"
        await room.listening(NEWS, authorization=ann)
        assert await room.listen(NEWS, authorization=eve).end() == "TOO_MANY_STREAMS"
        await first.leave()
        await room.listening(NEWS, authorization=eve)
