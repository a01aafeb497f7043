"""What a plugin answers over plain HTTP beside the graph: requests and replies without any framework, answered from the graph.

An endpoint is handed the request and the graph as its viewer sees it, and nothing else: so whatever it tells, the graph told.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import ClientError


class HttpError(ClientError):
    """An HTTP request can't be answered as it was meant; `status` says how, `headers` go with the answer."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What was asked. `parts` are the parts of the path that the endpoint's path names, `query` every value of each parameter.

    A HEAD request comes as a GET. A body is JSON, as its sender said; nobody has looked whether it is.
    """

    method: str
    path: str
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: bytes = b""
    reply_bytes: int = 32 * 1024 * 1024
    """How large the reply may be."""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What is answered: JSON, unless the headers say otherwise."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What an operation gave (GraphQL specification, section 7.1): its data, and the errors of single fields as JSON has them."""

    data: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]] = ()


class Ask(Protocol):
    """The graph, asked as whoever sent the request."""

    async def __call__(self, document: str, variables: Mapping[str, Any] | None = None) -> Told:
        """Run a document of the endpoint's own. A GET can't run a mutation.

        What the viewer may not read is null, with FORBIDDEN, whatever `policies.denied` says. Raises HttpError where nothing
        was run: for a token that isn't valid, a budget that is spent, variables that don't fit.
        """
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address, under `/api/PLUGIN/`; `{name}` in its path stands for a part between slashes.

    `answer` raises HttpError for what it can't answer.
    """

    method: str
    path: str
    answer: Callable[[HttpRequest, Ask], Awaitable[HttpReply]] = field(repr=False)
