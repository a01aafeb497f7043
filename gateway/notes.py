"""What is kept of a request's decisions: for the audit what was denied, and in memory what was asked lately, and by whom."""

from __future__ import annotations

from dataclasses import dataclass

from callboard_sdk import Viewer

from gateway.administration import Recent
from gateway.planning.operation import Facts
from policies import Policy
from resolvers.audit import Denials


@dataclass(frozen=True)
class Notes:
    """Takes each operation that is decided; in microseconds, whatever was decided."""

    recent: Recent
    denials: Denials

    def decided(self, viewer: Viewer, operation: Facts, policy: Policy) -> None:
        """Note what was asked, and what this viewer is denied."""
        decisions = policy.decide(viewer.roles, operation.coordinates)
        self.recent.note(viewer, operation, decisions, policy.version)
        if denied := decisions.denied:
            self.denials.note(viewer.subject, denied)
