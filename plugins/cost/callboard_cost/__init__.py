"""Cost in the graph, from FOCUS exports."""

from .plugin import plugin

__all__ = ["plugin"]
