"""What a plugin's function did that it shouldn't: counted against it, told to the log in full, and to the client by an id."""

from __future__ import annotations

import uuid

import structlog
from callboard_sdk.fields import FieldSpec

from .errors import InternalError
from .plugins import PluginRuntime

log = structlog.get_logger()


def broken(runtime: PluginRuntime, spec: FieldSpec, what: str, error: BaseException | None, whose: str | None) -> InternalError:
    """The error to answer with, once it is counted. `whose` request it failed: see `Health`."""
    runtime.health.failed(spec.name, what, whose)
    return uncounted(spec, what, error)


def uncounted(spec: FieldSpec, what: str, error: BaseException | None) -> InternalError:
    """The error to answer with; nothing is left out for it."""
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
    return InternalError(
        f"{spec.name} of plugin {spec.plugin!r} failed; tell its maintainers error {error_id}",
        error_id=error_id,
        plugin=spec.plugin,
    )
