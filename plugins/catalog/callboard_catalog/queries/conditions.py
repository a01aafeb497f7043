"""The filters of lists, as an Expression where the SDK has words for it, and as the catalog's own where it has none. Part of the
store.

A. tree     and, or, not, so deep and so large at most
B. leaves   each as its field of the filter says
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from callboard_sdk import Access, BadArgument, EntityRef
from callboard_sdk.conditions import (
    LONGEST_BEGINNING,
    Begins,
    Column,
    Expression,
    Has,
    Is,
    Mark,
    Says,
    Tie,
    Tied,
    every,
    no,
    some,
)
from callboard_sdk.spec import SHOWN
from callboard_sdk.wording import Wording, words_of
from sqlalchemy import false
from sqlmodel import col

from callboard_catalog.records.marks import storable
from callboard_catalog.records.tables import ProblemRow

from .asked import Related, When
from .filters import EntityFilter, InstantFilter, LabelFilter, ProblemFilter, RefFilter, RelatedFilter, SpecFilter

DEEPEST = 8
LARGEST = 100
MOST_VALUES = 100
_TEXT = frozenset({Wording.NAME, Wording.TITLE, Wording.DESCRIPTION})


def condition(wanted: EntityFilter, access: Access) -> Expression:
    """What an entity must be: all that the filter sets. Raises BadArgument for a filter that is too deep or too large."""
    return _Reader(access).read(wanted, 1)


class _Reader:
    """Reads one filter, and counts what it asks."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._asked = 0

    def read(self, wanted: EntityFilter, depth: int) -> Expression:  # A
        if depth > DEEPEST:
            raise BadArgument(f"`filter` is more than {DEEPEST} levels of `and`, `or` and `not` deep: write it flatter")
        return every(self._parts(wanted, depth))

    def _parts(self, wanted: EntityFilter, depth: int) -> Iterator[Any]:
        if wanted.and_ is not None:
            yield every(self.read(one, depth + 1) for one in wanted.and_)
        if wanted.or_ is not None:
            yield some(self.read(one, depth + 1) for one in wanted.or_)
        if wanted.not_ is not None:
            yield no(self.read(wanted.not_, depth + 1))
        for name, make in _LEAVES.items():
            if (value := getattr(wanted, name)) is not None:
                self._asked += 1
                if self._asked > LARGEST:
                    raise BadArgument(f"`filter` asks more than {LARGEST} things: ask fewer, or several in one list")
                yield make(value)
        if wanted.related_to is not None:
            self._asked += 1
            yield self._related(wanted.related_to)

    def _related(self, wanted: RelatedFilter) -> Any:
        refs = [*(wanted.refs or ()), *((wanted.ref,) if wanted.ref is not None else ())]
        if wanted.ref is None and wanted.refs is None:
            raise BadArgument("`relatedTo` names no entity: give it `ref` or `refs`")
        return Related(wanted.type, frozenset(_few(refs, "relatedTo.refs")), self._access.entities)


def _few(values: Sequence[Any], name: str) -> Sequence[Any]:
    if len(values) > MOST_VALUES:
        raise BadArgument(f"`{name}` has {len(values)} values: give at most {MOST_VALUES}")
    return values


def _beginning(what: Column | Mark, key: str, text: str) -> Expression:  # B
    if len(text) > LONGEST_BEGINNING:
        raise BadArgument(f"`prefix` has {len(text)} characters: give at most {LONGEST_BEGINNING}")
    return Begins(what, key, text)


def _one(what: Column | Mark, key: str, values: Iterable[str]) -> Expression:
    if isinstance(what, Column):
        return Is(what, frozenset(values))
    if what is Mark.TAG:
        return some(Has(Mark.TAG, value) for value in values)
    return Has(what, key, frozenset(values))


def _value(what: Column | Mark, key: str, wanted: Any) -> Expression:
    """What any of the filters of values says of one value, or of the values under one key."""

    def parts() -> Iterator[Expression]:
        for name in ("eq", "value"):
            if (value := getattr(wanted, name, None)) is not None:
                yield _one(what, key, [value])
        if wanted.in_ is not None:
            yield _one(what, key, _few(wanted.in_, "in"))
        if wanted.prefix is not None:
            yield _beginning(what, key, wanted.prefix)
        if (words := getattr(wanted, "contains", None)) is not None:
            yield _says({Wording(what.value)}, words)
        if (exists := getattr(wanted, "exists", None)) is not None:
            there = _beginning(what, key, "")
            yield there if exists else no(there)

    return every(parts())


