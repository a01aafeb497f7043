"""Random schemas, as models: objects, interfaces that implement interfaces, unions, inputs, and a kind of resolution a field.

A field's name decides its arguments and its type up to a `!` or a narrower object type, so that whatever an operation
selects can be merged; an operation gives each variation a response name of its own.
"""

from __future__ import annotations

from typing import Any

from .dice import Dice
from .model import LEAVES, Composite, Field, InputObject, InputValue, Model, is_list, is_required, item, named, nullable

SYNC_KINDS = ("resolver", "attribute", "default", "callable", "method", "batched")
CALLED = ("resolver", "callable", "batched")
WRAPPERS = ("{}", "{}", "{}!", "[{}]", "[{}!]", "[{}]!", "[{}!]!", "[[{}]]", "[[{}!]!]", "[[{}]!]!")
TEMPERS = (0, 30, 100, 300)


class SchemaMaker:
    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.asynchronous = dice.chance(50)
        self.inputs: dict[str, InputObject] = {}
        self.base: dict[str, Field] = {}

    def make(self) -> Model:
        dice = self.dice
        objects = [f"T{n}" for n in range(1 + dice.below(4))]
        interfaces = [f"I{n}" for n in range(dice.below(3))]
        unions = [f"U{n}" for n in range(dice.below(3))]
        for n in range(dice.below(3)):
            self.inputs[f"In{n}"] = self._input(f"In{n}")
        names = "abcdefghij"[: 4 + dice.below(7)]
        for name in names:
            self.base[name] = self._base(name, [*objects, *interfaces, *unions])
        model_interfaces: dict[str, Composite] = {}
        for name in interfaces:
            parents = [other for other in model_interfaces if dice.chance(30)]
            parents = sorted({p for q in parents for p in (q, *model_interfaces[q].interfaces)})
            fields = {f for p in parents for f in model_interfaces[p].fields} | set(dice.some(names, 1, 3))
            model_interfaces[name] = Composite(name, {f: self.base[f] for f in sorted(fields)}, parents, how=self._how(70))
        members = {name: self._members(objects) for name in [*unions, *interfaces]}
        model_objects = {name: self._object(name, names, model_interfaces, members) for name in objects}
        model_objects["Query"] = self._object("Query", names, {}, {})
        if dice.chance(20):
            model_objects["Mutation"] = self._object("Mutation", names, {}, {})
        model_unions = {name: Composite(name, members=members[name], how=self._how(70)) for name in unions}
        model = Model(model_objects, model_interfaces, model_unions, self.inputs, self.asynchronous, dice.pick(TEMPERS))
        for made in model_objects.values():
            for field in made.fields.values():
                self._narrow(model, field)
        return model

    def _members(self, objects: list[str]) -> list[str]:
        return self.dice.some(objects, 1, len(objects))

    def _how(self, percent: int) -> str:
        if not self.dice.chance(percent):
            return "none"
        return "async" if self.asynchronous and self.dice.chance(40) else "sync"

    def _object(self, name: str, names: str, interfaces: dict[str, Composite], members: dict[str, list[str]]) -> Composite:
        mine = sorted({p for i in interfaces if name in members[i] for p in (i, *interfaces[i].interfaces)})
        fields = set(self.dice.some(names, 3, 7)) | {f for i in mine for f in interfaces[i].fields}
        return Composite(name, {f: self._own(self.base[f]) for f in sorted(fields)}, mine, how=self._how(40))

    def _base(self, name: str, composites: list[str]) -> Field:
        dice = self.dice
        of = dice.pick(composites) if dice.chance(50) else dice.pick(LEAVES)
        args = [self._value(f"x{n}") for n in range(dice.below(3))] if dice.chance(40) else []
        return Field(name, "String" if args and dice.chance(60) else dice.pick(WRAPPERS).format(of), args)

    def _own(self, base: Field) -> Field:
        """An object's own version of a field: perhaps never null, and with its own way to get a value."""
        dice = self.dice
        type_ = base.type if is_required(base.type) or not dice.chance(20) else f"{base.type}!"
        kind = dice.pick(CALLED if base.args else SYNC_KINDS)
        later = 1 + dice.below(3) if self.asynchronous and kind in CALLED and dice.chance(50) else 0
        return Field(base.name, type_, base.args, kind, later, broken=kind == "batched" and dice.chance(3))

    def _narrow(self, model: Model, field: Field) -> None:
        of = named(field.type)
        if of in model.interfaces or of in model.unions:
            possible = sorted(model.possible(of))
            if possible and self.dice.chance(15):
                field.type = field.type.replace(of, self.dice.pick(possible))

    def _input(self, name: str) -> InputObject:
        dice = self.dice
        if dice.chance(30):
            fields = {f"y{n}": InputValue(f"y{n}", nullable(self._input_type())) for n in range(1 + dice.below(3))}
            return InputObject(name, fields, one_of=True)
        return InputObject(name, {f"y{n}": self._value(f"y{n}") for n in range(1 + dice.below(3))})

    def _value(self, name: str) -> InputValue:
        dice = self.dice
        type_ = self._input_type()
        made = InputValue(name, type_, out_name=f"{name}_out" if dice.chance(15) else None)
        if dice.chance(35):
            made.default = external(dice, self.inputs, type_)
            made.internal_default = named(type_) in ("Int", "String", "Boolean") and dice.chance(60)
        return made

    def _input_type(self) -> str:
        of = self.dice.pick([*LEAVES, *self.inputs])
        return self.dice.pick(("{}", "{}", "{}!", "[{}]", "[{}!]!")).format(of)


GOOD_INPUTS: dict[str, tuple[Any, ...]] = {
    "Int": (0, 1, -7, 2147483647),
    "String": ("", "é\n\"'", "x{y}"),
    "Boolean": (False, True),
    "Float": (0.5, 1, -2.25),
    "ID": ("k1", 5),
    "Colour": ("RED", "GREEN"),
    "Odd": ("odd", 3),
}


def external(dice: Dice, inputs: dict[str, InputObject], type_: str, depth: int = 2) -> Any:
    """A value of this input type as a client's JSON has it."""
    if not is_required(type_) and (depth <= 0 or dice.chance(10)):
        return None
    if is_list(type_):
        if dice.chance(15) and depth > 0:
            return external(dice, inputs, f"{nullable(item(type_))}!", depth - 1)  # one item stands for a list of it
        return [external(dice, inputs, item(type_), depth - 1) for _ in range(dice.below(3) if depth > 0 else 0)]
    of = named(type_)
    if of in GOOD_INPUTS:
        return dice.pick(GOOD_INPUTS[of])
    made = inputs[of]
    if made.one_of:
        chosen = dice.pick(list(made.fields.values()))
        return {chosen.name: external(dice, inputs, f"{chosen.type}!", depth - 1)}
    return {
        value.name: external(dice, inputs, value.type, depth - 1)
        for value in made.fields.values()
        if not value.optional or (depth > 0 and dice.chance(60))
    }
