"""The command line: `callboard serve | check | schema | token | query | plugin`."""

from .main import main

__all__ = ["main"]
