"""A link to an entity, followed in a browser: GraphiQL has its query ready, and only the answer says what there is."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from .conftest import Served, node


def followed(served: Served, path: str, folder: Path, *options: str) -> dict[str, Any]:
    """What a browser is shown that follows this link."""
    result = node("entity.mjs", served.url.removesuffix("/graphql"), served.token, path, str(folder / "entity.png"), *options)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("path", "ref", "title"),
    [
        ("/entity/Component/Default/Web", "component:default/web", "Web shop"),
        ("/entity/component:nothing", "component:default/nothing", None),
    ],
)
def test_a_link_opens_a_query_of_its_entity(shop: tuple[Served, Path], tmp_path: Path, path: str, ref: str, title: str | None):
    served, _ = shop
    told = followed(served, path, tmp_path)
    assert told["address"] == f"{served.url}?entity={ref}"
    assert told["variables"] == {"ref": ref} and ref not in told["query"]
    assert told["consoleErrors"] == []
    assert (told["response"]["data"]["entity"] or {}).get("title") == title


@pytest.mark.parametrize("options", [[], ["--dark"]], ids=["light", "dark"])
def test_what_is_wrong_with_an_entity_is_shown_with_how_long_it_has_been(
    shop: tuple[Served, Path], tmp_path: Path, options: list[str]
):
    served, _ = shop
    told = followed(served, "/entity/component:default/ledger", tmp_path, *options)
    answered = told["response"]["data"]["entity"]["problems"]
    assert answered and told["consoleErrors"] == []
    assert len(told["problems"]) == len(answered)
    for shown, problem in zip(told["problems"], answered, strict=True):
        since = datetime.fromisoformat(problem["since"])
        assert shown["text"].startswith(f"{problem['message']} · first seen ")
        assert abs((datetime.fromisoformat(shown["instant"]) - since).total_seconds()) < 0.001, "it is told to the millisecond"
        assert str(since.year) in shown["title"]
        assert shown["title"] in shown["beside"], "whoever has no pointer is shown the same"
