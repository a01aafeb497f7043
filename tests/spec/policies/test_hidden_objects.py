"""A hidden entity is an absent one: the bytes of a response don't tell one from the other, whatever is asked."""

from __future__ import annotations

import re

import pytest
from callboard_sdk import EntityRef, encode_id
from callboard_sdk.entities import Component, Group
from estate import DENY, OPEN, Estate, Robot, all_types

HIDDEN = encode_id("Entity", "component:default/zz")
DOCUMENTS = {
    "a list": "{ components(first: 9) { totalCount nodes { id name title note twin { name } } } }",
    "edges and cursors": """{ components(first: 2) {
        totalCount pageInfo { startCursor endCursor hasNextPage hasPreviousPage } edges { cursor node { name } } } }""",
    "the last page": "{ components(last: 1) { totalCount pageInfo { startCursor hasPreviousPage } nodes { name } } }",
    "a page between cursors": """{ components(first: 3, after: "azpj") { totalCount nodes { name } } }""",
    "an interface": "{ everything(first: 9) { totalCount nodes { __typename ref ... on Component { note } } } }",
    "aliases": "{ x: components(first: 9) { nodes { y: name } } z: everything(last: 1) { totalCount nodes { name } } }",
    "fragments": """{ everything(first: 9) { nodes { ...f ... on Component { ...g } } } }
        fragment f on Entity { __typename title ...h } fragment g on Component { note lifecycle } fragment h on Node { id }""",
    "a single entity": '{ one(name: "zz") { __typename id name } component(name: "zz") { name note } }',
    "only its type's name": '{ one(name: "zz") { __typename } component(name: "zz") { __typename } thing(name: "zz") { __typename } }',
    "a union": '{ thing(name: "zz") { __typename ... on Component { name } } }',
    "a batch field's entity": "{ components(first: 9) { nodes { name twin { name twin { name } } } } }",
    "connections below": "{ components(first: 9) { nodes { peers(first: 9) { totalCount nodes { name } } } } }",
    "who filters by itself": "{ seen { name } cutWell(first: 9) { totalCount nodes { name } } }",
    "the catalog": "{ found }",
    "node": f'{{ node(id: "{HIDDEN}") {{ __typename id ... on Component {{ name note }} }} }}',
    "nodes": f'{{ nodes(ids: ["{HIDDEN}", "{encode_id("Entity", "component:default/a")}"]) {{ __typename id }} }}',
    "places that may be empty": "{ gaps { name } }",
    "who doesn't filter": "{ unfiltered { name } crowd { people { name } } cut(first: 9) { totalCount } }",
    "a mutation": "mutation { touch { people { name } leader { name } } }",
    "errors of others": "{ components(first: 9) { nodes { name note broken } } }",
}
INDEPENDENT = sorted(set(DOCUMENTS) - {"places that may be empty"})
"""In a list whose items may be null a hidden entity is null in its place, if its function leaves that to the engine."""


def _hide(estate: Estate) -> None:
    hidden = estate.add("zz", "down", "spoilt")
    estate.related_to[EntityRef.parse("component:default/a")] = [hidden.ref]
    estate.related_to[hidden.ref] = [EntityRef.parse("component:default/a")]


@pytest.mark.parametrize("name", INDEPENDENT)
@pytest.mark.parametrize("table", [all_types(OPEN), {"Component": OPEN}], ids=["all types", "components"])
@pytest.mark.parametrize("development", [True, False])
async def test_a_response_is_the_same_whether_a_hidden_entity_is_there(under, estate, name, table, development):
    estate.entities.append(estate.entities.pop(0))
    estate.add("y", "open")
    async with under(table, development=development) as ask:
        before = await ask(DOCUMENTS[name])
        _hide(estate)
        after = await ask(DOCUMENTS[name])
    assert _masked(after.body) == _masked(before.body)
    assert b"zz" not in after.body or name in ("node", "nodes")


def _masked(body: bytes) -> bytes:
    """Without the ids under which the log has what broke: each is made up anew."""
    return re.sub(rb"(error |errorId.:.)[0-9a-f]{12}", rb"\1ID", body)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
async def test_a_hidden_entity_is_never_handed_to_a_function(under, estate, name):
    _hide(estate)
    async with under(all_types(OPEN)) as ask:
        await ask(DOCUMENTS[name])
    assert all("zz" not in parents for field, parents in estate.asked if field != "load")


