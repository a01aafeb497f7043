"""What is made in a thread to stay is nothing for the garbage collector to look at, in a process that serves."""

from __future__ import annotations

import gc
import subprocess
import sys
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


_UNTIL_THE_END = """
from gateway.process import ours, settle, unlooked

class Left:
    def __del__(self):
        print("let go", flush=True)

def make():
    made = Left()
    made.itself = made

ours()
with unlooked():
    make()
"""


@pytest.mark.parametrize("settling", ["", "settle()\n"], ids=["a command", "a server"])
def test_what_was_made_to_stay_is_let_go_of_at_the_end_so_that_no_library_complains(settling: str) -> None:
    program = [sys.executable, "-c", _UNTIL_THE_END + settling]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=60, check=True)
    assert (ended.stdout, ended.stderr) == ("let go\n", "")
