"""The JSON Schema of the whole settings file: editors complete and check by it, and the page about settings is made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from callboard_sdk import Settings
from pydantic import Field, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from .settings import GatewaySettings

PLACEHOLDER: JsonSchemaValue = {"type": "string", "pattern": r"\$\{\w+(:-[^}]*)?\}"}
"""What may stand for any plain value: `${NAME}` and `${NAME:-default}`, which are filled in from the environment."""


def settings_schema(models: Mapping[str, type[Settings]], unknown: Iterable[str] = ()) -> dict[str, Any]:
    """The file's schema (JSON Schema, draft 2020-12) where these plugins are installed, by name.

    The settings of the `unknown`, which are installed and can't be loaded, may be anything.
    """
    fields: dict[str, Any] = {name: (model | None, Field(None, description=model.__doc__)) for name, model in models.items()}
    fields |= {name: (dict[str, Any] | None, Field(None, description="A plugin that can't be loaded.")) for name in unknown}
    plugins = create_model("PluginsSettings", __base__=Settings, __doc__="The plugins to load, by name.", **fields)
    known = GatewaySettings.model_fields["plugins"].description
    whole: Any = create_model(
        "CallboardSettings",
        __base__=GatewaySettings,
        __doc__="The settings of a Callboard gateway.",
        plugins=(plugins, Field({}, description=known)),
    )
    schema: dict[str, Any] = whole.model_json_schema(schema_generator=_Generator)
    return {"$schema": _Generator.schema_dialect} | schema


class _Generator(GenerateJsonSchema):
    """Pydantic's own, but a placeholder may stand where a text wouldn't do."""

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        return _or_placeholder(super().int_schema(schema))

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        return _or_placeholder(super().float_schema(schema))

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        return _or_placeholder(super().bool_schema(schema))

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:
        return _or_placeholder(super().date_schema(schema))

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        return _or_placeholder(super().literal_schema(schema))

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        return _or_placeholder(super().enum_schema(schema))

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        made = super().str_schema(schema)
        return _or_placeholder(made) if "pattern" in made else made


def _or_placeholder(made: JsonSchemaValue) -> JsonSchemaValue:
    return {"anyOf": [made, PLACEHOLDER]}
