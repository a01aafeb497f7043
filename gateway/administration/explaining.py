"""What a viewer may do, and why it was denied something: for itself, and for who may see the policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from callboard_sdk import Viewer
from graphql import GraphQLNamedType, GraphQLSchema, get_named_type, is_abstract_type, is_introspection_type, is_object_type

from gateway.planning.visible import Visible, VisibleSchemas
from policies import Decision, Policy
from resolvers.policy.types import CoordinateAccess, DeniedWhy
from resolvers.policy.words import PolicyAccess

from .comparing import access
from .recent import Recent
from .standing import Standing

_BEST = (PolicyAccess.ALLOWED, PolicyAccess.CONDITIONAL, PolicyAccess.DENIED)


class Explaining:
    """Asks the policy version that a request began with, and what was lately told of older ones.

    `hiding` has the schemas that viewers may use where what is denied is hidden; None where it is answered.
    """

    def __init__(self, standing: Standing, recent: Recent, hiding: VisibleSchemas | None) -> None:
        self._standing = standing
        self._recent = recent
        self._hiding = hiding

    def can(self, policy: Policy, viewer: Viewer, coordinates: Sequence[str]) -> list[CoordinateAccess]:
        """What the viewer may do with these coordinates, in the same order. What isn't there is like what is denied."""
        return [CoordinateAccess(coordinate=one, access=self._access(policy, viewer, one)) for one in coordinates]

    def _access(self, policy: Policy, viewer: Viewer, coordinate: str) -> PolicyAccess:
        ways = [coordinate] if coordinate in self._standing.supergraph.guards else self._ways.get(coordinate, ())
        decisions = policy.decide(viewer.roles, ways)
        return min((access(decision) for decision in decisions.values()), key=_BEST.index, default=PolicyAccess.DENIED)

    @cached_property
    def _ways(self) -> Mapping[str, frozenset[str]]:
        """For each coordinate that rules don't decide, those that lead to its object: it is readable with that."""
        return ways(self._standing.supergraph.schema, self._standing.supergraph.guards)

    def may(self, policy: Policy, viewer: Viewer, coordinate: str) -> bool:
        """Whether the viewer may use this coordinate."""
        return self._access(policy, viewer, coordinate) is PolicyAccess.ALLOWED

    def uses(self, policy: Policy, viewer: Viewer, plugin: str, field: str) -> bool:
        """Whether the viewer may use a plugin's field, given by the names of both, if only for some entities."""
        decisions = policy.decide(viewer.roles, self._named.get((plugin, field), ()))
        return any(decision.allowed for decision in decisions.values())

    @cached_property
    def _named(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """The coordinates that each field of a plugin answers, by the names of both."""
        graph = self._standing.supergraph
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for coordinate, spec in (*graph.fields.items(), *graph.loaders.items()):
            found[spec.plugin, spec.name].add(coordinate)
        return {name: frozenset(coordinates) for name, coordinates in found.items()}

    def why(self, policy: Policy, viewer: Viewer, decision: str) -> DeniedWhy | None:
        """Why this decision denies, or allows on a condition: to this viewer, or to anyone where it may see the policy.

        To who may not, what is hidden is not explained: ids can be worked out, and one would tell that there is its coordinate.
        """
        everyones = self.may(policy, viewer, "Query.policy")
        found = self._denial(policy, viewer, decision, everyones=everyones)
        return found if found is None or everyones or self._shows(policy, viewer, found.coordinate) else None

    def _denial(self, policy: Policy, viewer: Viewer, decision: str, *, everyones: bool) -> DeniedWhy | None:
        own = policy.decide(viewer.roles, self._standing.supergraph.guards)
        for found in own.values():
            if found.id == decision and access(found) is not PolicyAccess.ALLOWED:
                return _why(found, viewer.roles, policy.version, access(found))
        told = self._recent.told(decision, None if everyones else viewer)
        if told is None:
            return None
        still = policy.decide(told.roles, [told.decision.coordinate])[told.decision.coordinate]
        return _why(told.decision, told.roles, told.policy, access(still))

    def _shows(self, policy: Policy, viewer: Viewer, coordinate: str) -> bool:
        """Whether the viewer may know that there is this coordinate."""
        if self._hiding is None:
            return True
        name, _, field = coordinate.partition(".")
        kind = Visible(self._hiding, policy, viewer.roles).schema.type_map.get(name)
        return kind is not None and (not field or field in getattr(kind, "fields", ()))


def _why(decision: Decision, roles: Iterable[str], policy: str, still: PolicyAccess) -> DeniedWhy:
    return DeniedWhy(
        decision_id=decision.id,
        coordinate=decision.coordinate,
        reason=decision.reason,
        roles=sorted(roles),
        policy=policy,
        still=still,
    )


def ways(schema: GraphQLSchema, guards: Iterable[str]) -> dict[str, frozenset[str]]:
    """For each coordinate without a guard, the guarded coordinates that lead to its object, through any that have none."""
    guarded = frozenset(guards)
    leading: dict[str, set[str]] = defaultdict(set)
    objects = [kind for kind in schema.type_map.values() if is_object_type(kind) and not is_introspection_type(kind)]
    steps = [
        (kind.name, f"{kind.name}.{name}", target)
        for kind in objects
        for name, field in kind.fields.items()
        for target in _possible(schema, get_named_type(field.type))
    ]
    for kind in objects:
        leading[kind.name] |= {kind.name} & guarded
    grew = True
    while grew:
        grew = False
        for source, coordinate, target in steps:
            new = ({coordinate} if coordinate in guarded else leading[source]) - leading[target]
            if new:
                leading[target] |= new
                grew = True
    return {
        f"{kind.name}.{name}": frozenset(leading[kind.name])
        for kind in objects
        for name in kind.fields
        if f"{kind.name}.{name}" not in guarded
    }


def _possible(schema: GraphQLSchema, kind: GraphQLNamedType) -> Iterator[str]:
    if is_object_type(kind):
        yield kind.name
    elif is_abstract_type(kind):
        yield from (possible.name for possible in schema.get_possible_types(kind))
