"""A newsroom to listen to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest

from .newsroom import RULES, Newsroom, a_newsroom


class Opening(Protocol):
    def __call__(self, rules: str = RULES, **settings: Any) -> AbstractAsyncContextManager[Newsroom]: ...


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    """Opens a newsroom with these rules and settings."""
    return lambda rules=RULES, **settings: a_newsroom(tmp_path, settings, rules)


@pytest.fixture
async def room(opening: Opening) -> AsyncIterator[Newsroom]:
    async with opening() as made:
        yield made
