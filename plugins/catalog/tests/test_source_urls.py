"""Texts at addresses: asked for again only if they changed, and gone only when their host or the settings say so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from callboard_sdk import Gone, Item, Same, Unread
from callboard_sdk.testing import Reading
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from tests.hosts.held import Held, ended, reading, told
from tests.hosts.serving import Host, body, serving, silence, status

WEB = "apiVersion: v1\nkind: Component\nmetadata: {name: web}\n"


@dataclass
class Shelf(Host):
    """Texts by path; with `dated`, they have a time of change in place of a tag."""

    texts: dict[str, bytes] = field(default_factory=dict)
    dated: bool = False
    seen: list[Any] = field(default_factory=list)

    async def found(self, request: Request) -> Response:
        self.seen.append(request.headers)
        text = self.texts.get(request.url.path)
        if text is None:
            return PlainTextResponse("nothing here", 404)
        tag = f'"{hash(text)}"'
        name, condition, tag = (
            ("last-modified", "if-modified-since", "Sun, 01 Mar 2026 12:00:00 GMT")
            if self.dated
            else ("etag", "if-none-match", tag)
        )
        if request.headers.get(condition) == tag:
            return Response(None, 304, {name: tag})
        return Response(text, 200, {name: tag, "content-type": "text/yaml"})


class Reader:
    def __init__(self, url: str, shelf: Shelf) -> None:
        self.shelf, self.held = shelf, Held()
        self.web, self.api = f"{url}/web.yaml", f"{url}/api.yaml"
        shelf.texts = {"/web.yaml": WEB.encode(), "/api.yaml": b"kind: API\r\n"}

    async def read(self, *urls: str, max_file_bytes: int = 5_000_000, **more: Any) -> Reading:
        given = {"provider": "urls", "urls": list(urls or (self.web, self.api)), "allowed_hosts": ["127.0.0.1"], **more}
        async with reading(given, max_file_bytes=max_file_bytes) as read:
            return await self.held.read(read(self.held))

    @property
    def kept(self) -> dict[str, str]:
        return {self.web: WEB, self.api: "kind: API\n"}


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    shelf = Shelf()
    async with serving(shelf) as url:
        yield Reader(url, shelf)


async def test_each_address_is_an_item(reader: Reader) -> None:
    found = await reader.read()
    assert told(found, Item) == [reader.web, reader.api]
    assert ended(found)
    assert reader.held.items == reader.kept


@pytest.mark.parametrize("dated", [False, True])
async def test_what_did_not_change_is_not_sent_again(reader: Reader, dated: bool) -> None:
    reader.shelf.dated = dated
    await reader.read()
    found = await reader.read()
    assert told(found, Same) == [reader.web, reader.api]
    assert [code for _, code in reader.shelf.asked] == [200, 200, 304, 304]


async def test_a_text_that_changed_takes_the_place_of_the_earlier_one(reader: Reader) -> None:
    await reader.read()
    reader.shelf.texts["/web.yaml"] = b"kind: Component\nmetadata: {na"  # cut off where it was written: its host says it is whole
    assert ended(await reader.read())
    assert reader.held.items[reader.web].endswith("{na"), "that it is no whole YAML is told by who reads the documents"


async def test_an_address_that_the_settings_no_longer_have_is_gone(reader: Reader) -> None:
    await reader.read()
    await reader.read(reader.web)
    assert set(reader.held.items) == {reader.web}


FAULTS = {
    "429": status(429, retry_after="60"),
    "500": status(500),
    "404": status(404),
    "a redirect": status(302, location="http://169.254.169.254/latest"),
    "no answer": silence(),
    "nothing": body(b" \n"),
    "a page for people": body(b"<html>Sign in</html>", **{"content-type": "text/html; charset=utf-8"}),
    "no UTF-8": body(b"kind: \xff\n"),
    "a body that breaks off": body(b"kind: Comp", **{"content-length": "1000"}),
    "too much": body(b"#" * 3000),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_can_not_be_read_whole_stays_as_it_was(reader: Reader, fault: str) -> None:
    await reader.read()
    reader.shelf.fail("/web.yaml", FAULTS[fault])
    found = await reader.read(timeout_seconds=0.5, max_file_bytes=2000)
    assert told(found, Unread) == [reader.web]
    assert ended(found)
    assert reader.held.items == reader.kept


async def test_410_is_proof_and_404_only_where_the_settings_say_so(reader: Reader) -> None:
    await reader.read()
    reader.shelf.fail("/api.yaml", status(410))
    assert told(await reader.read(), Gone) == [reader.api]
    del reader.shelf.texts["/web.yaml"]
    assert told(await reader.read(missing_is_gone=True), Gone) == [reader.web, reader.api]
    assert reader.held.items == {}


async def test_a_token_is_sent_to_the_one_host(reader: Reader) -> None:
    await reader.read(token="s3cret")
    assert {headers["authorization"] for headers in reader.shelf.seen} == {"Bearer s3cret"}
