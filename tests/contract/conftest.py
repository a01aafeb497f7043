"""Which plugins the suite holds to the contract (every installed one, or those named by `--plugin`), and how they are run."""

from __future__ import annotations

import importlib
import importlib.util
from contextvars import ContextVar
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from callboard_sdk import Access, Batch, Client, Entity, Plugin, Upstream, UpstreamError
from callboard_sdk.entities import ENTITY_TYPES
from callboard_sdk.fields import FieldSpec
from callboard_sdk.plugin import MUTATION
from callboard_sdk.streams import StreamSpec
from callboard_sdk.testing import Samples, make_entity
from gateway.loading import installed
from gateway.testing import Harness, running_gateway
from graphql import (
    GraphQLField,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)
from strawberry.types.base import get_object_definition

RULES = """
p, admin, *, read, allow
p, admin, *, mutate, allow
p, outsider, plugin:contract_suite, read, allow
"""
"""What `outsider` may read is the suite's own, and with it every entity: everything of the plugin is denied."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--plugin", action="append", default=[], help="Only this installed plugin.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "plugin_name" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--plugin", default=[]) or sorted(installed())
        metafunc.parametrize("plugin_name", chosen)


@pytest.fixture
def plugin(plugin_name: str) -> Any:
    return installed()[plugin_name].load()


@pytest.fixture
def samples(plugin_name: str, tmp_path: Path) -> Samples:
    """What the plugin's package says in its module `contract`; nothing without one."""
    package = installed()[plugin_name].module.partition(".")[0]
    if importlib.util.find_spec(package).submodule_search_locations and importlib.util.find_spec(f"{package}.contract"):
        return importlib.import_module(f"{package}.contract").samples(tmp_path)
    return Samples()


@pytest.fixture
def entities(plugin: Any, samples: Samples) -> dict[type[Entity], list[Entity]]:
    """Of each kind some entities, among them one twice."""
    return {kind: _some(kind, samples) for kind in (*ENTITY_TYPES, *plugin.kinds) if kind.KIND}


def _some(kind: type[Entity], samples: Samples) -> list[Entity]:
    names = [f"{kind.KIND.lower()}-{number}" for number in range(5)]
    made = [
        make_entity(kind, name, annotations={key: text.format(name=name) for key, text in samples.annotations.items()})
        for name in names
    ]
    return [*made, made[1]]


class Down:
    """The upstreams, none of which answers; `asked` has each call that was made all the same.

    Those `behind` all requests, of what began to run when the gateway did, are in `asked_behind`.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.asked_behind: list[str] = []
        self.behind: ContextVar[bool] = ContextVar("behind", default=False)

    def connect(self, upstream: Upstream) -> Client:
        return _DownClient(upstream.name, self)

    def note(self, call: str) -> None:
        (self.asked_behind if self.behind.get() else self.asked).append(call)


class _DownClient:
    def __init__(self, name: str, down: Down) -> None:
        self.name = name
        self._down = down

    async def get(self, path: str, params: object = None, *, headers: object = None, ok: object = None) -> Any:
        self._down.note(f"GET {self.name} {path}")
        raise UpstreamError(self.name, "UNREACHABLE", f"{self.name} does not answer")

    async def post(self, path: str, body: object, *, headers: object = None) -> Any:
        self._down.note(f"POST {self.name} {path}")
        raise UpstreamError(self.name, "UNREACHABLE", f"{self.name} does not answer")


@pytest.fixture
def down() -> Down:
    return Down()


@pytest.fixture
async def alone(
    plugin_name: str, plugin: Any, samples: Samples, entities: dict[type[Entity], list[Entity]], down: Down, tmp_path: Path
) -> AsyncIterator[Harness]:
    """A gateway with this plugin, an empty catalog for those that ask it, the suite's own plugin, and no upstream."""
    rules = tmp_path / "rules.csv"
    names = [get_object_definition(kind, strict=True).name for kind in (*ENTITY_TYPES, *plugin.kinds)]
    rules.write_text(RULES + "".join(f"p, outsider, {name}.contractSibling, read, allow\n" for name in names))
    beside = {"catalog": {}} if "catalog" in installed() else {}
    settings = {"policies": {"rules": str(rules)}, "plugins": {**beside, plugin_name: dict(samples.settings)}}
    own = _suite_plugin([entity for some in entities.values() for entity in some])
    down.behind.set(True)
    async with running_gateway(tmp_path, settings, plugins=[own], connect=down.connect) as harness:
        down.behind.set(False)
        yield harness


