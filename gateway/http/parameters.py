"""The parameters of a GraphQL request, from a body or a query string (GraphQL over HTTP, sections 5.3 and 5.4)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson
from callboard_sdk import HttpError

from gateway.request import GraphQLRequest

Credentials = tuple[tuple[str, ...], str | None]
"""Who sent a request: its Authorization headers, and the id of a session that it may use."""


def from_body(body: bytes | bytearray, sent_by: Credentials) -> GraphQLRequest:
    """The request in a POST's JSON body. Raises HttpError for what is none."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HttpError(400, _not_json(body, error)) from None
    if isinstance(found, list):
        raise HttpError(400, "the body is a list: this gateway takes one request at a time, as an object")
    if not isinstance(found, dict):
        raise HttpError(400, 'the body is no JSON object: send {"query": "..."}')
    return from_object(found, sent_by, reads_only=False)


def from_query(query: dict[str, str], sent_by: Credentials) -> GraphQLRequest:
    """The request in a GET's query string. Raises HttpError for what is none."""
    found: dict[str, Any] = dict(query)
    for name in ("variables", "extensions"):
        if text := found.get(name):
            try:
                found[name] = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                raise HttpError(400, f"the parameter {name!r} is not JSON: {error}") from None
        elif name in found:
            found[name] = None
    return from_object(found, sent_by, reads_only=True)


def read_query(raw: bytes) -> dict[str, str]:
    """A query string's parameters; of several with one name the last counts."""
    return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True))


def _not_json(body: bytes | bytearray, error: orjson.JSONDecodeError) -> str:
    if not body:
        return 'the body is empty: send {"query": "..."}'
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return f"the body is not UTF-8 at byte {wrong.start + 1}: send JSON in UTF-8"
    return f"the body is not JSON: {error}"


def from_object(found: dict[str, Any], sent_by: Credentials, *, reads_only: bool) -> GraphQLRequest:
    """The request of these parameters. Raises HttpError for what is none."""
    query, variables = found.get("query"), found.get("variables")
    name, extensions = found.get("operationName"), found.get("extensions")
    if not isinstance(query, str) or not query:
        reason = "the request has no `query`" if query in (None, "") else "`query` is no string"
        raise HttpError(400, f"{reason}: send the document's text")
    if name is not None and not isinstance(name, str):
        raise HttpError(400, "`operationName` is no string: send the name of an operation of the document, or leave it out")
    if variables is not None and not isinstance(variables, dict):
        raise HttpError(400, '`variables` is no object: send {"name": value}, or leave it out')
    if extensions is not None and not isinstance(extensions, dict):
        raise HttpError(400, '`extensions` is no object: send {"name": value}, or leave it out')
    authorization, session = sent_by
    return GraphQLRequest(query, name or None, variables or {}, authorization, reads_only, extensions or {}, session)
