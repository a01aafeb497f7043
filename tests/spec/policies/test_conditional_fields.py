"""A field under a condition: asked only for the parents for which it holds, and FORBIDDEN for the others."""

from __future__ import annotations

from estate import OPEN, SHINY, all_types, decision_id, tagged
from callboard_sdk.entities import Component
from estate import Robot


async def test_a_batch_is_called_with_those_alone_for_which_the_condition_holds(under, estate):
    async with under({"Component.note": OPEN}) as ask:
        told = await ask("{ components(first: 9) { nodes { name note } } }")
    assert [one["note"] for one in told.data["components"]["nodes"]] == ["note on a", None, "note on c", None]
    assert told.codes == {"components.nodes.1.note": "FORBIDDEN", "components.nodes.3.note": "FORBIDDEN"}
    assert {error["extensions"]["decisionId"] for error in told.errors} == {decision_id("Component.note")}
    assert estate.called("note") == [["a", "c"]]


async def test_where_it_holds_for_none_nothing_is_called(under, estate):
    async with under({"Component.note": tagged("gold")}) as ask:
        told = await ask("{ components(first: 9) { nodes { note } } }")
    assert len(told.errors) == 4
    assert estate.called("note") == []


async def test_an_attribute_and_a_method_are_null_for_the_others(under):
    async with under({"Component.title": OPEN, "Component.lifecycle": SHINY}) as ask:
        told = await ask("{ components(first: 2) { nodes { name title lifecycle tags } } }")
    a, b = told.data["components"]["nodes"]
    assert (a["title"], a["lifecycle"]) == ("title of a", "production")
    assert (b["title"], b["lifecycle"], b["name"], b["tags"]) == (None, None, "b", ["shiny"])
    assert told.codes == {"components.nodes.1.title": "FORBIDDEN"}


async def test_a_method_with_arguments_is_asked_for_those_alone(under, estate):
    estate.add("e", "open", labels={"k": "v"})
    async with under({"Component.labels": OPEN}) as ask:
        told = await ask('{ components(first: 9) { nodes { labels(keys: ["k"]) { value } } } }')
    assert [one["labels"] for one in told.data["components"]["nodes"]] == [[], None, [], None, [{"value": "v"}]]


async def test_an_ordinary_resolver_is_called_for_those_alone(under, estate):
    estate.entities = []
    estate.add("r1", "open", kind=Robot)
    estate.add("r2", kind=Robot)
    async with under({"Robot.purpose": OPEN}) as ask:
        told = await ask("{ everything(first: 9) { nodes { ... on Robot { name purpose } } } }")
    assert told.data["everything"]["nodes"] == [{"name": "r1", "purpose": "purpose of r1"}, {"name": "r2", "purpose": None}]
    assert told.codes == {"everything.nodes.1.purpose": "FORBIDDEN"}


async def test_every_alias_is_under_the_condition(under, estate):
    async with under({"Component.note": OPEN, "Component.title": OPEN}) as ask:
        told = await ask("{ components(first: 2) { nodes { one: note two: note x: title title } } }")
    assert told.data["components"]["nodes"][1] == {"one": None, "two": None, "x": None, "title": None}
    assert set(told.codes) == {f"components.nodes.1.{key}" for key in ("one", "two", "x", "title")}
    assert estate.called("note") == [["a"]]


async def test_fragments_on_interfaces_and_inline_fragments_are_under_the_condition(under, estate):
    document = """
      query ($yes: Boolean!) {
        everything(first: 9) { nodes { ...said ... on Component { b: title } ... @include(if: $yes) { c: title } } }
      }
      fragment said on Entity { a: title }
    """
    async with under({"Component.title": OPEN}) as ask:
        told = await ask(document, yes=True)
    assert told.data["everything"]["nodes"][0] == dict.fromkeys("abc", "title of a")
    assert told.data["everything"]["nodes"][1] == dict.fromkeys("abc")
    assert set(told.codes) == {f"everything.nodes.{n}.{key}" for n in (1, 3) for key in "abc"}


