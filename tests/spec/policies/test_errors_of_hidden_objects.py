"""What errors say, where they stand, how many there are and in which order: none of it depends on what is hidden."""

from __future__ import annotations

from dataclasses import replace

from estate import OPEN, all_types
from resolvers.plugins import FAILURES_BEFORE_QUARANTINE

PAGE = "{ components(first: 9) { nodes { name note } } }"


async def test_a_hidden_parent_that_would_fail_adds_no_error_and_moves_no_path(under, estate):
    estate.add("e", "open", "down")
    async with under(all_types(OPEN)) as ask:
        alone = await ask(PAGE)
        for number in range(5):
            estate.add(f"a{number}", "down")
        beside = await ask(PAGE)
    assert alone.codes == {"components.nodes.2.note": "UPSTREAM"}
    assert beside.body == alone.body


async def test_a_parent_for_which_a_condition_does_not_hold_adds_only_its_own_refusal(under, estate):
    estate.add("e", "down")
    async with under({"Component.note": OPEN}) as ask:
        told = await ask(PAGE)
    assert told.codes == {f"components.nodes.{n}.note": "FORBIDDEN" for n in (1, 3, 4)}


async def test_a_refusal_is_the_same_text_for_every_object(under, estate):
    async with under({"Component.note": OPEN}) as ask:
        told = await ask(PAGE)
    assert len({(error["message"], str(error["extensions"])) for error in told.errors}) == 1


async def test_others_objects_that_make_a_field_fail_do_not_leave_it_out_for_who_does_not_see_them(under, estate):
    spoilt = "{ components(first: 9) { nodes { name broken } } }"
    for number in range(FAILURES_BEFORE_QUARANTINE):
        estate.add(f"s{number}", "spoilt")
    async with under(all_types(OPEN)) as ask:
        before = await ask(spoilt)
        everything = replace(ask.pipeline, policies=type(ask.policy)({}))
        everyone, ask.pipeline = ask.pipeline, everything
        failing = [await ask(spoilt) for _ in range(3)]
        ask.pipeline = everyone
        after = await ask(spoilt)
    assert len(failing[0].errors) == FAILURES_BEFORE_QUARANTINE
    assert {error["extensions"]["code"] for error in failing[2].errors} == {"PLUGIN_UNAVAILABLE"}
    assert before.errors == []
    assert after.body == before.body


async def test_what_fails_for_others_is_not_told_as_a_plugins_health_to_who_does_not_see_everything(under, estate):
    health = "{ plugins { name health { state reason } } }"
    estate.add("s", "spoilt")
    async with under(all_types(OPEN)) as ask:
        before = await ask(health)
        limited, ask.pipeline = ask.pipeline, replace(ask.pipeline, policies=type(ask.policy)({}))
        await ask("{ components(first: 9) { nodes { name broken } } }")
        whole = await ask(health)
        ask.pipeline = limited
        after = await ask(health)
    assert b"FAILING" in whole.body
    assert after.body == before.body


async def test_what_it_costs_does_not_depend_on_what_there_is(under, estate):
    document = "{ rateLimit { cost nodeCount } components(first: 9) { nodes { name note } } }"
    async with under(all_types(OPEN)) as ask:
        before = await ask(document)
        for number in range(300):
            estate.add(f"x{number:03}")
        after = await ask(document)
    assert after.body == before.body


async def test_answers_in_the_same_order_of_errors_however_many_are_hidden_between_them(under, estate):
    for name in ("f", "g", "h"):
        estate.add(name, "open", "down")
        estate.add(f"{name}x", "down")
    document = "{ x: components(first: 9) { nodes { note } } y: everything(last: 3) { nodes { ... on Component { n: note } } } }"
    async with under(all_types(OPEN)) as ask:
        mixed = await ask(document)
        estate.entities = [one for one in estate.entities if "open" in (one.tags or ())]
        pure = await ask(document)
    assert mixed.body == pure.body
    assert len(pure.errors) == 6
