"""Stitches every plugin's types into the one schema that clients see; does no I/O."""

from .excerpt import excerpt
from .fragment import Fragment, read_fragment
from .graft import StandIn
from .stitch import stitch
from .supergraph import Guarded, Permission, StitchError, Supergraph

__all__ = [
    "Fragment",
    "Guarded",
    "Permission",
    "StandIn",
    "StitchError",
    "Supergraph",
    "excerpt",
    "read_fragment",
    "stitch",
]
