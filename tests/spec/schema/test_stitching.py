"""Stitching: what is added where, and which mistakes are refused with words that help."""

import pytest
from callboard_sdk import Batch, Entity, Plugin, RegistrationError, value
from callboard_sdk.entities import Component
from schema import StitchError, stitch


def plugin(name: str) -> Plugin:
    return Plugin(name, permissions={f"{name}.read": "Read it."})


def with_query(p: Plugin) -> Plugin:
    @p.query(permission=f"{p.name}.read", name=f"{p.name}Ok")
    async def ok() -> str | None:
        """Something."""
        return "ok"

    return p


def test_a_field_on_an_interface_is_on_every_implementer():
    p = with_query(plugin("one"))

    @p.field(on=Entity, permission="one.read")
    async def mood(entities: Batch[Entity]) -> list[str | None]:
        """A mood."""
        return ["fine" for _ in entities]

    graph = stitch([p], {"one": frozenset()})
    assert {c for c in graph.guards if c.endswith(".mood")} >= {"Component.mood", "User.mood", "OpaqueEntity.mood"}
    assert "mood" in graph.schema.type_map["Entity"].fields


def test_two_graphs_in_one_process_do_not_share_fields():
    first, second = with_query(plugin("one")), with_query(plugin("two"))

    @first.field(on=Component, permission="one.read")
    async def only_here(components: Batch[Component]) -> list[str | None]:
        """Only in the first."""
        return [None for _ in components]

    assert "Component.onlyHere" in stitch([first], {}).guards
    assert "Component.onlyHere" not in stitch([second], {}).guards


def test_two_plugins_for_one_coordinate_are_refused_by_both_names():
    plugins = [with_query(plugin("one")), with_query(plugin("two"))]
    for p in plugins:

        @p.field(on=Component, permission=f"{p.name}.read")
        async def clash(components: Batch[Component]) -> list[str | None]:
            """The same name."""
            return []

    with pytest.raises(StitchError) as refused:
        stitch(plugins, {})
    assert refused.value.plugin == "two"
    assert (
        "'one'" in str(refused.value) and "Component.clash" in str(refused.value) and "test_stitching.py:" in str(refused.value)
    )


def test_a_field_that_is_never_null_is_refused_with_the_remedy():
    p = with_query(plugin("one"))

    @p.field(on=Component, permission="one.read")
    async def always(components: Batch[Component]) -> list[str]:
        """Never null."""
        return []

    with pytest.raises(StitchError, match=r"test_stitching.py:\d+.*never null.*X \| None"):
        stitch([p], {})


def test_a_field_without_a_docstring_is_refused():
    p = with_query(plugin("one"))

    @p.field(on=Component, permission="one.read")
    async def silent(components: Batch[Component]) -> list[str | None]:
        return []

    with pytest.raises(StitchError, match="no docstring"):
        stitch([p], {})


def test_a_field_that_does_not_take_the_batch_is_refused():
    p = with_query(plugin("one"))

    @p.field(on=Component, permission="one.read")
    async def single(component: Component) -> list[str | None]:
        """One by one."""
        return []

    with pytest.raises(StitchError, match="batch of parents"):
        stitch([p], {})


def test_an_undeclared_permission_is_refused_at_once():
    p = plugin("one")
    with pytest.raises(RegistrationError, match="permission 'one.write'"):

        @p.field(on=Component, permission="one.write")
        async def late(components: Batch[Component]) -> list[str | None]:
            """Nothing."""
            return []


def test_a_type_without_description_of_an_attribute_is_refused():
    p = with_query(plugin("one"))

    @value
    class Bare:
        """Described, but not its attribute."""

        thing: str

    @p.query(permission="one.read")
    async def bare() -> Bare | None:
        """Bare."""
        return None

    with pytest.raises(StitchError, match="Bare.thing: has no description"):
        stitch([p], {})
