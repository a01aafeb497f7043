"""Long work takes turns: in row loops, in encoding, in reading long documents; and ends when the request's time is up."""

import asyncio

import orjson
import pytest
from gateway.execution import turns
from gateway.execution.encode import Encoder
from gateway.execution.turns import Turns
from gateway.request import GraphQLRequest
from gateway.planning.operation import LONG
from graphql import get_introspection_query
from hypothesis import given
from hypothesis import strategies as st
from resolvers.deadline import set_deadline
from resolvers.errors import RequestDeadline

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=60,
)


async def ticking(work):
    """What the work gives, and how often another task got the event loop meanwhile."""
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(tick())
    await asyncio.sleep(0)
    before = ticks
    result = await work
    other.cancel()
    return result, ticks - before


async def test_a_long_page_gives_the_event_loop_away_between_its_rows(company_with, monkeypatch):
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    monkeypatch.setattr("gateway.execution.executor.CHUNK", 10)
    async with company_with({}, components=100) as (harness, _):
        text = "{ components(first: 100) { nodes { name ref } } }"
        answer, ticks = await ticking(harness.ask(text))
        assert len(answer.data["components"]["nodes"]) == 100
        monkeypatch.setattr(turns, "TURN_SECONDS", 60.0)
        _, few = await ticking(harness.ask(text))
        assert ticks >= few + 9


async def test_a_request_answers_the_same_however_often_it_pauses(company_with, monkeypatch):
    fields = "ref crew { people } again: crew { people } onCall { person } other: onCall { notes } tags labels { key value }"
    page = "{ components(first: 100) { nodes { %s } } more: components(first: 50) { edges { node { %s } } } }" % (fields, fields)
    async with company_with({"server": {"development": False}}, components=100) as (harness, _):
        for text in (get_introspection_query(), page):
            expected = await harness.ask(text)
            with monkeypatch.context() as often:
                often.setattr(turns, "TURN_SECONDS", 0.0)
                often.setattr("gateway.execution.executor.CHUNK", 10)
                often.setattr("gateway.execution.encode.PIECE", 1)
                assert await harness.ask(text) == expected
            assert await harness.ask(text) == expected, "what the sources hold is left as it was"


async def test_a_request_whose_time_is_up_stops_between_its_rows(company_with, monkeypatch):
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    async with company_with({}, components=100) as (harness, _):
        asked = GraphQLRequest("{ components(first: 100) { nodes { name } } }", authorization=(harness.bearer(["admin"]),))
        monkeypatch.setattr("gateway.execution.turns.remaining", lambda: 0)
        response = await harness.gateway.pipeline.answer(asked)
    assert response.status == 503 and response.codes == ("DEADLINE_EXCEEDED",)


async def test_a_turn_is_over_only_after_its_time(monkeypatch):
    set_deadline(60)
    monkeypatch.setattr(turns, "TURN_SECONDS", 60.0)
    with Turns().one() as turn:
        assert not turn.over
        monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
        assert turn.over
        set_deadline(0)
        with pytest.raises(RequestDeadline):
            await turn.share()


@given(value=st.lists(JSON, max_size=40), nodes=st.sampled_from([1, 5_001, 50_000, 1_000_000]))
async def test_a_result_encoded_in_pieces_is_the_same_bytes(value, nodes):
    set_deadline(60)
    with Turns().one() as turn:
        encoder, expected = Encoder(), orjson.dumps({"data": value})
        assert encoder.encode(await encoder.in_pieces({"data": value}, nodes, turn)) == expected


async def test_a_large_result_gives_the_event_loop_away_between_its_pieces(monkeypatch):
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    set_deadline(60)
    rows = [{"a": [{"b": i} for i in range(10)]} for _ in range(1_000)]
    expected = orjson.dumps({"data": {"rows": rows}})
    with Turns().one() as turn:
        pieces, ticks = await ticking(Encoder().in_pieces({"data": {"rows": rows}}, 110_000, turn))
    assert Encoder().encode(pieces) == expected
    assert ticks > 10


async def test_a_long_document_is_read_and_planned_while_others_go_on(company_with):
    fields = " ".join(f"c{n}: components(first: 1) {{ nodes {{ name onCall {{ person }} }} }}" for n in range(40))
    text = "{ %s }" % fields
    assert len(text) > LONG
    async with company_with({}, components=2) as (harness, _):
        (plan, _), ticks = await ticking(harness.plan(text, ["admin"]))
        assert len(plan.root.fields) == 40
        assert ticks > 2, "the event loop went on while a thread read"
        again, _ = await harness.plan(text, ["admin"])
        assert again is plan


async def test_a_document_that_can_not_be_read_in_time_is_refused_with_what_to_do(company_with):
    text = "{ components(first: 1) { nodes { name } } } #" + "x" * LONG
    async with company_with({}) as (harness, _):
        set_deadline(0)
        with pytest.raises(RequestDeadline, match="ask for less"):
            await harness.ask(text)
