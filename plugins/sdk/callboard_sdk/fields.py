"""One field that a plugin adds: its place, permission, arguments, and what its function asks for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from .batch import Batch
from .connections import Page
from .docs import summary, where
from .errors import RegistrationError
from .types import hints

READ = "read"
MUTATE = "mutate"
ADMINISTER = "administer"
ACTIONS = (READ, MUTATE, ADMINISTER)
"""What a rule may allow or deny; each field needs one of them."""


@dataclass(frozen=True)
class Argument:
    """A GraphQL argument of a field: its Python name, annotation, and default (`inspect.Parameter.empty` if none)."""

    name: str
    annotation: Any
    default: Any


@dataclass(frozen=True)
class FieldSpec:
    """A field's declaration. `on` is the type it is added to, or the name of a root; `action` what rules must allow.

    The function's signature is read when the schema is stitched, not at import, so that types may be declared in
    any order within a module; a mistake there is a RegistrationError that names file:line.
    """

    plugin: str
    on: type | str
    permission: str
    function: Callable[..., Any]
    given_name: str | None
    batched: bool
    asks: str = ""
    action: str = READ

    @cached_property
    def name(self) -> str:
        """The GraphQL name: given, or the function's name in camel case."""
        head, *tail = self.function.__name__.split("_")
        return self.given_name or head + "".join(part.title() for part in tail)

    @cached_property
    def description(self) -> str:
        """The function's docstring, which is the field's description."""
        text = summary(self.function)
        if not text:
            raise self.mistake("has no docstring", "Write one: it is the field's description.")
        return text

    @cached_property
    def where(self) -> str:
        """`file:line` of the function."""
        return where(self.function)

    @cached_property
    def parameters(self) -> Mapping[str, Argument]:
        """The function's parameters after the batch of parents, by name, annotations evaluated."""
        found = list(inspect.signature(self.function).parameters.values())
        if self.batched:
            self._check_parents(found)
            found = found[1:]
        return self.named([parameter.name for parameter in found])

    def named(self, names: Sequence[str]) -> Mapping[str, Argument]:
        """The parameters of these names. Raises RegistrationError for one without an annotation."""
        signature = inspect.signature(self.function).parameters
        for name in names:
            if name not in self._hints:
                raise self.mistake(f"parameter {name!r} has no annotation", "Annotate it with its type.")
        return {name: Argument(name, self._hints[name], signature[name].default) for name in names}

    def arguments(self, injected: Collection[Any]) -> Sequence[Argument]:
        """The GraphQL arguments: the parameters that are not `injected`, by annotation, and no Page."""
        own = self.parameters.values()
        return [one for one in own if not is_page(one.annotation) and not any(one.annotation is kind for kind in injected)]

    @cached_property
    def returns(self) -> Any:
        """What the field gives for one parent, as an annotation; always nullable, since every field can be denied."""
        if "return" not in self._hints:
            raise self.mistake("has no return annotation", "Write what it returns: it is the field's type.")
        given = self._hints["return"]
        if self.batched:
            if get_origin(given) is not list or len(get_args(given)) != 1:
                raise self.mistake(
                    f"returns {given}", "A batch field returns list[X | None]: one item per parent, in the parents' order."
                )
            given = get_args(given)[0]
        if not nullable(given):
            raise self.mistake(
                f"gives {given} and never null", "Write X | None: a viewer who may not read it, or a failure, gets null."
            )
        return given

    @cached_property
    def paged(self) -> str | None:
        """The name of the parameter that takes the Page, where there is one."""
        return next((name for name, argument in self.parameters.items() if is_page(argument.annotation)), None)

    def mistake(self, problem: str, remedy: str) -> RegistrationError:
        """An error about this declaration, naming plugin, function and file:line."""
        return RegistrationError(self.where, f"plugin {self.plugin!r}, {self.function.__name__} {problem}", remedy)

    @cached_property
    def _hints(self) -> Mapping[str, Any]:
        return hints(self.function)

    def _check_parents(self, parameters: list[inspect.Parameter]) -> None:
        annotation = self._hints.get(parameters[0].name) if parameters else None
        if get_origin(annotation) is not Batch and annotation is not Batch:
            on = getattr(self.on, "__name__", self.on)
            raise self.mistake(
                "doesn't take the batch of parents first",
                f"Write `async def {self.function.__name__}(parents: Batch[{on}], ...)`.",
            )


def is_page(annotation: Any) -> bool:
    """Whether an annotation is Page, with or without what the list is ordered by."""
    return annotation is Page or (get_origin(annotation) is Annotated and get_args(annotation)[0] is Page)


def nullable(annotation: Any) -> bool:
    """Whether an annotation lets a value be None."""
    return NoneType in get_args(annotation)
