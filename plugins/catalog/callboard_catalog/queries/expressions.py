"""What is asked of entities, an Expression of the SDK or what the catalog asks beside it: what it comes to, before it is SQL.
Part of the store.

A. given    what a list's kind decides is decided
B. merged   alternatives that ask for the same thing are one
C. terms    what an entity must be marked with, for a leaf to hold
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from callboard_sdk.conditions import (
    ALWAYS,
    NEVER,
    Begins,
    Column,
    Every,
    Expression,
    Has,
    Is,
    Mark,
    Not,
    Says,
    Some,
    Tied,
    every,
    no,
    some,
)

from callboard_catalog.records.marks import mark_text, storable

from .asked import Related, When


def given(expression: Expression, kind: str) -> Expression:  # A
    """What is left to ask of an entity of this kind."""
    match expression:
        case Every(parts):
            return every(map(partial(given, kind=kind), parts))
        case Some(parts):
            return some(map(partial(given, kind=kind), parts))
        case Not(part):
            return no(given(part, kind))
        case Is(Column.KIND, values):
            return ALWAYS if kind in values else NEVER
    return expression


def merged(parts: Iterable[Expression]) -> list[Expression]:
    """Alternatives with at most one of them for each column, mark and tie; what is quickly asked comes first."""
    found: dict[object, Expression] = {}
    for part in parts:
        match part:
            case Is(column, values):
                known = found.get(column)
                found[column] = Is(column, values | known.values) if isinstance(known, Is) else part
            case Has(mark, key, values):
                known = found.get((mark, key))
                if isinstance(known, Has):
                    values = None if values is None or known.values is None else values | known.values
                found[mark, key] = replace(part, values=values)
            case Tied(tie, refs):
                known = found.get(tie)
                if isinstance(known, Tied):
                    refs = None if refs is None or known.refs is None else refs | known.refs
                found[tie] = replace(part, refs=refs)
            case _:
                found[part] = part
    return ordered(found.values())


def ordered(parts: Iterable[Expression]) -> list[Expression]:
    """The parts, what is quickly asked first."""
    kinds = (Is, When, Tied, Has, Begins, Related, Says, Not, Every, Some)
    return sorted(parts, key=lambda part: kinds.index(type(part)))


def texts_of(leaf: Any) -> list[str]:
    """The terms of which an entity must have one, for this to hold."""
    match leaf:
        case Is(Column.TYPE | Column.LIFECYCLE | Column.TITLE as column, values):
            return [mark_text(column, "", value) for value in values if storable(value)]
        case Has(Mark.TAG, key, values) if "=" not in key and storable(key):
            return [mark_text(Mark.TAG, key)] if values is None or "" in values else []
        case Has(mark, key, values) if "=" not in key and storable(key):
            return [mark_text(mark, key, value) for value in values or () if storable(value)]
        case Tied(tie, refs):
            return [mark_text(tie, "", str(ref)) for ref in refs or ()]
    return []


def beginning_of(leaf: Any) -> str | None:
    """What the term that it asks for must begin with, where it doesn't say which it must be."""
    match leaf:
        case Has(mark, key, None) if mark is not Mark.TAG and "=" not in key and storable(key):
            return mark_text(mark, key)
        case Tied(tie, None):
            return mark_text(tie, "")
        case Begins(Mark.TAG, _, tag) if "=" not in tag:
            return f"{Mark.TAG.value}:{tag}"
        case Begins(what, key, value) if what is not Mark.TAG and "=" not in key and storable(key):
            return mark_text(what, key, value)
    return None
