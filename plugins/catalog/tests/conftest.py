"""Descriptors in a folder, read by a catalog in a real gateway, or by its reader alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from callboard_catalog.descriptor import Reading
from callboard_catalog.reading import read_sources
from callboard_catalog.references import relate
from callboard_catalog.settings import CatalogSettings, SourceSettings
from gateway.testing import Harness, running_gateway
from tests.postgresql import PostgreSQL, running_postgresql

Serve = Callable[..., AbstractAsyncContextManager[Harness]]
Read = Callable[..., Reading]


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


def read_folder(root: Path, *paths: str, **limits: int) -> Reading:
    source = SourceSettings(name="test", paths=[str(root / path) for path in paths or ["."]], root=root)
    reading = read_sources(CatalogSettings(sources=[source], **limits))
    relate(reading)
    return reading


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
def root(tmp_path: Path) -> Path:
    return tmp_path / "descriptors"


@pytest.fixture
def read(root: Path) -> Read:
    """Writes files below `descriptors/` and gives what the reader finds there; `paths` are relative to it."""

    def make(files: Mapping[str, str | bytes], *paths: str, **limits: int) -> Reading:
        write(root, files)
        return read_folder(root, *paths, **limits)

    return make


@pytest.fixture
def serve(tmp_path: Path, root: Path, database: dict[str, str]) -> Serve:
    """Writes files below `descriptors/` and gives a gateway whose catalog reads them."""

    def make(files: Mapping[str, str | bytes], paths: list[str] | None = None) -> AbstractAsyncContextManager[Harness]:
        write(root, files)
        source = {"name": "test", "paths": [str(root / path) for path in paths or ["."]], "root": str(root)}
        plugins = {"catalog": {"sources": [source], "refresh_seconds": 0}}
        return running_gateway(tmp_path, {"plugins": plugins, "database": database})

    return make
