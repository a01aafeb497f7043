"""Writes a small but valid definition for each API: OpenAPI, AsyncAPI, Protocol Buffers, or GraphQL."""

from __future__ import annotations

import json

from demo.company.business import MAIL
from demo.company.model import Api


def definition(api: Api) -> str:
    """The text of `api`'s definition, in the language of its type."""
    return {"openapi": _openapi, "asyncapi": _asyncapi, "grpc": _grpc, "graphql": _graphql}[api.type](api)


def suffix(api: Api) -> str:
    """The ending of a file that holds the definition."""
    return {"openapi": "openapi.json", "asyncapi": "asyncapi.json", "grpc": "proto", "graphql": "graphql"}[api.type]


def _openapi(api: Api) -> str:
    thing = api.thing.capitalize()
    path = f"/{api.thing}s"
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    body = {"application/json": {"schema": {"$ref": f"#/components/schemas/{thing}"}}}
    many = {"type": "array", "items": {"$ref": f"#/components/schemas/{thing}"}}
    listed = {"description": f"Every {api.thing}.", "content": {"application/json": {"schema": many}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": api.title, "description": api.text, "version": "1.4.0"},
        "servers": [{"url": f"https://{api.name}.{MAIL}"}],
        "paths": {
            path: {"get": {"operationId": f"list{thing}s", "responses": {"200": listed}}},
            f"{path}/{{id}}": {
                "get": {
                    "operationId": f"get{thing}",
                    "parameters": [key],
                    "responses": {
                        "200": {"description": f"The {api.thing}.", "content": body},
                        "404": {"description": f"No such {api.thing}."},
                    },
                }
            },
        },
        "components": {
            "schemas": {
                thing: {
                    "type": "object",
                    "required": ["id", "changedAt"],
                    "properties": {
                        "id": {"type": "string"},
                        "changedAt": {"type": "string", "format": "date-time"},
                    },
                }
            }
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _asyncapi(api: Api) -> str:
    name = f"{api.thing}Changed"
    payload = {"type": "object", "properties": {"id": {"type": "string"}, "at": {"type": "string"}}}
    document = {
        "asyncapi": "2.6.0",
        "info": {"title": api.title, "description": api.text, "version": "1.0.0"},
        "channels": {f"{api.system}.{api.thing}.changed": {"subscribe": {"message": {"name": name, "payload": payload}}}},
    }
    return json.dumps(document, indent=2) + "\n"


def _grpc(api: Api) -> str:
    package, thing = api.system.replace("-", "_"), api.thing.capitalize()
    return (
        f'syntax = "proto3";\n\npackage proscenia.{package}.v1;\n\n'
        f"// {api.text}\nservice {thing}Service {{\n"
        f"  rpc Get{thing}(Get{thing}Request) returns ({thing});\n}}\n\n"
        f"message Get{thing}Request {{\n  string id = 1;\n}}\n\n"
        f"message {thing} {{\n  string id = 1;\n  int64 changed_at = 2;\n}}\n"
    )


def _graphql(api: Api) -> str:
    thing = api.thing.capitalize()
    return (
        f'"{api.text}"\ntype Query {{\n  {api.thing}(id: ID!): {thing}\n  all(first: Int!): [{thing}!]!\n}}\n\n'
        f'"One {api.thing}."\ntype {thing} {{\n  id: ID!\n  changedAt: String!\n}}\n'
    )
