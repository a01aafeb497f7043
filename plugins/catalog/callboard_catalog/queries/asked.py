"""What lists can ask of an entity beside what an Expression of the SDK says: what it is to others, and when.

Part of the store.
"""

from __future__ import annotations

from dataclasses import dataclass

from callboard_sdk import EntityRef
from callboard_sdk.conditions import Expression


@dataclass(frozen=True, slots=True)
class Related:
    """It has this relation to one of these refs, and says so itself, or one of those says so that is as `seen` says."""

    type: str
    refs: frozenset[EntityRef]
    seen: Expression


@dataclass(frozen=True, slots=True)
class When:
    """It was made, or changed last, between these instants, in seconds since 1970; neither is meant itself."""

    column: str
    """`created` or `changed`."""
    after: float | None
    before: float | None
