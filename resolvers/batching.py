"""One request's field calls: parents that ask for the same field with the same arguments share one call."""

from __future__ import annotations

import asyncio
import inspect
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from callboard_sdk import Batch, CallboardError, Entity, Viewer
from callboard_sdk.fields import FieldSpec
from strawberry.dataloader import DataLoader

from .deadline import remaining
from .errors import DeadlineExceeded, InternalError, PluginUnavailable
from .plugins import PluginRuntime, Plugins, field_arguments

log = structlog.get_logger()


class RequestContext:
    """What a request's resolvers share: the viewer, the plugins, and the loaders that gather parents into batches."""

    def __init__(self, plugins: Plugins, viewer: Viewer) -> None:
        self.plugins = plugins
        self.viewer = viewer
        self.calls: list[str] = []
        self._loaders: dict[tuple[str, str, str], DataLoader[Any, Any]] = {}

    async def resolve(self, spec: FieldSpec, parent: Any, arguments: Mapping[str, Any]) -> Any:
        """The field's value for this parent. Raises a CallboardError for whatever went wrong, details logged."""
        if not spec.batched:
            return await self._call(spec, arguments, ())
        key = (spec.plugin, f"{spec.on}.{spec.name}", repr(sorted(arguments.items(), key=lambda item: item[0])))
        loader = self._loaders.get(key)
        if loader is None:
            loader = self._loaders[key] = DataLoader(self._load(spec, arguments), cache_key_fn=_identity)
        return await loader.load(parent)

    def _load(self, spec: FieldSpec, arguments: Mapping[str, Any]) -> Callable[[list[Any]], Awaitable[Sequence[Any]]]:
        async def load(parents: list[Any]) -> Sequence[Any]:
            results = await self._call(spec, arguments, (Batch(parents),))
            if not isinstance(results, Sequence) or len(results) != len(parents):
                found = f"{len(results)} results" if isinstance(results, Sequence) else f"a {type(results).__name__}"
                raise self._broken(spec, f"gave {found} for {len(parents)} parents", None)
            return [self._item(spec, item) for item in results]

        return load

    async def _call(self, spec: FieldSpec, arguments: Mapping[str, Any], parents: tuple[Batch[Any], ...]) -> Any:
        runtime = self.plugins.runtimes[spec.plugin]
        if (reason := runtime.health.reason(spec.name)) is not None:
            raise PluginUnavailable(spec.plugin, reason)
        self.calls.append(f"{spec.plugin}.{spec.name}")
        try:
            async with asyncio.timeout(remaining()):
                result = spec.function(*parents, **field_arguments(self.plugins, spec, self.viewer, arguments))
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

    def _item(self, spec: FieldSpec, item: Any) -> Any:
        if isinstance(item, Exception) and not isinstance(item, CallboardError):
            return self._broken(spec, f"gave a {type(item).__name__}", item)
        return item

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


def _identity(parent: Any) -> Any:
    return parent.ref if isinstance(parent, Entity) else id(parent)
