"""Two worlds for each module of tests, which ask and change nothing."""

from __future__ import annotations

import pytest
import pytest_asyncio

from .worlds import worlds


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def answering(tmp_path_factory):
    async with worlds(tmp_path_factory.mktemp("answering"), "answer") as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiding(tmp_path_factory):
    async with worlds(tmp_path_factory.mktemp("hiding"), "hide") as made:
        yield made


@pytest.fixture(params=["answer", "hide"])
def both(request, answering, hiding):
    """Two worlds, with either way of treating what is denied."""
    return answering if request.param == "answer" else hiding
