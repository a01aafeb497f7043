"""A field that shows what others do too: of each parent it is told which of those its viewer may read."""

from __future__ import annotations

from estate import DENY, OPEN, all_types

SAID = "{ components(first: 9) { nodes { name said } } }"


async def test_where_everything_may_be_read_all_is_shown(under):
    async with under({}) as ask:
        told = await ask(SAID)
    assert {tuple(one["said"]) for one in told.data["components"]["nodes"]} == {("title", "lifecycle", "purpose")}


async def test_what_may_not_be_read_is_not_shown_although_nobody_selects_it(under):
    async with under({"Component.lifecycle": DENY}) as ask:
        told = await ask(SAID)
    assert {tuple(one["said"]) for one in told.data["components"]["nodes"]} == {("title", "purpose")}


async def test_a_condition_is_asked_of_each_parent(under):
    async with under({"Component.title": OPEN}) as ask:
        told = await ask(SAID)
    shown = {one["name"]: "title" in one["said"] for one in told.data["components"]["nodes"]}
    assert shown == {"a": True, "b": False, "c": True, "d": False}


async def test_it_is_asked_beside_what_hides_whole_objects(under):
    async with under({**all_types(OPEN), "Component.title": DENY}) as ask:
        told = await ask(SAID)
    assert {one["name"]: one["said"] for one in told.data["components"]["nodes"]} == {
        name: ["lifecycle", "purpose"] for name in ("a", "c")
    }


async def test_a_field_of_another_type_closes_nothing(under):
    async with under({"Robot.title": DENY, "API.lifecycle": DENY}) as ask:
        told = await ask(SAID)
    assert {len(one["said"]) for one in told.data["components"]["nodes"]} == {3}
