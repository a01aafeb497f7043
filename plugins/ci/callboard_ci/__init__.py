"""Callboard on CI: whether a component builds, the runs of its pipelines, and their jobs."""

from .plugin import plugin

__all__ = ["plugin"]
