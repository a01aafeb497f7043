"""What holds for the repository as a whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from demo.servers.serve import SERVERS, Address, Addresses
from gateway.app import build
from gateway.configuration import read_configuration
from gateway.fragments import fragment_mistake
from schema.changes import changes, report

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("lock", ["requirements/dev.txt", "requirements/run.txt", "requirements/bootstrap.txt"])
def test_a_python_lock_has_hashes_and_no_addresses(lock):
    text = (ROOT / lock).read_text()
    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|--index-url|--find-links", text)


@pytest.mark.parametrize("lock", sorted(ROOT.glob("[ft]*/**/package-lock.json")), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_node_lock_has_no_addresses(lock):
    if "node_modules" in lock.parts:
        pytest.skip("not ours")
    assert '"resolved"' not in lock.read_text()


def test_the_demo_s_settings_are_in_order(tmp_path):
    addresses = Addresses(tmp_path, {name: Address(name, "http://127.0.0.1:1", tmp_path) for name in SERVERS})
    read_configuration(ROOT / "demo" / "callboard.yaml", addresses.environment())


def test_the_schema_changes_only_with_its_snapshot(tmp_path):
    old = (ROOT / "schema" / "supergraph.graphql").read_text()
    new = _sdl(tmp_path)
    if old != new:
        pytest.fail(report(changes(old, new), "The schema", "make snapshot"), pytrace=False)


def test_the_template_s_fragment_is_what_it_adds_to_the_graph(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "plugins" / "template"))
    from callboard_example import plugin

    text = (ROOT / "plugins" / "template" / "callboard_example" / "schema.graphql").read_text()
    if mistake := fragment_mistake(plugin, text):
        pytest.fail(mistake.replace("callboard plugin schema example --write", "make snapshot"), pytrace=False)


def _sdl(folder: Path) -> str:
    file = folder / "callboard.yaml"
    file.write_text(
        f"auth: {{local: null}}\ndatabase: {{url: 'sqlite+aiosqlite:///{folder}/db.sqlite'}}\nplugins: {{catalog: , ci: , cost: , kubernetes: , security: }}\n"
    )
    return build(read_configuration(file, {})).supergraph.sdl + "\n"


IMAGE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
STAGES = {
    stage.split()[-1]: re.findall(r"^COPY (?!--from)(.+) \S+$", body, re.MULTILINE)
    for stage, body in re.findall(r"^FROM (.+)\n((?:(?!FROM ).*\n)*)", IMAGE, re.MULTILINE)
}


def test_the_gateway_s_image_has_what_it_runs_and_neither_tests_nor_demo():
    copied = {name: {one for line in lines for one in line.split()} for name, lines in STAGES.items()}
    assert list(STAGES)[-1] == "gateway", "the last stage is what is built without --target"
    assert all((ROOT / source).exists() for sources in copied.values() for source in sources)
    packages = {"gateway", "schema", "resolvers", "policies", "plugins"}
    assert copied["python"] == packages | {"Makefile", "pyproject.toml", "README.md", "LICENSE", "requirements"}
    assert (copied["demo"], copied["gateway"], copied["base"]) == ({"demo"}, set(), set())
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {"**/tests", "bench", ".git", ".venv"} <= set(ignored)


def test_compose_builds_stages_that_are_there_and_mounts_settings_that_are_in_order():
    services = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    targets = {name: service["build"]["target"] for name, service in services.items() if "build" in service}
    assert targets == {"gateway": "gateway", "demo": "demo"}
    assert set(targets) <= set(STAGES)
    [mounted] = [one for one in services["gateway"]["volumes"] if "callboard.yaml" in one]
    assert "${CALLBOARD_YAML:-./callboard.yaml}:" in mounted
    assert list(read_configuration(ROOT / "docker" / "callboard.yaml", {}).settings.plugins) == ["catalog"]
