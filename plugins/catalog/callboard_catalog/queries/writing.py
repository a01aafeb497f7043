"""What is asked of entities, in SQL. Part of the store.

A. leaves   each a look-up on an index, values bound: a set of numbers, or one look-up a row
B. trees    wide ones in groups, deep ones in sets with names, so that no size is too much for a parser
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from callboard_sdk import EntityRef
from callboard_sdk.conditions import (
    ALWAYS,
    Begins,
    Column,
    Every,
    Expression,
    Is,
    Not,
    Says,
    Some,
    Tie,
    Tied,
)
from sqlalchemy import ARRAY, Float, Select, String, Text, TextClause, bindparam, column, text

from callboard_catalog.descriptors.references import INVERSES
from callboard_catalog.records.marks import SEVERAL, after_all, storable
from callboard_catalog.records.sorting import nameable, prefix
from callboard_catalog.records.words import match

from .asked import Related, When
from .expressions import beginning_of, merged, ordered, texts_of

KEPT = (Column.KIND, Column.NAMESPACE)
"""Columns of an entity that have an index with its entities by name."""
_LOOKED_UP = 8
"""Terms that SQLite looks up of an entity one after another; of more it goes through what the entity has."""
_FEW = 8
"""Values that SQLite is given one by one; more are one text to it, which takes longer to begin with."""
_GROUP = 16
_HIGHEST = 96
"""How high a tree may be in one piece: SQLite's parser has a stack of 100, of which a level takes several."""
_MOST = 30_000
"""Parameters of one statement; either database takes some more."""
_BREAK = "\n"
"""PostgreSQL: between refs that are one text; no owner has it in its ref."""
_TEXT, _TEXTS = Text(), ARRAY(String())
_PARAMETER = re.compile(r":(asked_\d+)")


class Form(Enum):
    """How a leaf is looked up: what is best for few matches and for counts, and what is best for a page of many."""

    SETS = "the numbers of all that have it, at once"
    PROBES = "each row by itself, in the order of the list"


def narrowed(query: Select[Any], expression: Expression, dialect: str, form: Form) -> Select[Any]:
    """The query over entities, of those that are as the expression says."""
    if expression == ALWAYS:
        return query
    writer = Writer(dialect, form)
    condition = writer.tree(expression).text
    return writer.with_sets(query).where(writer.bound(f"({condition})"))


@dataclass(frozen=True, slots=True)
class _Sql:
    text: str
    height: int = 1


