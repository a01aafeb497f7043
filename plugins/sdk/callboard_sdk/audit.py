"""Where it is written down that something happened that an administrator may have to answer for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Audit(Protocol):
    """Takes one event. Nothing secret may be in it: it is kept, and read by others."""

    async def __call__(self, kind: str, actor: str, subject: str, details: Mapping[str, Any]) -> None:
        """Write down that `actor` (a viewer's subject) did this `kind` of thing (`token.created`) to `subject`.

        `details` are JSON values.
        """
        ...
