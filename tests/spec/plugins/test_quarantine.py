"""A plugin that fails to load or start costs only its own fields, and says why."""

from collections.abc import AsyncIterator

import gateway.loading
import pytest
from callboard_sdk import Plugin
from company import make_company
from gateway.testing import running_gateway
from resolvers.plugins import FAILURES_BEFORE_QUARANTINE, QUARANTINE_SECONDS, Health

ASK = "{ components(first: 1) { nodes { name } } plugins { name health { state reason } } }"


class Pump:
    """What the broken plugin's resource would be."""


async def test_a_plugin_that_is_not_installed_is_named_and_the_rest_answers(tmp_path, rules):
    settings = {"policies": {"rules": str(rules)}, "plugins": {"ghost": None}}
    async with running_gateway(tmp_path, settings, plugins=[make_company()[0]]) as harness:
        answer = await harness.ask(ASK)
    assert answer.errors == []
    states = {p["name"]: p["health"] for p in answer.data["plugins"]}
    assert states["ghost"]["state"] == "QUARANTINED" and "not installed" in states["ghost"]["reason"]


async def test_a_plugin_that_fails_to_start_answers_null_with_its_name(tmp_path, rules):
    broken = Plugin("broken", permissions={"broken.read": "Read it."})

    @broken.resource
    async def pump() -> AsyncIterator[Pump]:
        raise ConnectionError("no route")
        yield Pump()

    @broken.query(permission="broken.read")
    async def flow(pump: Pump) -> str | None:
        """How much flows."""
        return "much"

    settings = {"policies": {"rules": str(rules)}}
    async with running_gateway(tmp_path, settings, plugins=[make_company()[0], broken]) as harness:
        answer = await harness.ask("{ flow components(first: 1) { nodes { name } } }")
    assert answer.data == {"flow": None, "components": {"nodes": [{"name": "c000"}]}}
    assert answer.errors[0]["extensions"] == {"code": "PLUGIN_UNAVAILABLE", "retryable": False, "plugin": "broken"}
    assert "no route" in answer.errors[0]["message"]


async def test_of_two_plugins_that_clash_the_second_is_left_out(tmp_path, rules):
    clash = Plugin("clash", permissions={"clash.read": "Read it."})

    @clash.query(permission="clash.read")
    async def components() -> str | None:
        """The same name as the company's."""
        return None

    settings = {"policies": {"rules": str(rules)}}
    async with running_gateway(tmp_path, settings, plugins=[make_company()[0], clash]) as harness:
        answer = await harness.ask(ASK)
    states = {p["name"]: p["health"] for p in answer.data["plugins"]}
    assert states["clash"]["state"] == "QUARANTINED" and "Query.components" in states["clash"]["reason"]


@pytest.mark.parametrize("name", ["gateway", "schema", "resolvers", "policies"])
def test_a_foreign_package_of_our_name_is_refused(monkeypatch, name):
    monkeypatch.setattr(gateway.loading, "packages_distributions", lambda: {name: ["callboard", "stranger"]})
    assert gateway.loading.check_packages() == [
        f"package {name!r} comes from callboard, stranger: uninstall what is not callboard"
    ]


def test_a_field_that_answers_well_again_is_no_longer_held_against_its_plugin():
    now = [0.0]
    health = Health(lambda: now[0])
    for _ in range(FAILURES_BEFORE_QUARANTINE):
        health.failed("flow", "raised KeyError")
    health.failed("level", "raised ValueError")
    assert health.quarantined() == ["flow"] and health.reason("flow") == "flow raised KeyError"
    assert list(health.errors().values())[-1] == "level raised ValueError"
    now[0] = QUARANTINE_SECONDS + 1
    health.succeeded("flow")
    assert health.reason("flow") is None and health.errors() == {"level": "level raised ValueError"}
    health.succeeded("level")
    assert not health.errors()
