"""The Plan: one operation compiled for one set of decisions. What is denied is in it only as a denial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from callboard_sdk import CallboardError
from graphql import FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode, OperationType

from policies import Decision

from .rows import Failed, RowLoop, compile_rows
from .selection import Denied, Selection

_NO_PROPAGATION = "experimental_disableErrorPropagation"


class Forbidden(CallboardError):
    """The viewer's roles don't grant this coordinate; `decisionId` is what to name when asking why."""

    code = "FORBIDDEN"

    def __init__(self, decision: Decision) -> None:
        super().__init__(
            f"You may not read {decision.coordinate}: ask for access with decision {decision.id}.",
            coordinate=decision.coordinate,
            decisionId=decision.id,
        )


@dataclass(frozen=True, eq=False)
class Plan:
    """What to run. Its row loops are compiled when they are first needed, and kept.

    `trusted` says that leaves are taken from their objects unchecked: their sources are typed.
    """

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    root: Selection
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    policy_version: str = ""
    trusted: bool = False
    _loops: dict[Selection, RowLoop] = field(default_factory=dict)

    @property
    def serial(self) -> bool:
        """Whether the root fields run one after the other (GraphQL spec, section 6.2.2)."""
        return self.operation.operation is OperationType.MUTATION

    @property
    def propagates(self) -> bool:
        """Whether a null where none may be makes its parent null; a directive on the operation can switch it off."""
        return not any(d.name.value == _NO_PROPAGATION for d in self.operation.directives or ())

    def loop(self, selection: Selection) -> RowLoop:
        """The row loop of one of the plan's selections."""
        known = self._loops.get(selection)
        if known is None:
            known = self._loops[selection] = compile_rows(selection, self.forbidden, checked=not self.trusted)
        return known

    def forbidden(self, denied: Denied) -> Failed:
        """What stands in the result where a decision leaves a field out."""
        return Failed(Forbidden(denied.decision))
