"""The leading portal's catalog API, answered from the graph: its published client works here unmodified."""

from .addresses import addresses

__all__ = ["addresses"]
