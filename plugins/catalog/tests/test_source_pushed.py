"""A push is taken whole or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_catalog.providers.pushed import Refused, pushed, withdrawn
from callboard_catalog.settings.source import PushedSource
from callboard_sdk import EntityRef, Gone, Item, Part, Whole

SETTINGS = PushedSource(name="bots", provider="pushed", subjects=("bot",), max_entities=3)


def entity(name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Component", "metadata": {"name": name, **more}, "spec": {}}


def test_a_push_names_each_entity_by_its_ref() -> None:
    web, api = entity("Web"), entity("api", namespace="shop")
    events = [Item("component:default/web", entities=[web]), Item("component:shop/api", entities=[api])]
    assert pushed(SETTINGS, [web, api], complete=False) == [*events, Part()]
    assert pushed(SETTINGS, [web, api], complete=True) == [*events, Whole()]


def test_a_push_with_anything_wrong_is_refused_whole_and_all_of_it_is_told() -> None:
    wrong = [entity("web"), "web", {"kind": "Component"}]
    with pytest.raises(Refused) as refused:
        pushed(SETTINGS, wrong, complete=True)
    assert [error.path for error in refused.value.errors] == [["entities", "1"], ["entities", "2"]]
    with pytest.raises(Refused, match="stands twice"):
        pushed(SETTINGS, [entity("web"), entity("WEB")], complete=True)
    with pytest.raises(Refused, match="more than the 3 of one push"):
        pushed(SETTINGS, [entity(str(number)) for number in range(4)], complete=True)
    with pytest.raises(Refused, match="can't be the name"):
        pushed(SETTINGS, [entity("a/b")], complete=True)


def test_a_withdrawal_takes_away_what_it_names_and_nothing_else() -> None:
    ref = EntityRef("component", "default", "web")
    assert withdrawn([ref, ref]) == [Gone("component:default/web"), Part()]
