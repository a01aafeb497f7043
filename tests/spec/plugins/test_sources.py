"""Plugins bring entities: a source is declared, checked, handed what it asks for, and read when its plugin has started."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from callboard_sdk import (
    Client,
    Clients,
    Event,
    Item,
    Known,
    Plugin,
    Settings,
    Sources,
    Unread,
    Unreadable,
    Upstream,
    Viewer,
    Whole,
)
from callboard_sdk.sources import SourceSpec
from callboard_sdk.testing import Answers, Remembered
from gateway.testing import running_gateway
from resolvers.errors import PluginUnavailable


class StaffSettings(Settings):
    company: str = "acme"


def staff_plugin(name: str = "staff") -> Plugin[Any]:
    plugin = Plugin(name, settings=StaffSettings, upstreams=lambda settings: [Upstream("hr", "https://hr.invalid")])

    @plugin.source(every=600)
    async def people(known: Known, hr: Client, settings: StaffSettings) -> AsyncIterator[Event]:
        """Everybody on the payroll."""
        for name in (await hr.get("people")).json(list[str]):
            user = {"apiVersion": "backstage.io/v1alpha1", "kind": "User", "metadata": {"name": name}, "spec": {"memberOf": []}}
            yield Item(f"{settings.company}/{name}", entities=[user])
        yield Whole()

    return plugin


class Keeper:
    """What a plugin that keeps the catalog has of the sources."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    async def get(self, refs: object) -> object: ...
    async def related(self, refs: object) -> object: ...


def keeping() -> Plugin[Any]:
    plugin: Plugin[Any] = Plugin("keeping")

    @plugin.resource
    async def keeper(sources: Sources) -> AsyncIterator[Keeper]:
        yield Keeper(sources)

    return plugin


async def test_the_catalogs_plugin_reads_what_others_bring(tmp_path: Path) -> None:
    hr = Answers({"people": ["ada", "grace"]}, "hr")
    async with running_gateway(tmp_path, plugins=[staff_plugin(), keeping()], connect=lambda upstream: hr) as harness:
        sources = harness.gateway.plugins.runtimes["keeping"].resources[Keeper].sources
        [spec] = sources
        assert (spec.name, spec.every, spec.description) == ("staff.people", 600, "Everybody on the payroll.")
        known = Remembered()
        reading = await known.read(sources.read(spec, known))
    assert [event.name for event in reading.of(Item)] == ["acme/ada", "acme/grace"]
    assert reading.of(Whole) == [Whole()]
    assert [path for path, _ in hr.asked] == ["people"]


async def test_a_reading_waits_until_the_plugin_of_the_source_has_started(tmp_path: Path) -> None:
    readings: list[asyncio.Task[Any]] = []
    early: Plugin[Any] = Plugin("early")

    @early.resource
    async def keeper(sources: Sources) -> AsyncIterator[Keeper]:
        known = Remembered()
        readings.extend(asyncio.create_task(known.read(sources.read(spec, known))) for spec in sources)
        await asyncio.sleep(0)
        yield Keeper(sources)

    hr = Answers({"people": ["ada"]}, "hr")
    async with running_gateway(tmp_path, plugins=[staff_plugin(), early], connect=lambda upstream: hr):
        [reading] = await asyncio.gather(*readings)
    assert reading.error is None
    assert len(reading.of(Item)) == 1


async def test_a_source_of_a_plugin_that_did_not_start_raises(tmp_path: Path) -> None:
    broken = staff_plugin("broken")

    @broken.resource
    async def nothing() -> AsyncIterator[Clients]:
        raise OSError("no disk")
        yield Clients()

    async with running_gateway(tmp_path, plugins=[broken, keeping()]) as harness:
        sources = harness.gateway.plugins.runtimes["keeping"].resources[Keeper].sources
        known = Remembered()
        [spec] = sources
        failed = await known.read(sources.read(spec, known))
        missing = await known.read(sources.read(SourceSpec("absent", spec.function, None, 60), known))
    assert isinstance(failed.error, PluginUnavailable)
    assert "no disk" in str(failed.error)
    assert isinstance(missing.error, PluginUnavailable)


async def test_what_a_source_raises_is_the_readings_failure_alone(tmp_path: Path) -> None:
    async with running_gateway(
        tmp_path, plugins=[staff_plugin(), keeping()], connect=lambda upstream: Answers({}, "hr")
    ) as harness:
        sources = harness.gateway.plugins.runtimes["keeping"].resources[Keeper].sources
        known = Remembered()
        reading = await known.read(sources.read(next(iter(sources)), known))
        assert harness.gateway.plugins.runtimes["staff"].health.broken is None
    assert "no answer for people" in str(reading.error)
    assert reading.events == []


def wrong_sources() -> dict[str, tuple[Plugin[Any], str]]:
    found: dict[str, tuple[Plugin[Any], str]] = {}

    def case(name: str, function: Any, told: str, **more: Any) -> None:
        plugin: Plugin[Any] = Plugin("wrong")
        plugin.source(**({"every": 60} | more))(function)
        found[name] = plugin, told

    async def undescribed(known: Known) -> AsyncIterator[Event]:
        yield Whole()

    async def no_generator(known: Known) -> AsyncIterator[Event]:
        """Nothing."""
        raise NotImplementedError

    async def asks_who(known: Known, viewer: Viewer) -> AsyncIterator[Event]:
        """Nothing."""
        yield Whole()

    async def unknowing() -> AsyncIterator[Event]:
        """Nothing."""
        yield Whole()

    async def good(known: Known) -> AsyncIterator[Event]:
        """Nothing."""
        yield Whole()

    case("no description", undescribed, "has no docstring")
    case("no generator", no_generator, "is no async generator")
    case("asks for the viewer", asks_who, "asks for 'viewer'")
    case("asks nothing of what is known", unknowing, "doesn't ask what is known")
    case("never", good, "is read every 0 seconds", every=0)
    twice: Plugin[Any] = Plugin("wrong")
    twice.source("one", every=60)(good)
    twice.source("one", every=60)(asks_who)
    found["one name for two"] = twice, "has the name of another"
    return found


@pytest.mark.parametrize("case", wrong_sources())
async def test_a_source_that_can_not_be_read_keeps_its_plugin_out(case: str, tmp_path: Path) -> None:
    plugin, told = wrong_sources()[case]
    async with running_gateway(tmp_path, plugins=[plugin]) as harness:
        assert told in harness.gateway.loaded.failed["wrong"]
        assert "test_sources.py:" in harness.gateway.loaded.failed["wrong"]


def test_why_something_is_unread_has_a_rule_and_a_remedy() -> None:
    why = Unread("acme", Unreadable("unanswered", "didn't answer", "Ask again.", 3, 4)).why
    assert (why.rule, why.remedy, why.line, why.column) == ("unanswered", "Ask again.", 3, 4)
