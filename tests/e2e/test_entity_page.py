"""A link to an entity, followed in a browser: GraphiQL has its query ready, and only the answer says what there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Served, node


@pytest.mark.parametrize(
    ("path", "ref", "title"),
    [
        ("/entity/Component/Default/Web", "component:default/web", "Web shop"),
        ("/entity/component:nothing", "component:default/nothing", None),
    ],
)
def test_a_link_opens_a_query_of_its_entity(shop: tuple[Served, Path], path: str, ref: str, title: str | None):
    served, _ = shop
    result = node("entity.mjs", served.url.removesuffix("/graphql"), served.token, path)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["address"] == f"{served.url}?entity={ref}"
    assert told["variables"] == {"ref": ref} and ref not in told["query"]
    assert told["consoleErrors"] == []
    assert (told["response"]["data"]["entity"] or {}).get("title") == title
