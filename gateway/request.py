"""A request as it came, whatever carried it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What is asked. `authorization` has every Authorization header's value; `reads_only` is a request by GET.

    `session` is the id of a browser's session, where it may be used. `own` says that the document is one of ours, written for
    viewers of all roles, so that what is denied in it is null whatever `policies.denied` says.
    """

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    authorization: Sequence[str] = ()
    reads_only: bool = False
    extensions: Mapping[str, Any] = field(default_factory=dict)
    session: str | None = None
    own: bool = False


def document_hash(document: str) -> str:
    """What a document is known by: the SHA-256 of its text, in hex."""
    return sha256(document.encode("utf-8", "surrogatepass")).hexdigest()
