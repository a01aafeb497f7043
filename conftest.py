"""Hypothesis judges what comes out, and never how long it took: machines are shared."""

import gc

from hypothesis import settings

settings.register_profile("callboard", deadline=None)
settings.load_profile("callboard")


def pytest_collection_finish() -> None:
    """What all tests stand on is there to stay: the collector of garbage need not look through it for each of them again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """At the end it looks through all once more, and destructors run."""
    gc.unfreeze()