async def test_a_condition_on_one_type_of_an_interface_is_about_that_type(under, estate):
    estate.add("r", kind=Robot)
    async with under({"Robot.title": OPEN}) as ask:
        told = await ask("{ everything(last: 2) { nodes { __typename title } } }")
    assert told.data["everything"]["nodes"] == [
        {"__typename": "Component", "title": "title of d"},
        {"__typename": "Robot", "title": None},
    ]


async def test_members_of_a_union_are_under_their_conditions(under):
    async with under({"Component.title": OPEN}) as ask:
        told = await ask(
            '{ thing(name: "d") { __typename ... on Component { title } } rock: thing(name: "rock") { ... on Rock { name } } }'
        )
    assert told.data == {"thing": {"__typename": "Component", "title": None}, "rock": {"name": "rock"}}
    assert told.codes == {"thing.title": "FORBIDDEN"}


async def test_skipped_fields_are_not_refused(under):
    document = "query ($no: Boolean!) { components(first: 2) { nodes { title @include(if: $no) name } } }"
    async with under({"Component.title": OPEN}) as ask:
        assert (await ask(document, no=False)).errors == []
        assert set((await ask(document, no=True)).codes) == {"components.nodes.1.title"}


async def test_a_condition_that_is_its_objects_own_is_not_asked_twice(under, estate):
    async with under(all_types(OPEN) | {"Component.note": OPEN, "Component.title": OPEN}) as ask:
        told = await ask("{ components(first: 9) { nodes { name title note } } }")
        plan = next(iter(ask.pipeline.plans._plans._values.values()))
    assert [one["note"] for one in told.data["components"]["nodes"]] == ["note on a", "note on c"]
    assert told.errors == []
    [nodes] = [field for field in plan.root.called[0].output.selection.fields]
    fields = nodes.output.item.selection.fields
    assert [type(field.how).__name__ for field in fields] == ["Attribute", "Attribute", "Batched"]


async def test_an_entity_is_asked_once_however_often_it_is_met(under, estate, monkeypatch):
    from gateway.execution import sight

    asked: list[str] = []
    true_holds = sight.holds
    monkeypatch.setattr(sight, "holds", lambda expression, one: asked.append(one.name) or true_holds(expression, one))
    async with under(all_types(OPEN) | {"Component.note": SHINY, "Component.title": SHINY}) as ask:
        await ask("{ x: components(first: 9) { nodes { title note } } y: components(first: 9) { nodes { t: title } } }")
    assert sorted(asked) == ["a", "a", "c", "c"]


async def test_a_condition_that_nothing_binds_never_holds(under, estate):
    async with under({"Component.note": OPEN}) as ask:
        ask.policy.binds = False
        told = await ask("{ components(first: 9) { nodes { note } } }")
    assert len(told.errors) == 4
    assert estate.called("note") == []


async def test_where_nothing_tells_the_entity_a_conditional_allow_counts_for_nothing(under, estate):
    table = {"Query.counted": OPEN, "Rock.name": OPEN, "Mutation.touch": OPEN}
    async with under(table) as ask:
        told = await ask('{ counted thing(name: "rock") { ... on Rock { name } } }')
        changed = await ask("mutation { touch { leader { name } } }")
    assert told.data == {"counted": None, "thing": {"name": None}}
    assert told.codes == {"counted": "FORBIDDEN", "thing.name": "FORBIDDEN"}
    assert changed.codes == {"touch": "FORBIDDEN"}


async def test_the_plan_is_kept_for_all_viewers_of_the_same_decisions(under):
    async with under({"Component.note": OPEN}) as ask:
        await ask("{ components(first: 9) { nodes { note } } }")
        await ask("{ components(first: 9) { nodes { note } } }")
        assert len(ask.pipeline.plans._plans) == 1
