"""The Plan: one operation compiled for one set of decisions. What is denied is in it only as a denial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from callboard_sdk import CallboardError
from callboard_sdk.fields import READ
from graphql import FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode, OperationType
from graphql.execution import VariableValues

from policies import Decision, Decisions
from schema.binding import PAGING
from schema.filtering import uses
from schema.supergraph import usual_action

from .cost import Cost, cost_of, page_size, paged_fields
from .kept import Kept
from .rows import Failed, RowLoop, compile_rows
from .ruling import EVERYTHING_SEEN, Seen
from .selection import Conditional, Denied, Field, Selection, selections

_NO_PROPAGATION = "experimental_disableErrorPropagation"


class Forbidden(CallboardError):
    """The viewer's roles don't grant this coordinate; `decisionId` is what to name when asking why."""

    code = "FORBIDDEN"

    def __init__(self, decision: Decision) -> None:
        does = "read" if usual_action(decision.coordinate.partition(".")[0]) == READ else "use"
        super().__init__(
            f"You may not {does} {decision.coordinate}: ask for access with decision {decision.id}.",
            coordinate=decision.coordinate,
            decisionId=decision.id,
        )
        self.decision = decision


class FilterForbidden(CallboardError):
    """An argument asks by a field that the viewer may not read of every object that it sees; `argument` says which."""

    code = "FORBIDDEN"

    def __init__(self, coordinate: str, argument: str, decision: Decision) -> None:
        if argument in PAGING:
            told = f"You may not have pages of {coordinate}, whose order tells what you may not read: ask"
        else:
            told = f"You may not use {argument} of {coordinate}: leave it out, or ask"
        super().__init__(
            f"{told} for access with decision {decision.id}.",
            coordinate=coordinate,
            argument=argument,
            decisionId=decision.id,
        )
        self.decision = decision


def refused_use(field: Field, values: Mapping[str, Any]) -> tuple[str, Decision] | None:
    """The first of a field's coerced arguments that filters by what its decisions refuse, and the decision."""
    if not field.refused:
        return None
    used = ((place, name) for place, coordinates in uses(field.definition, values) for name in coordinates)
    return next(((place, field.refused[name]) for place, name in used if name in field.refused), None)


@dataclass(frozen=True, eq=False)
class Plan:
    """What to run. Its row loops are compiled when they are first needed, and kept.

    `shown` is the schema that introspection answers from: what the viewer may use. `checks` says that leaves are checked
    even where their types are declared typed: development mode.
    """

    schema: GraphQLSchema
    shown: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    root: Selection
    decisions: Decisions = field(default_factory=Decisions)
    policy_version: str = ""
    seen: Seen = EVERYTHING_SEEN
    checks: bool = False
    _loops: dict[Selection, RowLoop] = field(default_factory=dict)
    _costs: Kept[tuple[int, ...], Cost] = field(default_factory=lambda: Kept(20))

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
            known = self._loops[selection] = compile_rows(selection, self.forbidden, checks=self.checks)
        return known

    def compile(self) -> None:
        """Compile every row loop now; otherwise each is when it is first needed."""
        for selection in selections(self.root):
            self.loop(selection)

    @cached_property
    def open(self) -> bool:
        """Whether whatever is allowed is allowed for every object."""
        return self.seen.whole and not self.seen.opens and not self.decisions.conditional

    @cached_property
    def paged(self) -> tuple[Field, ...]:
        """The fields that take a page size."""
        return paged_fields(self.root)

    def cost(self, variables: VariableValues) -> Cost:
        """The most that running it with these variables can make and ask."""
        pages = tuple(page_size(field, variables) for field in self.paged)
        return self._costs.get(pages) or self._costs.keep(pages, cost_of(self.root, dict(zip(self.paged, pages, strict=True))))

    def forbidden(self, denied: Denied | Conditional) -> Failed:
        """What stands in the result where a decision leaves a field out."""
        return Failed(Forbidden(denied.decision))
