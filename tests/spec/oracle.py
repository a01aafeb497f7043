"""Random policies, and whether what was compiled of them decides as Casbin does, for each role set, coordinate and entity."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random
from typing import Any

from callboard_sdk import EntityRef, Plugin, Viewer, ViewerKind
from callboard_sdk.conditions import Column, Expression, Has, Is, Mark, Tie, Tied, holds
from callboard_sdk.entities import Component, Entity, System
from callboard_sdk.testing import make_component
from company import make_company
from policies import Inherits, Member, Policy, Rule, Rules
from policies.authority import names_of
from policies.conditions import All, Any as AnyOf, Condition, Negated, Predicate, canonical
from policies.rules import ALLOW, DENY
from resolvers.core import Whole, core_plugin
from resolvers.plugins import injected_types
from schema import About, Supergraph, stitch

ROLES = [f"r{n}" for n in range(8)]
TAGS = ["a", "b", "c"]
GROUPS = [EntityRef("group", "default", name) for name in ("all", "team", "other")]
USERS = [EntityRef("user", "default", name) for name in ("bob", "eve")]


def graph() -> Supergraph:
    """A graph with coordinates of every sort: entity types and fields, roots, mutations, administration."""
    office = Plugin("office", permissions={"office.run": "Run it."})

    @office.query(permission="office.run", action="administer")
    async def secrets() -> str | None:
        """What only administrators may ask."""

    @office.mutation(permission="office.run")
    async def paint() -> str | None:
        """Change something."""

    @office.mutation(permission="office.run", action="administer")
    async def shut() -> str | None:
        """Change everything."""

    plugins = [core_plugin(Whole()), make_company()[0], office]
    return stitch(plugins, {plugin.name: injected_types(plugin) for plugin in plugins})


GRAPH = graph()
COORDINATES = sorted(c for c in GRAPH.guards if c.startswith(("Component", "Query.", "Mutation.", "System", "Entity")))
SORTS = {about: [c for c in COORDINATES if GRAPH.guards[c].about is about] for about in About}
OBJECTS = sorted(
    {"*", *COORDINATES, *(f"plugin:{g.plugin}" for g in GRAPH.guards.values())}
    | {f"permission:{g.permission}" for g in GRAPH.guards.values()}
    | {f"type:{c.partition('.')[0]}" for c in COORDINATES}
)


@dataclass(frozen=True)
class Difference:
    """Where the two differ."""

    rules: str
    names: tuple[str, ...]
    coordinate: str
    entity: str
    casbin: bool
    compiled: bool


def condition(dice: Random, depth: int = 2) -> Condition:
    """A random one."""
    kind = dice.randrange(6 if depth else 3)
    if kind == 3:
        return Negated(condition(dice, depth - 1))
    if kind > 3:
        parts = tuple(condition(dice, depth - 1) for _ in range(dice.randint(1, 3)))
        return All(parts) if kind == 4 else AnyOf(parts)
    return dice.choice(
        [
            Predicate("isOwner"),
            Predicate("hasTag", canonical({"tag": dice.choice(TAGS)})),
            Predicate("ownerInGroup", canonical({"group": str(dice.choice(GROUPS))})),
            Predicate("kindIs", canonical({"kinds": dice.sample(["Component", "System"], dice.randint(1, 2))})),
        ]
    )


def rules(dice: Random, count: int) -> Rules:
    """So many random rules, with a hierarchy of roles and with members."""

    def rule() -> Rule:
        thing = dice.choice(OBJECTS)
        action = (
            GRAPH.guards[thing].action
            if thing in GRAPH.guards and dice.random() < 0.8
            else dice.choice(["read", "mutate", "administer"])
        )
        effect = DENY if dice.random() < 0.3 else ALLOW
        return Rule(dice.choice(ROLES), thing, action, effect, "", condition(dice) if dice.random() < 0.5 else None)  # fmt: skip

    grants = tuple(rule() for _ in range(count))
    known = sorted({one.role for one in grants})
    pairs = [(role, parent) for role in known for parent in known if role < parent and dice.random() < 0.25]
    subjects = [*map(str, [*GROUPS, *USERS]), "subject:bot"]
    members = tuple(Member(dice.choice(subjects), dice.choice(known)) for _ in range(dice.randint(0, 3) if known else 0))
    return Rules(grants, tuple(Inherits(*pair) for pair in pairs), members)


def viewer(dice: Random) -> Viewer:
    """A random one, with roles of its own or none."""
    return Viewer(
        dice.choice(["bot", "bob"]),
        ViewerKind.PERSON,
        frozenset(dice.sample(ROLES, dice.randint(0, 3))),
        dice.choice([None, *USERS]),
        frozenset(dice.sample(GROUPS, dice.randint(0, 2))),
    )


def entities() -> list[Entity]:
    """One of each sort that conditions tell apart."""
    owners = [*map(str, [*GROUPS, *USERS]), None]
    found: list[Entity] = []
    for n, owner in enumerate(owners):
        for tags in ([], ["a"], ["b", "c"]):
            found.append(make_component(f"c{n}", tags=tags, spec={"owner": owner} if owner else {}))
    return found


ENTITIES = entities()


def means(name: str, given: dict[str, Any], who: Viewer) -> Expression:
    """What a predicate says for a viewer, groups being flat."""
    match name:
        case "isOwner":
            return Tied(Tie.OWNED_BY, who.groups | ({who.entity} if who.entity else set()))
        case "hasTag":
            return Has(Mark.TAG, given["tag"])
        case "ownerInGroup":
            return Tied(Tie.OWNED_BY, frozenset({EntityRef.parse(given["group"])}))
        case "kindIs":
            return Is(Column.KIND, frozenset(kind.lower() for kind in given["kinds"]))
    raise AssertionError(name)


def true_of(said: Any, who: Viewer, entity: Entity) -> bool:
    """The meaning of a condition, as data, written out once more."""
    if isinstance(said, str):
        said = {said: {}}
    [(name, given)] = said.items()
    match name:
        case "all":
            return all(true_of(part, who, entity) for part in given)
        case "any":
            return any(true_of(part, who, entity) for part in given)
        case "not":
            return not true_of(given, who, entity)
    return holds(means(name, given, who), entity)


async def compiled(policy: Policy, who: Viewer, coordinate: str, entity: Entity) -> bool:
    """What the Decision comes to for this entity."""
    decisions = policy.decide(policy.roles_of(who), [coordinate])
    decision = decisions[coordinate]
    if decision.condition is None:
        return decision.allowed

    async def ask(name: str, parameters: str) -> Expression:
        return means(name, json.loads(parameters), who)

    bound = await policy.bind(decisions, ask)
    return decision.allowed and holds(bound[decision.condition], entity)


async def differences(dice: Random, count: int, asked: int) -> AsyncIterator[Difference | None]:
    """One policy of so many rules, asked so often; None where both say the same."""
    some = rules(dice, count)
    policy = Policy(some, GRAPH)
    for _ in range(max(1, asked // 12)):
        who = viewer(dice)
        names = sorted(names_of(who))
        for _ in range(min(12, asked)):
            coordinate, entity = dice.choice(SORTS[dice.choice(list(SORTS))]), dice.choice(ENTITIES)
            guard = GRAPH.guards[coordinate]
            about = (
                None if guard.about is About.NOTHING else lambda text, who=who, entity=entity: true_of(read(text), who, entity)
            )
            casbin, _ = policy.authority.ask(names, coordinate, guard.action, about)
            ours = await compiled(policy, who, coordinate, entity)
            same = casbin == ours
            yield None if same else Difference(some.canonical(), tuple(names), coordinate, str(entity.ref), casbin, ours)


def read(text: str) -> Any:
    """A condition's text as data."""
    return json.loads(text) if text.startswith("{") else text
