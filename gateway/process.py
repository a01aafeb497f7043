"""How a process of the program is set up, so that no request and no command waits for what Python does behind it."""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

COLLECTIONS = (10_000, 50, 1_000)
"""How many more objects make the garbage collector look at the young ones, and how many looks make it look at older ones.

A request leaves it nothing to find (`tests/spec/pipeline/test_garbage.py`), but while a page of a thousand entities is put
together, tens of thousands of objects live at once: Python's own 700 would have them looked at again and again, for nothing,
and each look at the older ones walks a large result whole while all others wait. Not more young ones either: a look at this
many takes about a millisecond. Imports leave it nothing either.
"""
SWITCH_SECONDS = 0.001
"""How soon a thread that reads a long document lets the event loop work again; Python's own is five times that."""


@contextmanager
def unlooked() -> Iterator[None]:
    """While much is made in a thread that will stay, the garbage collector doesn't look, and it need not look at that later.

    It would hold up the event loop for as long as it looks: for a tenth of a second at what a policy of 10,000 rules is made of.
    Nothing of this is for a process that isn't `ours`, and one block at a time.
    """
    if gc.get_threshold() != COLLECTIONS:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def ours() -> None:
    """For a process that is the program's alone, before it imports anything large: threads take short turns, too.

    At its end the garbage collector looks at everything again: libraries complain of what they find to be left then.
    """
    gc.set_threshold(*COLLECTIONS)
    atexit.unregister(gc.unfreeze)
    atexit.register(gc.unfreeze)
    sys.setswitchinterval(SWITCH_SECONDS)


def settle() -> None:
    """Once all is built that will stay: the garbage collector need not look at that again, in a process that is `ours`."""
    ours()
    gc.collect()
    gc.freeze()
