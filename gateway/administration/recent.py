"""What was lately asked and denied, in this process's memory: for who wants to know why, or what other rules would change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from callboard_sdk import Viewer

from gateway.planning.operation import Facts
from policies import Decision, Decisions

MAX_OPERATIONS = 2_000
"""Pairs of operation and role set that are remembered; those that were not asked for longest go first."""
MAX_DENIED = 5_000
"""Pairs of a request's denials and a viewer that are remembered."""


@dataclass(slots=True)
class Asked:
    """One operation that viewers with one role set asked, and how often."""

    operation: Facts
    roles: frozenset[str]
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A denial that a viewer was told of, and under which policy and with which roles."""

    decision: Decision
    policy: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Request:
    decisions: Decisions
    policy: str
    roles: frozenset[str]


class Recent:
    """Remembers distinct operations with their coordinates and role sets, and who was denied what. Bounded."""

    def __init__(self) -> None:
        self._asked: OrderedDict[tuple[str, str | None, frozenset[str]], Asked] = OrderedDict()
        self._told: OrderedDict[tuple[str, str | None, Decisions], _Request] = OrderedDict()

    def note(self, viewer: Viewer, operation: Facts, decisions: Decisions, policy: str, *, told: bool) -> None:
        """Remember one request; `told` says that its viewer was told of a denial."""
        key = operation.document, operation.name, viewer.roles
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = Asked(operation, viewer.roles)
            if len(self._asked) > MAX_OPERATIONS:
                self._asked.popitem(last=False)
        else:
            self._asked.move_to_end(key)
        asked.seen += 1
        if told:
            self._tell(viewer, decisions, policy)

    def _tell(self, viewer: Viewer, decisions: Decisions, policy: str) -> None:
        key = viewer.subject, _token(viewer), decisions
        if key in self._told:
            self._told.move_to_end(key)
            return
        self._told[key] = _Request(decisions, policy, viewer.roles)
        if len(self._told) > MAX_DENIED:
            self._told.popitem(last=False)

    @property
    def operations(self) -> Iterable[Asked]:
        """The operations, those that were asked last at the end."""
        return tuple(self._asked.values())

    def told(self, decision: str, viewer: Viewer | None) -> Told | None:
        """What this viewer was told of a decision, to an owner what its own tokens were too; what anyone was for None."""
        for (subject, token, _), request in reversed(self._told.items()):
            if viewer is None or (viewer.subject == subject and _token(viewer) in (None, token)):
                for denied in (*request.decisions.denied.values(), *request.decisions.conditional.values()):
                    if denied.id == decision:
                        return Told(denied, request.policy, request.roles)
        return None


def _token(viewer: Viewer) -> str | None:
    return viewer.token.id if viewer.token else None
