"""Descriptors in a folder, read by a catalog in a real gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from gateway.testing import Harness, running_gateway
from tests.postgresql import PostgreSQL, running_postgresql

Serve = Callable[..., AbstractAsyncContextManager[Harness]]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Settings of an empty database; every test that uses it runs on both."""
    if request.param == "postgresql":
        return {"url": request.getfixturevalue("postgresql").emptied()}
    return {"url": f"sqlite:///{tmp_path / 'callboard.sqlite'}"}


@pytest.fixture
def serve(tmp_path: Path, database: dict[str, str]) -> Serve:
    """Writes files below `descriptors/` and gives a gateway whose catalog reads them."""

    def make(files: dict[str, str], paths: list[str] | None = None) -> AbstractAsyncContextManager[Harness]:
        root = tmp_path / "descriptors"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        wanted = [str(root / path) for path in paths or ["."]]
        source = {"name": "test", "paths": wanted, "root": str(root)}
        plugins = {"catalog": {"sources": [source], "refresh_seconds": 0}}
        return running_gateway(tmp_path, {"plugins": plugins, "database": database})

    return make
