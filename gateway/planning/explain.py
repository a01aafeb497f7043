"""A plan as text: what is called, what is read beside it, what is denied, and on request the generated row loops."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLError, OperationDefinitionNode
from graphql.execution import VariableValues, get_argument_values

from policies import Decision
from policies.conditions import text
from schema.resolution import Attribute, Batched, Method, Streamed

from .plan import Plan, refused_use
from .ruling import Seen
from .selection import (
    Abstract,
    Conditional,
    Denied,
    Field,
    Leaf,
    ListOf,
    Object,
    Ordinary,
    Output,
    Selection,
    Typename,
    read_with,
    selections,
)


def explain(plan: Plan, variables: VariableValues | None = None, *, code: bool = False) -> str:
    """The plan as an indented tree, one line a step; with `code`, followed by the source of each row loop.

    What stands in one `read` line is read by one row loop, without a call. A step is called once for all its parents.
    With the values of `variables` a step that is refused for one of its arguments is no step: it says by which, and why.
    """
    lines = [_title(plan.operation, plan.policy_version), *_seen(plan.seen), *_selection(plan.root, "  ", variables)]
    return "\n".join([*lines, *loops(plan)] if code else lines)


def loops(plan: Plan) -> Iterator[str]:
    """The source of each row loop of the plan."""
    for selection in selections(plan.root):
        loop = plan.loop(selection)
        read = ", ".join(field.key for field in selection.fields)
        yield from ("", f"# rows of {selection.type.name}: {read}")
        yield from (f"# {name}: {note}" for name, note in loop.notes.items())
        yield loop.source.rstrip()


def _title(operation: OperationDefinitionNode, version: str) -> str:
    name = operation.name.value if operation.name else "(anonymous)"
    return f"{operation.operation.value} {name} under policy {version}"


def _seen(seen: Seen) -> Iterator[str]:
    """Which kinds of entities are not all seen; those that are alike together."""
    alike: dict[str, list[str]] = {}
    for kind, decision in [*seen.kinds.items(), *(("any other", one) for one in seen.others)]:
        if decision is not None:
            alike.setdefault(_sight(decision), []).append(kind)
    all_alike = len(alike) == 1 and None not in seen.kinds.values() and seen.others
    for words, kinds in alike.items():
        yield f"  see {'any entity' if all_alike else ', '.join(sorted(kinds))} {words}"


def _sight(decision: Decision) -> str:
    if not decision.allowed or decision.condition is None:
        return f"never ({decision.reason})"
    return f"where {text(decision.condition)}"


def _selection(selection: Selection, indent: str, variables: VariableValues | None) -> Iterator[str]:
    read = [_plain(field) for field in selection.fields if field.plain and not isinstance(field.how, Denied)]
    if read:
        yield f"{indent}read {', '.join(read)}"
    for place, denied in _denied(selection):
        yield f"{indent}deny {place} ({denied.decision.reason})"
    for field in selection.called:
        if variables is not None and (refused := _refused(field, variables)) is not None:
            place, decision = refused
            yield f"{indent}deny {_named(field)}, for {place} asks by {decision.coordinate} ({decision.reason})"
            continue
        yield f"{indent}{_step(field)}{_limits(field)}"
        yield from (f"{indent}  refuse {name} ({decision.reason})" for name, decision in sorted(field.refused.items()))
        yield from _below(field.output, indent + "  ", variables)


def _refused(field: Field, variables: VariableValues) -> tuple[str, Decision] | None:
    """The argument that its step is refused for, and the decision. What can't be coerced is an error of its own when it runs."""
    node = field.details[0]
    try:
        values = get_argument_values(field.definition, node.node, variables, node.fragment_variable_values, True)
    except GraphQLError:
        return None
    return refused_use(field, values)


def _denied(selection: Selection) -> Iterator[tuple[str, Denied]]:
    """What a decision leaves out of the selection's row loop, and where."""
    for field in selection.fields:
        if isinstance(field.how, Denied):
            yield _named(field), field.how
        elif field.plain and (below := read_with(field.output)) is not None:
            yield from ((f"{field.key}.{place}", denied) for place, denied in _denied(below))


def _plain(field: Field) -> str:
    below = read_with(field.output)
    if below is None:
        return _named(field)
    inside = [_plain(one) for one in below.fields if not isinstance(one.how, Denied)]
    return f"{_named(field)} {{ {', '.join(inside)} }}" if inside else f"{_named(field)} {{}}"


def _limits(field: Field) -> str:
    """For which parents it is asked, and for which entities in its result."""
    asked = field.how.decision.condition if isinstance(field.how, Conditional) else None
    where = "" if asked is None else f", where {text(asked)}"
    return where if field.within is None else f"{where}, only what is {text(field.within)}"


def _step(field: Field) -> str:
    match field.call:
        case Batched(_, name, asks) if name:
            return f"call {_named(field)} = {name}" + (f": {asks}" if asks else "")
        case Streamed(spec):
            return f"watch {_named(field)} = {spec.plugin}.{spec.name}" + (f": {spec.asks}" if spec.asks else "")
        case Batched() | Method():
            return f"compute {_named(field)}"
        case Ordinary():
            return f"resolve {_named(field)}, once for each parent"
        case Attribute() | Typename() | Denied() | Conditional():
            return f"take {_named(field)}"


def _named(field: Field) -> str:
    return field.key if field.key == field.name else f"{field.key}: {field.name}"


def _below(output: Output, indent: str, variables: VariableValues | None) -> Iterator[str]:
    match output:
        case ListOf(item):
            yield from _below(item, indent, variables)
        case Object(selection=selection):
            yield from _selection(selection, indent, variables)
        case Abstract(selections=selections):
            alike: dict[tuple[str, ...], list[str]] = {}
            for name, selection in selections.items():
                alike.setdefault(tuple(_selection(selection, indent + "  ", variables)), []).append(name)
            for lines, names in alike.items():
                if lines:
                    yield f"{indent}on {' | '.join(sorted(names))}"
                    yield from lines
        case Leaf():
            return
