"""The policy in force and what is stored, as the graph shows them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from callboard_sdk import Connection

from policies import Policy, Rules
from policies.conditions import text
from resolvers.numbered import shown
from resolvers.policy import Draft, Emergency, Version
from resolvers.policy.types import (
    EmergencyAccess,
    PolicyCondition,
    PolicyDraft,
    PolicyInfo,
    PolicyInheritance,
    PolicyMember,
    PolicyMistake,
    PolicyObject,
    PolicyRole,
    PolicyRule,
    PolicyVersion,
)
from resolvers.policy.words import PolicyAction, PolicyEffect, PolicyMistakeCode, PolicyObjectKind, PolicySource
from schema import Supergraph

from .standing import Snapshot


def info(standing: Snapshot, policy: Policy) -> PolicyInfo:
    """What is in force."""
    parts = ((PolicySource.FILE, standing.files), (PolicySource.DATABASE, standing.database))
    return PolicyInfo(
        version=version(standing.version) if standing.version else None,
        digest=policy.version,
        rules=[one for source, rules in parts for one in _rules(rules, source)],
        inheritances=[
            PolicyInheritance(role=one.role, parent=one.parent, source=source, where=one.where)
            for source, rules in parts
            for one in rules.inherits
        ],
        members=[
            PolicyMember(member=one.member, role=one.role, source=source, where=one.where)
            for source, rules in parts
            for one in rules.members
        ],
        roles=_roles(Rules.joined([standing.files, standing.database])),
        problems=[PolicyMistake(code=PolicyMistakeCode.INVALID, message=problem) for problem in standing.problems],
    )


def _rules(rules: Rules, source: PolicySource) -> Iterator[PolicyRule]:
    for rule in rules.grants:
        yield PolicyRule(
            role=rule.role,
            object=rule.object,
            action=PolicyAction(rule.action),
            effect=PolicyEffect(rule.effect),
            condition=text(rule.condition) if rule.condition else None,
            source=source,
            where=rule.where,
        )


def _roles(rules: Rules) -> list[PolicyRole]:
    counts: dict[str, int] = defaultdict(int)
    parents: dict[str, set[str]] = defaultdict(set)
    members: dict[str, set[str]] = defaultdict(set)
    for rule in rules.grants:
        counts[rule.role] += 1
    for one in rules.inherits:
        parents[one.role].add(one.parent)
    for member in rules.members:
        members[member.role].add(member.member)
    return [
        PolicyRole(
            name=role,
            rule_count=counts[role],
            inherits=sorted(parents.get(role, ())),
            inherits_all=sorted(_above(role, parents)),
            members=sorted(members.get(role, ())),
        )
        for role in sorted(rules.roles)
    ]


def _above(role: str, parents: Mapping[str, set[str]]) -> set[str]:
    seen, more = {role}, [role]
    while more:
        new = parents.get(more.pop(), set()) - seen
        seen |= new
        more += new
    return seen


def conditions(supergraph: Supergraph) -> list[PolicyCondition]:
    """The predicates that conditions may name."""
    return [
        PolicyCondition(name=name, description=one.description, parameters=json.dumps(one.schema, sort_keys=True))
        for name, one in sorted(supergraph.predicates.items())
    ]


def objects(supergraph: Supergraph) -> list[PolicyObject]:
    """Everything that a rule may be about, by name."""
    kinds = supergraph.schema.type_map
    found: dict[str, tuple[PolicyObjectKind, str | None, set[str]]] = {
        "*": (PolicyObjectKind.EVERYTHING, "The whole graph.", set())
    }
    for coordinate, guard in supergraph.guards.items():
        name, _, field = coordinate.partition(".")
        kind = kinds[name]
        described = kind.fields[field].description if field else kind.description  # type: ignore[attr-defined]
        permission = supergraph.permissions.get(guard.permission)
        for key, what, text_of_it in (
            (coordinate, PolicyObjectKind.COORDINATE, described),
            (f"type:{name}", PolicyObjectKind.TYPE, kind.description),
            (f"plugin:{guard.plugin}", PolicyObjectKind.PLUGIN, None),
            (f"permission:{guard.permission}", PolicyObjectKind.PERMISSION, permission.description if permission else None),
            ("*", PolicyObjectKind.EVERYTHING, None),
        ):
            found.setdefault(key, (what, text_of_it, set()))[2].add(guard.action)
    return [
        PolicyObject(name=name, kind=kind, description=described, actions=[a for a in PolicyAction if a.value in actions])
        for name, (kind, described, actions) in sorted(found.items())
    ]


def version(found: Version) -> PolicyVersion:
    """A stored version."""
    return PolicyVersion(
        number=found.number,
        parent=found.parent,
        author=found.author,
        at=datetime.fromisoformat(found.at),
        note=found.note,
        digest=found.digest,
        reverts=found.reverts,
        text=found.text,
    )


def draft(found: Draft) -> PolicyDraft:
    """A stored draft."""
    return PolicyDraft(
        key=found.key,
        owner=found.owner,
        parent=found.parent,
        revision=found.revision,
        created=datetime.fromisoformat(found.created),
        changed=datetime.fromisoformat(found.changed),
        text=found.text,
    )


def emergency(found: Emergency) -> EmergencyAccess:
    """A role that was given."""
    return EmergencyAccess(
        key=found.key,
        subject=found.subject,
        role=found.role,
        reason=found.reason,
        granted_by=found.granted_by,
        at=datetime.fromisoformat(found.at),
        expires=datetime.fromisoformat(found.expires),
        ended=datetime.fromisoformat(found.ended) if found.ended else None,
    )


def history(found: Connection[Version]) -> Connection[PolicyVersion]:
    """A page of stored versions."""
    return shown(found, version)
