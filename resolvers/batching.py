"""One request's field calls: all parents that ask for the same field with the same arguments share one call."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from callboard_sdk import EVERYTHING, Access, Batch, CallboardError, Catalog, Entity, Readable, Viewer
from callboard_sdk.conditions import Expression, every
from callboard_sdk.fields import FieldSpec

from .breaking import broken, uncounted
from .deadline import being_cancelled, for_a_field
from .errors import DeadlineExceeded, InternalError, PluginUnavailable
from .plugins import Plugins, Request
from .policy.administration import Administration
from .usage import UNCOUNTED, Usage
from .visible_catalog import VisibleCatalog

T = TypeVar("T")

Call = Callable[[Mapping[str, Any], Sequence[Any]], Awaitable[Sequence[Any]]]
Broke = Callable[[str, BaseException | None], InternalError]
Share = Callable[[], Awaitable[None]]
"""Lets other requests work when it is time to."""


class RequestContext:
    """What a request's resolvers share: the viewer, the plugins, and the batches under way.

    `rules` tell of the policy version that it began with. `apart` says that its viewer doesn't see all objects, or not
    everything of them: what fails for it is counted apart.
    """

    def __init__(
        self,
        plugins: Plugins,
        viewer: Viewer,
        usage: Usage = UNCOUNTED,
        share: Share | None = None,
        access: Access = EVERYTHING,
        opens: Mapping[str, Expression] = MappingProxyType({}),
        rules: Administration | None = None,
        readable: Readable | None = None,
        *,
        apart: bool = False,
    ) -> None:
        self.plugins = plugins
        self.viewer = viewer
        self.usage = usage
        self.access = access
        self.opens = opens
        self.whose = viewer.subject if apart else None
        """Who failures are counted for apart; None for all who see everything."""
        self.own: Mapping[type, Any] = {
            Viewer: viewer,
            Usage: usage,
            Administration: rules,
            Readable: readable or Readable(),
            Request: self,
            **seeing(access, plugins),
        }
        """What functions are handed that is this request's own, by its type."""
        self.calls: list[str] = []
        self.nothing: Counter[str] = Counter()
        self._share = share or _keep_on
        self._gatherings: dict[tuple[FieldSpec, Hashable], _Gathering] = {}
        self._running: set[asyncio.Task[Any]] = set()

    def narrowed(self, expression: Expression) -> Narrowed:
        """The same for a field of Query whose result a condition narrows."""
        return Narrowed(self, Access(every([self.access.entities, expression])))

    def charged(self, usage: Usage) -> None:
        """It is paid for, and this is what that took."""
        self.usage = usage
        self.own = {**self.own, Usage: usage}

    def load(
        self, spec: FieldSpec, parents: Sequence[Any], arguments: Mapping[str, Any], access: Access | None = None
    ) -> asyncio.Future[Sequence[Any]]:
        """The field's value for each parent, when the future is done; a CallboardError for what went wrong, details logged.

        `access` is for what takes no parents: what its viewer may see in its result.
        """
        if not spec.batched:
            own = self.own if access is None else {**self.own, **seeing(access, self.plugins)}
            return self._started(self._single(spec, len(parents), arguments, own))
        key = spec, _meaning(arguments) if arguments else None
        gathering = self._gatherings.get(key)
        if gathering is None:
            gathering = self._gatherings[key] = _Gathering(partial(self._batch, spec), self._started, self._share)
        return gathering.column(parents, arguments)

    def _started(self, call: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task for what a plugin runs, which may look at the task it runs in."""
        task = asyncio.create_task(call)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def shown(self, spec: FieldSpec, event: Any, arguments: Mapping[str, Any], access: Access | None = None) -> Any:
        """What a subscription shows of an event; None for nothing. Raises CallboardError as a field does.

        It is asked again however often it fails: what it fails of may be hidden from the viewer, who is to miss nothing for it.
        """
        own = self.own if access is None else {**self.own, **seeing(access, self.plugins)}
        taken = {name: value for name, value in arguments.items() if name in spec.parameters}
        return await self._started(self._run(spec, taken, (event,), own, partial(uncounted, spec)))

    async def _single(
        self, spec: FieldSpec, parents: int, arguments: Mapping[str, Any], own: Mapping[type, Any]
    ) -> Sequence[Any]:
        return [await self._call(spec, arguments, (), own)] * parents

    async def aclose(self) -> None:
        """End what still runs for this request; nothing outlives it."""
        running = list(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)
        self._gatherings.clear()  # they and what was handed out refer back to this: without them all of it is freed at once
        self.own = {}

    async def _batch(self, spec: FieldSpec, arguments: Mapping[str, Any], parents: Sequence[Any]) -> Sequence[Any]:
        results = await self._call(spec, arguments, (Batch(parents),), self.own)
        if not isinstance(results, Sequence) or len(results) != len(parents):
            found = f"{len(results)} results" if isinstance(results, Sequence) else f"a {type(results).__name__}"
            raise self._broken(spec, f"gave {found} for {len(parents)} parents", None)
        if not any(issubclass(kind, Exception) for kind in set(map(type, results))):
            return results
        return [self._item(spec, item) if isinstance(item, Exception) else item for item in results]

    async def _call(
        self, spec: FieldSpec, arguments: Mapping[str, Any], parents: tuple[Any, ...], own: Mapping[type, Any]
    ) -> Any:
        runtime = self.plugins.runtimes[spec.plugin]
        if (reason := runtime.health.reason(spec.name, self.whose)) is not None:
            raise PluginUnavailable(spec.plugin, reason)
        self.calls.append(f"{spec.plugin}.{spec.name}")
        result = await self._run(spec, arguments, parents, own, partial(self._broken, spec))
        runtime.health.succeeded(spec.name, self.whose)
        return result

    async def _run(
        self, spec: FieldSpec, arguments: Mapping[str, Any], parents: tuple[Any, ...], own: Mapping[type, Any], broke: Broke
    ) -> Any:
        try:
            async with asyncio.timeout(for_a_field()) as limit:
                result = spec.function(*parents, **self.plugins.arguments(spec, own, arguments))
                return await result if inspect.isawaitable(result) else result
        except CallboardError:
            raise
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and being_cancelled():
                raise
            if limit.expired():
                raise DeadlineExceeded(spec.plugin, spec.name) from None
            raise broke(f"raised {type(error).__name__}", error) from None

    def _item(self, spec: FieldSpec, item: Exception) -> Exception:
        return item if isinstance(item, CallboardError) else self._broken(spec, f"gave a {type(item).__name__}", item)

    def _broken(self, spec: FieldSpec, what: str, error: BaseException | None) -> InternalError:
        return broken(self.plugins.runtimes[spec.plugin], spec, what, error, self.whose)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A request's context as one field of Query sees it, whose functions are told of less than what the viewer may see."""

    context: RequestContext
    access: Access

    def load(self, spec: FieldSpec, parents: Sequence[Any], arguments: Mapping[str, Any]) -> asyncio.Future[Sequence[Any]]:
        """What the context gives, with this access."""
        return self.context.load(spec, parents, arguments, self.access)


def seeing(access: Access, plugins: Plugins) -> dict[type, Any]:
    """What depends on what a viewer may see, by its type: the access itself, and the catalog through it."""
    catalog = plugins.catalog
    return {Access: access, Catalog: catalog if catalog is None or access.whole else VisibleCatalog(catalog, access)}


def _meaning(value: Any) -> Hashable:
    """Equal for arguments that mean the same; what can't be compared means itself alone."""
    if isinstance(value, Mapping):
        return frozenset((name, _meaning(item)) for name, item in value.items())
    if isinstance(value, list | tuple):
        return (list, *map(_meaning, value))
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value), *(_meaning(getattr(value, one.name)) for one in fields(value)))
    return type(value), value if isinstance(value, Hashable) else _Itself(value)


