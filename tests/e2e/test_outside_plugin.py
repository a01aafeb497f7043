"""A plugin made outside the repository: its own tests, the contract, and its field in a running gateway beside the built-in ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from gateway.testing import running_gateway

from .conftest import callboard, serving

COMPONENT = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: till}
spec: {type: service, lifecycle: production, owner: group:sales}
"""
ASK = """{
  components(first: 1) {
    nodes {
      name
      owner { ref }
      kubernetes { state }
      builds { state }
      cost { attributed }
      security { state }
      pager { text }
    }
  }
  plugins { name version health { state reason } }
}"""
BUILT_IN = {"name": "till", "owner": {"ref": "group:default/sales"}, "kubernetes": None, "builds": None, "cost": None}


class Outside:
    """A folder outside the repository, with the plugin's source and, apart from it, what installing its wheel leaves."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "callboard-pager"
        self.site = folder / "site"
        self.environment = {"PYTHONPATH": str(self.site)}

    @property
    def module(self) -> Path:
        return self.site / "callboard_pager" / "__init__.py"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **self.environment}
        return subprocess.run(
            [sys.executable, "-m", *command], cwd=self.source, env=environment, capture_output=True, text=True, check=False
        )

    def install(self) -> None:
        made = self.run(
            "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation",
            "--target", str(self.site), ".",
        )  # fmt: skip
        assert made.returncode == 0, made.stderr


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    folder = tmp_path_factory.mktemp("outside")
    made = callboard("plugin", "new", "pager", "--in", str(folder))
    assert made.returncode == 0, made.stderr
    plugin = Outside(folder)
    plugin.install()
    return plugin


@pytest.fixture
def edited(outside: Outside) -> Iterator[Callable[[str, str], None]]:
    """Edits the installed plugin, for this test alone."""
    right = outside.module.read_text()

    def edit(old: str, new: str) -> None:
        assert old in outside.module.read_text()
        outside.module.write_text(outside.module.read_text().replace(old, new))

    yield edit
    outside.module.write_text(right)


def with_catalog(folder: Path) -> dict[str, object]:
    """The built-in plugins, with a catalog of one component."""
    (folder / "catalog").mkdir()
    (folder / "catalog" / "till.yaml").write_text(COMPONENT)
    catalog = {"sources": [{"name": "here", "paths": [str(folder / "catalog")]}]}
    return {"catalog": catalog, "ci": None, "cost": None, "kubernetes": None, "security": None}


def test_its_own_tests_pass(outside):
    ran = outside.run("pytest", "-q", "-p", "no:cacheprovider")
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout


def test_it_keeps_the_contract_by_one_command(outside):
    ran = callboard("plugin", "test", "pager", environment=outside.environment)
    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout and "failed" not in ran.stdout


def test_its_field_is_answered_beside_the_built_in_plugins(outside, tmp_path):
    plugins = yaml.safe_dump({"plugins": {**with_catalog(tmp_path), "pager": {"greeting": "Ahoy"}}})
    with serving(tmp_path, plugins, outside.environment) as gateway:
        bearer = {"authorization": f"Bearer {gateway.token}"}
        answer = httpx.post(gateway.url, json={"query": ASK}, headers=bearer, timeout=20).json()
    assert "errors" not in answer
    [node] = answer["data"]["components"]["nodes"]
    assert node.items() >= BUILT_IN.items()
    assert node["pager"] == {"text": "Ahoy, till!"}
    assert {"name": "pager", "version": "0.1.0", "health": {"state": "OK", "reason": None}} in answer["data"]["plugins"]


def test_a_change_that_breaks_the_contract_is_told(outside, edited):
    edited("for component in components]", "for component in components[1:]]")
    edited("text: str\n", "text: int\n")
    ran = callboard("plugin", "test", "pager", environment=outside.environment)
    assert ran.returncode == 1
    assert "return one item per parent, in their order" in ran.stdout
    assert "breaking   Field PagerGreeting.text changed type from String! to Int!." in ran.stdout


async def test_code_that_can_not_be_imported_costs_its_own_field(outside, edited, tmp_path, monkeypatch):
    edited('"""Adds', 'import a_package_that_nobody_has\n"""Adds')
    monkeypatch.syspath_prepend(str(outside.site))
    async with running_gateway(tmp_path, {"plugins": {**with_catalog(tmp_path), "pager": {"greeting": "Ahoy"}}}) as harness:
        answer = await harness.ask(ASK)
    [node] = answer.data["components"]["nodes"]
    assert node.items() >= BUILT_IN.items()
    assert node["pager"] is None
    [error] = answer.errors
    assert error["path"] == ["components", "nodes", 0, "pager"]
    assert error["extensions"]["code"] == "PLUGIN_UNAVAILABLE"
    assert "a_package_that_nobody_has" in error["message"]
