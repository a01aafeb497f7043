"""The README as its reader follows it: the demo with its tokens, a gateway of one's own, and a plugin of one's own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from bench.serving import CALLBOARD, server
from demo.generate import generate

from tests.cases.world import COMPANY
from tests.docs.snippets import ROOT, snippets

README = list(snippets(ROOT / "README.md"))
QUERY = next(snippet.text for snippet in README if snippet.language == "graphql")
SETTINGS = next(snippet.text for snippet in README if snippet.language == "yaml")
COMMANDS = [
    shlex.split(line, comments=True)
    for snippet in README
    if snippet.language == "sh"
    for line in snippet.text.splitlines()
    if not line.startswith("make")
]
WEB = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: web}
spec: {type: website, lifecycle: production, owner: shop}
"""


def asked(url: str, token: str, query: str) -> dict[str, Any]:
    answer = httpx.post(url, json={"query": query}, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False)
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """What `make run` prints: the address, and a token for each role. The company is a smaller one."""
    data = tmp_path_factory.mktemp("demo")
    generate(COMPANY, data)
    environment = {"DEMO_DATA": str(data), "HOST": "127.0.0.1", "PORT": "0", "PYTHONPATH": str(ROOT)}
    with server([sys.executable, "-m", "demo.run"], environment) as (url, said):
        yield url, dict(re.findall(r"^(\w+) \(.*\):\n  (\S+)$", said(), re.MULTILINE))


def test_make_run_runs_the_demo() -> None:
    assert "-m demo.run\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_demo_prints_a_token_for_each_role(demo: tuple[str, dict[str, str]]) -> None:
    url, tokens = demo
    assert set(tokens) == {"admin", "developer", "finance", "viewer"}
    for role, token in tokens.items():
        assert asked(url, token, "{ viewer { roles } }") == {"data": {"viewer": {"roles": [role]}}}


def test_the_first_query_is_answered_by_all_five_plugins(demo: tuple[str, dict[str, str]]) -> None:
    url, tokens = demo
    answer = asked(url, tokens["admin"], QUERY)
    assert "errors" not in answer
    nodes = answer["data"]["components"]["nodes"]
    assert len(nodes) == 20
    assert all(any(node[name] for node in nodes) for name in ("owner", "kubernetes", "builds", "cost", "security"))
    assert all(isinstance(node["problems"], list) for node in nodes)


def test_another_s_token_gets_the_same_page_without_what_its_role_may_not_read(demo: tuple[str, dict[str, str]]) -> None:
    url, tokens = demo
    whole, less = asked(url, tokens["admin"], QUERY), asked(url, tokens["viewer"], QUERY)
    hidden = {"cost": None, "security": None}
    summaries = re.compile(r"\d+ (s|min|h) ago")
    expected = [node | hidden for node in whole["data"]["components"]["nodes"]]
    assert summaries.sub("", str(less["data"]["components"]["nodes"])) == summaries.sub("", str(expected))
    assert {(error["extensions"]["code"], error["path"][-1]) for error in less["errors"]} == {
        ("FORBIDDEN", "cost"),
        ("FORBIDDEN", "security"),
    }


def test_nothing_is_answered_without_a_token(demo: tuple[str, dict[str, str]]) -> None:
    answer = httpx.post(demo[0], json={"query": QUERY}, trust_env=False).json()
    assert answer["data"] == {"components": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


@dataclass
class Reader:
    """Somebody at a terminal in an empty folder, with what the commands so far have given."""

    folder: Path
    stack: ExitStack
    environment: dict[str, str] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)

    def type(self, words: list[str]) -> None:
        """Type a command and wait for its end, or, where it serves, until it answers."""
        if words[0] == "pip":
            self._install(self.folder / words[-1])
        elif words[:2] == ["callboard", "serve"]:
            url, _ = self.stack.enter_context(server([CALLBOARD, *words[1:]], self._variables(PORT="0"), self.folder))
            self.environment["CALLBOARD_URL"] = url
        else:
            self.printed[" ".join(words[1:3])] = self._run([CALLBOARD, *words[1:]])
            if words[1] == "token":
                self.environment["CALLBOARD_TOKEN"] = self.printed["token create"].strip()

    def _install(self, distribution: Path) -> None:
        """Beside the environment's own packages, not into them: other tests see what is installed."""
        beside = self.folder / "installed"
        uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "-q", "--python", sys.executable]
        self._run([*uv, "--offline", "--no-deps", "--no-build-isolation", "--target", str(beside), str(distribution)])
        self.environment["PYTHONPATH"] = str(beside)

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command, env=self._variables(), cwd=self.folder, capture_output=True, text=True, check=False, timeout=100
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def _variables(self, **more: str) -> Mapping[str, str]:
        return {**os.environ, **self.environment, **more}


def test_every_command_works_in_the_order_in_which_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "callboard.yaml").write_text(SETTINGS)
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "web.yaml").write_text(WEB)
    with ExitStack() as stack:
        alice = Reader(tmp_path, stack)
        for command in COMMANDS:
            alice.type(command)
        page = asked(alice.environment["CALLBOARD_URL"], alice.environment["CALLBOARD_TOKEN"], QUERY)
        (tmp_path / "callboard.yaml").write_text(SETTINGS + "  pager:\n")
        alice.type(["callboard", "schema"])
    assert "are in order" in alice.printed["check"]
    assert '"developer"' in alice.printed["query { viewer { roles } }"]
    assert "passed" in alice.printed["plugin test"]
    node = page["data"]["components"]["nodes"][0]
    assert (node["name"], node["owner"]["ref"], node["kubernetes"]) == ("web", "group:default/shop", None)
    assert {error["path"][-1] for error in page["errors"]} == {"cost"}
    component = re.search(r"^type Component .*?^}", alice.printed["schema"], re.DOTALL | re.MULTILINE)
    assert component and "\n  pager" in component[0]
