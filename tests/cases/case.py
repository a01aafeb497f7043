"""A case: a folder with a query, who asks it, what it may ask of each upstream, and what it answers.

`query.graphql` is the operation and `plan.txt` its plan (written by `pytest tests/cases --update-plans`, and reviewed);
`case.yaml` has the rest; a `rules.csv` stands in place of the default policy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from callboard_sdk import Settings

FOLDER = Path(__file__).parent


class Case(Settings):
    """What `case.yaml` says."""

    about: str
    """What it shows, in a sentence."""
    viewer: tuple[str, ...] = ("admin",)
    """The roles of the one who asks; none is a request without a token."""
    variables: dict[str, Any] = {}
    """The variables of the request."""
    down: frozenset[str] = frozenset()
    """The upstream servers that refuse connections."""
    hang: frozenset[str] = frozenset()
    """The upstream servers that accept and never answer."""
    settings: dict[str, Any] = {}
    """Settings of the gateway in place of the demo's, merged topic by topic."""
    asked_before: bool = False
    """Whether the same was asked just before, so that what may be kept is kept."""
    calls: dict[str, dict[str, int]] = {}
    """How often each upstream is asked for what. What isn't named isn't asked for."""
    errors: tuple[dict[str, Any], ...] = ()
    """Every error: code, path with `*` for places, upstream where there is one, and how many are alike."""
    result: dict[str, Any] | None = None
    """The parts of the data that matter: see `differences`."""


def read_case(folder: Path) -> Case:
    """The case in this folder."""
    return Case.model_validate(yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8")))


def alike(errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The errors, those that differ only in their place in a list counted as one."""
    counts = Counter(
        (e["extensions"]["code"], _pattern(e.get("path")), e["extensions"].get("plugin"), e["extensions"].get("upstream"))
        for e in errors
    )
    names = ("code", "path", "plugin", "upstream")
    groups = [dict(zip(names, key, strict=True)) | {"count": count} for key, count in counts.items()]
    return [{name: value for name, value in group.items() if value is not None} for group in groups]


def _pattern(path: list[str | int] | None) -> str | None:
    return None if path is None else ".".join("*" if isinstance(part, int) else part for part in path)


def differences(expected: Any, found: Any, at: str = "data") -> list[str]:
    """Where `found` isn't as expected.

    Of an object only the expected fields are looked at. A list is compared item by item with an expected list; an
    expected mapping looks at its `length`, at what `each` item has, at how many items have a field `present`, that is
    not null, and at single items by their place.
    """
    if isinstance(expected, Mapping) and isinstance(found, list):
        return _list_differences(expected, found, at)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        missing = [f"{at}.{name} isn't there" for name in expected if name not in found]
        return missing + [
            d for name in expected if name in found for d in differences(expected[name], found[name], f"{at}.{name}")
        ]
    if isinstance(expected, list) and isinstance(found, list):
        lengths = [] if len(expected) == len(found) else [f"{at} has {len(found)} items, not {len(expected)}"]
        return lengths + [d for n, pair in enumerate(zip(expected, found, strict=False)) for d in differences(*pair, f"{at}.{n}")]
    return [] if expected == found else [f"{at} is {found!r}, not {expected!r}"]


def _list_differences(expected: Mapping[Any, Any], found: list[Any], at: str) -> list[str]:
    told: list[str] = []
    for key, value in expected.items():
        if key == "length":
            told += differences(value, len(found), f"{at}.length")
        elif key == "each":
            told += [d for n, item in enumerate(found) for d in differences(value, item, f"{at}.{n}")]
        elif key == "present":
            told += differences(value, {name: sum(item[name] is not None for item in found) for name in value}, f"{at}.present")
        elif isinstance(key, int) and -len(found) <= key < len(found):
            told += differences(value, found[key], f"{at}.{key}")
        else:
            told.append(f"{at} has no {key!r}: it is a list of {len(found)}")
    return told
