"""Writes the row loop of a selection: one Python function that reads every plain field of all its objects.

The source holds only names that were checked (GraphQL names as string literals, Python identifiers as attributes) and
numbered references to objects; no value of a request can become code. The loop is optimistic: whatever is not as the
schema says (a wrong type, a null where none may be, a missing attribute) ends it with an exception, and the
executor does the selection again, column by column, with exact errors. It calls no resolver, so nothing runs twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
)
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from schema.resolution import Attribute

from .selection import Denied, Field, Leaf, ListOf, Object, Output, Selection, Typename

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")  # GraphQL spec, section 2.1.9

Rows = Callable[..., list[dict[str, Any]]]

MOST_CLASSES = 100
"""How many classes of one field's objects are remembered as legal."""


class Anomaly(Exception):
    """A value is not what the row loop took it for; the careful pass says what is wrong with it, and where."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Stands in a result where a value could not be had, until null propagation settles what becomes null.

    A list whose end could not be had has the `items` before it: what failed in them is told, too.
    """

    error: BaseException
    items: list[Any] | None = None


@dataclass(frozen=True, slots=True)
class RowLoop:
    """A compiled row loop: `rows(objects, *columns)` gives a dict an object; a column holds a called field's values,
    completed, or as they were given where they are handed on.
    """

    source: str
    rows: Rows
    notes: Mapping[str, str]
    """What each numbered name in the source stands for."""


