"""What an operation comes to under a policy that may not be in force: what is decided, and what is refused for its arguments.

Where the values of variables are not known, what one may hold may be refused, and that is a condition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from gateway.planning.coordinates import Use
from gateway.planning.operation import Facts
from gateway.planning.reach import Reach
from gateway.planning.ruling import Ruling
from policies import Decision, Policy
from resolvers.policy.comparing import OperationDiff, PolicyDecision
from resolvers.policy.words import PolicyAccess
from schema import Supergraph
from schema.filtering import expanded

from .comparing import decided
from .recent import Asked

MAX_OPERATIONS = 500
"""Operations that are named."""


class Outcomes:
    """Asks policies about operations of one supergraph, by the ruling that requests are planned by."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._schema = supergraph.schema
        self._types = frozenset(name for name in supergraph.guards if "." not in name)

    @cached_property
    def _reach(self) -> Reach:
        return Reach(self._schema)

    def of(self, policy: Policy, roles: frozenset[str], operation: Facts) -> dict[str, PolicyDecision]:
        """What is decided of each coordinate that the operation selects, sorted."""
        found = {name: decided(decision) for name, decision in policy.decide(roles, operation.coordinates).items()}
        for name, refused in self._refused(policy, roles, operation.uses).items():
            if name in found and found[name].access is not PolicyAccess.DENIED:
                found[name] = _with(found[name], refused)
        return found

    def _refused(self, policy: Policy, roles: frozenset[str], uses: Iterable[Use]) -> Mapping[str, list[tuple[Use, Decision]]]:
        """The uses that are refused, by field; the sure ones first."""
        found: dict[str, list[tuple[Use, Decision]]] = defaultdict(list)
        by_field: dict[str, list[Use]] = defaultdict(list)
        for use in sorted(uses, key=lambda use: (not use.sure, use)):
            by_field[use.field].append(use)
        if not by_field:
            return found
        asked = frozenset(name for of_field in by_field.values() for use in of_field for name in expanded(self._schema, use.by))
        ruling = Ruling(self._schema, policy.decide(roles, self._types | asked), self._reach)
        for name, of_field in by_field.items():
            type_name, _, field = name.partition(".")
            against = ruling.refused(self._schema.type_map[type_name].fields[field])  # type: ignore[attr-defined]
            found[name] = [(use, against[use.by]) for use in of_field if use.by in against]
        return {name: refused for name, refused in found.items() if refused}


def _with(decision: PolicyDecision, refused: list[tuple[Use, Decision]]) -> PolicyDecision:
    use, against = refused[0]
    if use.sure:
        reason = f"{use.place} asks by {against.coordinate}: {against.reason}"
        return PolicyDecision(access=PolicyAccess.DENIED, reason=reason, condition=None)
    reason = f"{decision.reason}; but a variable in {use.place} may ask by {against.coordinate}: {against.reason}"
    return PolicyDecision(access=PolicyAccess.CONDITIONAL, reason=reason, condition=decision.condition)


def differs(before: PolicyDecision, after: PolicyDecision) -> bool:
    """Whether an operation is answered otherwise for it."""
    return (before.access, before.condition) != (after.access, after.condition)


def by_operation(outcomes: Outcomes, before: Policy, after: Policy, asked: Iterable[Asked]) -> list[OperationDiff]:
    """The operations that would be answered otherwise, those asked most first; for the roles that their viewers had."""
    found = (_operation(outcomes, before, after, one) for one in asked)
    return sorted(filter(None, found), key=lambda one: (-one.seen, one.document, one.roles))[:MAX_OPERATIONS]


def _operation(outcomes: Outcomes, before: Policy, after: Policy, asked: Asked) -> OperationDiff | None:
    operation = asked.operation
    was, would = (outcomes.of(policy, asked.roles, operation) for policy in (before, after))
    changed = {name: (one.access, would[name].access) for name, one in was.items() if differs(one, would[name])}
    gains = [name for name, (old, _) in changed.items() if old is PolicyAccess.DENIED]
    loses = [name for name, (_, new) in changed.items() if new is PolicyAccess.DENIED]
    if not changed:
        return None
    return OperationDiff(
        name=operation.name,
        kind=operation.kind,
        document=operation.document,
        roles=sorted(asked.roles),
        gains=gains,
        loses=loses,
        changes=[name for name in changed if name not in gains and name not in loses],
        seen=asked.seen,
    )
