"""Tokens that were refused, for the audit: counted as they come, written down from time to time, whoever sends how many."""

from __future__ import annotations

from callboard_sdk import Audit

MOST = 50
"""How many different refusals are told apart before they are written down."""
_OTHERS = ("others", "unknown", "more refusals than are told apart")


class Refusals:
    """Counts refusals by who was refused and why, so that nobody can fill the audit by asking."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._counts: dict[tuple[str, str, str], int] = {}

    def note(self, actor: str, token: str | None, reason: str) -> None:
        """One more: who was refused, the id of the stored token that it is about, and why, in words that hold no secret."""
        key = (actor, token or "unknown", reason)
        if key not in self._counts and len(self._counts) >= MOST:
            key = _OTHERS
        self._counts[key] = self._counts.get(key, 0) + 1

    async def flush(self) -> None:
        """Write down what was counted since."""
        counts, self._counts = self._counts, {}
        for (actor, token, reason), count in counts.items():
            await self._audit("token.refused", actor, token, {"reason": reason, "count": count})
