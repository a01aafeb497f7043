"""Columns: the values of one field for all its parents, in order. Pure functions from column to column.

A column is looked at by the set of its values' classes, which costs a fraction of looking at each value.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import CoroutineType, GeneratorType, NoneType
from typing import Any

from graphql import GraphQLError
from graphql.execution.executor import Executor, collect_iterator_awaitables
from graphql.pyutils import Path, Undefined, is_iterable
from graphql.pyutils.is_awaitable import is_awaitable

from gateway.planning.rows import Failed
from gateway.planning.selection import Field, Leaf, ListOf, Output

from .tasks import ABANDONED

ABSENT = frozenset({NoneType, Failed, type(Undefined)})
"""The classes of what has nothing below it: null, and what failed."""

LISTS = ABSENT | {list, tuple}
"""The classes of what is a list, or nothing."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A list whose end could not be had, with the items before it."""

    items: list[Any]
    error: Exception


Lengths = Sequence[int | Cut | Failed | None]
"""For each list of a column how many items it has, or what stands there instead of a list."""


def attributes(parents: Sequence[Any], name: str) -> list[Any]:
    """Each parent's attribute, read with care."""
    return applied(lambda parent: getattr(parent, name), parents)


def applied(call: Callable[[Any], Any], parents: Sequence[Any]) -> list[Any]:
    """What the function gives for each parent; what it raises fails for that parent alone."""
    values: list[Any] = []
    for parent in parents:
        try:
            values.append(call(parent))
        except Exception as error:
            values.append(Failed(error))
    return values


def promised(kinds: set[type], values: Sequence[Any]) -> bool:
    """Whether some of the values have to be awaited."""
    for kind in kinds:
        if kind is CoroutineType or hasattr(kind, "__await__"):
            return True
        if kind is GeneratorType and any(map(is_awaitable, values)):
            return True
    return False


def promised_by(told: Callable[[Any], Any], _kinds: set[type], values: Sequence[Any]) -> bool:
    """The same by a predicate that the caller gave."""
    return any(map(told, values))


def null_error(field: Field) -> TypeError:
    """What is wrong with null where the type forbids it."""
    return TypeError(f"Cannot return null for non-nullable field {field.coordinate}.")


def leaves(output: Leaf, values: Sequence[Any], kinds: set[type], field: Field) -> list[Any]:
    """The legal results of a column of leaves (GraphQL spec, section 6.4.3: result coercion)."""
    sure = output.sure | {NoneType} if output.nullable else output.sure
    if kinds <= sure:
        return values if isinstance(values, list) else list(values)
    done = absent(values, output, field)
    for index, value in enumerate(values):
        if value.__class__ not in ABSENT:
            done[index] = _leaf(output, value)
    return done


def _leaf(output: Leaf, value: Any) -> Any:
    try:
        return Executor.complete_leaf_value(output.type, value)
    except Exception as error:
        return unfit(error)


def unfit(error: Exception) -> Failed:
    """Why a value is none of its type: the fault of whoever gave the value, where graphql-core's own class says the asker's."""
    if not isinstance(error, GraphQLError):
        return Failed(error)
    reason = TypeError(error.message)
    reason.__cause__ = error
    return Failed(reason)


def absent(values: Sequence[Any], output: Output, field: Field) -> list[Any]:
    """The column's failures and nulls, a null being a failure where it may not be; None where a value is to be completed."""
    null = None if output.nullable else Failed(null_error(field))
    done: list[Any] = []
    for value in values:
        if value is None or value is Undefined:
            done.append(null)
        else:
            done.append(value if value.__class__ is Failed else None)
    return done


def flattened(
    values: Sequence[Any], output: ListOf, field: Field, track: Callable[[Sequence[Any]], None]
) -> tuple[list[Any], Lengths]:
    """All items of a column of lists as one column, and how to group them again."""
    flat: list[Any] = []
    lengths: list[int | Cut | Failed | None] = []
    instead = absent(values, output, field)
    for value, other in zip(values, instead, strict=True):
        items: Sequence[Any] | Cut | Failed | None = other
        if value.__class__ not in ABSENT:
            items = value if isinstance(value, list | tuple | Cut) else _items(value, field)
        if isinstance(items, list | tuple):
            flat += items
            lengths.append(len(items))
        elif isinstance(items, Cut):
            flat += _given_up(items.items, track)
            lengths.append(items)
        else:
            lengths.append(items)  # type: ignore[arg-type]
    return flat, lengths


def _items(value: Any, field: Field) -> list[Any] | Cut | Failed:
    if not is_iterable(value):
        return unfit(GraphQLError(f"Expected Iterable, but did not find one for field '{field.coordinate}'."))
    items: list[Any] = []
    iterator: Iterator[Any] = iter(())
    try:
        iterator = iter(value)
        for item in iterator:
            items.append(item)  # noqa: PERF402  what came before an error must be known
    except Exception as error:
        return Cut([*items, *(_Unseen(one) for one in collect_iterator_awaitables(iterator, is_awaitable))], error)
    return items


@dataclass(frozen=True, slots=True)
class _Unseen:
    """A promise that an iterator held behind its error: no item of the list, but to be ended."""

    promise: Any


def _given_up(items: list[Any], track: Callable[[Sequence[Any]], None]) -> list[Any]:
    """The items before a list's missing end: nobody waits for promises among them any more."""
    unseen = [item.promise for item in items if isinstance(item, _Unseen)]
    items[:] = [item for item in items if not isinstance(item, _Unseen)]
    track([*items, *unseen])
    return [ABANDONED if is_awaitable(item) else item for item in items]


async def drained(iterable: AsyncIterable[Any], *, stops: bool) -> list[Any] | Cut:
    """All items of an asynchronous iterable; with `stops`, none after one that makes the whole list null."""
    iterator = aiter(iterable)
    items: list[Any] = []
    try:
        async for item in iterator:
            items.append(item)
            if stops and (item is None or isinstance(item, Exception)):
                await _close(iterator)
                break
    except Exception as error:
        await _close(iterator)
        return Cut(items, error)
    return items


async def _close(iterator: Any) -> None:
    close = getattr(iterator, "aclose", None)
    if close is not None:
        with suppress(Exception):
            await close()


def item_paths(paths: Sequence[Path | None], lengths: Lengths) -> list[Path | None]:
    """The path of each item of a column of lists."""
    return [Path(path, i, None) for path, length in zip(paths, lengths, strict=True) for i in range(_count(length))]


def repeated(groups: Sequence[int], lengths: Lengths) -> list[int]:
    """Each list's group for each of its items."""
    return [group for group, length in zip(groups, lengths, strict=True) for _ in range(_count(length))]


def regrouped(done: Sequence[Any], lengths: Lengths) -> list[Any]:
    """Lists again, of items that were completed as one column."""
    lists: list[Any] = []
    start = 0
    for length in lengths:
        items = list(done[start : start + _count(length)])
        start += len(items)
        if isinstance(length, Cut):
            lists.append(Failed(length.error, items))
        else:
            lists.append(items if isinstance(length, int) else length)
    return lists


def _count(length: int | Cut | Failed | None) -> int:
    if isinstance(length, int):
        return length
    return len(length.items) if isinstance(length, Cut) else 0


def places_of(names: Sequence[str | None]) -> Mapping[str, list[int]]:
    """Where each name stands, in the order of their first places."""
    found: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if name is not None:
            found.setdefault(name, []).append(index)
    return found
