"""One predicate that a plugin declares: what a condition of a rule may say of an entity, for the viewer who asks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, PydanticUserError, create_model

from .conditions import Expression
from .docs import summary, where
from .errors import RegistrationError
from .types import hints

CORE = "core"
"""The plugin whose predicates have bare names."""


class Parameters(BaseModel):
    """What a rule gives a predicate; made for each from its function's parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=False)


@dataclass(frozen=True)
class PredicateSpec:
    """A predicate's declaration: a function from what it is handed and what a rule gives it to an Expression.

    Its signature is read when the schema is stitched; a mistake there is a RegistrationError that names file:line.
    """

    plugin: str
    function: Callable[..., Any]
    given_name: str | None = None

    @cached_property
    def name(self) -> str:
        """As rules write it: `isOwner` of the core, `pager.isOnCall` of the plugin pager."""
        head, *tail = self.function.__name__.split("_")
        own = self.given_name or head + "".join(part.title() for part in tail)
        return own if self.plugin == CORE else f"{self.plugin}.{own}"

    @cached_property
    def description(self) -> str:
        """The function's docstring, which says what the predicate means."""
        text = summary(self.function)
        if not text:
            raise self.mistake("has no docstring", "Write one: it says when the predicate holds.")
        return text

    @cached_property
    def where(self) -> str:
        """`file:line` of the function."""
        return where(self.function)

    def handed(self, injected: Collection[Any]) -> Mapping[str, Any]:
        """The parameters that the gateway fills, each with its annotation; `injected` are the annotations it can fill."""
        return {name: kind for name, kind in self._annotations.items() if any(kind == one for one in injected)}

    def parameters(self, injected: Collection[Any]) -> type[Parameters]:
        """What a rule gives it, as a model: all other parameters. Raises RegistrationError for what no rule could give."""
        self._check()
        handed = self.handed(injected)
        signature = inspect.signature(self.function)
        fields: dict[str, Any] = {
            name: (kind, ... if (default := signature.parameters[name].default) is inspect.Parameter.empty else default)
            for name, kind in self._annotations.items()
            if name not in handed
        }
        try:
            return create_model(self.name, __base__=Parameters, __doc__=self.description, **fields)
        except PydanticUserError as error:
            raise self.mistake(
                f"has a parameter that no rule can give ({str(error).partition(chr(10))[0]})",
                "Annotate it with a type that JSON has, or with what a predicate is handed.",
            ) from None

    def mistake(self, problem: str, remedy: str) -> RegistrationError:
        """An error about this declaration, naming plugin, function and file:line."""
        return RegistrationError(self.where, f"plugin {self.plugin!r}, predicate {self.function.__name__} {problem}", remedy)

    @cached_property
    def _annotations(self) -> Mapping[str, Any]:
        known = hints(self.function)
        found: dict[str, Any] = {}
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise self.mistake(f"takes {parameter}", "Name each parameter.")
            if name not in known:
                raise self.mistake(f"parameter {name!r} has no annotation", "Annotate it with its type.")
            found[name] = known[name]
        return found

    def _check(self) -> None:
        assert self.description
        if hints(self.function).get("return") != Expression:
            raise self.mistake("doesn't say that it gives an Expression", "Write `-> Expression`, from callboard_sdk.conditions.")
        if inspect.isgeneratorfunction(self.function) or inspect.isasyncgenfunction(self.function):
            raise self.mistake("is a generator", "Return one Expression.")
