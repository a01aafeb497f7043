"""Random values for what an operation selects: mostly right, some null, and now and then wrong in every way there is."""

from __future__ import annotations

from typing import Any

from .building import callable_of
from .dice import Dice
from .model import Field, Model, is_list, is_required, item, named
from .operations import Inline, Operation, Selected, Spread
from .values import ENDED, Late, Many, Node, Plain, Raised, Recipe, Returned

RIGHT: dict[str, tuple[Any, ...]] = {
    "Int": (1, 0, -5, 3.0, True),
    "String": ("a", "", "b c", 7, True, 1.5),
    "Boolean": (True, False, 1, 0.0),
    "Float": (1.5, 2, -0.0, True),
    "ID": ("id1", 12),
    "Colour": (1, "g", 2.5),
    "Odd": ("odd", "map", 4),
}
WRONG: tuple[Any, ...] = ("bad", "none", 2**40, 1.5, float("nan"), [], [1], (), {"kept": None}, "", b"bytes", object, {1})
FORMS = ("list", "list", "tuple", "iterable", "generator")
LATE_FORMS = (*FORMS, "async iterable", "async iterator")
AGAIN_FORMS = ("list", "list", "tuple", "iterable")


class AnswerMaker:
    def __init__(self, dice: Dice, model: Model) -> None:
        self.dice = dice
        self.model = model
        self.left = 150
        self.serial = 0
        self.under = ""

    def root(self, operation: Operation) -> Node:
        node = self._node(operation.root, [operation.selections])
        node.named = True
        return node

    def _recipe(
        self, type_: str, selections: list[Any], stored: bool, top: bool = True, after: tuple[Recipe, ...] = ()
    ) -> Recipe:
        """A value for this position. `stored`: it stands in its parent, so it can neither raise by itself nor be used up."""
        dice = self.dice
        self.left -= 1
        fate = dice.below(1000)
        if fate >= 1000 - self.model.trouble:
            return self._trouble(type_, selections, stored, top)
        if not is_required(type_) and (500 <= fate < 580 or self.left <= 0):
            return Plain(None)
        settled = self._settled(type_, selections, stored, after)
        if self.model.asynchronous and not top and 580 <= fate < 700:
            return Late(dice.below(3), settled, again=stored)
        return settled

    def _settled(self, type_: str, selections: list[Any], stored: bool, after: tuple[Recipe, ...]) -> Recipe:
        dice = self.dice
        if is_list(type_):
            return self._many(type_, selections, stored)
        of = named(type_)
        if of in RIGHT:
            return Plain(dice.pick(RIGHT[of]))
        if after and dice.chance(6) and isinstance(after[-1], Node):
            after[-1].shared = True
            return after[-1]
        node = self._node(dice.pick(sorted(self.model.possible(of))), selections)
        if self.model.trouble and dice.chance(4):
            node.claims = dice.pick(("T0", "T1", "T2", "Query", "T9", of, "Int", 5, None, "!"))
        return node

    def _many(self, type_: str, selections: list[Any], stored: bool) -> Many:
        dice = self.dice
        items: list[Recipe] = []
        for _ in range(dice.below(5) if self.left > 0 else 0):
            items.append(self._recipe(item(type_), selections, stored, top=False, after=tuple(items[-1:])))
        forms = AGAIN_FORMS if stored else FORMS
        if self.model.asynchronous:
            forms = (*forms, "async iterable") if stored else LATE_FORMS
        form = dice.pick(forms)
        trouble = form not in ("list", "tuple") and dice.below(1000) >= 1000 - self.model.trouble
        return Many(form, items, Raised(ENDED, dice.chance(30)) if trouble else None)

    def _trouble(self, type_: str, selections: list[Any], stored: bool, top: bool) -> Recipe:
        dice = self.dice
        way = dice.pick(("null", "wrong", "wrong", "returned", "raised", "raised"))
        raised = Raised(f"raised {self.left}", dice.chance(30))
        if way == "null":
            return Plain(None)
        if way == "raised" and top and not stored:
            return raised
        if way == "raised" and self.model.asynchronous and not top:
            return Late(dice.below(3), raised, again=stored)
        if way in ("returned", "raised"):
            return Returned(f"returned {self.left}", dice.chance(30))
        return Plain(dice.pick(WRONG))

    def _node(self, name: str, selections: list[Any]) -> Node:
        dice = self.dice
        asked: dict[str, list[Any]] = {}
        self._collect(name, selections, asked)
        fields = {n: self.model.objects[name].fields[n] for n in asked if n != "__typename"}
        as_dict = not any(f.kind == "attribute" for f in fields.values()) and dice.chance(40)
        self.serial += 1
        root = not self.under
        node = Node(self.serial, self.under, name, as_dict, named=not dice.chance(4), shared=False)
        for field_name, field in fields.items():
            if root:
                self.under = f"{name}.{field_name}"
            self._give(node, name, field, asked[field_name])
        return node

    def _give(self, node: Node, parent: str, field: Field, selections: list[Any]) -> None:
        dice = self.dice
        if field.kind in ("attribute", "default"):
            if dice.below(1000) < 1000 - self.model.trouble or field.kind == "default":
                node.stored[field.name] = self._recipe(field.type, selections, stored=True)
            return
        if field.kind == "callable":
            node.methods[field.name] = callable_of(f"{parent}.{field.name}", field.later)
        if field.args and named(field.type) == "String" and not is_list(field.type) and dice.chance(70):
            return  # answers with its arguments
        recipe = self._recipe(field.type, selections, stored=False)
        if self.model.asynchronous and field.kind in ("resolver", "callable") and not field.later and dice.chance(15):
            recipe = Late(dice.below(3), recipe)
        node.fields[field.name] = recipe

    def _collect(self, name: str, selections: list[Any], asked: dict[str, list[Any]]) -> None:
        for block in selections:
            for selection in block:
                match selection:
                    case Selected():
                        below = asked.setdefault(selection.field.name, [])
                        if selection.selections:
                            below.append(selection.selections)
                    case Inline():
                        if name in self.model.possible(selection.on):
                            self._collect(name, [selection.selections], asked)
                    case Spread():
                        if name in self.model.possible(selection.fragment.on):
                            self._collect(name, [selection.fragment.selections], asked)
