"""What can be said about an entity, as data: the language that every condition of a policy is compiled to.

An Expression has one meaning and two forms: `holds` here, and SQL in the catalog. Only what an entity says of itself can
be asked, so that whether a viewer may see it never depends on what another entity says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from .entities import Entity
from .ref import EntityRef, InvalidRef
from .spec import spec_values
from .wording import Wording, words_in


class Column(Enum):
    """A property that an entity has one value of."""

    KIND = "kind"
    NAMESPACE = "namespace"
    NAME = "name"
    TITLE = "title"
    TYPE = "type"
    LIFECYCLE = "lifecycle"
    REF = "ref"


class Mark(Enum):
    """A property that an entity has several values of, each under a key."""

    TAG = "tag"
    LABEL = "label"
    ANNOTATION = "annotation"
    SPEC = "spec"
    """A scalar of its spec, or of a list there, under the path to it: `callboard_sdk.spec` says which."""


class Tie(Enum):
    """A relation that an entity declares in its own spec."""

    OWNED_BY = "ownedBy"
    PART_OF = "partOf"


@dataclass(frozen=True, slots=True)
class Every:
    """All of the parts hold; with no parts it always holds."""

    parts: frozenset[Expression]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of the parts holds; with no parts it never does."""

    parts: frozenset[Expression]


@dataclass(frozen=True, slots=True)
class Not:
    """The part doesn't hold."""

    part: Expression


@dataclass(frozen=True, slots=True)
class Is:
    """The column has one of these values. Kinds, namespaces, names and refs are compared without case, as refs are."""

    column: Column
    values: frozenset[str]

    def __post_init__(self) -> None:
        if self.column in _CASELESS:
            object.__setattr__(self, "values", frozenset(value.lower() for value in self.values))


@dataclass(frozen=True, slots=True)
class Has:
    """There is a mark with this key, and one of these values; `values` None for any. A tag is a key with the value ''."""

    mark: Mark
    key: str
    values: frozenset[str] | None = None


LONGEST_BEGINNING = 64
"""Characters of a beginning that can be asked for: of longer values no more is kept for it."""


@dataclass(frozen=True, slots=True)
class Begins:
    """The column's value, or one that the mark has under this key, begins so; what begins with '' is any value at all.

    A tag has no key here: it is the value. Raises ValueError for more than LONGEST_BEGINNING characters.
    """

    what: Column | Mark
    key: str
    text: str

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_BEGINNING:
            raise ValueError(f"a beginning of {len(self.text)} characters: ask for at most {LONGEST_BEGINNING}")
        if self.what in _CASELESS:
            object.__setattr__(self, "text", self.text.lower())


@dataclass(frozen=True, slots=True)
class Says:
    """Each of these words, as `words_of` tells them, is in one of these texts; the last may be the beginning of one there."""

    where: frozenset[Wording]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tied:
    """The entity itself says that it has this relation to one of these refs; `refs` None for any."""

    tie: Tie
    refs: frozenset[EntityRef] | None


_CASELESS = (Column.KIND, Column.NAMESPACE, Column.NAME, Column.REF)

Expression = Every | Some | Not | Is | Has | Begins | Says | Tied
"""What an entity must be."""

ALWAYS = Every(frozenset())
"""What every entity is."""
NEVER = Some(frozenset())
"""What no entity is."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A spec field that declares a tie, the kind that a bare name in it is of, and the kinds that have it."""

    name: str
    kind: str
    only: frozenset[str] = frozenset()
    """These kinds; none for all."""
    never: frozenset[str] = frozenset()


_FIELDS = {
    Tie.OWNED_BY: (_Field("owner", "group", never=frozenset({"group", "user"})),),
    Tie.PART_OF: (
        _Field("system", "system", frozenset({"component", "api", "resource"})),
        _Field("subcomponentOf", "component", frozenset({"component"})),
        _Field("domain", "domain", frozenset({"system"})),
        _Field("subdomainOf", "domain", frozenset({"domain"})),
    ),
}


