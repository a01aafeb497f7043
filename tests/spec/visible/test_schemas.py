"""The visible schema of random schemas with random denials: a schema, part of the whole, with all that can be used and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    is_enum_type,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_input_object_type,
    is_interface_type,
    is_introspection_type,
    is_object_type,
    is_required_argument,
    parse,
    print_schema,
    validate,
    validate_schema,
    visit,
)
from graphql.execution import get_variable_values
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schema.visible import visible

from tests.spec.engine.building import Builder
from tests.spec.engine.dice import Dice
from tests.spec.engine.operations import OperationMaker
from tests.spec.engine.schemas import SchemaMaker

from .names import coordinates, names, quoted, words

CASES = 100
LONG = 20_000

randoms = st.randoms(use_true_random=False)
patient = settings(deadline=None, suppress_health_check=list(HealthCheck), phases=set(Phase) - {Phase.explain})


class Case:
    def __init__(self, random: Random) -> None:
        dice = Dice(random)
        self.dice = dice
        self.model = SchemaMaker(dice).make()
        self.whole = Builder(self.model).build()
        everything = sorted(coordinates(self.whole))
        share = dice.pick((5, 15, 40, 80))
        denied = {coordinate for coordinate in everything if dice.chance(share)}
        kept = [name for name, field in self.whole.query_type.fields.items() if not is_composite_type(get_named_type(field.type))]
        assume(kept)
        name = dice.pick(kept)
        denied -= {f"Query.{name}", *(f"Query.{name}({key}:)" for key in self.whole.query_type.fields[name].args)}
        denied -= set(self.needed(self.whole.query_type.fields[name]))
        self.denied = frozenset(denied)
        self.seen = visible(self.whole, self.denied)

    def needed(self, field: GraphQLField) -> Iterator[str]:
        """What the field's own type and arguments are made of."""
        waiting, seen = [field.type, *(argument.type for argument in field.args.values())], set()
        while waiting:
            kind: Any = get_named_type(waiting.pop())
            if kind.name not in seen:
                seen.add(kind.name)
                inside = kind.fields if is_input_object_type(kind) else kind.values if is_enum_type(kind) else {}
                yield from (f"{kind.name}.{name}" for name in inside)
                waiting += (one.type for one in inside.values() if is_input_object_type(kind))

    def operation(self) -> str:
        return OperationMaker(self.dice, self.model).make().text

    def spoiled(self) -> str:
        """An operation with a name in it changed for another, or for one that is nearly a name."""
        text = self.operation()
        inside = sorted(words(text) & names(self.whole))
        if not inside:
            return text
        other = self.dice.pick(sorted(names(self.whole)))
        place = self.dice.pick(list(re.finditer(rf"\b{self.dice.pick(inside)}\b", text)))
        return text[: place.start()] + self.dice.pick((other, f"{other}x", "nothing")) + text[place.end() :]


@settings(patient, max_examples=CASES)
@given(randoms)
def test_it_is_a_valid_schema_and_part_of_the_whole(random):
    check_part(Case(random))


@settings(patient, max_examples=CASES)
@given(randoms)
def test_all_in_it_can_be_asked_for(random):
    check_reach(Case(random))


@settings(patient, max_examples=CASES)
@given(randoms)
def test_what_the_whole_refuses_it_refuses_and_names_nothing_hidden(random):
    check_refusals(Case(random))


@settings(patient, max_examples=CASES)
@given(randoms)
def test_variables_that_the_whole_refuses_it_refuses_and_names_nothing_hidden(random):
    check_variables(Case(random))


@pytest.mark.soak
@pytest.mark.timeout(3_000)
@settings(patient, max_examples=LONG)
@given(randoms)
def test_all_of_it_for_long(random):
    case = Case(random)
    check_part(case)
    check_reach(case)
    check_refusals(case)
    check_variables(case)


def check_part(case: Case) -> None:
    again = GraphQLSchema(**{**case.seen.to_kwargs(), "assume_valid": False})
    assert validate_schema(again) == []
    assert build_schema(print_schema(case.seen)).type_map.keys() == case.seen.type_map.keys()
    there = coordinates(case.seen)
    assert there <= coordinates(case.whole)
    assert not {coordinate for coordinate in there & case.denied if "." in coordinate}
    for kind in case.seen.type_map.values():
        whole: Any = case.whole.type_map[kind.name]
        assert kind.description == whole.description
        for name, field in getattr(kind, "fields", {}).items():
            assert str(field.type) == str(whole.fields[name].type)


