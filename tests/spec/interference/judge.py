"""Random rules, and a judge who says what they mean: written from the decision note, and from nothing that the gateway runs.

*Allowed if any allow rule's condition holds and no deny rule's does; who is allowed an exact field is allowed its object.*
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any

from callboard_sdk import EntityRef
from callboard_sdk.fields import MUTATE
from policies.conditions import from_data
from policies.rules import Inherits, Rule, Rules
from schema import About, Guarded, Supergraph

from .probe import TOUCH
from .world import Relation, LABELS, LIFECYCLES, NAMES, NAMESPACES, NOTES, TAGS, Maker, World

Data = Any
"""A condition, as a rule's file has it."""
ACTION = "read"
_FILTERED = ("title", "description", "type", "lifecycle", "tags", "labels", "owner")
"""Fields by which lists are filtered."""
_PROBED = ("score", "mood", "twin")


@dataclass(frozen=True)
class Said:
    """One rule of one role."""

    role: str
    object: str
    effect: str
    when: Data = None

    def rule(self) -> Rule:
        """The same, as policies have it."""
        return Rule(self.role, self.object, ACTION, self.effect, "here:1", None if self.when is None else from_data(self.when))


@dataclass(frozen=True)
class Asker:
    """A viewer: its roles, and the groups that it belongs to."""

    roles: tuple[str, ...]
    groups: tuple[str, ...]


def rules_of(said: Iterable[Said], inherits: Mapping[str, str]) -> Rules:
    """All of it as one version of the rules; every role may also touch."""
    touches = (Rule(role, f"permission:{TOUCH}", MUTATE, "allow", "here:1") for role in dict.fromkeys(one.role for one in said))
    return Rules((*(one.rule() for one in said), *touches), tuple(Inherits(role, parent) for role, parent in inherits.items()))


@dataclass(frozen=True)
class Lawmaker:
    """Makes rules by chance: most roles see most things, and each has its own gaps."""

    dice: Random
    graph: Supergraph

    def role(self, name: str) -> list[Said]:
        """A role's rules."""
        found = [self._grant(name, one) for one in self._granted()]
        types = sorted(self.graph.entities)
        for _ in range(self.dice.choice((0, 1, 1, 2, 3))):
            thing = self.dice.choice(("{}", "type:{}")).format(self.dice.choice([*types, "Component", "Component"]))
            found.append(Said(name, thing, self.dice.choice(("allow", "deny", "deny")), self.condition()))
        for _ in range(self.dice.choice((0, 1, 2, 4))):
            effect = self.dice.choice(("allow", "deny", "deny"))
            found.append(
                Said(name, self.dice.choice(self._fields), effect, self.condition() if self.dice.random() < 0.6 else None)
            )
        if self.dice.random() < 0.4:
            found += self._never(name)
        return found

    def _never(self, name: str) -> Iterable[Said]:
        """Denies one field on all types that have it, so that filters and other ways to it are closed as well."""
        wanted = self.dice.choice((*_FILTERED, self.dice.choice(self._fields).partition(".")[2]))
        when = self.condition() if self.dice.random() < 0.5 else None
        return (Said(name, one, "deny", when) for one in self._fields if one.partition(".")[2] == wanted)

    @cached_property
    def _fields(self) -> list[str]:
        return sorted(one for one in self.graph.guards if one.partition(".")[0] in self.graph.entities and "." in one)

    def _granted(self) -> list[str]:
        match self.dice.randrange(4):
            case 0:
                return ["*"]
            case 1:
                return ["permission:catalog.read", "permission:catalog.problems.read", "plugin:probe", "plugin:core"]
            case 2:
                return ["plugin:catalog", "plugin:core", "permission:probe.read"]
        some = self.dice.sample(sorted(self.graph.entities), self.dice.randrange(3, len(self.graph.entities)))
        return ["type:Query", "type:Component", *(f"type:{one}" for one in some if one != "Component"), "plugin:core"]

    def _grant(self, name: str, thing: str) -> Said:
        conditional = self.dice.random() < (0.5 if thing in ("*", "permission:catalog.read") else 0.25)
        return Said(name, thing, "allow", self.condition() if conditional else None)

    def condition(self, depth: int = 0) -> Data:
        """What an entity must be."""
        dice = self.dice
        if depth < 2 and dice.random() < 0.3:
            several = [self.condition(depth + 1) for _ in range(dice.randrange(1, 3))]
            return dice.choice(({"all": several}, {"any": several}, {"not": several[0]}))
        label, note = dice.choice(list(LABELS)), dice.choice(list(NOTES))
        group = f"group:{dice.choice(NAMESPACES)}/{dice.choice(NAMES)}"
        return dice.choice((
            {"hasTag": {"tag": dice.choice(TAGS)}}, {"hasTag": {"tag": "open"}}, {"not": {"hasTag": {"tag": "secret"}}},
            {"hasLabel": {"key": label}}, {"hasLabel": {"key": label, "values": [dice.choice(LABELS[label])]}},
            {"hasAnnotation": {"key": note, "values": [dice.choice(NOTES[note])]}},
            {"inNamespace": {"namespaces": ["default"]}}, {"not": {"inNamespace": {"namespaces": ["inner"]}}},
            {"kindIs": {"kinds": ["Component", "group", "System"]}}, {"not": {"kindIs": {"kinds": ["user", "API"]}}},
            {"lifecycleIs": {"lifecycles": [dice.choice(LIFECYCLES)]}},
            {"partOfSystem": {"system": f"system:default/{dice.choice(NAMES)}"}},
            "isOwner", {"not": "isOwner"}, {"ownerInGroup": {"group": group}},
        ))  # fmt: skip

    def asker(self, roles: Iterable[str]) -> Asker:
        """Somebody with one or two of these roles."""
        known = sorted(roles)
        groups = [f"group:{self.dice.choice(NAMESPACES)}/{self.dice.choice(NAMES)}" for _ in range(self.dice.randrange(4))]
        return Asker(tuple(self.dice.sample(known, self.dice.choice((1, 1, 1, 2)))), tuple(groups))


