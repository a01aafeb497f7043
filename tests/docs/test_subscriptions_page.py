"""docs/subscriptions.md: its plugin runs, and its document is told what the page says."""

from __future__ import annotations

import asyncio
import importlib
import re
from contextlib import aclosing
from pathlib import Path

import orjson
import pytest
from callboard_sdk.testing import make_component
from gateway.http.websocket import Close
from gateway.request import GraphQLRequest
from gateway.streams.streams import LOOK_AGAIN_SECONDS, Begun
from gateway.testing import running_gateway
from resolvers.sessions import BELIEVED_SECONDS as SESSION_SECONDS
from resolvers.tokens.store import BELIEVED_SECONDS as TOKEN_SECONDS

from tests.docs.reference import ROOT
from tests.docs.snippets import snippets
from tests.docs.tables import rows

FILE = ROOT / "docs" / "subscriptions.md"
PAGE = FILE.read_text(encoding="utf-8")
WEBSOCKET = (ROOT / "gateway" / "http" / "websocket.py").read_text(encoding="utf-8")


async def test_the_page_s_plugin_is_watched_with_the_page_s_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = next(s.text for s in snippets(FILE) if s.language == "python")
    document = next(s.text for s in snippets(FILE) if s.text.startswith("subscription"))
    (tmp_path / "callboard_news.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    news = importlib.import_module("callboard_news")
    async with running_gateway(tmp_path, plugins=[news.plugin]) as harness:
        feed = harness.gateway.plugins.runtimes["news"].resources[news.Feed]
        request = GraphQLRequest(document, authorization=[harness.bearer(["admin"])])
        async with aclosing(harness.gateway.streams.answer(request, "sse")) as messages:
            assert isinstance(await anext(messages), Begun)
            while not feed._queues:
                await asyncio.sleep(0)
            feed.tell(make_component("web", title="The web"))
            told = await anext(messages)
        assert feed._queues == set()
    assert orjson.loads(told.response.body) == {
        "data": {"componentChanges": {"cursor": "web", "component": {"name": "web", "title": "The web"}}}
    }


def test_the_seconds_of_the_page_are_those_of_the_code() -> None:
    assert f"every {LOOK_AGAIN_SECONDS:g} seconds" in PAGE
    assert LOOK_AGAIN_SECONDS + max(TOKEN_SECONDS, SESSION_SECONDS) < 5, "the page says within 5"


def test_every_close_code_has_a_row() -> None:
    used = re.findall(rf"\b{Close.__name__.lower()}\((\d{{4}}),", WEBSOCKET, re.IGNORECASE)
    assert {cells[0] for cells in rows(PAGE, "the websocket is closed with")} == set(used)