class _Itself:
    """What is only the same as itself; it lives as long as it is a key."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self._value is other._value

    def __hash__(self) -> int:
        return id(self._value)


_Values = asyncio.Future[Sequence[Any]]


@dataclass(slots=True, eq=False)
class _Column:
    """Parents that ask together, the keys that tell which of them are the same, and where their values go.

    Each has arguments of its own, however equal, for a call may change what it is given.
    """

    keys: list[Any]
    parents: Sequence[Any]
    arguments: Mapping[str, Any]
    values: _Values


class _Gathering:
    """One field with one set of arguments within a request: columns that come in the same turn of the event loop are one
    call, a parent that has been asked for is not asked for again, and equal entities are one parent.
    """

    def __init__(self, call: Call, start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]], share: Share) -> None:
        self._call = call
        self._start = start
        self._share = share
        self._open: list[_Column] | None = None
        self._first: tuple[_Column, _Values] | None = None
        self._known: dict[Any, tuple[_Values, int]] = {}
        self._kept: list[Iterable[Any]] = []

    def column(self, parents: Sequence[Any], arguments: Mapping[str, Any]) -> _Values:
        keys = _keys(parents)
        column = _Column(keys, parents, arguments, asyncio.get_running_loop().create_future())
        if self._open is None:
            self._open = [column]
            self._start(self._run(self._open))
        else:
            self._open.append(column)
        return column.values

    async def _run(self, columns: list[_Column]) -> None:
        self._open = None
        asked: _Values = asyncio.get_running_loop().create_future()
        try:
            await self._answer(columns, asked)
        finally:  # nobody waits for what was broken off
            for values in (asked, *(column.values for column in columns)):
                values.cancel()

    async def _answer(self, columns: list[_Column], asked: _Values) -> None:
        if self._first is None and not self._known and len(columns) == 1 and len(set(columns[0].keys)) == len(columns[0].keys):
            self._first = columns[0], asked
            asked.set_result(await self._tried(columns[0].arguments, columns[0].parents))
            _give(columns[0], asked.result())
            return
        missing = self._missing(columns)
        self._known |= {key: (asked, place) for place, key in enumerate(missing)}
        await self._share()
        asked.set_result(await self._tried(columns[0].arguments, list(missing.values())) if missing else ())
        if len(columns) == 1:
            await self._deliver(columns[0])
        else:
            await asyncio.gather(*map(self._deliver, columns))

    async def _deliver(self, column: _Column) -> None:
        for values in {self._known[key][0] for key in column.keys}:
            await values
        await self._share()
        _give(column, [values.result()[place] for values, place in map(self._known.__getitem__, column.keys)])

    def _missing(self, columns: list[_Column]) -> dict[Any, Any]:
        """Parents that nobody has asked for; which those are is worked out when a second column comes, and not before."""
        if self._first is not None and not self._known:
            column, asked = self._first
            self._known |= {key: (asked, place) for place, key in enumerate(column.keys)}
            self._kept.append(column.parents)
        missing: dict[Any, Any] = {}
        for column in columns:
            missing |= {key: parent for key, parent in zip(column.keys, column.parents, strict=True) if key not in self._known}
        self._kept.append(missing.values())  # while they live, no other parent gets their identity
        return missing

    async def _tried(self, arguments: Mapping[str, Any], parents: Sequence[Any]) -> Sequence[Any]:
        try:
            return await self._call(arguments, parents)
        except Exception as error:
            return [error] * len(parents)


async def _keep_on() -> None:
    """Outside of a gateway's requests nobody else waits."""


def _keys(parents: Sequence[Any]) -> list[Any]:
    """What tells parents apart: an entity's ref, or else the object itself, as of entities as they were at several instants."""
    if any(issubclass(kind, Entity) for kind in set(map(type, parents))):
        return [parent.ref if isinstance(parent, Entity) and parent.now is None else id(parent) for parent in parents]
    return list(map(id, parents))


def _give(column: _Column, values: Sequence[Any]) -> None:
    if not column.values.done():
        column.values.set_result(values)
