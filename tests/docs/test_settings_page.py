"""docs/settings.md has every setting that the models have, and no other."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any, get_args

import pytest
from callboard_sdk import Settings
from gateway.loading import load
from gateway.settings import GatewaySettings
from pydantic.fields import FieldInfo

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


def choice(annotation: Any) -> dict[str, type[Settings]]:
    """The models that the items of a list may be, by the tag that tells them apart."""
    item = next(iter(get_args(annotation)), None)
    key = next((one.discriminator for one in getattr(item, "__metadata__", ()) if isinstance(one, FieldInfo)), None)
    models = get_args(get_args(item)[0]) if key else ()
    return {get_args(model.model_fields[key].annotation)[0]: model for model in models}


def paths(model: type[Settings], path: str, without: Set[str] = frozenset()) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if name in without:
            continue
        here = f"{path}.{field.alias or name}"
        yield here
        if models := choice(field.annotation):
            first, *others = (one.model_fields for one in models.values())
            shared = {name for name, one in first.items() if all(repr(other.get(name)) == repr(one) for other in others)}
            yield f"{here}[]"
            yield from paths(next(iter(models.values())), f"{here}[]", first.keys() - shared)
            for tag, one in models.items():
                yield f"{here}[{tag}]"
                yield from paths(one, f"{here}[{tag}]", shared)
            continue
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
