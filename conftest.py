"""Hypothesis judges what comes out, and never how long it took: machines are shared."""

from hypothesis import settings

settings.register_profile("callboard", deadline=None)
settings.load_profile("callboard")
