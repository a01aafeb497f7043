"""What is made in a thread to stay is nothing for the garbage collector to look at, in a process that serves."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from gateway.process import COLLECTIONS, unlooked


@pytest.fixture
def settled() -> Iterator[None]:
    """The collector as `settle` sets it."""
    before = gc.get_threshold()
    gc.set_threshold(*COLLECTIONS)
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("settled")
def test_the_collector_does_not_look_meanwhile_nor_later_at_what_was_made() -> None:
    with unlooked():
        assert not gc.isenabled()
        made = [[number] for number in range(1_000)]
    assert gc.isenabled()
    assert not any(one is made for one in gc.get_objects()), "it is among what isn't looked at"


@pytest.mark.usefixtures("settled")
def test_it_looks_again_whatever_happens() -> None:
    with pytest.raises(ValueError, match="broken"), unlooked():
        raise ValueError("broken")
    assert gc.isenabled()


def test_a_process_that_does_not_serve_is_left_as_it_is() -> None:
    frozen = gc.get_freeze_count()
    with unlooked():
        assert gc.isenabled()
    assert gc.get_freeze_count() == frozen