class _Source:
    """The text of a row loop as `linecache` and so tracebacks find it, for as long as the function lives."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_source(self, _name: str) -> str:
        return self._text


def compile_rows(selection: Selection, forbidden: Callable[[Denied], Failed], *, checks: bool = False) -> RowLoop:
    """The row loop of this selection. Leaves of a type that is declared typed are taken as they are, unless `checks`."""
    writer = _Writer(forbidden, checks)
    columns = [f"x{index}" for index in range(len(selection.called))]
    source = writer.function(selection, columns)
    name = f"callboard-plan/{selection.type.name}.py"
    space = {**writer.references, "__name__": name, "__loader__": _Source(source)}
    exec(compile(source, name, "exec"), space)  # noqa: S102  every name in it was checked, see the module's docstring
    return RowLoop(source, space[_function(selection)], writer.notes)


def _function(selection: Selection) -> str:
    return f"rows_of_{selection.type.name}"


class _Writer:
    def __init__(self, forbidden: Callable[[Denied], Failed], checks: bool) -> None:
        self.references: dict[str, Any] = {"Anomaly": Anomaly}
        self.notes: dict[str, str] = {}
        self._forbidden = forbidden
        self._checks = checks
        self._named: dict[int, str] = {}
        self._lines: list[str] = []
        self._count = 0

    def function(self, selection: Selection, columns: Sequence[str]) -> str:
        names = ["o", *(f"v_{column}" for column in columns)]
        row = self._object(selection, "o", 2, names[1:])
        body, self._lines = self._lines, []
        each = f"for {', '.join(names)} in zip(objects, {', '.join(columns)})" if columns else "for o in objects"
        self._line(0, f"def {_function(selection)}({', '.join(['objects', *columns])}):")
        if not body:
            self._line(1, f"return [{row} {each}]")
        else:
            self._line(1, "out = []")
            self._line(1, "append = out.append")
            self._line(1, f"{each}:")
            self._lines += body
            self._line(2, f"append({row})")
            self._line(1, "return out")
        return "\n".join(self._lines) + "\n"

    def _object(self, selection: Selection, parent: str, depth: int, columns: Sequence[str] = ()) -> str:
        """Write what reads one object's plain fields; returns the dict display that makes its row."""
        given = iter(columns)
        entries = [
            (f, self._field(f, parent, depth) if f.plain else self._column(f, next(given), depth)) for f in selection.fields
        ]
        return "{" + ", ".join(f"{_literal(f.key)}: {shown}" for f, shown in entries) + "}"

    def _column(self, field: Field, value: str, depth: int) -> str:
        """What shows a called field's value: the value itself when it comes completed, else what is read of it here."""
        return self._output(field.output, value, depth, trusted=False) if field.handed_on else value

    def _field(self, field: Field, parent: str, depth: int) -> str:
        match field.how:
            case Typename():
                return _literal(field.parent.name)
            case Denied() as denied:
                return self._refer("denied", self._forbidden(denied), f"the error in the place of {field.coordinate}")
        assert isinstance(field.how, Attribute)
        read = f"{parent}.{field.how.name}"
        if self._trusts(field) and (display := self._display(field.output, read)) is not None:
            return display
        value = self._fresh("v")
        self._line(depth, f"{value} = {read}")
        if self._trusts(field) and (display := self._display(field.output, value)) is not None:
            return display
        return self._output(field.output, value, depth, self._trusts(field))

    def _trusts(self, field: Field) -> bool:
        return field.typed and not self._checks

    def _display(self, output: Output, value: str) -> str | None:
        """The expression that makes the result of a typed value, when all below it is typed too; None when it isn't."""
        match output:
            case Leaf():
                return value if _untouched(output) else None
            case ListOf(item, nullable):
                name = self._fresh("i")
                made = self._display(item, name)
                shown = value if made == name else f"[{made} for {name} in {value}]"
            case Object(selection=selection, nullable=nullable):
                made = self._row_display(selection, value)
                shown = made or ""
            case _:
                return None
        if made is None or (nullable and not value.isidentifier()):
            return None
        return f"None if {value} is None else {shown}" if nullable else shown

    def _row_display(self, selection: Selection, value: str) -> str | None:
        entries = [(field.key, self._read(field, value)) for field in selection.fields]
        if any(read is None for _, read in entries):
            return None
        return "{" + ", ".join(f"{_literal(key)}: {read}" for key, read in entries) + "}"

    def _read(self, field: Field, value: str) -> str | None:
        match field.how:
            case Typename():
                return _literal(field.parent.name)
            case Attribute(name) if self._trusts(field):
                return self._display(field.output, f"{value}.{name}")
        return None

    def _output(self, output: Output, value: str, depth: int, trusted: bool) -> str:
        match output:
            case Leaf():
                self._leaf(output, value, depth)
                return value
            case Object():
                return self._nested(output, value, depth)
            case ListOf():
                return self._list(output, value, depth, trusted)
        raise AssertionError(output)

    def _nested(self, output: Object, value: str, depth: int) -> str:
        made = self._fresh("d")
        if output.nullable:
            self._line(depth, f"if {value} is None:")
            self._line(depth + 1, f"{made} = None")
            self._line(depth, "else:")
            depth += 1
        self._known(output.type, value, depth)
        self._line(depth, f"{made} = {self._object(output.selection, value, depth)}")
        return made

    def _list(self, output: ListOf, value: str, depth: int, trusted: bool) -> str:
        made, item = self._fresh("l"), self._fresh("i")
        self._line(depth, f"if {value}.__class__ is list or {value}.__class__ is tuple:")
        if trusted and _untouched(output.item):
            self._line(depth + 1, f"{made} = {value}")
        else:
            self._line(depth + 1, f"{made} = []")
            self._line(depth + 1, f"for {item} in {value}:")
            result = self._output(output.item, item, depth + 2, trusted)
            self._line(depth + 2, f"{made}.append({result})")
        if output.nullable:
            self._line(depth, f"elif {value} is None:")
            self._line(depth + 1, f"{made} = None")
        self._line(depth, "else:")
        self._line(depth + 1, "raise Anomaly")
        return made

    def _leaf(self, leaf: Leaf, value: str, depth: int) -> None:
        kind = leaf.type
        illegal = _illegal(kind, value) if isinstance(kind, GraphQLScalarType) else None
        if illegal is not None:
            self._line(depth, f"if {illegal}{f' and {value} is not None' if leaf.nullable else ''}:")
            self._line(depth + 1, "raise Anomaly")
        elif leaf.nullable:
            self._line(depth, f"if {value} is not None:")
            self._coerced(leaf, value, depth + 1)
        else:
            self._coerced(leaf, value, depth)

    def _coerced(self, leaf: Leaf, value: str, depth: int) -> None:
        if leaf.names is not None:
            names = self._refer("names", leaf.names, f"the name of each value of {leaf.type.name}")
            self._line(depth, f"{value} = {names}[{value}]")
            return
        self._known_class(_Accepts(_no_stand_in), value, depth, leaf.type.name)
        coerce = self._refer("coerce", leaf.type.coerce_output_value, f"the result coercion of {leaf.type.name}")
        self._line(depth, f"{value} = {coerce}({value})")
        self._line(depth, f"if {value} is None:")
        self._line(depth + 1, "raise Anomaly")

    def _known(self, kind: GraphQLObjectType, value: str, depth: int) -> None:
        if kind.is_type_of is None:
            self._known_class(_Accepts(_no_stand_in), value, depth, kind.name)
        else:
            told = kind.is_type_of
            accepts = _Accepts(lambda one: _no_stand_in(one) and bool(told(one, None)))  # type: ignore[arg-type]
            self._known_class(accepts, value, depth, kind.name)

    def _known_class(self, accepts: _Accepts, value: str, depth: int, kind: str) -> None:
        known = self._refer("known", accepts.classes, f"the classes whose objects were found to be a {kind}")
        check = self._refer("check", accepts.check, f"looks at the first object of a class, whether it may be a {kind}")
        self._line(depth, f"if {value}.__class__ not in {known}:")
        self._line(depth + 1, f"{check}({value})")

    def _refer(self, what: str, thing: Any, note: str) -> str:
        name = self._named.get(id(thing))
        if name is None:
            name = self._named[id(thing)] = self._fresh(f"{what}_")
            self.references[name] = thing
            self.notes[name] = note
        return name

    def _fresh(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def _line(self, depth: int, text: str) -> None:
        self._lines.append("    " * depth + text)


class _Accepts:
    """The classes whose objects are known to be legal; a new class is checked by one of its objects, once."""

    def __init__(self, legal: Callable[[Any], bool]) -> None:
        self._legal = legal
        self.classes: set[type] = set()

    def check(self, value: Any) -> None:
        if value is None or not self._legal(value):
            raise Anomaly
        if not hasattr(value, TYPE_CAST_ATTRIBUTE):  # such an object speaks for itself, and not for its class
            if len(self.classes) >= MOST_CLASSES:
                self.classes.clear()  # somebody makes classes as others make objects
            self.classes.add(value.__class__)


def _no_stand_in(value: Any) -> bool:
    """Whether it is a value, and not an error, a promise, or the lack of one, which only the careful pass deals with."""
    return not (
        value is Undefined or isinstance(value, Exception | Failed) or hasattr(value, "__await__") or hasattr(value, "gi_frame")
    )


def _untouched(output: Output) -> bool:
    """Whether a legal value goes into the result as it is."""
    return isinstance(output, Leaf) and isinstance(output.type, GraphQLScalarType) and _illegal(output.type, "v") is not None


def _illegal(kind: GraphQLScalarType, value: str) -> str | None:
    """The condition under which a value is not exactly what the scalar's result coercion gives back unchanged."""
    if kind in (GraphQLString, GraphQLID):
        return f"{value}.__class__ is not str"
    if kind is GraphQLBoolean:
        return f"{value} is not True and {value} is not False"
    if kind is GraphQLInt:
        return f"({value}.__class__ is not int or not -2147483648 <= {value} <= 2147483647)"
    if kind is GraphQLFloat:
        return f"({value}.__class__ is not float or {value} - {value} != 0.0)"
    return None


def _literal(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no GraphQL name")
    return f'"{name}"'
