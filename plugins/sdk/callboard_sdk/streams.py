"""One subscription that a plugin adds: the stream of its events, and what of each event is shown to whom."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Optional, get_args, get_origin

from .access import Access
from .catalog import Catalog
from .errors import RegistrationError
from .fields import Argument, FieldSpec, is_page, nullable

_STREAMS = (AsyncIterator, AsyncGenerator)
_OF_A_MOMENT: Mapping[Any, str] = {Access: "Access", Catalog: "Catalog"}
"""What holds for one version of the rules, and a stream outlives those."""


@dataclass(frozen=True)
class ShownSpec(FieldSpec):
    """What is asked of each event: its payload for the viewer as it is then, or None when there is nothing to tell."""

    @cached_property
    def parameters(self) -> Mapping[str, Argument]:
        """The function's parameters after the event, by name."""
        found = list(inspect.signature(self.function).parameters)
        if not found:
            raise self.mistake("doesn't take the event first", f"Write `async def {self.function.__name__}(event: X, ...)`.")
        return self.named(found[1:])


@dataclass(frozen=True)
class StreamSpec(FieldSpec):
    """A subscription's declaration: `function` is its source stream (GraphQL spec, section 6.2.3), an async generator.

    The function `show` is asked of each event; without it every event is shown to whoever may subscribe.
    """

    show: Callable[..., Any] | None = None

    @cached_property
    def shown(self) -> ShownSpec | None:
        """The declaration of `show`."""
        if self.show is None:
            return None
        return ShownSpec(self.plugin, self.on, self.permission, self.show, self.name, batched=False)

    @cached_property
    def returns(self) -> Any:
        """What the field gives for one event; nullable, since it can be denied and can fail."""
        if not inspect.isasyncgenfunction(self.function):
            raise self.mistake("is no async generator", f"Write `async def {self.function.__name__}(...) -> AsyncIterator[X]`.")
        given = self._hints.get("return")
        if get_origin(given) not in _STREAMS:
            raise self.mistake("doesn't say what its events are", "Write `-> AsyncIterator[X]`, X being the field's type.")
        if self.shown is not None:
            return self.shown.returns
        event = get_args(given)[0]
        if nullable(event):
            raise self.mistake("yields events that may be None", "Write AsyncIterator[X], and yield when there is something.")
        return Optional[event]  # noqa: UP045  an annotation that is made here, and may be a name yet

    def arguments(self, injected: Collection[Any]) -> Sequence[Argument]:
        """The GraphQL arguments. Raises RegistrationError for what a stream, or what shows it, may not ask for."""
        for name, argument in self.parameters.items():
            if (held := _OF_A_MOMENT.get(argument.annotation)) is not None:
                raise self.mistake(
                    f"asks for {held} as {name!r}, and a stream outlives the rules that made it",
                    f"Ask for {held} in a function of its own: @plugin.subscription(..., shown=that_function).",
                )
        own = super().arguments(injected)
        if self.shown is not None:
            self._check_shown(self.shown, {one.name: one for one in own}, injected)
        for spec in (self, self.shown):
            if spec is not None and any(is_page(argument.annotation) for argument in spec.parameters.values()):
                raise spec.mistake("asks for a Page, and events come one by one", "Take what it needs as arguments.")
        return own

    @staticmethod
    def _check_shown(shown: ShownSpec, own: Mapping[str, Argument], injected: Collection[Any]) -> None:
        for argument in shown.arguments(injected):
            if getattr(own.get(argument.name), "annotation", None) != argument.annotation:
                raise shown.mistake(
                    f"takes {argument.name!r}, which is neither handed to it nor an argument of the subscription",
                    "After the event it may take the subscription's own arguments, as they are there, and what is injected.",
                )

    def mistake(self, problem: str, remedy: str) -> RegistrationError:
        """An error about this declaration, naming plugin, function and file:line."""
        return RegistrationError(self.where, f"plugin {self.plugin!r}, subscription {self.function.__name__} {problem}", remedy)
