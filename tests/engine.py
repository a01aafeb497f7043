"""The engine under judgement: the one switch for conformance, fuzzing and Strawberry's behaviours.

An engine is a module with graphql-core's `execute` and `execute_sync`. CALLBOARD_ENGINE names another than the default,
to prove a judge: graphql-core itself must pass, a deliberately wrong one must not.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType

REFERENCE = "graphql.execution"
DEFAULT = "gateway.execution.graphql"
NAME = os.environ.get("CALLBOARD_ENGINE", DEFAULT)


def load(name: str = NAME) -> ModuleType:
    """The engine's module: its `execute` and `execute_sync` are called as graphql-core's are."""
    return importlib.import_module(name)
