"""Every snippet of every page is run, or read as its reader would read it; every example query is run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from gateway.testing import Harness

from tests.cases.world import World
from tests.docs.checks import check, check_graphql
from tests.docs.shell import check_mention
from tests.docs.snippets import ROOT, Snippet, pages, snippets, spans

SNIPPETS = [snippet for page in pages() for snippet in snippets(page)]
COMMANDS = [command for page in pages() for command in spans(page)]
EXAMPLES = sorted([*ROOT.glob("frontend/src/examples/*.graphql"), *ROOT.glob("plugins/*/examples/*.graphql")])

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """A gateway with all five plugins over the demo company."""
    async with world.gateway(tmp_path_factory.mktemp("gateway"), world.servers()) as harness:
        yield harness


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.place)
async def test_a_snippet_holds(snippet: Snippet, demo: Harness, tmp_path: Path) -> None:
    assert await check(snippet, tmp_path, demo) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: str(file.relative_to(ROOT)))
async def test_an_example_query_is_answered(example: Path, demo: Harness) -> None:
    assert await check_graphql(example.read_text(encoding="utf-8"), demo) == []


async def test_commands_within_sentences_are_commands() -> None:
    assert {c.place: wrong for c in COMMANDS if (wrong := check_mention(c.text))} == {}


async def test_what_is_wrong_with_a_snippet_is_told(demo: Harness, tmp_path: Path) -> None:
    wrong = {
        "graphql": "{ components(first: 0) { totalCount } }",
        "yaml": "plugins: {ci: {provider: []}}\n",
        "sh": "callboard serv\nmake nothing\ncallboard check --jsn\npython -m no.such\nnpm run nothing\nrm -rf /\n",
        "csv": "p, viewer, Component.nothing, read, allow\n",
        "cobol": "STOP RUN.\n",
    }
    told = {
        language: await check(Snippet(ROOT / "frontend" / "README.md", 1, language, text), tmp_path, demo)
        for language, text in wrong.items()
    }
    assert {language: len(found) for language, found in told.items()} == {"graphql": 1, "yaml": 1, "sh": 6, "csv": 1, "cobol": 1}
    assert "did you mean 'providers'?" in told["yaml"][0]
    assert [len(check_mention(text)) for text in ("callboard serv", "callboard check --jsn", "callboard check --json")] == [
        1,
        1,
        0,
    ]


async def test_snippets_are_found_with_their_lines(tmp_path: Path) -> None:
    page = ROOT / "page.md"
    text = "# A\n\n    make run\n\n    make test\n\n- a point\n\n    of more than a line\n\n```yaml\na: 1\n```\n"
    written = tmp_path / page.name
    written.write_text(text)
    assert [(s.line, s.language, s.text) for s in snippets(written)] == [
        (3, "sh", "make run\n\nmake test\n"),
        (11, "yaml", "a: 1\n"),
    ]
