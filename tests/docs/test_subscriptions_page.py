"""docs/subscriptions.md: its plugin runs, and its document is told what the page says."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from callboard_sdk.testing import make_component
from gateway.http.websocket import Close
from gateway.streams.streams import LOOK_AGAIN_SECONDS
from gateway.testing import running_gateway
from resolvers.sessions import BELIEVED_SECONDS as SESSION_SECONDS
from resolvers.tokens.store import BELIEVED_SECONDS as TOKEN_SECONDS

from tests.docs.reference import ROOT
from tests.docs.snippets import snippets
from tests.docs.tables import rows

FILE = ROOT / "docs" / "subscriptions.md"
PAGE = FILE.read_text(encoding="utf-8")
WEBSOCKET = (ROOT / "gateway" / "http" / "websocket.py").read_text(encoding="utf-8")


@pytest.fixture
def news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The page's plugin."""
    (tmp_path / "callboard_news.py").write_text(_snippet("# callboard_news.py"))
    monkeypatch.syspath_prepend(str(tmp_path))
    return importlib.import_module("callboard_news")


def _snippet(start: str) -> str:
    return next(s.text for s in snippets(FILE) if s.text.startswith(start))


async def test_the_page_s_plugin_is_watched_with_the_page_s_document(tmp_path: Path, news: ModuleType) -> None:
    async with (
        running_gateway(tmp_path, plugins=[news.plugin]) as harness,
        harness.listen(_snippet("subscription")) as events,
    ):
        feed = harness.gateway.plugins.runtimes["news"].resources[news.Feed]
        feed.tell(make_component("web", title="The web"))
        told = await anext(events)
    assert (told.data, told.errors) == (
        {"componentChanges": {"cursor": "web", "component": {"name": "web", "title": "The web"}}},
        [],
    )
    assert feed._queues == set()


async def test_the_page_s_test_passes(tmp_path: Path, news: ModuleType) -> None:
    found: dict[str, Any] = {}
    exec(compile(_snippet("# test_news.py"), "test_news.py", "exec"), found)
    await found["test_a_change_is_told"](tmp_path)


def test_the_seconds_of_the_page_are_those_of_the_code() -> None:
    assert f"every {LOOK_AGAIN_SECONDS:g} seconds" in PAGE
    assert LOOK_AGAIN_SECONDS + max(TOKEN_SECONDS, SESSION_SECONDS) < 5, "the page says within 5"


def test_every_close_code_has_a_row() -> None:
    used = re.findall(rf"\b{Close.__name__.lower()}\((\d{{4}}),", WEBSOCKET, re.IGNORECASE)
    assert {cells[0] for cells in rows(PAGE, "the websocket is closed with")} == set(used)
