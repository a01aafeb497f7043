"""Callboard's software catalog."""

from .plugin import plugin

__all__ = ["plugin"]
