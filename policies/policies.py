"""The policy version in force: a request takes it once, at its start, and keeps it to its end."""

from __future__ import annotations

import asyncio

from schema import Supergraph

from .policy import Policy
from .rules import Rules

NOTHING = Rules()
"""No rules: everything is denied."""


class Policies:
    """Holds the version in force, and replaces it as a whole. Raises PolicyError when the first rules are refused."""

    def __init__(self, supergraph: Supergraph, rules: Rules = NOTHING) -> None:
        self._supergraph = supergraph
        self._current = Policy(rules, supergraph)
        self._replacing = asyncio.Lock()

    @property
    def current(self) -> Policy:
        """The version in force now."""
        return self._current

    async def replace(self, rules: Rules) -> Policy:
        """Put these rules in force; they are compiled in a thread, so that requests go on.

        Raises PolicyError with every mistake when they are refused: what was in force stays.
        """
        async with self._replacing:
            self._current = await asyncio.to_thread(Policy, rules, self._supergraph)
            return self._current
