"""Leaks of the past, each planted on purpose in one place: what the trials must find."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.journal import ENTITY
from callboard_catalog.records.tables import ChangeRow
from callboard_sdk import EVERYTHING, Access, EntityRef
from callboard_sdk.conditions import _holds

from sqlalchemy import func, select

from .leaks import Plant

_FIELDS = sys.modules["callboard_catalog.fields.history_fields"]
_judged = _FIELDS.judged
_difference = _FIELDS._difference
_origin = _FIELDS._origin
_changed = _FIELDS.changed
_store_times = CatalogStore.times


async def _then_alone(store: Any, then: Mapping[EntityRef, Any], access: Access) -> Mapping[EntityRef, Any]:
    return {ref: entity for ref, entity in (await _judged(store, then, EVERYTHING)).items() if _seen(access, entity)}


def _seen(access: Access, entity: Any) -> bool:
    return access.sees(replace(entity, now=None))


async def _now_alone(store: Any, then: Mapping[EntityRef, Any], access: Access) -> Mapping[EntityRef, Any]:
    found = await _judged(store, then, EVERYTHING)
    return {ref: replace(one, now=None) for ref, one in found.items() if _seen(access, one.now or one)}


async def _gone(store: Any, then: Mapping[EntityRef, Any], access: Access) -> Mapping[EntityRef, Any]:
    there = {one.ref for one in await store.get(list(then)) if one is not None}
    gone = {ref: one for ref, one in then.items() if ref not in there and access.sees(one)}
    return {**await _judged(store, then, access), **gone}


def _every(ref: Any, before: Any, after: Any, readable: Any) -> Any:
    found = _difference(ref, before, after, readable)
    if found is None and before is not None and before != after:
        return _FIELDS.EntityDifference(ref=ref, kind=_FIELDS.ChangeKind.CHANGED, before=before, after=after)
    return found


async def _counted(store: Any, since: float, until: float, after: Any) -> Any:
    refs = await _changed(store, since, until, after)
    return refs if len(refs) % 2 else refs[::-1]


def _others(found: Any, access: Access) -> Any:
    return _origin(found, EVERYTHING)


def _counting(found: Any, access: Access) -> Any:
    origin = _origin(found, access)
    return origin and replace(origin, location=f"{origin.location} of {len(found)}")


async def _shared_times(self: CatalogStore, refs: Any) -> Any:
    found = await _store_times(self, refs)
    [[last]] = await self.select(select(func.max(ChangeRow.at)).where(ChangeRow.what == ENTITY))
    return {ref: (created, _FIELDS.instant(last)) for ref, (created, _) in found.items()}


def _set(owner: Any, name: str, value: Any) -> Plant:
    return lambda patch: patch.setattr(owner, name, value)


def _by_what_it_was(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("callboard_sdk.access.holds", _holds)
    patch.setattr("gateway.execution.sight.holds", _holds)


LEAKS: Mapping[str, Plant] = {
    "past: of what is hidden now": _set(_FIELDS, "judged", _then_alone),
    "past: of what was hidden then": _set(_FIELDS, "judged", _now_alone),
    "past: of what is gone, and so not hidden": _set(_FIELDS, "judged", _gone),
    "past: fields by what the entity was, not by what it is": _by_what_it_was,
    "differences: of fields that may not be read": _set(_FIELDS, "_difference", _every),
    "differences: in an order that tells how many there are": _set(_FIELDS, "changed", _counted),
    "instants: of changes to what is hidden": _set(CatalogStore, "times", _shared_times),
    "origin: of documents that are hidden": _set(_FIELDS, "_origin", _others),
    "origin: says how many documents there are": _set(_FIELDS, "_origin", _counting),
}
RARE = {"past: fields by what the entity was, not by what it is"}
"""Found in about 400 pairs, which takes minutes."""