def every(parts: Iterable[Expression]) -> Expression:
    """All of these, in the simplest form."""
    flat: set[Expression] = set()
    for part in parts:
        flat |= part.parts if isinstance(part, Every) else {part}
    if NEVER in flat:
        return NEVER
    return next(iter(flat)) if len(flat) == 1 else Every(frozenset(flat))


def some(parts: Iterable[Expression]) -> Expression:
    """At least one of these, in the simplest form."""
    flat: set[Expression] = set()
    for part in parts:
        flat |= part.parts if isinstance(part, Some) else {part}
    if ALWAYS in flat:
        return ALWAYS
    return next(iter(flat)) if len(flat) == 1 else Some(frozenset(flat))


def no(part: Expression) -> Expression:
    """The opposite, in the simplest form."""
    if isinstance(part, Not):
        return part.part
    return NEVER if part == ALWAYS else ALWAYS if part == NEVER else Not(part)


def holds(expression: Expression, entity: Entity) -> bool:
    """Whether an entity is as the expression says; one of the past as it was, and as it is now."""
    return _holds(expression, entity) and (entity.now is None or _holds(expression, entity.now))


def _holds(expression: Expression, entity: Entity) -> bool:
    match expression:
        case Every(parts):
            return all(_holds(part, entity) for part in parts)
        case Some(parts):
            return any(_holds(part, entity) for part in parts)
        case Not(part):
            return not _holds(part, entity)
        case Is(column, values):
            return _value(entity, column) in values
        case Has(mark, key, values):
            return _marked(entity, mark, key, values)
        case Begins(what, key, text):
            return any(value.startswith(text) for value in _values(entity, what, key))
        case Says(where, words):
            return _said(entity, where, words)
        case Tied(tie, refs):
            found = ties(entity, tie)
            return bool(found) if refs is None else not refs.isdisjoint(found)


def ties(entity: Entity, tie: Tie) -> list[EntityRef]:
    """The refs that the entity's own spec says it is tied to; what is no reference counts for nothing."""
    kind, namespace = entity.ref.kind, entity.ref.namespace
    found: list[EntityRef] = []
    for field in _FIELDS[tie]:
        if kind in field.never or (field.only and kind not in field.only):
            continue
        raw = entity.spec.get(field.name)
        for one in raw if isinstance(raw, list) else [raw]:
            with suppress(InvalidRef):
                found.append(EntityRef.read(one, kind=field.kind, namespace=namespace))
    return found


def _value(entity: Entity, column: Column) -> str | None:
    match column:
        case Column.KIND:
            return entity.ref.kind
        case Column.NAMESPACE:
            return entity.ref.namespace
        case Column.NAME:
            return entity.ref.name
        case Column.TITLE:
            return entity.title
        case Column.REF:
            return str(entity.ref)
        case Column.TYPE | Column.LIFECYCLE:
            return entity.text(column.value)


def _marked(entity: Entity, mark: Mark, key: str, values: frozenset[str] | None) -> bool:
    if mark is Mark.TAG:
        return key in (entity.tags or ()) and (values is None or "" in values)
    found = _values(entity, mark, key)
    return bool(found) if values is None else not values.isdisjoint(found)


def _values(entity: Entity, what: Column | Mark, key: str) -> Sequence[str]:
    match what:
        case Mark.TAG:
            return entity.tags or ()
        case Mark.SPEC:
            return [value for path, value in spec_values(entity.spec) if path == key]
        case Mark.LABEL | Mark.ANNOTATION:
            marks = entity.labels if what is Mark.LABEL else entity.annotations
            return [marks[key]] if key in marks else []
    value = _value(entity, what)
    return [] if value is None else [value]


def _said(entity: Entity, where: frozenset[Wording], words: tuple[str, ...]) -> bool:
    said = words_in(where, entity.ref.name, entity.title, entity.tags, entity.description)
    *whole, last = words or ("",)
    return said.issuperset(whole) and any(word.startswith(last) for word in said)
