"""The parts of a SARIF 2.1.0 log that are read, as its specification spells them."""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, rename="camel"):
    """SARIF's spelling of keys. Snippets, contexts and fixes are never kept: they quote the file."""


class Message(Part):
    """A text, or the id of one of the rule's texts (3.11)."""

    text: str | None = None
    id: str | None = None
    arguments: list[str] | None = None


class Properties(Part):
    """A property bag (3.8), with the keys that scanners agree on."""

    tags: list[str] | None = None
    security_severity: str | float | None = msgspec.field(default=None, name="security-severity")
    image_name: str | None = None
    repo_tags: list[str] | None = None
    purls: list[str] | None = None
    purl: str | None = None


class Configuration(Part):
    """A rule's settings (3.50)."""

    level: str | None = None


class Rule(Part):
    """A reporting descriptor (3.49)."""

    id: str | None = None
    name: str | None = None
    deprecated_ids: list[str] | None = None
    short_description: Message | None = None
    full_description: Message | None = None
    help_uri: str | None = None
    message_strings: dict[str, Message] | None = None
    default_configuration: Configuration | None = None
    properties: Properties | None = None


class ToolComponent(Part):
    """A tool's driver or one of its extensions (3.19)."""

    name: str | None = None
    rules: list[msgspec.Raw] | None = None


class Tool(Part):
    """What produced a run (3.18)."""

    driver: ToolComponent
    extensions: list[ToolComponent] | None = None


class Invocation(Part):
    """When the tool ran (3.20)."""

    start_time_utc: str | None = None
    end_time_utc: str | None = None


class Run(Part):
    """One run of one tool (3.14)."""

    tool: Tool
    invocations: list[Invocation] | None = None
    results: list[msgspec.Raw] | None = None
    properties: Properties | None = None


class Log(Part):
    """The whole file (3.13)."""

    runs: list[msgspec.Raw] | None = None


class ComponentRef(Part):
    """Points at an extension by index (3.54)."""

    index: int | None = None


class RuleRef(Part):
    """Points at a rule (3.52)."""

    id: str | None = None
    index: int | None = None
    tool_component: ComponentRef | None = None


class Artifact(Part):
    """A file by its URI (3.4)."""

    uri: str | None = None


class Region(Part):
    """Lines of a file, counted from 1 (3.30)."""

    start_line: int | None = None
    end_line: int | None = None


class Physical(Part):
    """A place in a file (3.29)."""

    artifact_location: Artifact | None = None
    region: Region | None = None


class Location(Part):
    """A place, with what the tool says about it (3.28)."""

    physical_location: Physical | None = None
    message: Message | None = None


class Suppression(Part):
    """A decision to show a result no more (3.35)."""

    status: str | None = None
    justification: str | None = None


class Provenance(Part):
    """When a result was seen (3.48)."""

    first_detection_time_utc: str | None = None
    last_detection_time_utc: str | None = None


class Result(Part):
    """One thing that a tool found (3.27)."""

    rule_id: str | None = None
    rule_index: int | None = None
    rule: RuleRef | None = None
    kind: str | None = None
    level: str | None = None
    message: Message | None = None
    locations: list[Location] | None = None
    suppressions: list[Suppression] | None = None
    baseline_state: str | None = None
    provenance: Provenance | None = None
    properties: Properties | None = None
