"""Descriptors in the graph: what each says as a whole, and what would be wrong with one."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from callboard_sdk import Access, Batch, Entity, Plugin, Problem, Readable, Sources
from strawberry.scalars import JSON

from .model import PROBLEMS, READ
from .shown import problems_with, shown_descriptor, shown_spec
from .shown import withheld as withheld_of

_Descriptor = Annotated[JSON, strawberry.argument(description="The descriptor, as JSON.")]


def add_descriptor_fields(plugin: Plugin[Any]) -> None:
    """Declare them on the catalog's plugin."""

    @plugin.field(on=Entity, permission=READ)
    async def spec(entities: Batch[Entity], readable: Readable) -> list[JSON | None]:
        """All that its kind says of it, as its descriptor has it, with placeholders filled where they can be; without what the
        viewer may not read by the field of the same name.
        """
        return [JSON(shown_spec(entity, readable)) for entity in entities]

    @plugin.field(on=Entity, permission=READ)
    async def descriptor(entities: Batch[Entity], readable: Readable) -> list[JSON | None]:
        """Its whole descriptor, as the catalog keeps it: a source that has it gives the same entity. Without what the viewer may
        not read by the field of the same name.
        """
        return [JSON(shown_descriptor(entity, readable)) for entity in entities]

    @plugin.field(on=Entity, permission=READ)
    async def withheld(entities: Batch[Entity], readable: Readable) -> list[list[str] | None]:
        """What its descriptor is told without: the fields that show the same and that the viewer may not read, whether it says
        anything of that or not.
        """
        return [withheld_of(entity, readable) for entity in entities]

    @plugin.query(permission=PROBLEMS)
    async def check_descriptor(descriptor: _Descriptor, declared: Sources, access: Access) -> list[Problem] | None:
        """What is wrong with a descriptor by itself, whatever it refers to: nothing, when there is nothing. That its kind is
        nearly one of a plugin's is told to who may see every entity.
        """
        return problems_with(descriptor, declared.kinds if access.whole else ())
