"""What other systems call when something of theirs changed: a hook proves by the delivery alone who sent it.

No viewer is identified and no graph is handed to a hook: it can tell nothing of it, and what it does it does for its plugin.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .docs import summary, where
from .endpoints import HttpReply
from .errors import RegistrationError
from .types import hints


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was sent to a hook. `parts` are the parts of the path that the hook's path names, `headers` every value of each name.

    Names of headers are in small letters. A body is JSON, as its sender said, byte by byte as it was sent; nobody has looked
    whether it is. Headers and body may hold secrets, and don't show.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class HookSpec:
    """A hook that a plugin declares: an address under `/hooks/PLUGIN/`, and what takes the deliveries that are posted to it."""

    plugin: str
    path: str
    function: Callable[..., Awaitable[HttpReply]]
    body_bytes: int

    @cached_property
    def where(self) -> str:
        """`file:line` of the function."""
        return where(self.function)

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """What the function asks for, by name. Raises RegistrationError when it is no hook."""
        found = dict(hints(self.function))
        if not self.path.startswith(f"/hooks/{self.plugin}/"):
            raise self.mistake("is at an address of others", f"Write a path under /hooks/{self.plugin}/.")
        if not summary(self.function):
            raise self.mistake("has no docstring", "Write what a delivery does.")
        if found.pop("return", None) is not HttpReply or not inspect.iscoroutinefunction(self.function):
            raise self.mistake("gives no reply", "Write `async def ...(delivery: Delivery) -> HttpReply`.")
        if list(found.values()).count(Delivery) != 1:
            raise self.mistake("doesn't ask what was sent", "Annotate one parameter with Delivery.")
        return found

    def mistake(self, problem: str, remedy: str) -> RegistrationError:
        """An error about this declaration, naming plugin, path and file:line."""
        return RegistrationError(self.where, f"plugin {self.plugin!r}, hook {self.path!r} {problem}", remedy)
