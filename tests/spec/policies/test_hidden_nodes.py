"""`node(id:)` and `nodes(ids:)`: hidden, absent, of a denied type and of an unknown type are one and the same answer."""

from __future__ import annotations

import pytest
from callboard_sdk import encode_id
from estate import DENY, OPEN, all_types

SHOWN = "{ __typename id ... on Component { name note } ... on Rock { label: name } }"
IDS = {
    "hidden": encode_id("Entity", "component:default/b"),
    "absent": encode_id("Entity", "component:default/nobody"),
    "no ref": encode_id("Entity", "nobody"),
    "of a denied type": encode_id("Rock", "any"),
    "of an entity's own type": encode_id("Component", "component:default/a"),
    "unknown": encode_id("Spaceship", "any"),
}


@pytest.mark.parametrize("kind", sorted(IDS))
async def test_what_may_not_be_seen_is_what_is_not_there(under, kind):
    async with under(all_types(OPEN) | {"Rock": DENY}) as ask:
        one = await ask(f'{{ node(id: "{IDS[kind]}") {SHOWN} }}')
        several = await ask(f'{{ nodes(ids: ["{IDS[kind]}", "{IDS["hidden"]}"]) {SHOWN} }}')
    assert one.body == b'{"data":{"node":null}}'
    assert several.body == b'{"data":{"nodes":[null,null]}}'


async def test_what_may_be_seen_is_found_beside_what_may_not(under, estate):
    ids = [encode_id("Entity", f"component:default/{name}") for name in "abcd"]
    async with under(all_types(OPEN)) as ask:
        told = await ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Component { note } } }", ids=ids)
    assert [one and one["id"] for one in told.data["nodes"]] == [ids[0], None, ids[2], None]
    assert told.errors == []
    assert estate.called("note") == [["a", "c"]]


async def test_a_denied_type_is_not_loaded(under, estate):
    async with under({"Entity": DENY, "Rock": DENY}) as ask:
        told = await ask(f'{{ node(id: "{IDS["hidden"]}") {SHOWN} other: node(id: "{IDS["of a denied type"]}") {SHOWN} }}')
    assert told.body == b'{"data":{"node":null,"other":null}}'
    assert estate.called("load") == []


async def test_a_node_that_is_no_entity_is_closed_to_its_id_under_a_condition_and_open_to_fields(under, estate):
    async with under({"Rock": OPEN}) as ask:
        told = await ask(
            f'{{ node(id: "{encode_id("Rock", "rock")}") {SHOWN} thing(name: "rock") {{ ... on Rock {{ name }} }} }}'
        )
    assert told.data == {"node": None, "thing": {"name": "rock"}}
    assert estate.called("rocks") == []
    assert told.errors == []


async def test_a_condition_on_what_loads_entities_is_about_them(under):
    ids = [encode_id("Entity", f"component:default/{name}") for name in "ab"]
    async with under({"Entity": OPEN}) as ask:
        told = await ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } components(first: 9) { totalCount } }", ids=ids)
    assert told.data == {"nodes": [{"id": ids[0]}, None], "components": {"totalCount": 4}}


async def test_a_condition_on_the_field_itself_hides_what_is_no_entity(under):
    ids = [*(encode_id("Entity", f"component:default/{name}") for name in "ab"), encode_id("Rock", "rock")]
    async with under({"Query.nodes": OPEN, "Query.node": OPEN}) as ask:
        told = await ask("query ($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { id } node(id: $id) { id } }", ids=ids, id=ids[1])
    assert told.data == {"nodes": [{"id": ids[0]}, None, None], "node": None}
    assert told.errors == []


async def test_to_whom_the_field_itself_is_denied_every_id_is_forbidden_alike(under):
    async with under({"Query.node": DENY}) as ask:
        told = [await ask("query ($id: ID!) { node(id: $id) { id } }", id=id) for id in (*IDS.values(), "no id")]
    assert len({one.body for one in told}) == 1
    assert told[0].codes == {"node": "FORBIDDEN"}
