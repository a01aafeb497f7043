"""Leaks to who listens, each planted on purpose in one place: what the trials must find."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from callboard_catalog.queries.changes import Change, Changes
from callboard_catalog.records.journal import SOURCE
from callboard_sdk import BadArgument, encode_cursor

from . import stage as _stage
from .leaks import Plant

_FIELDS = sys.modules["callboard_catalog.fields.change_fields"]
_kind = _FIELDS._kind
_before = Changes._before


def _every(before: Any, after: Any, readable: Any) -> Any:
    return _kind(before, after, readable) or _FIELDS.ChangeKind.CHANGED


def _unread(before: Any, after: Any, readable: Any) -> Any:
    return _FIELDS.ChangeKind.CHANGED if before is not None and after is not None else _kind(before, after, readable)


def _numbered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Change, "cursor", property(lambda self: encode_cursor(f"{self.at!r}/{self.name}/{self.number}")))


async def _refusing(self: Changes, instant: float) -> int:
    number = await _before(self, instant)
    if not any(change.at == instant for change in await self._read(number)):
        raise BadArgument("nothing changed at this cursor")
    return number


def _hidden_before(patch: pytest.MonkeyPatch) -> None:
    """A change tells by its instant whether what was before is hidden."""
    seen = _FIELDS.Access.shown

    def shown(self: Any, entity: Any) -> Any:
        found = seen(self, entity)
        return replace(entity, title="was hidden") if found is None and entity is not None and entity.name < "b" else found

    patch.setattr(_FIELDS.Access, "shown", shown)


def _set(owner: Any, name: str, value: Any) -> Plant:
    return lambda patch: patch.setattr(owner, name, value)


def _as_it_is(problem: Any, **_: Any) -> Any:
    return problem


LEAKS: Mapping[str, Plant] = {
    "event: of what is hidden": _set(_FIELDS, "_kind", _every),
    "event: of fields that may not be read": _set(_FIELDS, "_kind", _unread),
    "event: of what was hidden before": _hidden_before,
    "event: since when a problem was there, hidden": _set(_FIELDS, "replace", _as_it_is),
    "event: of what a source holds back": _set(_stage, "INSIDE", SOURCE),
    "cursor: has the number of the change": _numbered,
    "cursor: is refused where nothing changed": _set(Changes, "_before", _refusing),
}
RARE = {"event: since when a problem was there, hidden"}
"""What comes to light only in many pairs: of the others each is found in a few hundred."""
