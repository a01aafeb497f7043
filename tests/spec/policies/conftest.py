"""The estate that these tests ask about, and a way to ask it under a table of decisions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from estate import Asking, Estate, asking  # noqa: E402

Under = Callable[..., AbstractAsyncContextManager[Asking]]


@pytest.fixture
def estate() -> Estate:
    """Components a to d; b and d are not open. Tests change it as they go."""
    made = Estate()
    made.add("a", "open", "shiny", spec={"lifecycle": "production"})
    made.add("b", "shiny")
    made.add("c", "open")
    made.add("d")
    return made


@pytest.fixture
def under(tmp_path: Path, estate: Estate) -> Under:
    """Asks the estate under a table of decisions."""
    return partial(asking, tmp_path, estate)
