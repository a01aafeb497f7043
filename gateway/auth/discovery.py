"""What a provider says of itself: where its keys are, where people sign in, where codes become tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .keyset import BadDocument, read_document
from .settings import url_problem

Fetch = Callable[[str], Awaitable[bytes]]
"""GETs a URL: the body of a 200 answer, or an exception. Redirects must not be followed."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A discovery document that is the issuer's own; `insecure_http` allows addresses without TLS."""

    document: dict[str, Any]
    insecure_http: bool

    def address(self, member: str) -> str:
        """One of its addresses. Raises BadDocument when it is missing, or not one that may be used."""
        address = self.document.get(member)
        problem = url_problem(address, insecure_http=self.insecure_http) if isinstance(address, str) else "is missing"
        if problem:
            raise BadDocument(f"the discovery document's {member} {problem}")
        return str(address)


async def discover(issuer: str, fetch: Fetch, *, insecure_http: bool) -> Provider:
    """The issuer's discovery document (OpenID Connect Discovery 1.0, section 4.3). Raises BadDocument, or what `fetch` raises."""
    document = read_document(await fetch(issuer.rstrip("/") + "/.well-known/openid-configuration"))
    if document.get("issuer") != issuer:
        raise BadDocument("the discovery document names another issuer than the settings; write it letter for letter")
    return Provider(document, insecure_http)
