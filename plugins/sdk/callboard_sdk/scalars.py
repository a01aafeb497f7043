"""The scalars every subgraph may use, by the Python type that stands for them in annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from .ref import EntityRef, InvalidRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strawberry.types.scalar import ScalarDefinition


def _parse_ref(value: object) -> EntityRef:
    if not isinstance(value, str):
        raise InvalidRef(f"an entity ref is a string like component:default/web, got {type(value).__name__}")
    return EntityRef.parse(value)


SCALARS: Mapping[object, ScalarDefinition] = {
    EntityRef: strawberry.scalar(
        name="EntityRef",
        description="An entity's name as `kind:namespace/name`, compared without case; the kind is always written out.",
        serialize=str,
        parse_value=_parse_ref,
    ),
}
