"""The pages' generated parts are what the code makes now."""

from __future__ import annotations

import pytest

from tests.docs.reference import ROOT, current, pages


@pytest.mark.parametrize("page", list(pages()), ids=lambda page: str(page.relative_to(ROOT)))
def test_generated_parts_are_current(page):
    text = page.read_text(encoding="utf-8")
    assert text == current(text), "run `make docs`"
