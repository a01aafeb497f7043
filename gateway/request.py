"""A request as it came, whatever carried it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What is asked. `authorization` has every Authorization header's value; `reads_only` is a request by GET.

    `session` is the id of a browser's session, where it may be used.
    """

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    authorization: Sequence[str] = ()
    reads_only: bool = False
    extensions: Mapping[str, Any] = field(default_factory=dict)
    session: str | None = None
