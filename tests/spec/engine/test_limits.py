"""What an operation asks for is measured before it is validated, and what it can cost before it runs."""

import pytest
from callboard_sdk import CallboardError
from gateway.request import GraphQLRequest
from gateway.planning.limits import LimitExceeded, count_merges, measure
from gateway.planning.operation import RequestError
from gateway.testing import running_gateway
from graphql import parse


def size(text):
    document = parse(text)
    found = measure(document, document.definitions[0])
    count_merges(document, document.definitions[0], found)
    return found


def test_a_fragment_counts_each_time_it_is_spread():
    found = size("{ a { ...F } b { ...F } } fragment F on T { x { y } z }")
    assert (found.fields, found.depth, found.fragments) == (8, 3, 1)


def test_merges_count_the_pairs_that_fall_on_one_key_wherever_they_come_from():
    assert size("{ a a a }").merges == 3
    assert size("{ a { x } a { x } ... { a { x } } }").merges == 6
    assert size("{ a ...F ...G } fragment F on T { a } fragment G on T { b: a }").merges == 1
    assert size("{ a b c d }").merges == 0


def test_a_document_that_no_validation_would_pass_is_measured_all_the_same():
    assert size("{ ...Nowhere }").fields == 0
    assert size("{ ...F } fragment F on T { a { ...F } }").depth >= 1


@pytest.mark.parametrize(
    ("limit", "document", "words"),
    [
        ("depth", "{ components(first: 1) { nodes { onCall { person } } } }", "the operation has 4 levels; at most"),
        ("fields", "{ components(first: 1) { nodes { name title } } }", "4 fields"),
        ("merges", "{ viewer { subject } viewer { subject } viewer { subject } viewer { subject } }", "pairs of selections"),
        ("aliases", "{ a: viewer { b: subject c: subject d: subject } }", "4 aliases"),
    ],
)
async def test_what_is_over_a_limit_is_refused_with_the_number_and_before_validation(company_with, limit, document, words):
    async with company_with({"limits": {limit: 3}}) as (harness, _):
        with pytest.raises(LimitExceeded, match=words):
            await harness.ask(document)
        with pytest.raises((LimitExceeded, RequestError)) as refused:
            await harness.ask(document.replace("{ ", "{ unknown ", 1))
        assert isinstance(refused.value, LimitExceeded)


async def test_pages_multiply_into_nodes_and_calls_into_points(company_with):
    async with company_with({}, components=5) as (harness, _):
        plan, values = await harness.plan("{ components(first: 100) { nodes { name onCall { person } } } }", ["admin"])
        cost = plan.cost(values)
        assert cost.nodes == 1 + 100 + 100
        assert cost.calls == 1 + 100
        assert cost.points == 1
        text = "query ($n: Int!) { components(first: $n) { edges { node { onCall { person } } } } }"
        plan, values = await harness.plan(text, ["admin"], {"n": 50})
        assert plan.cost(values).nodes == 1 + 50 + 50 + 50


async def test_what_is_denied_costs_nothing(company_with):
    async with company_with({}) as (harness, _):
        plan, values = await harness.plan("{ components(first: 100) { nodes { onCall { person } } } }", ["reader"])
        assert plan.cost(values).nodes == 1 + 100


async def test_an_operation_that_could_hold_too_much_does_not_run(company_with):
    async with company_with({"limits": {"nodes": 150}}) as (harness, batches):
        with pytest.raises(LimitExceeded, match="could hold 201 objects; at most 150"):
            await harness.ask("{ components(first: 100) { nodes { onCall { person } } } }")
        assert batches == []


async def test_what_holds_more_than_its_pages_promised_is_stopped_while_it_runs(company_with, monkeypatch):
    async with company_with({"limits": {"nodes": 30}}, components=40) as (harness, _):
        monkeypatch.setattr("gateway.pipeline.check_cost", lambda cost, most: None)
        with pytest.raises(LimitExceeded, match="holds more than 30 objects"):
            await harness.ask("{ components(first: 40) { nodes { onCall { person } } } }")


async def test_a_response_that_is_too_large_is_refused_with_its_size(company_with):
    async with company_with({"limits": {"response_bytes": 1024}}, components=100) as (harness, _):
        with pytest.raises(LimitExceeded, match="at most 1024 are allowed"):
            await harness.ask("{ components(first: 100) { nodes { name ref } } }")


async def test_points_are_spent_by_each_viewer_alone_and_told(company_with):
    async with company_with({"limits": {"points": 3}}) as (harness, _):
        ask = harness.gateway.pipeline.answer
        text = "{ rateLimit { cost nodeCount limit remaining resetAt } }"
        for left in (2, 1, 0):
            answer = await harness.ask(text)
            assert answer.data["rateLimit"]["remaining"] == left
        assert answer.data["rateLimit"] | {"resetAt": None} == {
            "cost": 1,
            "nodeCount": 1,
            "limit": 3,
            "remaining": 0,
            "resetAt": None,
        }
        with pytest.raises(CallboardError, match="costs 1 points and 0 are left"):
            await harness.ask(text)
        refused = await ask(GraphQLRequest(text, authorization=(harness.bearer(["admin"]),)))
        assert refused.status == 429 and int(refused.headers["retry-after"]) > 3000 and refused.codes == ("RATE_LIMITED",)


async def test_a_request_that_asks_for_its_cost_gets_it_in_extensions(company_with):
    async with company_with({}) as (harness, _):
        asked = GraphQLRequest("{ viewer { subject } }", authorization=(harness.bearer(["admin"]),), extensions={"cost": True})
        body = (await harness.gateway.pipeline.answer(asked)).body
        assert b'"extensions":{"cost":{"cost":1,"nodeCount":1,"remaining":99999' in body
