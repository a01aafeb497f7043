"""The operations that the portal's API is answered by: each runs as its sender, under the same decisions as any other.

Which parts of an entity are wanted is said by variables, so that each operation has one text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from callboard_sdk import HttpError, Told

_PARTS = "$descriptor: Boolean!, $relations: Boolean!"
_PARTS_OF_ENTITY = """
fragment Parts on Entity {
  id ref kind namespace name
  descriptor @include(if: $descriptor)
  relations @include(if: $relations) { type ref }
}"""

ENTITY = f"query PortalEntity($ref: EntityRef!, {_PARTS}) {{ entity(ref: $ref) {{ ...Parts }} }}{_PARTS_OF_ENTITY}"
ENTITY_BY_ID = f"query PortalEntityById($id: ID!, {_PARTS}) {{ node(id: $id) {{ ...Parts }} }}{_PARTS_OF_ENTITY}"
ENTITIES_BY_ID = f"query PortalEntitiesById($ids: [ID!]!, {_PARTS}) {{ nodes(ids: $ids) {{ ...Parts }} }}{_PARTS_OF_ENTITY}"
ENTITIES = f"""
query PortalEntities(
  $filter: EntityFilter, $order: EntityOrder, $first: Int, $after: String, $last: Int, $before: String, $counted: Boolean!,
  {_PARTS}
) {{
  entities(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order) {{
    totalCount @include(if: $counted)
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    nodes {{ ...Parts }}
  }}
}}{_PARTS_OF_ENTITY}"""
FACETS = """
query PortalFacets($by: [FacetBy!]!, $first: Int!, $filter: EntityFilter) {
  entityFacets(by: $by, first: $first, filter: $filter) { more values { value count } }
}"""
CHECK = "query PortalCheck($descriptor: JSON!) { checkDescriptor(descriptor: $descriptor) { message remedy } }"

_STATUSES: Mapping[str, int] = {"BAD_ARGUMENT": 400, "FORBIDDEN": 403, "DEADLINE_EXCEEDED": 503, "PLUGIN_UNAVAILABLE": 503}


def given(told: Told, name: str) -> Any:
    """What the field of Query gave, without what its viewer may not read of it.

    Raises HttpError where it gave nothing for a reason, or where a part of it is missing for another one than a denial: what is
    answered is never less than the viewer may have.
    """
    for error in told.errors:
        code = error.get("extensions", {}).get("code")
        if code != "FORBIDDEN" or len(_path(error)) < 2:
            raise HttpError(_STATUSES.get(code, 500), error["message"])
    return told.data.get(name)


def _path(error: Mapping[str, Any]) -> Sequence[str | int]:
    return error.get("path") or ()
