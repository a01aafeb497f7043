"""Which plugins the contract suite holds to the contract: every installed one, or the one named by `--plugin`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from gateway.loading import installed
from gateway.testing import Harness, running_gateway


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
async def alone(plugin_name: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """A gateway with this plugin and, for those that ask it, an empty catalog; under its own example settings (`callboard_<name>/contract.yaml`) or none."""
    beside = {"catalog": {}} if "catalog" in installed() else {}
    async with running_gateway(tmp_path, {"plugins": {**beside, plugin_name: _settings(plugin_name, tmp_path)}}) as harness:
        yield harness


def _settings(name: str, folder: Path) -> Any:
    import importlib.util

    import yaml

    spec = importlib.util.find_spec(installed()[name].module)
    file = Path(spec.origin).parent / "contract.yaml"  # type: ignore[union-attr,arg-type]
    if not file.exists():
        return {}
    return yaml.safe_load(file.read_text(encoding="utf-8").replace("${FOLDER}", str(folder)))