def _keyed(mark: Mark, key: str, wanted: LabelFilter | SpecFilter) -> Expression:
    given = [getattr(wanted, name, None) for name in ("eq", "value", "in_", "prefix", "exists")]
    return Has(mark, key) if all(one is None for one in given) else _value(mark, key, wanted)


def _spec(wanted: SpecFilter) -> Expression:
    if wanted.path in SHOWN:
        raise BadArgument(f"`spec.path` is {wanted.path!r}, which has a field of its own: filter by that")
    return _keyed(Mark.SPEC, wanted.path, wanted)


def _says(where: Iterable[Wording], text: str) -> Expression:
    words = words_of(text)
    return Says(frozenset(where), words) if words else some(())


def _tied(tie: Tie, wanted: RefFilter) -> Expression:
    def parts() -> Iterator[Expression]:
        if wanted.eq is not None:
            yield Tied(tie, frozenset({wanted.eq}))
        if wanted.in_ is not None:
            yield Tied(tie, frozenset(_few(wanted.in_, "in")))
        if wanted.exists is not None:
            yield Tied(tie, None) if wanted.exists else no(Tied(tie, None))

    return every(parts())


def _when(column: str, wanted: InstantFilter) -> Any:
    after, before = (None if one is None else seconds(one) for one in (wanted.after, wanted.before))
    return When(column, after, before) if (after, before) != (None, None) else every(())


def seconds(instant: datetime) -> float:
    """An instant as the tables have it. Raises BadArgument for one that doesn't say how far from UTC it is."""
    if instant.tzinfo is None:
        raise BadArgument("an instant needs its offset from UTC: write it like 2026-01-31T12:00:00Z")
    return instant.timestamp()


def _ref(tie: Tie) -> Callable[[EntityRef], Expression]:
    return lambda ref: Tied(tie, frozenset({ref}))


_LEAVES: dict[str, Callable[[Any], Any]] = {
    "kinds": lambda kinds: Is(Column.KIND, frozenset(_few(kinds, "kinds"))),
    "namespace": lambda namespace: Is(Column.NAMESPACE, frozenset({namespace})),
    "namespaces": lambda wanted: _value(Column.NAMESPACE, "", wanted),
    "name": lambda wanted: _value(Column.NAME, "", wanted),
    "title": lambda wanted: _value(Column.TITLE, "", wanted),
    "description": lambda wanted: _says({Wording.DESCRIPTION}, wanted.contains) if wanted.contains is not None else every(()),
    "text": lambda text: _says(_TEXT, text),
    "type": lambda kind: Is(Column.TYPE, frozenset({kind})),
    "types": lambda wanted: _value(Column.TYPE, "", wanted),
    "lifecycle": lambda lifecycle: Is(Column.LIFECYCLE, frozenset({lifecycle})),
    "lifecycles": lambda wanted: _value(Column.LIFECYCLE, "", wanted),
    "tag": lambda tag: Has(Mark.TAG, tag),
    "tags": lambda wanted: _value(Mark.TAG, "", wanted),
    "label": lambda label: _keyed(Mark.LABEL, label.key, label),
    "annotation": lambda note: _keyed(Mark.ANNOTATION, note.key, note),
    "spec": _spec,
    "owned_by": _ref(Tie.OWNED_BY),
    "owner": lambda wanted: _tied(Tie.OWNED_BY, wanted),
    "part_of": _ref(Tie.PART_OF),
    "whole": lambda wanted: _tied(Tie.PART_OF, wanted),
    "created": lambda wanted: _when("created", wanted),
    "changed": lambda wanted: _when("changed", wanted),
}


def problem_subject(wanted: ProblemFilter) -> Expression:
    """What the entity that a problem is about must be."""
    kinds = [] if wanted.kinds is None else [Is(Column.KIND, frozenset(_few(wanted.kinds, "kinds")))]
    return every([*kinds, *([] if wanted.owned_by is None else [Tied(Tie.OWNED_BY, frozenset({wanted.owned_by}))])])


def problem_conditions(wanted: ProblemFilter) -> list[Any]:
    """What a problem must be."""
    found: list[Any] = []
    if wanted.severities is not None:
        found.append(
            col(ProblemRow.severity).in_([severity.value for severity in wanted.severities]) if wanted.severities else false()
        )
    if wanted.rule is not None:
        found.append(col(ProblemRow.rule) == wanted.rule if storable(wanted.rule) else false())
    if wanted.source is not None:
        found.append(col(ProblemRow.source) == wanted.source if storable(wanted.source) else false())
    if wanted.entity is not None:
        ref = str(wanted.entity)
        found.append(col(ProblemRow.entity) == ref if storable(ref) else false())
    return found