async def test_pages_are_full_and_counts_are_true(under, estate):
    for number in range(20):
        estate.add(f"n{number:02}", *(["open"] if number % 2 else []))
    async with under(all_types(OPEN)) as ask:
        told = await ask("{ components(first: 5) { totalCount nodes { name } pageInfo { endCursor hasNextPage } } }")
        after = told.data["components"]["pageInfo"]["endCursor"]
        more = await ask(
            "query ($after: String) { components(first: 9, after: $after) { totalCount nodes { name } pageInfo { hasNextPage } } }",
            after=after,
        )
    assert [one["name"] for one in told.data["components"]["nodes"]] == ["a", "c", "n01", "n03", "n05"]
    assert told.data["components"]["totalCount"] == more.data["components"]["totalCount"] == 12
    assert len(more.data["components"]["nodes"]) == 7 and not more.data["components"]["pageInfo"]["hasNextPage"]


async def test_in_a_list_with_places_for_nothing_a_hidden_entity_is_null(under):
    async with under(all_types(OPEN)) as ask:
        told = await ask("{ gaps { name } }")
    assert told.data == {"gaps": [{"name": "a"}, None, {"name": "c"}, None]}
    assert told.errors == []


async def test_a_denied_type_is_absent_beside_others_that_are_seen(under, estate):
    estate.add("r", kind=Robot)
    estate.add("g", kind=Group)
    async with under({"Robot": DENY}) as ask:
        told = await ask("{ everything(first: 9) { totalCount nodes { name } } groups { name } }")
        robot = await ask('{ one(name: "r") { __typename } }')
    assert told.data["everything"]["totalCount"] == 5
    assert told.data["groups"] == [{"name": "g"}]
    assert (robot.data, robot.errors) == ({"one": None}, [])


async def test_kinds_without_a_type_of_their_own_have_the_opaque_ones_decision(under, estate):
    from callboard_sdk.entities import OpaqueEntity

    estate.add("o", kind=OpaqueEntity, ref=EntityRef("gadget", "default", "o"))
    async with under({"OpaqueEntity": DENY}) as ask:
        assert (await ask("{ everything(first: 9) { totalCount } }")).data["everything"]["totalCount"] == 4
    async with under({"Component": DENY}) as ask:
        assert (await ask("{ everything(first: 9) { nodes { name } } }")).data["everything"]["nodes"] == [{"name": "o"}]


async def test_an_object_of_one_type_that_claims_anothers_kind_must_be_seen_as_both(under, estate):
    estate.entities = []
    estate.add("x", kind=Component, ref=EntityRef("group", "default", "x"))
    for table in ({"Component": DENY}, {"Group": DENY}):
        async with under(table) as ask:
            assert (await ask('{ one(name: "x") { name } }')).data == {"one": None}
    async with under({"User": DENY}) as ask:
        assert (await ask('{ one(name: "x") { name } }')).data == {"one": {"name": "x"}}


async def test_a_function_that_does_not_filter_is_denied_before_it_is_called(under, estate):
    document = "{ unfiltered { name } crowd { people { name } } counted groups { name } components(first: 1) { totalCount } }"
    async with under({"Component": OPEN}) as ask:
        told = await ask(document)
        changed = await ask("mutation { touch { people { name } } }")
    assert told.codes == {"unfiltered": "FORBIDDEN", "crowd": "FORBIDDEN"}
    assert told.data["counted"] == 4 and told.data["groups"] == []
    assert changed.codes == {"touch": "FORBIDDEN"}
    assert estate.asked == []


async def test_an_entitys_own_resolver_that_gives_entities_is_denied_as_well_but_for_a_single_one(under, estate):
    estate.add("r", "open", kind=Robot)
    estate.entities.reverse()
    document = "{ everything(last: 1) { nodes { ... on Robot { friends { name } friend { name } } } } }"
    async with under(all_types(OPEN)) as ask:
        told = await ask(document)
    assert told.data["everything"]["nodes"] == [{"friends": None, "friend": None}]
    assert told.codes == {"everything.nodes.0.friends": "FORBIDDEN"}
    async with under({}) as ask:
        told = await ask(document)
    assert len(told.data["everything"]["nodes"][0]["friends"]) == 4


