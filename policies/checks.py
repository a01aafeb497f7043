"""The checks that find every mistake of the rules before they take effect: against each other, and against the schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cached_property

from callboard_sdk.predicates import CORE
from graphql import is_abstract_type
from graphql.pyutils.suggestion_list import LexicalDistance
from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from schema import KnownPredicate, Supergraph

from .conditions import Condition, Predicate, canonical, mapped
from .rules import Inherits, PolicyError, Rule, Rules, placed

MAX_LEVELS = 32
"""How many roles may inherit from each other in a row."""
_EDITS, _LETTERS = 2, 3
"""How many edits make a name another: two at most, and one for each three letters."""


def checked(rules: Rules, supergraph: Supergraph) -> Rules:
    """The rules, each condition's parameters in the form of their types. Raises PolicyError with every mistake.

    A rule about a plugin that isn't loaded, or that lost its types by quarantine, waits for it: one broken plugin must
    not take everyone's rules away. A name that is an edit or two from a known one is mistyped, and waits for nothing: a
    denial under it would deny nothing. A published rule fitted once, and waits for whatever is gone since.
    """
    mistakes = [*rules.mistakes, *_roles(rules), *_inheritance(rules.inherits)]
    names = _Names(supergraph)
    grants = [_rule(rule, names, mistakes) for rule in rules.grants]
    if mistakes:
        raise PolicyError(in_order(mistakes))
    return replace(rules, grants=tuple(grants))


def in_order(mistakes: Iterable[str]) -> list[str]:
    """These mistakes by their files, in the order in which those come, and by their lines; each once."""
    places = {one: (found[0], found[1]) if (found := placed(one)) else (None, 0) for one in mistakes}
    order = {file: number for number, file in enumerate(dict.fromkeys(file for file, _ in places.values()))}
    return sorted(places, key=lambda one: (order[places[one][0]], places[one][1]))


def waiting(rules: Rules, supergraph: Supergraph) -> list[str]:
    """Which of these rules, that were found to be in order, wait for what isn't in the schema now, and what to do."""
    names = _Names(supergraph)
    return [
        f"{rule.where}: {rule.object} is not in the schema now, and the rule waits for it: load the plugin, or take the rule out"
        for rule in rules.grants
        if not names.there(rule.object)
    ]