class Writer:
    """Writes what one statement asks. Nothing that is asked for stands in the text: it has only our own names, and parameters."""

    def __init__(self, dialect: str, form: Form) -> None:
        self._dialect = dialect
        self._sqlite = dialect == "sqlite"
        self._form = form
        self._names: dict[object, str] = {}
        self._values: dict[str, Any] = {}
        self.sets: dict[str, str] = {}
        self.join = "CROSS JOIN" if self._sqlite else "JOIN"
        """SQLite takes a CROSS JOIN as an order to keep to."""

    def with_sets(self, query: Select[Any]) -> Select[Any]:
        """The query, with the sets that what was written names."""
        for name, body in self.sets.items():
            query = query.add_cte(self.bound(body).columns(column("id")).cte(name).prefix_with("MATERIALIZED"))
        return query

    def statement(self, written: str) -> TextClause:
        """A whole statement, with the sets that what was written names."""
        sets = ", ".join(f"{name}(id) AS MATERIALIZED ({body})" for name, body in self.sets.items())
        return self.bound(f"WITH {sets} {written}" if sets else written)

    def bound(self, written: str) -> TextClause:
        """The text with the parameters that stand in it."""
        clause = text(written)
        return clause.bindparams(*(self._parameter(name) for name in dict.fromkeys(_PARAMETER.findall(written))))

    def _parameter(self, name: str) -> Any:
        value = self._values[name]
        if isinstance(value, str):
            return bindparam(name, value, _TEXT)
        if isinstance(value, float):
            return bindparam(name, value, Float())
        return bindparam(name, json.dumps(value), _TEXT) if self._sqlite else bindparam(name, value, _TEXTS)

    def name(self, value: str | float | tuple[str, ...]) -> str:
        """The parameter that stands for a value."""
        name = self._names.setdefault(value, f"asked_{len(self._names)}")
        self._values[name] = list(value) if isinstance(value, tuple) else value
        if len(self._names) > _MOST:
            raise ValueError(f"a condition on entities asks for more than {_MOST} different things: simplify the policy's rules")
        return f":{name}"

    @contextmanager
    def _as(self, form: Form) -> Any:
        before, self._form = self._form, form
        try:
            yield
        finally:
            self._form = before

    def tree(self, expression: Any) -> _Sql:  # B
        """What is asked, of a row of `catalog_entity`."""
        match expression:
            case Every(parts):
                all_of = list(map(self.tree, ordered(parts)))
                if self._form is Form.SETS and not self._sqlite:  # look the rest up in tables made once: it guesses sizes badly
                    all_of[1:] = [_Sql(f"({one.text}) IS TRUE", one.height) for one in all_of[1:]]
                return self._joined(all_of, " AND ", "1 = 1")
            case Some(parts):
                return self._joined(list(map(self.tree, merged(parts))), " OR ", "1 = 0")
            case Not(part):
                inner = self.tree(part)
                return self._held(_Sql(f"NOT ({inner.text})", inner.height + 8))
        if (direct := self._own(expression)) is not None:
            return _Sql(direct)
        if self._form is Form.SETS or (self._sqlite and isinstance(expression, Says)):  # FTS5 is slow to be asked of one row
            return _Sql(f"catalog_entity.id IN ({self.having(expression)})")
        return _Sql(self._probe(expression))

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
        return _Sql(f"catalog_entity.id IN (SELECT id FROM {self.set(f'SELECT id FROM catalog_entity WHERE {found.text}')})")

    def set(self, body: str) -> str:
        """The name of a set of numbers that this statement gives."""
        name = f"found_{len(self.sets)}"
        self.sets[name] = body
        return name

    def _own(self, expression: Any, *, leading: bool = False) -> str | None:  # A
        """A leaf that the entity's own row answers; None for one that it doesn't."""
        held_back = self._sqlite and self._form is Form.PROBES and not leading
        following = "+" if held_back else ""  # keeps SQLite to the order that was chosen
        match expression:
            case Is(Column.REF, values):
                return f"{following}catalog_entity.id IN ({self.terms(values)})"
            case Is(Column.NAME) | Begins(Column.NAME):
                return self.named(expression, f"{following}catalog_entity.sort")
            case Is(column, values) if column in KEPT:
                return self.among(f"{following}catalog_entity.{column.value}", values)
            case Begins(column, _, beginning) if column in KEPT:
                return self.between(f"{following}catalog_entity.{column.value}", beginning)
            case When(column, after, before):
                bounds = ((">", after), ("<", before))
                return " AND ".join(
                    f"{following}catalog_entity.{column} {how} {self.name(at)}" for how, at in bounds if at is not None
                )
        return None

    def leading(self, leaf: Any) -> str:
        """A leaf that the entity's own row answers, by the index that a list is read from."""
        return self._own(leaf, leading=True) or "1 = 0"

    def named(self, leaf: Is | Begins, key: str) -> str:
        """Whether what lists by name are ordered by has the name, or its beginning, that this asks for."""
        if isinstance(leaf, Begins):
            return self.between(key, leaf.text) if nameable(leaf.text) else "1 = 0"
        names = sorted(filter(nameable, leaf.values))
        return self._joined([_Sql(f"({self.between(key, prefix(name))})") for name in names], " OR ", "1 = 0").text

    def term(self, text: str) -> str:
        """The number of a term."""
        return f"(SELECT id FROM catalog_term WHERE text = {self.name(text)})"

    def merged(self, lists: Sequence[str], by: str, *, apart: bool) -> str:
        """The rows of several lists, which indexes have in this order, every row once; what follows must say the order.

        Lists that are `apart` have no row in common.
        """
        if self._sqlite:
            return (" UNION ALL " if apart else " UNION ").join(lists)
        ordered = " UNION ALL ".join(f"({one} ORDER BY {by})" for one in lists)
        key = by.removesuffix(" DESC")
        once = "" if apart else f"DISTINCT ON ({key}) "
        return f"SELECT {once}document, {key} FROM ({ordered}) AS merged"

    def having(self, leaf: Any) -> str:
        """A statement that gives the numbers of all entities for which a leaf holds; some may come twice."""
        if (own := self._own(leaf)) is not None:
            return f"SELECT catalog_entity.id FROM catalog_entity WHERE {own}"
        match leaf:
            case Says(where, words):
                if not all(map(storable, words)):
                    return "SELECT id FROM catalog_entity WHERE 1 = 0"
                if self._sqlite:
                    asked = self.name(match(self._dialect, where, words))
                    return f"SELECT rowid AS id FROM catalog_words WHERE catalog_words MATCH {asked}"
                return f"SELECT entity AS id FROM catalog_words WHERE {self.says(leaf)}"
            case Related():
                related = self._related(leaf, "other", INVERSES.get(leaf.type))
                return f"SELECT other.target AS id FROM catalog_relation AS other WHERE {related}"
        if (beginning := beginning_of(leaf)) is None:
            return f"SELECT catalog_mark.entity AS id FROM catalog_mark WHERE catalog_mark.term IN ({self.terms(texts_of(leaf))})"
        joined = "catalog_term JOIN catalog_mark ON catalog_mark.term = catalog_term.id"
        return f"SELECT catalog_mark.entity AS id FROM {joined} WHERE {self.between('catalog_term.text', beginning)}"

    def says(self, leaf: Says) -> str:
        """PostgreSQL: whether a row of the full-text index has these words."""
        return f"catalog_words.words @@ CAST({self.name(match(self._dialect, leaf.where, leaf.words))} AS tsquery)"

    def _probe(self, leaf: Any) -> str:
        """Whether a leaf holds for the row."""
        fence = "" if self._sqlite else " OFFSET 0"  # PostgreSQL: ask row by row, don't collect the matches first
        match leaf:
            case Says():
                if not all(map(storable, leaf.words)):
                    return "1 = 0"
                here = f"catalog_words.entity = catalog_entity.id AND {self.says(leaf)}{fence}"
                return f"EXISTS (SELECT 1 FROM catalog_words WHERE {here})"
            case Related():
                own = self._related(leaf, "own", leaf.type)
                return f"EXISTS (SELECT 1 FROM catalog_relation AS own WHERE {own} AND own.source = catalog_entity.id{fence})"
            case Tied(Tie.OWNED_BY, frozenset(refs)):
                return self._owned(refs)
        here = f"catalog_mark.entity = catalog_entity.id{fence}"
        if (beginning := beginning_of(leaf)) is None:
            texts = texts_of(leaf)
            term = "+catalog_mark.term" if self._sqlite and len(texts) > _LOOKED_UP else "catalog_mark.term"
            if len(texts) == 1:
                terms = f"= {self.term(texts[0])}"
            else:
                terms = f"IN ({self.terms(texts)})" if self._sqlite else f"= ANY (ARRAY({self.terms(texts)}))"
            return f"EXISTS (SELECT 1 FROM catalog_mark WHERE {term} {terms} AND {here})"
        joined = "catalog_mark JOIN catalog_term ON catalog_term.id = catalog_mark.term"
        return f"EXISTS (SELECT 1 FROM {joined} WHERE {self.between('catalog_term.text', beginning)} AND {here})"

    def _owned(self, refs: Iterable[EntityRef]) -> str:
        """Whether one of these is an owner of the row; of one that has several its relations tell which they are."""
        texts = sorted(filter(str.isprintable, map(str, refs)))  # no owner's ref is anything else
        if self._sqlite:
            owner, found, fence = "+catalog_entity.owner", f"IN ({self._listed(texts)})", ""
        else:  # one long text is read sooner than many short ones; it is read once, and relations are asked row by row
            found = f"IN (SELECT string_to_table({self.name(_BREAK.join(texts))}, chr(10)))"
            owner, fence = "catalog_entity.owner", " IS TRUE OFFSET 0"
        several = (
            f"SELECT 1 FROM catalog_relation {self.join} catalog_term ON catalog_term.id = catalog_relation.target"
            f" WHERE catalog_relation.source = catalog_entity.id AND catalog_relation.type = {self.term(Tie.OWNED_BY.value)}"
            f" AND NOT catalog_relation.mirrored AND (catalog_term.text {found}){fence}"
        )
        return f"{owner} {found} OR ({owner} = '{SEVERAL}' AND EXISTS ({several}))"

    def _related(self, leaf: Related, side: str, kind: str | None) -> str:
        """Rows of relations of this type, with the entity that is asked about on one side and one of the refs on the other."""
        if kind is None or not storable(kind):
            return "1 = 0"
        far, mirrored = ("source", "TRUE") if side == "other" else ("target", "FALSE")
        refs = self.terms(map(str, leaf.refs))
        declared = f"{side}.mirrored = {mirrored}"
        if leaf.seen != ALWAYS:
            with self._as(Form.PROBES):
                seen = f"SELECT id FROM catalog_entity WHERE catalog_entity.id IN ({refs}) AND ({self.tree(leaf.seen).text})"
            declared = f"({declared} OR {side}.{far} IN (SELECT id FROM {self.set(seen)}))"
        else:
            there = f"{side}.{far} IN (SELECT id FROM catalog_entity WHERE id IN ({refs}))"
            declared = f"({declared} OR {there})"
        return f"{side}.{far} IN ({refs}) AND {side}.type IN ({self.terms([kind])}) AND {declared}"

    def terms(self, texts: Iterable[str]) -> str:
        """A statement that gives the numbers of these terms."""
        return f"SELECT catalog_term.id FROM catalog_term WHERE {self.among('catalog_term.text', texts)}"

    def among(self, what: str, values: Iterable[str]) -> str:
        """Whether the text is one of these."""
        found = sorted(filter(storable, values))
        if len(found) <= 1:
            return f"{what} = {self.name(found[0])}" if found else "1 = 0"
        return f"{what} IN ({self._listed(found)})" if self._sqlite else f"{what} = ANY ({self.name(tuple(found))})"

    def _listed(self, texts: Sequence[str]) -> str:
        """SQLite: what stands in the brackets of IN for these."""
        if len(texts) <= _FEW:
            return ", ".join(map(self.name, texts))
        return f"SELECT value FROM json_each({self.name(tuple(texts))})"

    def between(self, what: str, beginning: str) -> str:
        """Whether the text begins so."""
        if not storable(beginning):
            return "1 = 0"
        low, high = f"{what} >= {self.name(beginning)}", after_all(beginning)
        return low if high is None else f"{low} AND {what} < {self.name(high)}"
