"""What a change of the schema does to clients: which of it breaks queries that work today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from graphql import build_schema
from graphql.utilities import BreakingChange, DangerousChange, find_schema_changes

from .supergraph import Guarded, Supergraph

Effect = Literal["breaking", "dangerous", "safe"]
_EFFECTS: tuple[Effect, ...] = ("breaking", "dangerous", "safe")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two schemas.

    Breaking: a query that works today is refused, or answered with another type. Dangerous: it works, and may get what its
    client doesn't expect. Safe: it works as before.
    """

    kind: str
    description: str
    effect: Effect


def changes(old: str, new: str) -> list[Change]:
    """Every difference between two schemas in SDL but those of order, the worst first."""
    found = find_schema_changes(build_schema(old), build_schema(new))
    return _sorted(Change(change.type.name, change.description, _effect(change)) for change in found)


def graph_changes(old: Supergraph, new: Supergraph) -> list[Change]:
    """As `changes`, with those of permissions: a field that needs another one is null to some who could read it."""
    return _sorted([*changes(old.sdl, new.sdl), *_guard_changes(old.guards, new.guards)])


def report(found: Sequence[Change], what: str, command: str) -> str:
    """What to tell whoever changed a schema and not its snapshot: each change by what it does, and how to go on."""
    breaking = sum(change.effect == "breaking" for change in found)
    told = f"changes that break queries that work today: {breaking or 'none'}" if found else "only the order of its text has"
    lines = [f"{what} has changed and its snapshot hasn't; {told}.", *(f"  {c.effect:9}  {c.description}" for c in found)]
    return "\n".join([*lines, f"If that is meant, write the snapshot again and commit it: {command}"])


def _sorted(found: Sequence[Change] | Iterator[Change]) -> list[Change]:
    return sorted(found, key=lambda change: _EFFECTS.index(change.effect))


def _effect(change: object) -> Effect:
    if isinstance(change, BreakingChange):
        return "breaking"
    return "dangerous" if isinstance(change, DangerousChange) else "safe"


def _guard_changes(old: Mapping[str, Guarded], new: Mapping[str, Guarded]) -> Iterator[Change]:
    for coordinate in sorted(old.keys() & new.keys()):
        before, after = old[coordinate].permission, new[coordinate].permission
        if before != after:
            yield Change("PERMISSION_CHANGED", f"{coordinate} needs {after!r}, and needed {before!r} before.", "dangerous")
