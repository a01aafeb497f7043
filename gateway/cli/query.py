"""`callboard query`: send a query to a running gateway."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer
from callboard_sdk import UpstreamError

from .asking import ADDRESS, Token, Url, gateway_at
from .show import document_text, fail, out, variables_of


def query(
    document: Annotated[str, typer.Argument(help="The document, or the path of a file with it, or - for standard input.")],
    url: Url = ADDRESS,
    token: Token = None,
    variables: Annotated[str, typer.Option("--variables", "-v", help="Variables, as a JSON object.")] = "{}",
    operation: Annotated[str | None, typer.Option(help="Which operation of the document to run.")] = None,
) -> None:
    """Run a query and print the answer as JSON; exit 1 when it has errors."""
    body = {"query": document_text(document), "variables": variables_of(variables), "operationName": operation}
    try:
        answer = asyncio.run(_send(url, token, body))
    except UpstreamError as error:
        fail([error.message])
    out.print_json(json.dumps(answer))
    if "errors" in answer:
        raise typer.Exit(1)


async def _send(url: str, token: str | None, body: dict[str, Any]) -> dict[str, Any]:
    async with gateway_at(url, token) as send:
        return await send(body)