def check_reach(case: Case) -> None:
    """Every field of an object is asked for by an operation that both schemas take, and every other type is there for one."""
    seen = case.seen
    if not case.denied:
        assert seen is case.whole  # which may have types that nothing leads to
        return
    paths = paths_to(seen)
    for kind in seen.type_map.values():
        if is_object_type(kind) and not is_introspection_type(kind):
            for name in kind.fields:
                text = ask(seen, kind, name, paths[kind.name])
                assert validate(seen, parse(text)) == [], text
                assert validate(case.whole, parse(text)) == [], text
                assert used(case.whole, text).isdisjoint(case.denied)
    needed = {
        get_named_type(part.type).name
        for kind in seen.type_map.values()
        for field in getattr(kind, "fields", {}).values()
        for part in (field, *getattr(field, "args", {}).values())
    }
    needed |= {interface.name for kind in seen.type_map.values() for interface in getattr(kind, "interfaces", ())}
    needed |= {"Query", "Mutation", *paths}
    needed |= {get_named_type(argument.type).name for directive in seen.directives for argument in directive.args.values()}
    assert {name for name, kind in seen.type_map.items() if not is_introspection_type(kind)} <= needed
    for kind in seen.type_map.values():
        if is_abstract_type(kind):
            assert seen.get_possible_types(kind)


def check_refusals(case: Case) -> None:
    for text in (case.operation(), case.spoiled(), case.spoiled()):
        document = parse(text)
        told = validate(case.seen, document)
        if validate(case.whole, document, max_errors=1):
            assert told
        if not told:
            assert used(case.whole, text, case.seen).isdisjoint(case.denied)
        assert quoted(told) & names(case.whole) <= names(case.seen) | words(text)


def check_variables(case: Case) -> None:
    operation = OperationMaker(case.dice, case.model).make()
    document = parse(operation.text)
    if validate(case.seen, document, max_errors=1):
        return
    definitions = document.definitions[0].variable_definitions or ()
    inputs = sorted(name for name, kind in case.whole.type_map.items() if is_input_object_type(kind))
    inside = sorted({field for name in inputs for field in case.whole.type_map[name].fields})
    for _ in range(3):
        odd = [None, 7, "odd", [], {}, {name: 7 for name in case.dice.some(inside or ["odd"], 1, 3)}]
        given = {d.variable.name.value: case.dice.pick(odd) for d in definitions}
        whole = get_variable_values(case.whole, definitions, given, max_errors=1)
        told = get_variable_values(case.seen, definitions, given)
        if isinstance(whole, list):
            assert isinstance(told, list)
        if isinstance(told, list):
            assert quoted(told) & names(case.whole) <= names(case.seen) | words(operation.text + str(given))


def paths_to(schema: GraphQLSchema) -> dict[str, list[tuple[GraphQLObjectType, str]]]:
    """For each object that can be met, the fields that lead to it from a root."""
    found: dict[str, list[tuple[GraphQLObjectType, str]]] = {}
    waiting: list[tuple[Any, list[tuple[GraphQLObjectType, str]]]] = [
        (root, []) for root in (schema.query_type, schema.mutation_type) if root
    ]
    while waiting:
        kind, path = waiting.pop(0)
        if kind.name in found:
            continue
        found[kind.name] = path
        for name, field in kind.fields.items():
            named = get_named_type(field.type)
            for one in schema.get_possible_types(named) if is_abstract_type(named) else [named] if is_object_type(named) else []:
                waiting.append((one, [*path, (kind, name)]))
    return found


def ask(schema: GraphQLSchema, on: GraphQLObjectType, field: str, path: list[tuple[GraphQLObjectType, str]]) -> str:
    """An operation that asks for a field along a path; its required arguments are variables."""
    variables: list[str] = []

    def called(kind: GraphQLObjectType, name: str) -> str:
        given = []
        for key, argument in kind.fields[name].args.items():
            if is_required_argument(argument):
                variables.append(f"$v{len(variables)}: {argument.type}")
                given.append(f"{key}: $v{len(variables) - 1}")
        return f"{name}({', '.join(given)})" if given else name

    below = " { __typename }" if is_composite_type(get_named_type(on.fields[field].type)) else ""
    text = f"... on {on.name} {{ {called(on, field)}{below} }}"
    for kind, name in reversed(path):
        text = f"... on {kind.name} {{ {called(kind, name)} {{ {text} }} }}"
    root = path[0][0] if path else on
    head = "mutation" if root is schema.mutation_type else "query"
    return f"{head} Q{'(' + ', '.join(variables) + ')' if variables else ''} {{ {text} }}"


def used(whole: GraphQLSchema, text: str, seen: GraphQLSchema | None = None) -> set[str]:
    """The coordinates of objects that an operation can read; of an interface's field, those of the types that `seen` has."""
    info = TypeInfo(whole)
    found: set[str] = set()

    class Fields(Visitor):
        def enter_field(self, node, *_args):
            parent = info.get_parent_type()
            kinds = whole.get_possible_types(parent) if is_interface_type(parent) else [parent]
            found.update(f"{one.name}.{node.name.value}" for one in kinds if seen is None or one.name in seen.type_map)

    visit(parse(text), TypeInfoVisitor(info, Fields()))
    return found
