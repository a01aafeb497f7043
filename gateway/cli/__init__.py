"""The command line: `callboard serve | check | schema | token | query | plugin | audit | database`."""

from .main import main

__all__ = ["main"]
