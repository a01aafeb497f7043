"""Null propagation: what failed becomes null, or makes its parent null, with an error that says exactly where.

Runs once, over a result in which failures still stand in their places (GraphQL spec, section 6.4.4), and walks only the
parts that hold a failure. Whichever upstream answered first, the outcome is the same: errors come in waves (what
failed before anything was awaited, then what failed after one wait, and so on), within a wave in the order of the
response; and a failure that makes its parent null drops what would have failed beside it in a later wave. That is what
graphql-core's schedule gives when every awaitable is ready at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

import structlog
from callboard_sdk import CallboardError
from graphql import ExecutionResult, GraphQLError, located_error

from gateway.planning.plan import Plan
from gateway.planning.rows import Failed
from gateway.planning.selection import Abstract, Field, ListOf, Object, Output, Selection, below
from schema.resolution import Attribute, Method

from .tasks import ABANDONED

log = structlog.get_logger()

Key = str | int
Member = tuple[Key, Output, Field]


class Concealed(Exception):
    """A function gave what its viewer may not see where null may not be: its own field fails, and says nothing of it."""


class Concealment(CallboardError):
    """What a client is told of a function that broke its promise to leave out what may not be seen."""

    code = "INTERNAL"

    def __init__(self) -> None:
        super().__init__("This field failed inside the gateway; its operators find the cause in the log.")


class _Null(Exception):
    """On its way up: this error, which happened in this wave, makes null what holds it."""

    def __init__(self, error: GraphQLError, wave: int) -> None:
        super().__init__()
        self.error = error
        self.wave = wave


class Settling:
    """What failed and what was waited for in one execution; and the result, once that is settled."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._errors: list[tuple[int, GraphQLError]] = []
        self._selections: dict[int, Selection] = {}
        self._touched: dict[Selection, tuple[Field, ...]] = {}
        self._waits: dict[Selection, int] = {}
        self.failed: set[Field] = set()
        self.late: set[Output] = set()

    def remember(self, selection: Selection, rows: Sequence[Any]) -> None:
        """These rows were made by this selection: of an abstract type, only the execution knows which."""
        for row in rows:
            self._selections[id(row)] = selection

    def lost(self, output: Output, value: Any) -> bool:
        """Whether a failure in this value makes all of it null."""
        if value is None or isinstance(value, Failed):
            return value is not None
        match output:
            case ListOf(item):
                return not item.nullable and any(self.lost(item, one) for one in value)
            case Object(selection=selection):
                return self._row_lost(selection, value)
            case Abstract():
                return self._row_lost(self._selections[id(value)], value)
        return False

    def _row_lost(self, selection: Selection, row: dict[str, Any]) -> bool:
        return any(not field.output.nullable and self.lost(field.output, row[field.key]) for field in selection.fields)

    def result(self, row: dict[str, Any]) -> ExecutionResult:
        """The operation's result."""
        if not self.failed:
            return ExecutionResult(row, None)
        data: dict[str, Any] | None = row
        try:
            self._row(self._plan.root, row, [], 0, 0)
        except _Null as null:
            self._errors.append((null.wave, null.error))
            data = None
        self._errors.sort(key=itemgetter(0))
        return ExecutionResult(data, [error for _, error in self._errors] or None)

    def _row(self, selection: Selection, row: dict[str, Any], path: list[Key], now: int, wait: int) -> None:
        members = ((field.key, field.output, field) for field in self._fields(selection) if field.key in row)
        self._members(members, row, path, now, wait, self._waiting(selection))

    def _members(self, members: Iterable[Member], holder: Any, path: list[Key], now: int, wait: int, waiting: int) -> None:
        """Settle a row's fields or a list's items. The holder was made in wave `now` and is waited for from wave `wait`.

        `waiting` says how many of its members are waited for: several take a wave more than one alone.
        """
        later = wait + (waiting > 1)
        before = len(self._errors)
        worst: _Null | None = None
        for key, output, field in members:
            path.append(key)
            try:
                holder[key] = self._value(output, holder[key], field, path, later if output in self.late else now, later)
            except _Null as null:
                worst = null if worst is None or null.wave < worst.wave else worst
                if null.wave <= now:
                    break
            finally:
                path.pop()
        if worst is not None:
            self._errors[before:] = [known for known in self._errors[before:] if known[0] <= worst.wave]
            worst.wave += worst.wave > now and waiting > 1
            raise worst

    def _value(self, output: Output, value: Any, field: Field, path: list[Key], now: int, wait: int) -> Any:
        """The value with what failed below it settled. Raises what makes it null, where it may not be."""
        if value is None or value is ABANDONED:
            return None
        try:
            if isinstance(value, Failed):
                if value.items:
                    self._inside(output, value.items, field, path, now, wait)
                raise _Null(_located(value.error, field, path), now)
            self._inside(output, value, field, path, now, wait)
        except _Null as null:
            if not output.nullable and self._plan.propagates:
                raise
            error = null.error
            if isinstance(error.original_error, Concealed):
                if not _answers(field, output):
                    raise
                log.error("a function gave an entity that its viewer may not see", coordinate=field.coordinate)
                error = _located(Concealment(), field, path)
            self._errors.append((null.wave, error))
            return None
        return value

    def _inside(self, output: Output, value: Any, field: Field, path: list[Key], now: int, wait: int) -> None:
        if output in self.late:
            wait = now
        match output:
            case ListOf(item):
                if self._holds(item, field):
                    waiting = len(value) if self._waits_for(item) else 0
                    self._members(((index, item, field) for index in range(len(value))), value, path, now, wait, waiting)
            case Object():
                self._row(output.selection, value, path, now, wait)
            case Abstract():
                self._row(self._selections[id(value)], value, path, now, wait)

    def _holds(self, output: Output, field: Field) -> bool:
        """Whether a failure may be in values of this output."""
        return field in self.failed or any(self._fields(selection) for selection in below(output))

    def _fields(self, selection: Selection) -> tuple[Field, ...]:
        known = self._touched.get(selection)
        if known is None:
            known = tuple(f for f in selection.fields if self._holds(f.output, f))
            self._touched[selection] = known
        return known

    def _waits_for(self, output: Output) -> bool:
        if output in self.late or (isinstance(output, ListOf) and self._waits_for(output.item)):
            return True
        return any(self._waiting(selection) for selection in below(output))

    def _waiting(self, selection: Selection) -> int:
        """How many of the selection's fields were waited for."""
        if not self.late:
            return 0
        known = self._waits.get(selection)
        if known is None:
            known = self._waits[selection] = sum(self._waits_for(field.output) for field in selection.fields)
        return known


def _answers(field: Field, output: Output) -> bool:
    """Whether this is the whole of what a function gave, and not a part of it."""
    return output is field.output and not isinstance(field.call, Attribute | Method)


def _located(error: BaseException, field: Field, path: list[Key]) -> GraphQLError:
    return located_error(error if isinstance(error, Exception) else RuntimeError(str(error)), field.nodes, list(path))
