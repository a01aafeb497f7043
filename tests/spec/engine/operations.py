"""Random valid operations on a model, as text to parse and as selections that say which values an answer needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .dice import Dice
from .model import MISSING, Field, InputValue, Model, is_list, is_required, item, named, nullable
from .schemas import external


@dataclass(slots=True)
class Selected:
    """A field that is asked for under a response name."""

    key: str
    field: Field
    text: str
    selections: list[Any] | None


@dataclass(slots=True)
class Inline:
    on: str
    text: str
    selections: list[Any]


@dataclass(slots=True)
class Fragment:
    name: str
    on: str
    selections: list[Any]


@dataclass(slots=True)
class Spread:
    fragment: Fragment
    text: str


@dataclass
class Operation:
    text: str
    root: str
    selections: list[Any]
    variables: dict[str, Any]
    name: str | None


@dataclass
class Variable:
    name: str
    type: str
    default: Any


class OperationMaker:
    def __init__(self, dice: Dice, model: Model) -> None:
        self.dice = dice
        self.model = model
        self.budget = 8 + dice.below(28)
        self.variables: dict[str, Variable] = {}
        self.fragments: list[Fragment] = []
        self.arguments: dict[tuple[str, int], str] = {}

    def make(self) -> Operation:
        dice = self.dice
        mutation = "Mutation" in self.model.objects and dice.chance(60)
        root = "Mutation" if mutation else "Query"
        selections = self._selections(root, 0)
        declared = ", ".join(self._declaration(v) for v in self.variables.values())
        name = "Asked" if declared or mutation or dice.chance(20) else ""
        head = f"{root.lower()} {name}{f'({declared})' if declared else ''} " if name else ""
        parts = [head + self._block(selections, 0)]
        parts += [f"fragment {f.name} on {f.on} {self._block(f.selections, 0)}" for f in self.fragments]
        if name and dice.chance(10):
            parts.append("query Other { __typename }")
        elif dice.chance(50):
            name = ""
        return Operation("\n".join(parts), root, selections, self._values(), name or None)

    # Selections

    def _selections(self, on: str, depth: int) -> list[Any]:
        return [self._selection(on, depth) for _ in range((2 if depth == 0 else 1) + self.dice.below(5 if depth < 2 else 3))]

    def _selection(self, on: str, depth: int) -> Any:
        dice = self.dice
        way = dice.below(10)
        if way < 7 or self.budget <= 0 or depth > 5:
            return self._field(on, depth)
        if way == 7:
            target = dice.pick(["", on, *self.model.overlapping(on)])
            text = f"... on {target}" if target else "..."
            return Inline(target or on, text + self._directives(), self._selections(target or on, depth + 1))
        known = [f for f in self.fragments if f.on in self.model.overlapping(on)]
        if known and way == 8:
            fragment = dice.pick(known)
        else:
            target = dice.pick([on, *self.model.overlapping(on)])
            selections = self._selections(target, depth + 1)
            fragment = Fragment(f"F{len(self.fragments)}", target, selections)
            self.fragments.append(fragment)
        return Spread(fragment, f"...{fragment.name}{self._directives()}")

    def _field(self, on: str, depth: int) -> Selected:
        dice = self.dice
        self.budget -= 1
        fields = list(self.model.fields(on).values())
        if self.budget <= 0 or depth > 4:
            fields = [f for f in fields if not self.model.is_composite(f.type)]
        if not fields or dice.chance(6):
            key = dice.pick(("__typename", "kind"))
            return Selected(key, TYPENAME, "__typename" if key == "__typename" else "kind: __typename", None)
        deeper = [f for f in fields if self.model.is_composite(f.type)]
        field = dice.pick(deeper if deeper and dice.chance(45) else fields)
        variant = dice.below(2) if dice.chance(25) else 0
        required = "R" if is_required(field.type) else ""
        key = field.name + (f"_{variant}" if variant else "") + required
        alias = "" if key == field.name else f"{key}: "
        text = f"{alias}{field.name}{self._arguments(field, variant)}{self._directives()}"
        below = self._selections(named(field.type), depth + 1) if self.model.is_composite(field.type) else None
        return Selected(key, field, text, below)

    def _block(self, selections: list[Any], depth: int) -> str:
        pad = "  " * (depth + 1)
        lines = []
        for s in selections:
            below = None if isinstance(s, Spread) else s.selections
            lines.append(pad + s.text + (" " + self._block(below, depth + 1) if below else ""))
        return "{\n" + "\n".join(lines) + "\n" + "  " * depth + "}"

    # Arguments, directives, variables

    def _directives(self) -> str:
        dice = self.dice
        if not dice.chance(12):
            return ""
        name = dice.pick(("include", "skip"))
        if dice.chance(60):
            return f" @{name}(if: {self._variable(InputValue('if', 'Boolean!'))})"
        return f" @{name}(if: {dice.pick(('true', 'false'))})"

    def _arguments(self, field: Field, variant: int) -> str:
        """The same text each time: what is selected under one response name must have the same arguments."""
        if not field.args:
            return ""
        if (field.name, variant) not in self.arguments:
            given = [a for a in field.args if not a.optional or self.dice.chance(70)]
            text = ", ".join(f"{a.name}: {self._argument(a, 2)}" for a in given)
            self.arguments[field.name, variant] = f"({text})" if text else ""
        return self.arguments[field.name, variant]

    def _argument(self, value: InputValue, depth: int, only: bool = False) -> str:
        """`only`: it is the one field of a oneOf object, where a variable must not be nullable."""
        dice, type_ = self.dice, value.type
        if dice.chance(35):
            return self._variable(value, only)
        if is_list(type_) and dice.chance(50) and depth > 0:
            inner = InputValue("item", item(type_))
            return "[" + ", ".join(self._argument(inner, depth - 1) for _ in range(dice.below(3))) + "]"
        made = self.model.inputs.get(nullable(type_))
        if made and dice.chance(50) and depth > 0:
            if made.one_of:
                chosen = dice.pick(list(made.fields.values()))
                return "{" + f"{chosen.name}: {self._argument(InputValue(chosen.name, f'{chosen.type}!'), depth - 1, True)}" + "}"
            given = [f for f in made.fields.values() if not f.optional or dice.chance(60)]
            return "{" + ", ".join(f"{f.name}: {self._argument(f, depth - 1)}" for f in given) + "}"
        return self._literal(type_, external(dice, self.model.inputs, type_))

    def _literal(self, type_: str, value: Any) -> str:
        if value is None:
            return "null"
        if is_list(type_):
            if isinstance(value, list):
                return "[" + ", ".join(self._literal(item(type_), v) for v in value) + "]"
            return self._literal(item(type_), value)
        made = self.model.inputs.get(named(type_))
        if made:
            return "{" + ", ".join(f"{k}: {self._literal(made.fields[k].type, v)}" for k, v in value.items()) + "}"
        return value if named(type_) == "Colour" else json.dumps(value)

    def _variable(self, value: InputValue, only: bool = False) -> str:
        """A variable that may stand here (spec section 5.8.5); one that was made for another place, if one fits."""
        dice = self.dice
        fitting = [v for v in self.variables.values() if v.type in (value.type, f"{value.type}!")]
        if fitting and dice.chance(50):
            return f"${dice.pick(fitting).name}"
        type_, default = value.type, MISSING
        if only:
            pass
        elif is_required(type_):
            if value.default is not MISSING and dice.chance(40):
                type_ = nullable(type_)
            elif dice.chance(30):
                default = external(dice, self.model.inputs, type_)
                type_ = nullable(type_) if dice.chance(50) else type_
        elif dice.chance(20):
            type_ = f"{type_}!"
        elif dice.chance(30):
            default = external(dice, self.model.inputs, type_)
        made = Variable(f"v{len(self.variables)}", type_, default)
        self.variables[made.name] = made
        return f"${made.name}"

    def _declaration(self, variable: Variable) -> str:
        default = "" if variable.default is MISSING else f" = {self._literal(variable.type, variable.default)}"
        return f"${variable.name}: {variable.type}{default}"

    def _values(self) -> dict[str, Any]:
        dice = self.dice
        values: dict[str, Any] = {"unasked": 1} if dice.chance(5) else {}
        for variable in self.variables.values():
            optional = not is_required(variable.type) or variable.default is not MISSING
            if optional and dice.chance(30):
                continue
            if dice.chance(3):
                values[variable.name] = dice.pick(("bad", None, [None], {"y0": 1, "y1": 2}, 2.5))
            else:
                values[variable.name] = external(dice, self.model.inputs, variable.type)
        return values


TYPENAME = Field("__typename", "String!", [])
