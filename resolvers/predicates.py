"""The predicates that the core itself declares: what rules may say of an entity without any plugin's help."""

from __future__ import annotations

from typing import Annotated, Any

from callboard_sdk import EntityRef, Groups, Plugin, Viewer
from callboard_sdk.conditions import Column, Expression, Has, Is, Mark, Tie, Tied
from pydantic import AfterValidator, Field

Text = Annotated[str, Field(min_length=1, max_length=500)]
Texts = Annotated[frozenset[Text], Field(min_length=1, max_length=200)]


def _of_kind(kind: str) -> AfterValidator:
    def check(ref: EntityRef) -> EntityRef:
        if ref.kind != kind:
            raise ValueError(f"{ref} is no {kind}: write {kind}:NAMESPACE/NAME")
        return ref

    return AfterValidator(check)


GroupRef = Annotated[EntityRef, _of_kind("group")]
SystemRef = Annotated[EntityRef, _of_kind("system")]


def declare_predicates(core: Plugin[Any]) -> None:
    """Declare them on the core's plugin."""

    @core.condition
    async def is_owner(viewer: Viewer, groups: Groups) -> Expression:
        """The viewer owns the entity, or a group does that the viewer belongs to, directly or through other groups."""
        own = frozenset() if viewer.entity is None else frozenset({viewer.entity})
        return Tied(Tie.OWNED_BY, own | await groups.above(viewer.groups))

    @core.condition
    async def owner_in_group(group: GroupRef, groups: Groups) -> Expression:
        """The group owns the entity, or a group does that is in it, directly or through other groups."""
        return Tied(Tie.OWNED_BY, await groups.below([group]))

    @core.condition
    def has_tag(tag: Text) -> Expression:
        """The entity has the tag."""
        return Has(Mark.TAG, tag)

    @core.condition
    def has_label(key: Text, values: Texts | None = None) -> Expression:
        """The entity has a label with this key, and one of these values where any are given."""
        return Has(Mark.LABEL, key, values)

    @core.condition
    def has_annotation(key: Text, values: Texts | None = None) -> Expression:
        """The entity has an annotation with this key, and one of these values where any are given."""
        return Has(Mark.ANNOTATION, key, values)

    @core.condition
    def in_namespace(namespaces: Texts) -> Expression:
        """The entity is in one of these namespaces."""
        return Is(Column.NAMESPACE, _lower(namespaces))

    @core.condition
    def kind_is(kinds: Texts) -> Expression:
        """The entity is of one of these kinds, such as Component."""
        return Is(Column.KIND, _lower(kinds))

    @core.condition
    def lifecycle_is(lifecycles: Texts) -> Expression:
        """The entity's lifecycle is one of these, such as production."""
        return Is(Column.LIFECYCLE, lifecycles)

    @core.condition
    def part_of_system(system: SystemRef) -> Expression:
        """The entity says that it is part of this system."""
        return Tied(Tie.PART_OF, frozenset({system}))


def _lower(texts: frozenset[str]) -> frozenset[str]:
    return frozenset(text.lower() for text in texts)
