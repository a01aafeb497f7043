"""An entity's page leads to GraphiQL with its ref, whatever there is, and takes nothing else into an address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from gateway.testing import running_gateway

WEB = "/graphql?entity=component:default/web"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with running_gateway(tmp_path) as harness:
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client


@pytest.mark.parametrize(
    "path",
    [
        "/entity/component/default/web",
        "/entity/Component/Default/Web",
        "/entity/component:default/web",
        "/entity/component:web",
        "/entity/component%3Adefault%2Fweb",
    ],
)
async def test_an_entity_s_page_is_the_gateway_s_own_with_its_ref(client: httpx.AsyncClient, path: str):
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, WEB)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = await client.get(answer.headers["location"], headers={"accept": "text/html"})
    assert (
        page.headers["content-type"].startswith("text/html") and "default-src 'none'" in page.headers["content-security-policy"]
    )
    assert "component:default/web" not in page.text, "the page reads it from its own address"


@pytest.mark.parametrize(
    "path",
    [
        "/entity/",
        "/entity/web",
        "/entity/component/default",
        "/entity/component/default/we%20b",
        "/entity/component/default/%3Cscript%3E",
        "/entity/component/default/a%0d%0aset-cookie:x",
        "/entity/component/default/web/more",
        "/entity/%2F%2Fevil.example/a/b",
        "/entity/component/default/..%2f..",
        f"/entity/component/default/{'a' * 64}",
    ],
)
async def test_what_is_no_ref_is_refused_without_saying_it_again(client: httpx.AsyncClient, path: str):
    answer = await client.get(path)
    assert (answer.status_code, answer.text) == (400, "this is no entity's address: write /entity/KIND/NAMESPACE/NAME, "
                                                       "like /entity/component/default/web\n")  # fmt: skip
    assert "location" not in answer.headers


async def test_an_entity_that_is_there_looks_like_one_that_is_not(client: httpx.AsyncClient):
    there, absent = await client.get("/entity/component/default/web"), await client.get("/entity/component/default/nothing")
    left = {"x-request-id", "location"}
    assert {k: v for k, v in there.headers.items() if k not in left} == {k: v for k, v in absent.headers.items() if k not in left}
    assert there.content == absent.content
