"""What is kept of a request's decisions: for the audit what was denied, and in memory what was asked lately, and by whom."""

from __future__ import annotations

from dataclasses import dataclass

from callboard_sdk import Viewer

from gateway.administration import Recent
from gateway.execution.refused import Refused
from gateway.planning.operation import Facts
from policies import Policy
from resolvers.audit import Denials


@dataclass(frozen=True)
class Notes:
    """Takes each operation that is decided; in microseconds, whatever was decided."""

    recent: Recent
    denials: Denials

    def decided(self, viewer: Viewer, operation: Facts, policy: Policy, refused: Refused) -> None:
        """Note what was asked, and what this viewer was denied: by its decisions alone, and of entities."""
        decisions = policy.decide(viewer.roles, operation.coordinates)
        denied = decisions.denied
        of_entities = {name: decision for name, decision in refused.denied.items() if name not in denied}
        self.recent.note(viewer, operation, decisions, policy.version, told=bool(denied or of_entities))
        if denied:
            self.denials.note(viewer.subject, denied)
        if of_entities:
            self.denials.refused(viewer.subject, of_entities)
        for kind, count in refused.nothing.items():
            self.denials.nothing(viewer.subject, kind, count)
