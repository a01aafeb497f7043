"""The errors of running a plugin's fields; their texts are for clients, the details for the log."""

from __future__ import annotations

from callboard_sdk import CallboardError


class InternalError(CallboardError):
    """Something of ours or of a plugin broke; `error_id` finds the traceback in the log."""

    code = "INTERNAL"

    def __init__(self, message: str, *, error_id: str, plugin: str | None = None) -> None:
        super().__init__(message, errorId=error_id, **({"plugin": plugin} if plugin else {}))


class PluginUnavailable(CallboardError):
    """The field's plugin is quarantined: it failed to load, to start, or keeps failing."""

    code = "PLUGIN_UNAVAILABLE"

    def __init__(self, plugin: str, reason: str) -> None:
        super().__init__(f"plugin {plugin!r} is not available: {reason}; see plugins {{ health }}", plugin=plugin)


class DeadlineExceeded(CallboardError):
    """The field did not answer within the request's time."""

    code = "DEADLINE_EXCEEDED"
    retryable = True

    def __init__(self, plugin: str, field: str) -> None:
        super().__init__(f"{field} of plugin {plugin!r} did not answer within the request's time", plugin=plugin)


class RequestDeadline(CallboardError):
    """The whole request took longer than it may."""

    code = "DEADLINE_EXCEEDED"
    retryable = True

    def __init__(self) -> None:
        super().__init__("this request took longer than one may: ask for less, or in several requests")


class RolesUnknown(CallboardError):
    """The roles that the viewer has as a member of groups can't be known now."""

    code = "ROLES_UNKNOWN"
    retryable = True

    def __init__(self, reason: str) -> None:
        super().__init__(f"your roles can't be known, for {reason}: try again later")
