"""Plugins take deliveries: a hook is declared, checked, handed what was sent and what it asks for, and nothing of the graph."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from callboard_sdk import Access, Catalog, Clients, Delivery, HttpError, HttpReply, Plugin, Settings, Viewer
from gateway.testing import Harness, running_gateway


class PagerSettings(Settings):
    company: str = "acme"


def pager() -> tuple[Plugin[Any], list[Delivery]]:
    plugin, taken = Plugin("pager", settings=PagerSettings), list[Delivery]()

    @plugin.hook("/hooks/pager/{team}/rang", body_bytes=10)
    async def rang(delivery: Delivery, settings: PagerSettings) -> HttpReply:
        """Somebody was called."""
        taken.append(delivery)
        if delivery.parts["team"] == "nobody":
            raise HttpError(403, "no team takes this")
        if delivery.parts["team"] == "broken":
            raise RuntimeError("s3cret")
        return HttpReply(settings.company.encode(), 202)

    return plugin, taken


def client_of(harness: Harness) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=harness.gateway.asgi), base_url="http://test")


async def test_a_hook_is_handed_every_header_and_the_body_as_it_was_sent(tmp_path: Path) -> None:
    plugin, taken = pager()
    async with running_gateway(tmp_path, plugins=[plugin]) as harness, client_of(harness) as client:
        sent = [("content-type", "application/json"), ("X-Proof", "1"), ("x-proof", "2")]
        answer = await client.post("/hooks/pager/shop/rang", content=b'{ "a":1}', headers=sent)
        assert (answer.status_code, answer.content) == (202, b"acme")
    [delivery] = taken
    assert (delivery.parts, delivery.body, delivery.headers["x-proof"]) == ({"team": "shop"}, b'{ "a":1}', ["1", "2"])
    assert "1" not in repr(delivery)


async def test_what_a_hook_refuses_or_nobody_foresaw_is_told_in_one_form(tmp_path: Path) -> None:
    plugin, taken = pager()
    async with running_gateway(tmp_path, plugins=[plugin]) as harness, client_of(harness) as client:
        refused = await client.post("/hooks/pager/nobody/rang")
        assert (refused.status_code, refused.json()["error"]["message"]) == (403, "no team takes this")
        broken = await client.post("/hooks/pager/broken/rang")
        assert broken.status_code == 500 and "s3cret" not in broken.text and "operators find the cause" in broken.text
        large = await client.post(
            "/hooks/pager/shop/rang", content=b'"12345678"' + b" ", headers={"content-type": "application/json"}
        )
        assert large.status_code == 413
        assert (await client.get("/hooks/pager/shop/rang")).status_code == 405
        assert (await client.post("/hooks/pager/shop")).status_code == 404
    assert len(taken) == 2


async def test_a_hook_of_a_plugin_that_did_not_start_is_to_be_tried_again(tmp_path: Path) -> None:
    plugin, taken = pager()

    @plugin.resource
    async def nothing() -> AsyncIterator[Clients]:
        raise OSError("no disk")
        yield Clients()

    async with running_gateway(tmp_path, plugins=[plugin]) as harness, client_of(harness) as client:
        answer = await client.post("/hooks/pager/shop/rang")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert "no disk" not in answer.text
    assert taken == []


def wrong_hooks() -> dict[str, tuple[Plugin[Any], str]]:
    found: dict[str, tuple[Plugin[Any], str]] = {}

    def case(name: str, function: Any, told: str, path: str = "/hooks/wrong/x") -> None:
        plugin: Plugin[Any] = Plugin("wrong")
        plugin.hook(path)(function)
        found[name] = plugin, told

    async def good(delivery: Delivery) -> HttpReply:
        """Nothing."""
        return HttpReply(b"")

    async def undescribed(delivery: Delivery) -> HttpReply:
        return HttpReply(b"")

    def waiting(delivery: Delivery) -> HttpReply:
        """Nothing."""
        return HttpReply(b"")

    async def deaf() -> HttpReply:
        """Nothing."""
        return HttpReply(b"")

    async def silent(delivery: Delivery) -> None:
        """Nothing."""

    async def asks_who(delivery: Delivery, viewer: Viewer) -> HttpReply:
        """Nothing."""
        return HttpReply(b"")

    async def asks_the_graph(delivery: Delivery, catalog: Catalog) -> HttpReply:
        """Nothing."""
        return HttpReply(b"")

    async def asks_what_is_seen(delivery: Delivery, access: Access) -> HttpReply:
        """Nothing."""
        return HttpReply(b"")

    case("another's address", good, "is at an address of others", "/hooks/other/x")
    case("an address of the graph", good, "is at an address of others", "/graphql")
    case("no description", undescribed, "has no docstring")
    case("no coroutine", waiting, "gives no reply")
    case("no reply", silent, "gives no reply")
    case("no delivery", deaf, "doesn't ask what was sent")
    case("asks for the viewer", asks_who, "asks for 'viewer'")
    case("asks for the catalog", asks_the_graph, "asks for 'catalog'")
    case("asks for what is seen", asks_what_is_seen, "asks for 'access'")
    twice: Plugin[Any] = Plugin("wrong")
    twice.hook("/hooks/wrong/x")(good)
    twice.hook("/hooks/wrong/x")(deaf)
    found["one address for two"] = twice, "has the address of another"
    return found


@pytest.mark.parametrize("case", wrong_hooks())
async def test_a_hook_that_can_not_be_called_keeps_its_plugin_out(case: str, tmp_path: Path) -> None:
    plugin, told = wrong_hooks()[case]
    async with running_gateway(tmp_path, plugins=[plugin]) as harness, client_of(harness) as client:
        assert told in harness.gateway.loaded.failed["wrong"]
        assert "test_hooks.py:" in harness.gateway.loaded.failed["wrong"]
        assert (await client.post("/hooks/wrong/x")).status_code == 404