@dataclass(frozen=True)
class Judge:
    """What one viewer may do. `above` are the groups it belongs to, nested ones too, and `below` has those in each group."""

    graph: Supergraph
    said: tuple[Said, ...]
    above: frozenset[EntityRef]
    below: Mapping[EntityRef, frozenset[EntityRef]]
    _matched: dict[str, tuple[list[Data], list[Data]]] = field(default_factory=dict, compare=False)
    _fields: dict[str, list[str]] = field(default_factory=dict, compare=False)

    @cached_property
    def whole(self) -> bool:
        """Whether no entity of any type is hidden."""
        return all(self.plainly(one) for one in self.graph.entities)

    def plainly(self, coordinate: str) -> bool:
        """Whether it is allowed, whatever the entity."""
        allows, denies = self._rules(coordinate)
        return None in allows and not denies

    def never(self, coordinate: str) -> bool:
        """Whether it is denied, whatever the entity."""
        allows, denies = self._rules(coordinate)
        return not allows or None in denies

    def fields_of(self, kind: str) -> list[str]:
        """The coordinates of this type's fields that have guards."""
        if (known := self._fields.get(kind)) is None:
            known = self._fields[kind] = [one for one in self.graph.guards if one.startswith(f"{kind}.")]
        return known

    @cached_property
    def narrowing(self) -> list[str]:
        """The fields of Query whose conditions speak of the entities in what they give."""
        return [name for name, guard in self.graph.guards.items() if guard.about is About.RESULT]

    def type_of(self, ref: EntityRef) -> str:
        """The type of an entity of this kind."""
        return self._types.get(ref.kind, "OpaqueEntity")

    @cached_property
    def _types(self) -> Mapping[str, str]:
        return {one.lower(): one for one in self.graph.entities}

    def sees(self, world: World, ref: EntityRef) -> bool:
        """Whether there is such an entity, and the viewer may see it."""
        return ref in world.entities and self.allows(self.type_of(ref), world, ref)

    def allows(self, coordinate: str, world: World, ref: EntityRef) -> bool:
        """Whether the coordinate is allowed of this entity."""
        allows, denies = self._rules(coordinate)
        if not allows or None in denies:
            return False
        return any(self._holds(one, world, ref) for one in allows) and not any(self._holds(one, world, ref) for one in denies)

    def _rules(self, coordinate: str) -> tuple[list[Data], list[Data]]:
        known = self._matched.get(coordinate)
        if known is None:
            guard = self.graph.guards[coordinate]
            found = [one for one in self.said if self._speaks(one, coordinate, guard)]
            known = [one.when for one in found if one.effect == "allow"], [one.when for one in found if one.effect == "deny"]
            self._matched[coordinate] = known
        return known

    def _speaks(self, one: Said, coordinate: str, guard: Guarded) -> bool:
        kind, dot, _ = coordinate.partition(".")
        if guard.action != ACTION:
            return False
        if one.object in (coordinate, f"type:{kind}", f"plugin:{guard.plugin}", f"permission:{guard.permission}", "*"):
            return True
        inner = not dot and one.effect == "allow" and one.object.startswith(f"{kind}.")
        return inner and self.graph.guards[one.object].action == ACTION

    def _holds(self, when: Data, world: World, ref: EntityRef) -> bool:
        if when is None:
            return True
        name, given = next(iter(when.items())) if isinstance(when, dict) else (when, {})
        match name:
            case "all":
                return all(self._holds(one, world, ref) for one in given)
            case "any":
                return any(self._holds(one, world, ref) for one in given)
            case "not":
                return not self._holds(given, world, ref)
            case "inNamespace":
                return ref.namespace in given["namespaces"]
            case "kindIs":
                return ref.kind in {kind.lower() for kind in given["kinds"]}
            case "isOwner":
                return self._tied(world, ref, "ownedBy", self.above)
            case "ownerInGroup":
                return self._tied(world, ref, "ownedBy", self.below[EntityRef.parse(given["group"])])
            case "partOfSystem":
                return self._tied(world, ref, "partOf", {EntityRef.parse(given["system"])})
        found = world.entities[ref].read[0]
        match name:
            case "hasTag":
                return given["tag"] in found.tags
            case "lifecycleIs":
                return found.spec.get("lifecycle") in given["lifecycles"]
            case "hasLabel" | "hasAnnotation":
                marks = found.labels if name == "hasLabel" else found.annotations
                return given["key"] in marks and ("values" not in given or marks[given["key"]] in given["values"])
        raise ValueError(f"the judge doesn't know the predicate {name}: write what it means here")

    def _tied(self, world: World, ref: EntityRef, how: str, refs: Iterable[EntityRef]) -> bool:
        relations = world.reading.relations
        return any(relations.get(Relation(ref, how, other), False) for other in refs)
