"""Who may not read a field of every object it sees may not narrow or order by it, whatever there is."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry
from callboard_sdk import Plugin, Settings, enum, filters
from estate import DENY, OPEN, SHINY, all_types, decision_id
from gateway.loading import installed
from resolvers.plugins import injected_types
from schema import StitchError, stitch
from schema.resolution import FILTERS

USES = {
    "an argument": '{ wanted(lifecycle: "production") { name } }',
    "an input's field": '{ wanted(filter: {lifecycle: "production"}) { name } }',
    "a nested input": '{ wanted(filter: {neither: [{name: "x"}, {neither: [{lifecycle: "production"}]}]}) { name } }',
    "an order": "{ wanted(order: LIFECYCLE) { name } }",
    "an order inside an input": "{ wanted(filter: {order: LIFECYCLE}) { name } }",
    "an input's default": "{ produced(filter: {}) { name } }",
    "an argument's default": "{ ofLifecycle { name } }",
    "an alias in a fragment": 'query { ...f } fragment f on Query { x: wanted(lifecycle: "production") { name } }',
    "a variable's default": 'query ($of: String = "production") { wanted(lifecycle: $of) { name } }',
}
PLACES = {
    "an argument": "lifecycle",
    "an input's field": "filter.lifecycle",
    "a nested input": "filter.neither.neither.lifecycle",
    "an order": "order",
    "an order inside an input": "filter.order",
    "an input's default": "filter.lifecycle",
    "an argument's default": "lifecycle",
    "an alias in a fragment": "lifecycle",
    "a variable's default": "lifecycle",
}


@pytest.mark.parametrize("use", sorted(USES))
@pytest.mark.parametrize("decision", [DENY, OPEN])
async def test_a_use_is_refused_by_the_arguments_name_and_the_function_is_not_called(under, estate, use, decision):
    async with under({"Component.lifecycle": decision}) as ask:
        told = await ask(USES[use])
        estate.entities.clear()
        empty = await ask(USES[use])
    [error] = told.errors
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("FORBIDDEN", PLACES[use])
    assert error["extensions"]["decisionId"] == decision_id("Component.lifecycle")
    assert "Component.lifecycle" not in error["message"]
    assert list(told.data.values()) == [None]
    assert empty.body == told.body
    assert estate.asked == []


@pytest.mark.parametrize("use", sorted(USES))
async def test_a_use_is_free_where_the_field_is(under, use):
    async with under({"Component.title": DENY}) as ask:
        assert (await ask(USES[use])).errors == []


@pytest.mark.parametrize("use", sorted(USES))
async def test_a_use_is_free_where_the_field_is_read_of_every_object_that_is_seen(under, use):
    async with under(all_types(OPEN) | {"Component.lifecycle": OPEN, "API.lifecycle": OPEN}) as ask:
        assert (await ask(USES[use])).errors == []
    async with under(all_types(OPEN) | {"Component.lifecycle": SHINY}) as ask:
        assert [error["extensions"]["code"] for error in (await ask(USES[use])).errors] == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("value", "refused"),
    [({"lifecycle": "x"}, True), ({"neither": [{"lifecycle": "x"}]}, True), ({"order": "LIFECYCLE"}, True),
     ({"lifecycle": None}, False), ({"order": "NAME"}, False), ({"name": "x"}, False), ({}, False), (None, False)],
)  # fmt: skip
async def test_what_a_variable_holds_counts_and_null_asks_for_nothing(under, value, refused):
    async with under({"Component.lifecycle": DENY}) as ask:
        told = await ask("query ($filter: Wanted) { wanted(filter: $filter) { name } }", filter=value)
        part = await ask("query ($of: String) { wanted(filter: {lifecycle: $of}) { name } }", of=(value or {}).get("lifecycle"))
    assert [error["extensions"]["code"] for error in told.errors] == (["FORBIDDEN"] if refused else [])
    assert bool(part.errors) == ((value or {}).get("lifecycle") is not None)


async def test_the_field_of_a_type_that_the_list_cannot_hold_does_not_matter(under):
    async with under({"API.lifecycle": DENY}) as ask:
        told = await ask('{ wanted(filter: {lifecycle: "production"}) { name } }')
    assert told.errors == []


async def test_the_field_of_a_type_of_which_nothing_is_seen_does_not_matter(under):
    async with under({"Component": DENY, "Component.lifecycle": DENY}) as ask:
        told = await ask('{ wanted(lifecycle: "production") { name } }')
    assert (told.data, told.errors) == ({"wanted": []}, [])


async def test_one_plan_serves_values_that_filter_and_values_that_do_not(under):
    async with under({"Component.lifecycle": DENY}) as ask:
        document = "query ($of: String) { wanted(lifecycle: $of) { name } }"
        codes = [[error["extensions"]["code"] for error in (await ask(document, of=of)).errors] for of in (None, "x", None)]
        assert len(ask.pipeline.plans._plans) == 1
    assert codes == [[], ["FORBIDDEN"], []]


def test_a_filter_by_a_field_that_there_is_not_is_a_mistake_of_its_plugin():
    wrong: Plugin[Settings] = Plugin("wrong", permissions={"wrong.read": "Read it."})
    argument = Annotated[str | None, strawberry.argument(description="Only this."), filters("Component.lifecyle")]

    async def found(only: Any = None) -> str | None:
        """Something."""

    found.__annotations__["only"] = argument
    wrong.query(permission="wrong.read")(found)
    with pytest.raises(StitchError, match=r"Query.found\(only:\): filters by 'Component.lifecyle', which is no field"):
        stitch([wrong], {})


def test_a_member_of_an_enum_that_there_is_not_cannot_filter():
    with pytest.raises(ValueError, match="Order has no member 'LIFECYLE'"):

        @enum(filters={"LIFECYLE": filters("Entity.lifecycle")})
        class Order(Enum):
            """What to order by."""

            LIFECYCLE = "LIFECYCLE"
            """By lifecycle."""


OPEN_INPUTS = {
    "EntityFilter.and", "EntityFilter.or", "EntityFilter.not", "EntityFilter.kinds", "EntityFilter.namespace",
    "EntityFilter.namespaces", "EntityFilter.name",
    *(f"LabelFilter.{name}" for name in ("key", "value", "in", "prefix", "exists")),
    *(f"SpecFilter.{name}" for name in ("path", "eq", "in", "prefix", "exists")),
    *(f"{kind}.{name}" for kind in ("ValueFilter", "TitleFilter") for name in ("eq", "in", "prefix", "exists")),
    *(f"{kind}.{name}" for kind in ("NameFilter", "NamespaceFilter") for name in ("eq", "in", "prefix")),
    *(f"{kind}.contains" for kind in ("NameFilter", "TitleFilter", "DescriptionFilter")),
    "RefFilter.eq", "RefFilter.in", "RefFilter.exists", "RelatedFilter.type", "RelatedFilter.ref", "RelatedFilter.refs",
    "InstantFilter.after", "InstantFilter.before", "ProblemFilter.kinds",
    "ProblemFilter.severities", "ProblemFilter.rule", "ProblemFilter.entity", "ProblemFilter.source",
}  # fmt: skip
"""What asks by nothing that can be denied alone: identity, parts of a field that says so, values that are guarded whole."""


def test_every_filter_of_the_built_in_plugins_says_by_what():
    plugins = [point.load() for name, point in installed().items() if name in ("catalog", "ci", "cost", "kubernetes", "security")]
    graph = stitch(plugins, {plugin.name: injected_types(plugin) for plugin in plugins})
    inputs = [kind for name, kind in graph.schema.type_map.items() if name.endswith("Filter")]
    silent = {f"{kind.name}.{name}" for kind in inputs for name, given in kind.fields.items() if FILTERS not in given.extensions}
    assert silent == OPEN_INPUTS
    assert FILTERS in graph.schema.type_map["Builds"].fields["runs"].args["branch"].extensions


def test_every_list_of_the_built_in_plugins_that_is_ordered_by_what_can_be_denied_says_by_what():
    plugins = [point.load() for name, point in installed().items() if name in ("catalog", "ci", "cost", "kubernetes", "security")]
    kinds = stitch(plugins, {plugin.name: injected_types(plugin) for plugin in plugins}).schema.type_map
    paging = ("first", "after", "last", "before")
    worst, newest = ("Finding.severity", "Finding.identifier"), ("PipelineRun.startedAt",)
    ordered = {("Component", "findings"): worst, ("Query", "findings"): worst, ("Builds", "runs"): newest}
    for (kind, name), by in ordered.items():
        told = [kinds[kind].fields[name].args[one].extensions.get(FILTERS) for one in paging]
        assert told == [by] * 4, f"{kind}.{name}"
    for kind in ("Workload", "KubernetesState"):
        assert kinds[kind].fields["pods"].args["limit"].extensions[FILTERS] == ("Pod.state",)
