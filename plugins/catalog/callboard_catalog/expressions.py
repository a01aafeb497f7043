"""What an Expression of the SDK is in SQL. Part of the store.

A. marks    how what an entity has several of is named and kept in the table of marks
B. merged   alternatives that ask for the same thing are one; what a list's kind decides is decided
C. leaves   each a look-up on an index, values bound: a set of numbers, or one look-up a row
D. trees    wide ones in groups, deep ones in sets with names, so that no size is too much for a parser
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any

from callboard_sdk.conditions import (
    ALWAYS,
    NEVER,
    Column,
    Every,
    Expression,
    Has,
    Is,
    Mark,
    Not,
    Some,
    Tie,
    Tied,
    every,
    no,
    some,
)
from sqlalchemy import ARRAY, Select, String, Text, TextClause, bindparam, column, text

_LONGEST = 64
"""Characters of a value that is kept as it is. The digest of a longer one is longer too, so no value stands for another's."""
_KEPT = (Column.KIND, Column.NAMESPACE)
_GROUP = 16
_HIGHEST = 96
"""How high a tree may be in one piece: SQLite's parser has a stack of 100, of which a level takes several."""
_MOST = 30_000
"""Parameters of one statement; either database takes some more."""
_TEXT, _TEXTS = Text(), ARRAY(String())
_PARAMETER = re.compile(r":(asked_\d+)")


class Form(Enum):
    """How a mark is looked up: what is best for few matches and for counts, and what is best for a page of many."""

    SETS = "the numbers of all that have it, at once"
    PROBES = "each row by itself, in the order of the list"


def mark_text(mark: Mark | Column | Tie, key: str, value: str = "") -> str:  # A
    """The term that an entity so marked has. Keys have no `=`, and PostgreSQL indexes no long text."""
    if len(value) > _LONGEST:
        value = f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    return f"{mark.value}:{key}={value}"


def given(expression: Expression, kind: str) -> Expression:  # B
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


def _merged(parts: Iterable[Expression]) -> list[Expression]:
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
                found[tie] = Tied(tie, refs | known.refs) if isinstance(known, Tied) else part
            case _:
                found[part] = part
    return _ordered(found.values())


def _ordered(parts: Iterable[Expression]) -> list[Expression]:
    kinds = (Is, Tied, Has, Not, Every, Some)
    return sorted(parts, key=lambda part: kinds.index(type(part)))


def narrowed(query: Select[Any], expression: Expression, dialect: str, form: Form) -> Select[Any]:
    """The query over entities, of those that are as the expression says."""
    if expression == ALWAYS:
        return query
    writer = _Writer(dialect, form)
    condition = writer.tree(expression).text
    for name, body in writer.sets.items():
        made = writer.bound(body).columns(column("id")).cte(name).prefix_with("MATERIALIZED")
        query = query.add_cte(made)
    return query.where(writer.bound(f"({condition})"))


@dataclass(frozen=True, slots=True)
class _Sql:
    text: str
    height: int = 1


