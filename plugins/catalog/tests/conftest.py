"""Descriptors in a folder, read by a catalog in a real gateway."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from gateway.testing import Harness, running_gateway

Serve = Callable[..., AbstractAsyncContextManager[Harness]]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Writes files below `descriptors/` and gives a gateway whose catalog reads them."""

    def make(files: dict[str, str], paths: list[str] | None = None) -> AbstractAsyncContextManager[Harness]:
        root = tmp_path / "descriptors"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        wanted = [str(root / path) for path in paths or ["."]]
        source = {"name": "test", "paths": wanted, "root": str(root)}
        return running_gateway(tmp_path, {"plugins": {"catalog": {"sources": [source], "refresh_seconds": 0}}})

    return make