def _suite_plugin(given: list[Entity]) -> Plugin[Any]:
    made: Plugin[Any] = Plugin("contract_suite", permissions={"contract_suite.read": "Read the suite's own entities."})

    @made.query(permission="contract_suite.read")
    async def contract_entities(access: Access) -> list[Entity] | None:
        """The suite's entities."""
        return [entity for entity in given if access.sees(entity)]

    @made.field(on=Entity, permission="contract_suite.read")
    async def contract_sibling(entities: Batch[Entity]) -> list[str | None]:
        """A sibling of the plugin's fields."""
        return [entity.name for entity in entities]

    return made


@pytest.fixture
def question(alone: Harness) -> Callable[[FieldSpec], str | None]:
    """A document that asks for a field and what is below it, beside siblings; None where only the plugin's own types have it,
    and for a subscription, which has no siblings.
    """
    types = alone.gateway.supergraph.schema.type_map

    def ask(spec: FieldSpec) -> str | None:
        if isinstance(spec, StreamSpec):
            return None
        if isinstance(spec.on, str):
            asked = _selection(types[spec.on].fields[spec.name], spec.name, 2)  # type: ignore[attr-defined]
            return f"mutation {{ {asked} }}" if spec.on == MUTATION else f"{{ contractEntities {{ contractSibling }} {asked} }}"
        if not issubclass(spec.on, Entity):
            return None
        on = spec.on.__strawberry_definition__.name  # type: ignore[attr-defined]
        asked = _selection(types[on].fields[spec.name], spec.name, 2)  # type: ignore[attr-defined]
        return f"{{ contractEntities {{ __typename name contractSibling ... on {on} {{ {asked} }} }} }}"

    return ask


@pytest.fixture
def subscription(alone: Harness) -> Callable[[StreamSpec], str]:
    """A document that subscribes to a field."""
    root = alone.gateway.supergraph.schema.subscription_type
    return lambda spec: f"subscription {{ {_selection(root.fields[spec.name], spec.name, 2)} }}"  # type: ignore[union-attr]


def _selection(field: GraphQLField, name: str, depth: int) -> str:
    given = {key: _literal(arg.type) for key, arg in field.args.items() if is_required_argument(arg)}
    if {"first", "after"} <= field.args.keys():
        given["first"] = "2"
    arguments = f"({', '.join(f'{key}: {text}' for key, text in given.items())})" if given else ""
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return name + arguments
    below = getattr(kind, "fields", {}).items() if depth else ()
    parts = [_selection(f, key, depth - 1) for key, f in below if depth > 1 or is_leaf_type(get_named_type(f.type))]
    return f"{name}{arguments} {{ __typename {' '.join(parts)} }}"


def _literal(kind: Any) -> str:
    """Any value of an input type, as a document writes it."""
    named = get_nullable_type(kind)
    if is_list_type(named):
        return f"[{_literal(named.of_type)}]"
    if is_enum_type(named):
        return next(iter(named.values))
    if is_input_object_type(named):
        return "{" + ", ".join(f"{k}: {_literal(f.type)}" for k, f in named.fields.items() if is_required_input_field(f)) + "}"
    known = {"Int": "1", "Float": "1.0", "Boolean": "true", "EntityRef": '"component:default/component-0"'}
    known |= {"Date": '"2026-01-01"', "DateTime": '"2026-01-01T00:00:00Z"', "Decimal": '"1"'}
    return known.get(named.name, '"a"')
