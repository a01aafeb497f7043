"""A source of entities never tells what it could not read as gone."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_sdk import Gone, Whole
from callboard_sdk.testing import Remembered
from gateway.testing import Harness
from resolvers.sources import PluginSources


async def test_a_source_whose_upstream_is_down_proves_nothing(
    alone: Harness, plugin: Any, down: Any, subtests: pytest.Subtests
) -> None:
    sources = PluginSources(alone.gateway.plugins)
    for spec in plugin.sources:
        with subtests.test(f"{spec.where}, {spec.name}"):
            before, known = len(down.asked), Remembered()
            reading = await known.read(sources.read(spec, known))
            if len(down.asked) > before:
                assert not reading.of(Whole), "end with Whole only after everything was read: raise, or yield Unread and return"
                assert not reading.of(Gone), "yield Gone only for what the upstream says is gone"
