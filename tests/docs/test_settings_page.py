"""docs/settings.md has every setting that the models have, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from callboard_sdk import Settings
from gateway.loading import load
from gateway.settings import GatewaySettings

from tests.docs.reference import ROOT
from tests.docs.settings import PLUGINS, known_schema, settings_tables
from tests.docs.tables import named, rows

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def models_in(annotation: Any) -> Iterator[tuple[type[Settings], bool]]:
    """The settings models that an annotation holds, and whether as items of a list."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation, False
        return
    for part in get_args(annotation):
        for model, listed in models_in(part):
            yield model, listed or getattr(annotation, "__origin__", None) is tuple


def paths(model: type[Settings], path: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        here = f"{path}.{field.alias or name}"
        yield here
        for inner, listed in models_in(field.annotation):
            if listed:
                yield f"{here}[]"
            yield from paths(inner, f"{here}[]" if listed else here)


def expected() -> list[str]:
    topics = {name: field.annotation for name, field in GatewaySettings.model_fields.items() if name != "plugins"}
    plugins = {f"plugins.{name}": plugin.settings for name, plugin in load(PLUGINS).plugins.items()}
    return [path for name, model in {**topics, **plugins}.items() for path in paths(model, name)]


def test_every_setting_has_a_row_and_no_row_is_stale() -> None:
    found = named(PAGE, "setting")
    assert {"limits.points", "auth.issuers[].role_map", "plugins.ci.providers[].token_file", "logs.json"} <= set(expected())
    assert sorted(found) == sorted(expected())


def test_every_row_says_what_its_setting_does() -> None:
    assert [cells[0] for cells in rows(PAGE, "setting") if len(cells) != 4 or not cells[1] or not cells[3]] == []


def test_a_setting_that_has_no_row_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = known_schema()
    schema["$defs"]["LimitSettings"]["properties"]["made_up"] = {"type": "integer", "default": 1}
    monkeypatch.setattr("tests.docs.settings.known_schema", lambda: schema)
    assert settings_tables() not in PAGE
