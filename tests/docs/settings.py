"""The tables of all settings, made from the JSON Schema that `callboard settings schema` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gateway.loading import load
from gateway.settings_schema import PLACEHOLDER, settings_schema

from tests.docs.tables import table

PLUGINS = ("catalog", "ci", "cost", "kubernetes", "security")
_FORMATS = {"path": "path", "date": "date", "password": "secret"}
_TYPES = {"integer": "integer", "number": "number", "boolean": "boolean", "string": "text"}
_PLURALS = {"text": "texts", "mapping": "mappings", "path": "paths"}
_NULL = {"type": "null"}

Schema = dict[str, Any]


def known_schema() -> Schema:
    """The schema with the plugins of this repository, whatever else is installed."""
    return settings_schema({name: plugin.settings for name, plugin in load(PLUGINS).plugins.items()})


def settings_tables() -> str:
    """A heading and a table for each topic, and for each plugin."""
    schema = known_schema()
    reading = _Reading(schema["$defs"])
    topics = dict(schema["properties"])
    plugins = reading.resolved(topics.pop("plugins"))["properties"]
    found = {name: reading.resolved(topic) for name, topic in topics.items()}
    found |= {f"plugins.{name}": reading.resolved(topic) for name, topic in plugins.items()}
    head = ("setting", "type", "default", "what it does")
    return "\n".join(
        f"## {path}\n\n{_sentence(topic)}\n\n{table(head, list(reading.rows(topic, path)))}" for path, topic in found.items()
    )


class _Reading:
    """A schema's properties as rows."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions

    def resolved(self, schema: Schema) -> Schema:
        """What it stands for: references followed, placeholders left out, null said by `nullable`, further types by `others`."""
        while True:
            if "$ref" in schema:
                schema = self._definitions[schema["$ref"].rpartition("/")[2]] | _without(schema, "$ref")
            elif "anyOf" in schema:
                null = {"nullable": True} if _NULL in schema["anyOf"] else {}
                first, *others = [one for one in schema["anyOf"] if one not in (PLACEHOLDER, _NULL)]
                more = {"others": others} if others else {}
                schema = first | null | more | _without(schema, "anyOf")
            else:
                return schema

    def rows(self, topic: Schema, path: str) -> Iterator[tuple[str, str, str, str]]:
        """A row for each property of an object, and for each of theirs."""
        needed = topic.get("required", ())
        for name, given in topic.get("properties", {}).items():
            here, schema = f"{path}.{name}", self.resolved(given)
            default = "required" if name in needed else f"`{json.dumps(self._pruned(schema.get('default'), schema))}`"
            yield f"`{here}`", self._type(schema), default, _sentence(schema)
            if item := self._object(schema):
                yield from self.rows(item, here)
            elif item := self._object(self.resolved(schema.get("items", {}))):
                yield f"`{here}[]`", "mapping", "", _sentence(item)
                yield from self.rows(item, f"{here}[]")
            elif chosen := schema.get("items", {}).get("discriminator"):
                yield from self._choice(chosen, here)

    def _choice(self, chosen: Schema, here: str) -> Iterator[tuple[str, str, str, str]]:
        """What all that a list's items may be have in common is told once, the rest of each below its tag."""
        items = {tag: self._definitions[ref.rpartition("/")[2]] for tag, ref in chosen["mapping"].items()}
        first, *others = (item["properties"] for item in items.values())
        shared = {name: one for name, one in first.items() if all(other.get(name) == one for other in others)}
        yield f"`{here}[]`", "mapping", "", f"What is told by its `{chosen['propertyName']}`; each has:"
        yield from self.rows({"properties": shared}, f"{here}[]")
        for tag, item in items.items():
            yield f"`{here}[{tag}]`", "mapping", "", _sentence(item)
            own = {name: one for name, one in item["properties"].items() if name not in shared}
            yield from self.rows(item | {"properties": own}, f"{here}[{tag}]")

    def _object(self, schema: Schema) -> Schema | None:
        return schema if "properties" in schema else None

    def _type(self, schema: Schema) -> str:
        kinds = [self._plain(schema), *map(self._plain, schema.get("others", ()))]
        return ", or ".join([*kinds, "`null`"] if "nullable" in schema else kinds)

    def _plain(self, schema: Schema) -> str:
        schema = self.resolved(schema)
        if "const" in schema:
            return f"`{schema['const']}`"
        if "enum" in schema:
            return ", ".join(f"`{one}`" for one in schema["enum"])
        match schema.get("type", "object"):
            case "array":
                return f"list of {_PLURALS.get(item := self._plain(schema['items']), item)}"
            case "object" if "properties" in schema or "discriminator" in schema:
                return "mapping"
            case "object":
                return f"mapping of text to {self._plain(schema['additionalProperties'])}"
            case kind:
                return _FORMATS.get(schema.get("format", ""), _TYPES[kind]) + _range(schema)

    def _pruned(self, value: Any, schema: Schema) -> Any:
        """A default, without what an object in it has by its own defaults."""
        schema = self.resolved(schema)
        if isinstance(value, list):
            return [self._pruned(one, schema["items"]) for one in value]
        if isinstance(value, dict) and "properties" in schema:
            properties = schema["properties"]
            return {k: v for k, v in value.items() if v != properties[k].get("default", ...)}
        return value


def _without(schema: Schema, key: str) -> Schema:
    return {k: v for k, v in schema.items() if k != key}


def _range(schema: Schema) -> str:
    low, high, above = schema.get("minimum"), schema.get("maximum"), schema.get("exclusiveMinimum")
    if above is not None:
        return f", above {above}" + (f", up to {high}" if high is not None else "")
    if low is not None and high is not None:
        return f", {low} to {high}"
    return f", at least {low}" if low is not None else ""


def _sentence(schema: Schema) -> str:
    return " ".join(schema.get("description", "").split())
