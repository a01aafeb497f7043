"""The scalars of an entity's spec that can be asked for by their paths, and shown: those that no field shows by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

DEEPEST = 4
"""Keys that lead to a value at most."""
MOST = 64
"""Values of one entity that are told; those of its first fields."""
_LONGEST_PATH = 200

SHOWN = frozenset({
    "type", "lifecycle", "owner", "system", "subcomponentOf", "domain", "subdomainOf", "definition", "providesApis",
    "consumesApis", "dependsOn", "dependencyOf", "parent", "children", "members", "memberOf", "profile.displayName",
    "profile.email",
})  # fmt: skip
"""The paths that are not among them: each has a field of its own, and is read and asked for by that field's permission."""


def spec_values(spec: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each scalar with its path, such as `("profile.team", "red")`; those of a list of scalars have the list's path."""
    return list(islice(_below(spec, "", DEEPEST), MOST))


def _below(found: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, str]]:
    for key, value in found.items():
        path = f"{before}{key}"
        if path in SHOWN or "=" in path or len(path) > _LONGEST_PATH:
            continue
        if isinstance(value, Mapping):
            if depth > 1:
                yield from _below(value, f"{path}.", depth - 1)
            continue
        for one in value if isinstance(value, list) else [value]:
            if (text := _text(one)) is not None:
                yield path, text


def _text(value: Any) -> str | None:
    """A scalar as it is compared: text as it is, numbers and truth as JSON has them; None for anything else."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
    return None