def _roles(rules: Rules) -> Iterator[str]:
    """A role exists by its rules, or by those that it inherits; one that is named where nothing could be read may have some."""
    known = {rule.role for rule in rules.grants} | {one.role for one in rules.inherits}
    unread = "\n".join(rules.unread)
    named = [(one.parent, one.where) for one in rules.inherits] + [(one.role, one.where) for one in rules.members]
    for role, where in named:
        if role not in known and "" not in rules.unread and role not in unread:
            near = get_close_matches(role, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield f"{where}: no rule is about the role {role!r}: write one, or take this line out{hint}"


def _inheritance(inherits: Iterable[Inherits]) -> Iterator[str]:
    parents: dict[str, dict[str, str]] = {}
    for one in inherits:
        parents.setdefault(one.role, {})[one.parent] = one.where
    levels: dict[str, int] = {}
    for role in parents:
        yield from _levels(role, parents, levels)
    deep = next((role for role, count in levels.items() if count > MAX_LEVELS), None)
    if deep is not None:
        where = next(iter(parents[deep].values()))
        yield f"{where}: {deep!r} inherits through more than {MAX_LEVELS} roles in a row: let it inherit from them directly"


def _levels(start: str, parents: Mapping[str, Mapping[str, str]], levels: dict[str, int]) -> Iterator[str]:
    """Count the roles above each, depth first and without recursion; each circle is named once, where it closes."""
    path: dict[str, Iterator[tuple[str, str]]] = {} if start in levels else {start: iter(parents[start].items())}
    while path:
        role = next(reversed(path))
        for parent, where in path[role]:
            if parent in path:
                names = list(path)
                circle = " -> ".join([*names[names.index(parent) :], parent])
                yield f"{where}: roles inherit in a circle ({circle}): take one of the lines out"
            elif parent in parents and parent not in levels:
                path[parent] = iter(parents[parent].items())
                break
        else:
            levels[role] = 1 + max((levels.get(parent, 0) for parent in parents[role]), default=0)
            del path[role]


def _rule(rule: Rule, names: _Names, mistakes: list[str]) -> Rule:
    if (unknown := names.object_mistake(rule)) is not None:
        mistakes.append(f"{rule.where}: {unknown}")
    if rule.condition is None:
        return rule
    typed, wrong = names.typed(rule.condition)
    mistakes += [f"{rule.where}: {what}" for what in wrong]
    return replace(rule, condition=typed)


class _Names:
    """What rules may name in this supergraph."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph

    @cached_property
    def _objects(self) -> frozenset[str]:
        found = {"*"}
        for coordinate, guard in self._supergraph.guards.items():
            type_name = coordinate.partition(".")[0]
            found |= {coordinate, f"type:{type_name}", f"plugin:{guard.plugin}", f"permission:{guard.permission}"}
        return frozenset(found | {f"permission:{name}" for name in self._supergraph.permissions})

    def there(self, name: str) -> bool:
        """Whether a rule's object stands for something now."""
        return name in self._objects

    def object_mistake(self, rule: Rule) -> str | None:
        """What is wrong with a rule's object."""
        name = rule.object
        return None if self.there(name) or self._waits(name) or (rule.published and self._gone(name)) else self._unknown(name)

    def _gone(self, name: str) -> bool:
        """Whether it is of a plugin that isn't loaded, or a type or a coordinate that the schema doesn't have at all."""
        kind, colon, rest = name.partition(":")
        type_name, dot, field = (rest if colon else name).partition(".")
        known = self._supergraph.schema.type_map.get(type_name)
        if kind in ("permission", "plugin"):
            return rest.partition(".")[0] not in self._supergraph.plugins
        if colon:
            return kind == "type" and known is None
        return known is None or (bool(dot) and field not in getattr(known, "fields", {}))

    def _waits(self, name: str) -> bool:
        kind, _, rest = name.partition(":")
        plugin, dot, _ = rest.partition(".")
        if kind == "permission":
            return self._to_come(plugin) and bool(dot or _mistyped(rest, self._supergraph.permissions) is None)
        if kind == "plugin" and rest not in self._supergraph.plugins:
            return self._to_come(rest)
        return bool(self._supergraph.missing)

    def _to_come(self, plugin: str) -> bool:
        """Whether it may be loaded another time: it isn't now, and is none of those, mistyped."""
        return plugin not in self._supergraph.plugins and self._meant(plugin) is None

    def _meant(self, plugin: str) -> str | None:
        """The plugin whose name this is, mistyped. What is installed, or should be loaded, has its own name."""
        graph = self._supergraph
        known = graph.plugins | graph.installed | graph.missing
        return None if plugin in known else _mistyped(plugin, known)

    def _unknown(self, name: str) -> str:
        kind, _, rest = name.partition(":")
        plugin, dot, tail = rest.partition(".")
        if kind in ("plugin", "permission") and (meant := self._meant(plugin)) is not None:
            right = f"{kind}:{meant}{dot}{tail}"
            if meant in self._supergraph.plugins:
                right = next(iter(get_close_matches(right, [one for one in self._objects if one.startswith(kind)], n=1)), right)
            return (
                f"{name[:200]!r} waits for no plugin: none of the name {plugin[:80]!r} is installed; did you mean {right}? "
                "Rules about a plugin whose name is so near come after that plugin is installed"
            )
        if concrete := self._concrete(name):
            return f"{name}: rules name concrete types: write {', '.join(concrete)}"
        type_name, _, field = name.partition(".")
        fields = getattr(self._supergraph.schema.type_map.get(type_name), "fields", {})
        if field in fields:
            return (
                f"{name} can't be granted or denied alone: it is readable with its object; "
                f"name the fields that lead to {type_name}"
            )
        if fields and field:
            near = [f"{type_name}.{one}" for one in get_close_matches(field, fields, n=1)]
        else:
            near = [f"type:{name}"] if f"type:{name}" in self._objects else get_close_matches(name, self._objects, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"{name[:200]!r} is not in the schema: write a coordinate, type:T, plugin:P, permission:X or *{hint}"

    def _concrete(self, name: str) -> list[str]:
        """What rules may name in the place of an interface or a union, or of a field of it."""
        schema = self._supergraph.schema
        type_name = name.removeprefix("type:").partition(".")[0]
        kind = schema.type_map.get(type_name)
        types = sorted(one.name for one in schema.get_possible_types(kind)) if is_abstract_type(kind) else ()
        return [right for one in types if (right := name.replace(type_name, one, 1)) in self._objects]

    def typed(self, condition: Condition) -> tuple[Condition, list[str]]:
        """The condition with its parameters as their types write them, and every mistake in it."""
        mistakes: list[str] = []

        def change(predicate: Predicate) -> Predicate:
            known = self._supergraph.predicates.get(predicate.name)
            if known is None:
                mistakes.extend(self._no_predicate(predicate.name))
                return predicate
            try:
                return Predicate(predicate.name, typed_parameters(known, predicate.parameters))
            except ValidationError as error:
                mistakes.extend(_wrong(known, error))
                return predicate

        return mapped(condition, change), mistakes

    def _no_predicate(self, name: str) -> Iterator[str]:
        plugin, dot, _ = name.partition(".")
        graph = self._supergraph
        if dot and (plugin in graph.stand_ins or self._to_come(plugin)):
            return
        near = get_close_matches(name, graph.predicates, n=1)
        if not near and (meant := self._meant(plugin)) is not None:
            near = [f"{meant}.{name.partition('.')[2]}"]
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(graph.predicates)) or 'none'}"
        yield f"{name[:80]!r} is no predicate; {hint}" + (f" (those of {CORE} have bare names)" if plugin == CORE else "")


