"""The shop, opened once a module: nothing that is asked changes it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from .shop import Shop, opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    async with opened(tmp_path_factory.mktemp("shop")) as made:
        yield made
