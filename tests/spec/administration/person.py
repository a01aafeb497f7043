"""Someone who asks a gateway with a token, all the way from `identify` on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.auth import LocalIssuer
from gateway.pipeline import GraphQLRequest
from gateway.testing import Harness


class Person:
    """Someone with a token, who sends whole requests."""

    def __init__(self, harness: Harness, subject: str, roles: Sequence[str]) -> None:
        issuer = LocalIssuer(harness._auth.local, harness._auth.audience)
        self._bearer = f"Bearer {issuer.create(subject, roles, seconds=3600)}"
        self._pipeline = harness.gateway.pipeline

    async def answer(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The whole response."""
        request = GraphQLRequest(query, variables=variables or {}, authorization=[self._bearer])
        found: dict[str, Any] = json.loads((await self._pipeline.answer(request)).body)
        return found

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The response's data, of a request that goes well."""
        answer = await self.answer(query, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def change(self, name: str, given: Mapping[str, Any], shown: str) -> tuple[Any, list[dict[str, Any]]]:
        """What a mutation changed, and its user errors."""
        kind = f"{name[0].upper()}{name[1:]}Input"
        node = {"publishPolicyDraft": "version", "revertPolicy": "version"}.get(name, "draft" if "Draft" in name else "emergency")
        errors = "errors { code message file line rule }"
        document = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ it: {node} {{ {shown} }} {errors} }} }}"
        payload = (await self.ask(document, {"input": given}))[name]
        return payload["it"], payload["errors"]
