"""One request's field calls: all parents that ask for the same field with the same arguments share one call."""

from __future__ import annotations

import asyncio
import inspect
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from callboard_sdk import Batch, CallboardError, Entity, Viewer
from callboard_sdk.fields import FieldSpec

from .deadline import remaining
from .errors import DeadlineExceeded, InternalError, PluginUnavailable
from .plugins import PluginRuntime, Plugins

log = structlog.get_logger()

Call = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]


class RequestContext:
    """What a request's resolvers share: the viewer, the plugins, and the batches under way."""

    def __init__(self, plugins: Plugins, viewer: Viewer) -> None:
        self.plugins = plugins
        self.viewer = viewer
        self.calls: list[str] = []
        self._gatherings: dict[tuple[str, str, str], _Gathering] = {}

    async def load(self, spec: FieldSpec, parents: Sequence[Any], arguments: Mapping[str, Any]) -> Sequence[Any]:
        """The field's value for each parent. Raises or gives a CallboardError for what went wrong, details logged."""
        if not spec.batched:
            return [await self._call(spec, arguments, ())] * len(parents)
        named = repr(sorted(arguments.items(), key=lambda item: item[0])) if arguments else ""
        key = (spec.plugin, f"{spec.on}.{spec.name}", named)
        gathering = self._gatherings.get(key)
        if gathering is None:
            gathering = self._gatherings[key] = _Gathering(lambda asked: self._batch(spec, arguments, asked))
        return await gathering.column(parents)

    async def aclose(self) -> None:
        """End what still runs for this request; nothing outlives it."""
        running = [task for gathering in self._gatherings.values() for task in gathering.running]
        for task in running:
            task.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)

    async def _batch(self, spec: FieldSpec, arguments: Mapping[str, Any], parents: Sequence[Any]) -> Sequence[Any]:
        results = await self._call(spec, arguments, (Batch(parents),))
        if not isinstance(results, Sequence) or len(results) != len(parents):
            found = f"{len(results)} results" if isinstance(results, Sequence) else f"a {type(results).__name__}"
            raise self._broken(spec, f"gave {found} for {len(parents)} parents", None)
        return [self._item(spec, item) if isinstance(item, Exception) else item for item in results]

    async def _call(self, spec: FieldSpec, arguments: Mapping[str, Any], parents: tuple[Batch[Any], ...]) -> Any:
        runtime = self.plugins.runtimes[spec.plugin]
        if (reason := runtime.health.reason(spec.name)) is not None:
            raise PluginUnavailable(spec.plugin, reason)
        self.calls.append(f"{spec.plugin}.{spec.name}")
        try:
            async with asyncio.timeout(remaining()):
                result = spec.function(*parents, **self.plugins.arguments(spec, self.viewer, arguments))
                if inspect.isawaitable(result):
                    result = await result
        except TimeoutError:
            raise DeadlineExceeded(spec.plugin, spec.name) from None
        except CallboardError:
            raise
        except Exception as error:
            raise self._broken(spec, f"raised {type(error).__name__}", error) from None
        runtime.health.succeeded(spec.name)
        return result

    def _item(self, spec: FieldSpec, item: Exception) -> Exception:
        return item if isinstance(item, CallboardError) else self._broken(spec, f"gave a {type(item).__name__}", item)

    def _broken(self, spec: FieldSpec, what: str, error: Exception | None) -> InternalError:
        error_id = uuid.uuid4().hex[:12]
        log.error(
            "plugin field failed",
            plugin=spec.plugin,
            field=spec.name,
            where=spec.where,
            what=what,
            error_id=error_id,
            exc_info=error,
        )
        runtime: PluginRuntime = self.plugins.runtimes[spec.plugin]
        runtime.health.failed(spec.name, what)
        return InternalError(
            f"{spec.name} of plugin {spec.plugin!r} failed; tell its maintainers error {error_id}",
            error_id=error_id,
            plugin=spec.plugin,
        )


class _Round:
    """Columns that are asked for together: open until the event loop has come round once."""

    def __init__(self) -> None:
        self.columns: list[tuple[list[Any], Sequence[Any]]] = []
        self.open = True
        self.task: asyncio.Task[Sequence[Any] | None] | None = None


class _Gathering:
    """One field with one set of arguments within a request: columns that come in the same turn of the event loop are one
    call, a parent that has been asked for is not asked for again, and equal entities are one parent.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._round = _Round()
        self._sole: tuple[list[Any], asyncio.Task[Sequence[Any] | None]] | None = None
        self._asked: dict[Any, asyncio.Task[Sequence[Any] | None]] = {}
        self._values: dict[Any, Any] = {}
        self._kept: list[Sequence[Any]] = []
        self.running: set[asyncio.Task[Any]] = set()

    async def column(self, parents: Sequence[Any]) -> Sequence[Any]:
        self._kept.append(parents)  # while they live, no other parent gets their identity
        keys = [parent.ref if isinstance(parent, Entity) else id(parent) for parent in parents]
        if not self._round.open:
            self._round = _Round()
        opened = self._round
        opened.columns.append((keys, parents))
        if opened.task is None:
            opened.task = asyncio.create_task(self._run(opened))
            self.running.add(opened.task)
            opened.task.add_done_callback(self.running.discard)
        values = await asyncio.shield(opened.task)
        if values is not None:
            return values
        for task in {self._asked[key] for key in keys} - {opened.task}:
            await asyncio.shield(task)
        return [self._values[key] for key in keys]

    async def _run(self, opened: _Round) -> Sequence[Any] | None:
        """Ask for the round's parents; the values themselves when they answer its only column as they stand."""
        opened.open = False
        assert opened.task is not None
        if self._sole is None and len(opened.columns) == 1:
            keys, parents = opened.columns[0]
            self._sole = keys, opened.task
            if len(set(keys)) == len(keys):
                return await self._tried(parents)
        else:
            await self._remember_sole()
        missing: dict[Any, Any] = {}
        for keys, parents in opened.columns:
            missing |= {key: parent for key, parent in zip(keys, parents, strict=True) if key not in self._asked}
        if missing:
            self._asked |= dict.fromkeys(missing, opened.task)
            self._values |= zip(missing, await self._tried(list(missing.values())), strict=True)
        return None

    async def _remember_sole(self) -> None:
        """Only a second column needs to know what the first one asked for, and got."""
        if self._sole is not None and not self._asked:
            keys, task = self._sole
            self._asked |= dict.fromkeys(keys, task)
            values = await asyncio.shield(task)
            if values is not None:
                self._values |= zip(keys, values, strict=True)

    async def _tried(self, parents: Sequence[Any]) -> Sequence[Any]:
        try:
            return await self._call(parents)
        except Exception as error:
            return [error] * len(parents)
