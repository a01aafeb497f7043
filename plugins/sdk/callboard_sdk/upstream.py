"""How a plugin talks to an external system: it declares upstreams, and gets clients that already carry the limits.

The client that the gateway hands out has a deadline, bounded retries of reads, a concurrency limit, a response size
cap, in-flight de-duplication, caching with validation, health and metrics; a plugin adds none of these itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

T = TypeVar("T")

Params = Mapping[str, str | int | Sequence[str | int]]
"""What a request asks beside its path, by name; a name with several values stands once for each."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """One external system, with what its operator allows. Times in seconds, sizes in bytes.

    `bearer` is called for each request, so that a rotated token file is picked up. `certificate` is
    (certificate file, key file) for mutual TLS; `ca` a file or PEM text that signs the server's certificate.
    `redirects` and `link_local` are refused unless the operator allows them, so that a descriptor or an answer
    can't send the gateway to places of its own choosing.
    """

    name: str
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    bearer: Callable[[], str] | None = field(default=None, repr=False)
    certificate: tuple[Path, Path] | None = None
    ca: Path | str | None = field(default=None, repr=False)
    verify: bool = True
    timeout: float = 3.0
    attempts: int = 2
    concurrency: int = 16
    max_bytes: int = 32 * 1024 * 1024
    fresh_for: float = 15.0
    stale_for: float = 300.0
    redirects: bool = False
    link_local: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An upstream's answer: the body whole, and how old it is.

    `stale` is true when the upstream failed and a kept earlier answer stands in; say so with `Freshness`.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    fetched_at: datetime
    stale: bool = False
    _decode: Callable[[bytes, Any], Any] = field(default=lambda content, kind: content, repr=False)
    _made: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def json(self, kind: type[T]) -> T:
        """Decode the body into `kind` (a msgspec Struct, `dict`, `list[...]`, or `object` for anything).

        Raises UpstreamError BAD_ANSWER, naming the place in the body, when it doesn't fit.
        """
        decoded: T = self._decode(self.content, kind)
        return decoded

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes of this answer, made once however often the answer comes from memory.

        To decode an answer and turn it into a plugin's own objects often costs more than to get it. `key` tells what is
        made of one answer apart. All who ask share what was made: nobody changes it, and it depends on the answer alone,
        not on who asks or what time it is. It is forgotten with the answer. What `make` raises is raised, and not kept.
        """
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made


@runtime_checkable
class Client(Protocol):
    """A client for one upstream. A resolver asks for it by annotation: `pager: Client`."""

    @property
    def name(self) -> str:
        """The upstream's name, as errors, metrics and settings show it."""
        ...

    async def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        ok: frozenset[int] = frozenset(),
    ) -> Reply:
        """Read `path` below the upstream's base URL (an absolute URL must share its origin).

        Statuses 2xx, and those in `ok`, are answers; anything else raises UpstreamError. Equal reads under way
        at once are one request; an answer younger than `fresh_for` comes from memory.
        """
        ...

    async def post(
        self, path: str, body: object, *, headers: Mapping[str, str] | None = None, ok: frozenset[int] = frozenset()
    ) -> Reply:
        """Send `body` as JSON, or bytes as they are; never retried, never cached. `ok` as for `get`.

        With bytes `headers` say what they are: `content-type`.
        """
        ...


class Clients(dict[str, Client]):
    """All of a plugin's upstreams by name, for a plugin that has several (clusters, accounts)."""
