"""Stands where an upstream's client should be that could not be made: its calls fail, the plugin's others don't."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from callboard_sdk import Reply, UpstreamError
from callboard_sdk.upstream import Params

from .upstream import Health, State


class Unconnected:
    """A `callboard_sdk.Client` whose every call raises an UpstreamError that names the upstream.

    An UpstreamError says itself why there is no client; of any other cause only the kind shows, the rest is in the log.
    """

    def __init__(self, name: str, cause: Exception) -> None:
        self.name = name
        self.why = f"{name} has no client ({type(cause).__name__}): correct its settings, and start the gateway again"
        self._reason = "UNREACHABLE"
        if isinstance(cause, UpstreamError):
            self.why, self._reason = cause.message, cause.reason

    @property
    def health(self) -> Health:
        """Failing from the start, and why."""
        return Health(self.name, State.FAILING, last_error=self.why)

    async def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        ok: frozenset[int] = frozenset(),
    ) -> Reply:
        """Raise UpstreamError."""
        self._fail()

    async def post(
        self, path: str, body: object, *, headers: Mapping[str, str] | None = None, ok: frozenset[int] = frozenset()
    ) -> Reply:
        """Raise UpstreamError."""
        self._fail()

    def _fail(self) -> NoReturn:
        raise UpstreamError(self.name, self._reason, self.why, retryable=False)
