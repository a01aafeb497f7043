"""Values of arguments are a request's own: they are never part of a plan, and what one call does to them no other call sees."""

from __future__ import annotations

import pytest
import pytest_asyncio

from .zoo import make_zoo, planned, running_zoo

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory):
    zoo = make_zoo()
    async with running_zoo(tmp_path_factory.mktemp("zoo"), zoo) as harness:
        yield zoo, harness


@pytest.fixture
def harness(running):
    zoo, harness = running
    zoo.calls.clear()
    return harness


async def test_requests_that_differ_in_values_share_a_plan_and_get_their_own_answers(harness):
    document = (
        "query ($n: Int!, $w: [String!]!) { things(first: $n) { nodes { ... on Component { fed(times: $n, withWhat: $w) } } } }"
    )
    plans, answers = set(), []
    for values in ({"n": 1, "w": ["hay"]}, {"n": 4, "w": ["oats", "hay"]}, {"n": 1, "w": []}):
        plans.add(await planned(harness, document, values))
        answer = await harness.ask(document, values, roles=["keeper"])
        answers.append([node["fed"] for node in answer.data["things"]["nodes"] if node])
    assert len(plans) == 1
    assert answers == [["a: 1 x hay"], ["a: 4 x oats+hay", "d: 4 x oats+hay"], ["a: 1 x "]]


async def test_defaults_of_variables_are_not_baked_in_either(harness):
    document = "query ($n: Int = 1, $w: [String!]! = [\"hay\"]) { things(first: $n) { nodes { name ... on Component { fed(times: 7, withWhat: $w) } } } }"  # fmt: skip
    default = await harness.ask(document, roles=["keeper"])
    given = await harness.ask(document, {"n": 2, "w": ["straw"]}, roles=["keeper"])
    again = await harness.ask(document, {"n": 1}, roles=["keeper"])
    assert default.data == again.data == {"things": {"nodes": [{"name": "a", "fed": "a: 7 x hay"}]}}
    assert given.data == {"things": {"nodes": [{"name": "a", "fed": "a: 7 x straw"}, {"name": "b"}]}}
    assert await planned(harness, document) is await planned(harness, document, {"n": 2})


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ('{ echo(words: ["hello"]) }', {}),
        ('query ($w: [String!]! = ["hello"]) { echo(words: $w) }', {}),
        ("query ($w: [String!]!) { echo(words: $w) }", {"w": ["hello"]}),
    ],
)
async def test_what_a_resolver_does_to_its_arguments_ends_with_its_call(harness, document, variables):
    for _ in range(3):
        assert (await harness.ask(document, variables, roles=["keeper"])).data == {"echo": ["hello", "squawk"]}
    assert variables in ({}, {"w": ["hello"]})


async def test_nor_does_another_field_of_the_request_see_it(harness):
    document = """
        query ($w: [String!]!) {
          echo(words: $w) again: echo(words: $w)
          things(first: 1) { nodes { ... on Component { fed(times: 1, withWhat: $w) more: fed(times: 2, withWhat: $w) } } }
        }
    """
    answer = await harness.ask(document, {"w": ["hay"]}, roles=["keeper"])
    assert answer.data == {
        "echo": ["hay", "squawk"],
        "again": ["hay", "squawk"],
        "things": {"nodes": [{"fed": "a: 1 x hay", "more": "a: 2 x hay"}]},
    }
