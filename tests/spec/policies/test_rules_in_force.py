"""Rules with conditions, as their file has them, decide what a request gives: from the file to the bytes."""

from __future__ import annotations

import pytest
from callboard_sdk import EntityRef, encode_id
from callboard_sdk.entities import Component
from estate import Asking, asking_by_rules

RULES = """
p, open, permission:estate.read, read, allow
p, open, permission:core.node, read, allow
p, open, permission:catalog.read, read, allow, "{""hasTag"": {""tag"": ""open""}}"
p, notes, permission:estate.read, read, allow
p, notes, permission:catalog.read, read, allow
p, notes, Component.note, read, deny, "{""not"": {""hasTag"": {""tag"": ""open""}}}"
p, exact, Query.everything, read, allow
p, exact, Component.title, read, allow, "{""hasTag"": {""tag"": ""shiny""}}"
p, nobody, permission:estate.read, read, allow
"""
PAGE = "{ everything(first: 9) { totalCount nodes { name title ... on Component { note } } } }"


@pytest.fixture
async def ask(tmp_path, estate):
    async with asking_by_rules(tmp_path, estate, RULES) as found:
        yield found


async def names(ask: Asking, role: str, document: str = PAGE) -> list[str]:
    told = await ask(document, role=role)
    return [one["name"] for one in told.data["everything"]["nodes"]]


async def test_a_condition_on_a_permission_hides_objects_and_asks_their_fields_no_more(ask, estate):
    told = await ask(PAGE, role="open")
    assert told.data["everything"] == {
        "totalCount": 2,
        "nodes": [{"name": name, "title": f"title of {name}", "note": f"note on {name}"} for name in ("a", "c")],
    }
    assert told.errors == []
    assert estate.called("note") == [["a", "c"]]


async def test_a_condition_on_one_field_hides_its_values(ask):
    told = await ask(PAGE, role="notes")
    assert told.data["everything"]["totalCount"] == 4
    assert [one["note"] for one in told.data["everything"]["nodes"]] == ["note on a", None, "note on c", None]
    assert set(told.codes.values()) == {"FORBIDDEN"}


async def test_who_is_allowed_a_field_is_allowed_its_object_on_the_same_condition(ask, estate):
    estate.add("g", "shiny", kind=Component)
    assert await names(ask, "exact", "{ everything(first: 9) { nodes { name title } } }") == ["a", "b", "g"]


async def test_who_is_allowed_no_object_sees_none(ask):
    assert await names(ask, "nobody", "{ everything(first: 9) { nodes { name } } }") == []


async def test_an_id_leads_to_what_the_rules_show(ask):
    ids = [encode_id("Entity", str(EntityRef("component", "default", name))) for name in ("a", "b", "none")]
    told = await ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", role="open", ids=ids)
    assert told.data == {"nodes": [{"id": ids[0]}, None, None]}
    assert told.errors == []