async def test_with_nothing_hidden_it_is_called(under):
    async with under({}) as ask:
        told = await ask("{ unfiltered { name } crowd { people { name } } cut(first: 9) { totalCount } }")
    assert told.errors == []
    assert len(told.data["unfiltered"]) == len(told.data["crowd"]["people"]) == 4


async def test_a_function_that_breaks_its_promise_fails_whole_with_a_constant_error(under, estate, capsys):
    async with under(all_types(OPEN)) as ask:
        one = await ask("{ liar { name } lyingCrowds { people { name } } seen { name } }")
        estate.add("e")
        estate.entities.reverse()
        another = await ask("{ liar { name } lyingCrowds { people { name } } seen { name } }")
    assert one.data["liar"] is one.data["lyingCrowds"] is None
    assert one.codes == {"liar": "INTERNAL", "lyingCrowds": "INTERNAL"}
    assert another.errors == one.errors
    logged = capsys.readouterr().out
    assert "coordinate='Query.liar'" in logged and "coordinate='Query.lyingCrowds'" in logged


async def test_a_page_that_was_cut_without_regard_to_its_viewer_is_a_mistake_of_its_plugin(under, estate, capsys):
    async with under(all_types(OPEN)) as ask:
        told = await ask("{ cut(first: 9) { totalCount } cutWell(first: 9) { totalCount } }")
    assert told.codes == {"cut": "INTERNAL"}
    assert told.data == {"cut": None, "cutWell": {"totalCount": 2}}
    assert "connect(..., access=page.access)" in capsys.readouterr().out


async def test_hidden_entities_are_no_nodes_of_a_limit(under, estate):
    from dataclasses import replace

    for number in range(50):
        estate.add(f"n{number}")
    async with under(all_types(OPEN)) as ask:
        ask.pipeline = replace(ask.pipeline, limits=ask.pipeline.limits.model_copy(update={"nodes": 20}))
        told = await ask("{ gaps { name } }")
    assert told.errors == []
    assert [one["name"] for one in told.data["gaps"] if one] == ["a", "c"]


async def test_a_field_of_query_under_a_condition_is_open_and_what_it_gives_is_narrowed(under, estate):
    async with under({"Query.components": OPEN, "Query.component": OPEN, "Query.unfiltered": OPEN}) as ask:
        told = await ask(
            "{ components(first: 9) { totalCount nodes { name } } everything(first: 9) { totalCount }"
            ' component(name: "d") { name } one(name: "d") { name } unfiltered { name } }'
        )
    assert told.data["components"] == {"totalCount": 2, "nodes": [{"name": "a"}, {"name": "c"}]}
    assert told.data["everything"]["totalCount"] == 4
    assert told.data["component"] is None and told.data["one"] == {"name": "d"}
    assert told.codes == {"unfiltered": "FORBIDDEN"}


async def test_what_lies_below_a_narrowed_result_is_not_narrowed(under, estate):
    async with under({"Query.components": OPEN}) as ask:
        told = await ask(
            "{ components(first: 1) { ...f } } fragment f on ComponentConnection { nodes { name twin { name } peers(first: 9) { ...g } } }"
            " fragment g on ComponentConnection { totalCount nodes { name } }"
        )
    [a] = told.data["components"]["nodes"]
    assert a["twin"] == {"name": "b"}
    assert [one["name"] for one in a["peers"]["nodes"]] == ["b", "c", "d"]


async def test_the_same_fragment_is_narrowed_in_one_field_and_not_in_another(under, estate):
    async with under({"Query.components": OPEN}) as ask:
        told = await ask(
            "{ components(first: 9) { ...f } everything(first: 1) { nodes { ... on Component { peers(first: 9) { ...f } } } } }"
            " fragment f on ComponentConnection { totalCount edges { node { name } } }"
        )
    assert told.data["components"]["totalCount"] == 2
    assert told.data["everything"]["nodes"][0]["peers"]["totalCount"] == 3


async def test_in_a_narrowed_result_what_is_no_entity_is_absent(under):
    async with under({"Query.thing": OPEN}) as ask:
        told = await ask('{ thing(name: "d") { __typename } rock: thing(name: "rock") { __typename } }')
    assert told.data == {"thing": None, "rock": None}
