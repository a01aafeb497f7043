"""`callboard query`: send a query to a running gateway."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from callboard_sdk import Upstream, UpstreamError

from resolvers.upstream import UpstreamClient

from .show import document_text, fail, out, variables_of


def query(
    document: Annotated[str, typer.Argument(help="The document, or the path of a file with it, or - for standard input.")],
    url: Annotated[str, typer.Option(envvar="CALLBOARD_URL", help="The gateway's address.")] = "http://127.0.0.1:8080/graphql",
    token: Annotated[
        str | None, typer.Option(envvar="CALLBOARD_TOKEN", help="A bearer token; better given by environment.")
    ] = None,
    variables: Annotated[str, typer.Option("--variables", "-v", help="Variables, as a JSON object.")] = "{}",
    operation: Annotated[str | None, typer.Option(help="Which operation of the document to run.")] = None,
) -> None:
    """Run a query and print the answer as JSON; exit 1 when it has errors."""
    values = variables_of(variables)
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        fail([f"--url {url!r} is no address: write one like http://127.0.0.1:8080/graphql"], 2)
    body = {"query": document_text(document), "variables": values, "operationName": operation}
    try:
        answer = asyncio.run(_send(url, token, body))
    except UpstreamError as error:
        fail([error.message])
    out.print_json(json.dumps(answer))
    if "errors" in answer:
        raise typer.Exit(1)


_ANSWERS = frozenset({400, 401, 403, 404, 405, 413, 415, 429, 500, 503})
"""Statuses that come with errors that say more than the status."""


async def _send(url: str, token: str | None, body: dict[str, Any]) -> dict[str, Any]:
    bearer = (lambda: token) if token else None
    client = UpstreamClient(Upstream(f"the gateway at {url}", url, bearer=bearer, timeout=30))
    try:
        reply = await client.post(url, body, ok=_ANSWERS)
    finally:
        await client.aclose()
    try:
        answer = json.loads(reply.content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not answer.keys() & {"data", "errors"}:
        fail([f"{url} answers {reply.status}, and no GraphQL: a gateway's address ends in /graphql"])
    return answer
