"""No introspection names what the viewer may not use; each way to ask, answered as if it weren't there."""

from __future__ import annotations

import pytest
from graphql import build_client_schema, get_introspection_query, graphql_sync, validate_schema

from .worlds import HIDDEN

pytestmark = pytest.mark.asyncio(loop_scope="module")

HIDDEN_TYPES = ["ZorpSafe", "ZorpVault", "ZorpThing", "ZorpKept", "ZorpKey", "ZorpMetal", "ZorpFilter", "ZorpAct"]
WHOLE = get_introspection_query(
    specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
)


async def test_the_whole_of_it_is_a_schema_without_what_is_hidden(both):
    reply = await both.alike(WHOLE)
    assert not HIDDEN.search(reply.text)
    schema = build_client_schema(reply.json["data"])
    assert validate_schema(schema) == []
    assert {"about", "node", "shows", "turns", "doors"} <= schema.query_type.fields.keys()


async def test_who_may_use_all_of_it_sees_all_of_it(both):
    reply = await both.with_zorp.ask(WHOLE, roles=["keeper"])
    assert "zorpSafes" in reply.text
    whole = both.with_zorp.harness.gateway.supergraph.schema
    assert reply.json["data"] == graphql_sync(whole, WHOLE).data


@pytest.mark.parametrize("roles", [None, [], ["nobody"]])
async def test_who_may_use_nothing_sees_one_field_which_is_open_to_everybody(both, roles):
    reply = await both.alike(WHOLE, roles=roles)
    schema = build_client_schema(reply.json["data"])
    assert validate_schema(schema) == []
    assert list(schema.query_type.fields) == ["about"] and schema.mutation_type is None
    assert {name for name in schema.type_map if not name.startswith("__")} == {"Query", "String", "Boolean"}
    answer = await both.alike("{ about __typename }", roles=roles)
    assert answer.json["data"]["__typename"] == "Query" and "ask for a role" in answer.json["data"]["about"]


@pytest.mark.parametrize("name", [*HIDDEN_TYPES, "Mutation", "NeverThere"])
@pytest.mark.parametrize(
    "document",
    [
        "query ($name: String!) { __type(name: $name) { name } }",
        "query ($name: String!) { other: __type(name: $name) { kind fields { name } possibleTypes { name } enumValues { name } } }",
        "query ($name: String!) { ...F } fragment F on Query { ... on Query { __type(name: $name) { inputFields { name } } } }",
        "query ($name: String!) { ... @include(if: true) { __type(name: $name) { interfaces { name } } } }",
    ],
)
async def test_a_hidden_type_is_not_found_by_its_name(both, document, name):
    reply = await both.alike(document, {"name": name})
    assert list(reply.json["data"].values()) == [None]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('{ __type(name: "Act") { possibleTypes { name } } }', {"Show", "Concert"}),
        ('{ __type(name: "Turn") { possibleTypes { name } } }', {"Show", "Concert"}),
        ('{ __type(name: "Show") { interfaces { name } } }', {"Act"}),
        ('{ __type(name: "Component") { interfaces { name } } }', None),
        ('{ __type(name: "Query") { fields(includeDeprecated: true) { name } } }', None),
        ('{ __type(name: "Query") { fields { args(includeDeprecated: true) { name defaultValue type { name } } } } }', None),
        ('{ __type(name: "ShowFilter") { inputFields(includeDeprecated: true) { name defaultValue type { name } } } }', None),
        ('{ __type(name: "Genre") { enumValues(includeDeprecated: true) { name } } }', {"PLAY", "OPERA"}),
        ('{ __type(name: "DoorOrder") { enumValues { name } } }', {"NAME", "HEIGHT"}),
        ('{ __type(name: "DoorFilter") { inputFields { name } } }', {"name"}),
        ("{ __schema { directives { name args { name type { name } defaultValue } } } }", None),
        ("{ __schema { types { name description possibleTypes { name } interfaces { name } } } }", None),
        ("{ __schema { queryType { name } mutationType { name fields { name } } subscriptionType { name } } }", None),
        ("{ a: __schema { b: types { c: fields { d: type { e: ofType { f: name } } } } } }", None),
        ("{ ...S } fragment S on Query { x: __schema { ...T } } fragment T on __Schema { types { ...N } } fragment N on __Type { n: name }", None),
    ],
)  # fmt: skip
async def test_no_way_to_ask_names_what_is_hidden(both, document, expected):
    reply = await both.alike(document)
    assert reply.status == 200 and "errors" not in reply.json
    assert not HIDDEN.search(reply.text)
    if expected:
        [found] = reply.json["data"]["__type"].values()
        assert {one["name"] for one in found} == expected


async def test_each_viewer_is_answered_from_its_own_schema_however_they_take_turns(both):
    asked = "{ __schema { types { name } } }"
    guests, keepers = set(), set()
    for _ in range(3):
        guests.add((await both.with_zorp.ask(asked)).text)
        keepers.add((await both.with_zorp.ask(asked, roles=["keeper"])).text)
    assert len(guests) == len(keepers) == 1
    assert not HIDDEN.search(guests.pop()) and HIDDEN.search(keepers.pop())


async def test_the_whole_sdl_needs_its_permission(both):
    reply = await both.with_zorp.ask("{ sdl }", roles=["keeper"])
    assert "type ZorpSafe implements ZorpThing" in reply.json["data"]["sdl"]
    denied = await both.alike("{ sdl }")
    assert not HIDDEN.search(denied.text) and denied.codes in (["FORBIDDEN"], ["GRAPHQL_VALIDATION_FAILED"])
