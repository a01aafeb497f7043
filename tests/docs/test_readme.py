"""The README as its reader follows it: the demo with its tokens, a gateway of one's own, and a plugin of one's own."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from bench.serving import server
from demo.generate import generate
from policies import DEFAULT_RULES

from tests.cases.world import COMPANY
from tests.docs.reader import Reader, asked
from tests.docs.snippets import ROOT, snippets

README = list(snippets(ROOT / "README.md"))
QUERY = next(snippet.text for snippet in README if snippet.language == "graphql")
SETTINGS = next(snippet.text for snippet in README if snippet.language == "yaml")
RULE = next(snippet.text for snippet in README if snippet.text.startswith("p, "))
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


@pytest.mark.timeout(400)
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
        asks = ["callboard", "explain", "--role", "developer", "{ components(first: 1) { nodes { pager { text } } } }"]
        alice.type(asks)
        before = alice.printed.pop("explain --role")
        (tmp_path / "rules.csv").write_text(DEFAULT_RULES.read_text(encoding="utf-8") + RULE)
        (tmp_path / "callboard.yaml").write_text(SETTINGS + "  pager:\npolicies:\n  rules: rules.csv\n")
        alice.type(asks)
    assert "are in order" in alice.printed["check"]
    assert '"developer"' in alice.printed["query { viewer { roles } }"]
    assert "passed" in alice.printed["plugin test"]
    assert "deny pager" in before and "call pager" in alice.printed["explain --role"]
    node = page["data"]["components"]["nodes"][0]
    assert (node["name"], node["owner"]["ref"], node["kubernetes"]) == ("web", "group:default/shop", None)
    assert {error["path"][-1] for error in page["errors"]} == {"cost"}
    component = re.search(r"^type Component .*?^}", alice.printed["schema"], re.DOTALL | re.MULTILINE)
    assert component and "\n  pager" in component[0]
