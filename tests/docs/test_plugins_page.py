"""docs/plugins.md as its reader follows it, and every public name of the SDK in it."""

from __future__ import annotations

import ast
import asyncio
import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import callboard_sdk
import pytest
from callboard_sdk import Page, Plugin
from callboard_sdk.testing import Answers
from gateway.testing import running_gateway
from resolvers.plugins import Request, injected_types
from resolvers.policy.administration import Administration
from resolvers.revising import revise
from resolvers.usage import Usage
from resolvers.versions import Versions

from tests.docs.codes import sources
from tests.docs.reader import Reader
from tests.docs.reference import ROOT
from tests.docs.sdk import MODULES, public_names
from tests.docs.snippets import snippets
from tests.docs.tables import named, rows

FILE = ROOT / "docs" / "plugins.md"
PAGE = FILE.read_text(encoding="utf-8")
SNIPPETS = list(snippets(FILE))
NODES = next(s.text for s in SNIPPETS if s.language == "python" and "@plugin.loader" in s.text)
STORES = next(s.text for s in SNIPPETS if s.language == "python" and "Migrations(" in s.text)
WITH_A_QUERY = '''
from callboard_sdk import Upstream

plugin.upstreams = lambda settings: [Upstream("rota", "https://rota.invalid")]


@plugin.query(permission="rota.read")
async def turn() -> Turn | None:
    """The turn now."""
    return Turn(person="Alice", number=7)
'''
_PLACE = re.compile(r"# (\S+\.py)\n")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with ExitStack() as stack:
        yield Reader(tmp_path, stack)


@pytest.mark.timeout(400)
def test_the_page_makes_a_plugin_that_keeps_the_contract(reader: Reader) -> None:
    for snippet in SNIPPETS:
        if snippet.language == "sh":
            for line in snippet.text.splitlines():
                reader.type(shlex.split(line))
        elif place := _PLACE.match(snippet.text):
            (reader.folder / "callboard-pager" / place[1]).write_text(snippet.text)
        elif snippet.language == "yaml":
            (reader.folder / "callboard.yaml").write_text(snippet.text)
    assert "1 passed" in reader.printed["pytest"]
    assert " passed" in reader.printed["plugin test"]
    assert "pager" in reader.printed["check"]
    assert "one request for all components" in reader.printed["explain --role"]


async def test_the_page_s_node_is_found_again_by_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "callboard_rota.py").write_text(NODES + WITH_A_QUERY)
    monkeypatch.syspath_prepend(str(tmp_path))
    import callboard_rota

    rota = Answers({"/turns": {"7": "Alice"}}, "rota")
    async with running_gateway(tmp_path, plugins=[callboard_rota.plugin], connect=lambda upstream: rota) as harness:
        first = await harness.ask("{ turn { id person } }")
        again = await harness.ask(
            "query ($id: ID!) { node(id: $id) { id ... on Turn { person } } }", {"id": first.data["turn"]["id"]}
        )
    assert (again.data["node"], again.errors) == (first.data["turn"], [])
    assert rota.asked == [("/turns", {"number": ["7"]})]


async def test_the_page_s_store_has_its_tables_and_follows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "callboard_rota_stored"
    (package / "migrations").mkdir(parents=True)
    (package / "migrations" / "__init__.py").touch()
    (package / "__init__.py").write_text(STORES.replace("callboard_rota.", "callboard_rota_stored."))
    monkeypatch.syspath_prepend(str(tmp_path))
    import callboard_rota_stored

    plugin = callboard_rota_stored.plugin
    revise(Versions(plugin.name, plugin.migrations), "Whose turn it is")
    async with running_gateway(tmp_path, plugins=[plugin]) as harness:
        [rota] = harness.gateway.plugins.runtimes["rota"].resources.values()
        async with rota.database.writing("rota") as connection:
            await connection.execute(callboard_rota_stored.TURN.insert().values(day="monday", person="alice"))
        await rota.swap("monday", "bob")
        async with asyncio.timeout(20):
            while rota.turns != {"monday": "bob"}:
                await asyncio.sleep(0.02)


def test_every_public_name_of_the_sdk_has_a_line_and_no_line_is_stale() -> None:
    expected = [name for module in MODULES for name in public_names(module)]
    assert set(callboard_sdk.__all__) <= set(expected)
    assert sorted(named(PAGE, "name")) == sorted(expected)
    assert [cells[0] for cells in rows(PAGE, "name") if not cells[1].endswith((".", "`"))] == []


def test_whatever_the_built_in_plugins_import_from_the_sdk_has_a_line() -> None:
    imported = {
        (node.module, name.name)
        for file in sources()
        if file.is_relative_to(ROOT / "plugins") and not file.is_relative_to(ROOT / "plugins" / "sdk")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("callboard_sdk")
        for name in node.names
    }
    public = set(named(PAGE, "name"))
    assert len(imported) > 30
    assert sorted((module, name) for module, name in imported if name not in public) == []


def test_all_that_a_function_may_ask_for_is_told() -> None:
    plugin: Plugin[Any] = Plugin("any")
    own_to_the_core = {Administration, Usage, Request, plugin.settings}
    asked_for = {kind.__name__ for kind in injected_types(plugin) - own_to_the_core}
    told = {name for name in named(PAGE, "annotation") if name[0] != "@"}
    assert told == asked_for
    assert f"`{Page.__name__}` becomes the arguments" in PAGE
