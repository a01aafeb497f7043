"""Settings of the gateway itself: what is taken, and what is said about what isn't."""

from __future__ import annotations

import importlib.util

import gateway.settings
import pytest
from gateway.settings import DatabaseSettings
from pydantic import ValidationError


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///data/callboard.sqlite", "sqlite+aiosqlite:///data/callboard.sqlite"),
        ("sqlite+aiosqlite:///:memory:", "sqlite+aiosqlite:///:memory:"),
        ("postgresql://ann:s3cret@db:5433/board", "postgresql+asyncpg://ann:s3cret@db:5433/board"),
        ("postgresql+psycopg://ann@db/board", "postgresql+asyncpg://ann@db/board"),
    ],
)
def test_a_database_is_named_by_its_url_and_asked_by_our_driver(given: str, used: str) -> None:
    settings = DatabaseSettings(url=given)
    assert settings.url == used
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize("url", ["mysql://ann:s3cret@db/board", "callboard.sqlite", "", "postgresql://ann:s3cret@db:many/board"])
def test_what_is_no_database_of_ours_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DatabaseSettings(url=url)
    [error] = caught.value.errors(include_input=False, include_context=False)
    assert "write sqlite:///FILE or postgresql://USER@HOST/NAME" in error["msg"]
    assert "s3cret" not in error["msg"]


def test_a_driver_that_is_not_installed_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.settings, "find_spec", lambda name: None if name == "asyncpg" else importlib.util.find_spec(name))
    with pytest.raises(ValidationError, match="pip install asyncpg"):
        DatabaseSettings(url="postgresql://ann@db/board")