def _mistyped(name: str, known: Iterable[str]) -> str | None:
    """The nearest known name, if it is two edits away at most, and fewer in short names: `cd` is no slip for `ci`."""
    distance = LexicalDistance(name)
    edits = min(_EDITS, len(name) // _LETTERS)
    found = ((away, one) for one in known if (away := distance.measure(one, edits)) is not None)
    return min(found, default=(0, None))[1]


def typed_parameters(known: KnownPredicate, parameters: str) -> str:
    """Parameters in their canonical form, which leaves out what is as by default. Raises pydantic's ValidationError."""
    read = known.parameters.model_validate_json(parameters)
    return canonical(_jsonable(read.model_dump(exclude_defaults=True)))


def _jsonable(value: object) -> object:
    """As JSON has it; a set in one order."""
    match value:
        case set() | frozenset():
            return sorted(map(_jsonable, value), key=json.dumps)
        case list() | tuple():
            return [_jsonable(item) for item in value]
        case dict():
            return {key: _jsonable(item) for key, item in value.items()}
    return to_jsonable_python(value)


def _wrong(known: KnownPredicate, error: ValidationError) -> Iterator[str]:
    fields = known.parameters.model_fields
    for one in error.errors(include_url=False, include_input=False):
        place = ".".join(map(str, (known.name, *one["loc"])))
        if one["type"] == "extra_forbidden":
            near = get_close_matches(str(one["loc"][-1]), fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it takes {', '.join(fields) or 'no parameters'}"
            yield f"{place}: there is no such parameter; {hint}"
        elif one["type"] == "missing":
            yield f"{place}: is missing: give it, as in {{{known.name}: {{{one['loc'][-1]}: ...}}}}"
        else:
            yield f"{place}: {one['msg'].removeprefix('Value error, ')}"
