"""What a change of the schema does to clients: which of it breaks queries that work today."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import build_schema
from graphql.utilities import find_breaking_changes, find_dangerous_changes


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two schemas that clients can notice."""

    kind: str
    description: str
    breaking: bool


def changes(old: str, new: str) -> list[Change]:
    """Every breaking change from the old SDL to the new one, then every dangerous one. Additions are neither."""
    before, after = build_schema(old), build_schema(new)
    breaking = [Change(c.type.name, c.description, True) for c in find_breaking_changes(before, after)]
    dangerous = [Change(c.type.name, c.description, False) for c in find_dangerous_changes(before, after)]
    return breaking + dangerous
