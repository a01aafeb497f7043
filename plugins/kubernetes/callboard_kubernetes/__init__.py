"""Callboard on Kubernetes: which workloads an entity runs, and how they are, from any number of clusters."""

from .plugin import plugin

__all__ = ["plugin"]