class _Writer:
    """Writes one expression. Nothing of an expression stands in the text: it has only our own names, and parameters."""

    def __init__(self, dialect: str, form: Form) -> None:
        self._sqlite = dialect == "sqlite"
        self._form = form
        self._names: dict[object, str] = {}
        self._values: dict[str, Any] = {}
        self.sets: dict[str, str] = {}

    def bound(self, written: str) -> TextClause:
        """The text with the parameters that stand in it."""
        clause = text(written)
        return clause.bindparams(*(self._parameter(name) for name in dict.fromkeys(_PARAMETER.findall(written))))

    def _parameter(self, name: str) -> Any:
        value = self._values[name]
        if isinstance(value, str):
            return bindparam(name, value, _TEXT)
        return bindparam(name, json.dumps(value), _TEXT) if self._sqlite else bindparam(name, value, _TEXTS)

    def _name(self, value: str | tuple[str, ...]) -> str:
        name = self._names.setdefault(value, f"asked_{len(self._names)}")
        self._values[name] = value if isinstance(value, str) else list(value)
        if len(self._names) > _MOST:
            raise ValueError(f"a condition on entities asks for more than {_MOST} different things: simplify the policy's rules")
        return f":{name}"

    def tree(self, expression: Expression) -> _Sql:  # D
        match expression:
            case Every(parts):
                return self._joined(list(map(self.tree, _ordered(parts))), " AND ", "1 = 1")
            case Some(parts):
                return self._joined(list(map(self.tree, _merged(parts))), " OR ", "1 = 0")
            case Not(part):
                inner = self.tree(part)
                return self._held(_Sql(f"NOT ({inner.text})", inner.height + 8))
            case Is(Column.REF, values):
                return _Sql(f"{self._following}catalog_entity.id IN ({self._terms(values)})")
            case Is(column, values):
                return self._column(column, values) if column in _KEPT else self._marked(column, "", values)
            case Has(mark, key, values):
                return self._marked(mark, key, values)
            case Tied(tie, refs):
                return self._marked(tie, "", {str(ref) for ref in refs})

    def _joined(self, parts: list[_Sql], operator: str, nothing: str) -> _Sql:
        while len(parts) > _GROUP:
            groups = (parts[start : start + _GROUP] for start in range(0, len(parts), _GROUP))
            parts = [self._joined(group, operator, nothing) for group in groups]
        if len(parts) <= 1:
            return parts[0] if parts else _Sql(nothing)
        whole = operator.join(f"({part.text})" for part in parts)
        return self._held(_Sql(whole, max(part.height for part in parts) + 8 + len(parts)))

    def _held(self, found: _Sql) -> _Sql:
        """The same, as a set with a name where it is too high for a parser's stack."""
        if found.height <= _HIGHEST:
            return found
        name = f"found_{len(self.sets)}"
        self.sets[name] = f"SELECT id FROM catalog_entity WHERE {found.text}"
        return _Sql(f"catalog_entity.id IN (SELECT id FROM {name})")

    def _column(self, column: Column, values: Iterable[str]) -> _Sql:  # C
        return _Sql(self._among(f"{self._following}catalog_entity.{column.value}", values))

    def _marked(self, mark: Mark | Column | Tie, key: str, values: Iterable[str] | None) -> _Sql:
        if "=" in key or not storable(key):
            return _Sql("1 = 0")
        if values is None:
            return self._marked_with_any(mark_text(mark, key))
        terms = f"catalog_mark.term IN ({self._terms(mark_text(mark, key, value) for value in values if storable(value))})"
        if self._form is Form.SETS:
            return _Sql(f"catalog_entity.id IN (SELECT catalog_mark.entity FROM catalog_mark WHERE {terms})")
        return _Sql(f"EXISTS (SELECT 1 FROM catalog_mark WHERE {terms} AND {self._here})")

    def _marked_with_any(self, text: str) -> _Sql:
        """Marked with any term that begins so: those up to the character after its last, `=`."""
        between = f"catalog_term.text >= {self._name(text)} AND catalog_term.text < {self._name(text[:-1] + '>')}"
        joined = "FROM catalog_term JOIN catalog_mark ON catalog_mark.term = catalog_term.id"
        if self._form is Form.SETS:
            return _Sql(f"catalog_entity.id IN (SELECT catalog_mark.entity {joined} WHERE {between})")
        joined = "FROM catalog_mark JOIN catalog_term ON catalog_term.id = catalog_mark.term"
        return _Sql(f"EXISTS (SELECT 1 {joined} WHERE {between} AND {self._here})")

    @property
    def _here(self) -> str:
        fence = "" if self._sqlite else " OFFSET 0"  # PostgreSQL: ask row by row, don't collect the matches first
        return f"catalog_mark.entity = catalog_entity.id{fence}"

    def _terms(self, texts: Iterable[str]) -> str:
        return f"SELECT catalog_term.id FROM catalog_term WHERE {self._among('catalog_term.text', texts)}"

    @property
    def _following(self) -> str:
        """Keeps SQLite, which knows too little of the rows to choose, to the list's own order and the index by entity."""
        return "+" if self._sqlite and self._form is Form.PROBES else ""

    def _among(self, what: str, values: Iterable[str]) -> str:
        found = sorted(filter(storable, values))
        if len(found) <= 1:
            return f"{what} = {self._name(found[0])}" if found else "1 = 0"
        listed = self._name(tuple(found))
        return f"{what} IN (SELECT value FROM json_each({listed}))" if self._sqlite else f"{what} = ANY ({listed})"


def storable(value: str) -> bool:
    """Whether a database can have it at all; what is read has no other text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
