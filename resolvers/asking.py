"""Asks the plugins' predicates what an entity must say of itself, for one viewer."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping

import structlog
from callboard_sdk import CallboardError, EntityRef, Viewer
from callboard_sdk.conditions import Every, Expression, Has, Is, Not, Some, Tied

from schema import KnownPredicate

from .deadline import being_cancelled, for_a_field
from .errors import RolesUnknown
from .plugins import Plugins

log = structlog.get_logger()


async def groups_above(plugins: Plugins, viewer: Viewer) -> frozenset[EntityRef]:
    """All groups that the viewer belongs to: those that its claims name, those that the catalog says it is in, and all above.

    Raises CallboardError where they can't be known: a role might deny.
    """
    if not viewer.groups and viewer.entity is None:
        return viewer.groups
    try:
        async with asyncio.timeout(for_a_field()):
            members = await plugins.memberships.of(viewer.entity) if viewer.entity is not None else frozenset()
            if not (groups := viewer.groups | members):
                return groups
            if plugins.groups is None:
                raise RolesUnknown("the plugin that knows the groups is not running")
            return await plugins.groups.above(groups)
    except CallboardError:
        raise
    except Exception as error:
        log.error("groups are not known", exc_info=error)
        raise RolesUnknown("the plugin that knows the groups failed") from None


async def is_known(plugins: Plugins, user: EntityRef) -> bool:
    """Whether the catalog has this user. Raises CallboardError where that can't be known: who has left may be asking."""
    try:
        async with asyncio.timeout(for_a_field()):
            return await plugins.users.has(user)
    except CallboardError:
        raise
    except Exception as error:
        log.error("a user is not known", exc_info=error)
        raise RolesUnknown("the plugin that knows who is there failed, or isn't running") from None


def asking(
    plugins: Plugins, predicates: Mapping[str, KnownPredicate], viewer: Viewer
) -> Callable[[str, str], Awaitable[Expression | None]]:
    """Asks a predicate, by its name and the JSON of what a rule gives it; None where it can't say, and the log says why."""

    async def ask(name: str, parameters: str) -> Expression | None:
        if (predicate := predicates.get(name)) is None or (runtime := plugins.runtimes.get(predicate.spec.plugin)) is None:
            return None
        if runtime.health.reason(name) is not None:
            return None
        try:
            given = predicate.parameters.model_validate_json(parameters)
            handed = {
                key: viewer if kind is Viewer else plugins.give(runtime, key, kind) for key, kind in predicate.handed.items()
            }
            said = predicate.spec.function(**handed, **{key: getattr(given, key) for key in type(given).model_fields})
            if inspect.isawaitable(said):
                async with asyncio.timeout(for_a_field()):
                    said = await said
            if not isinstance(said, Every | Some | Not | Is | Has | Tied):
                raise TypeError(f"it gave a {type(said).__name__} for an Expression")
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and being_cancelled():
                raise
            if not isinstance(error, CallboardError):
                runtime.health.failed(name, f"raised {type(error).__name__}")
            log.error("predicate failed", predicate=name, plugin=runtime.plugin.name, where=predicate.spec.where, exc_info=error)
            return None
        runtime.health.succeeded(name)
        return said

    return ask
