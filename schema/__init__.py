"""Stitches every plugin's types into the one schema that clients see; does no I/O."""

from .errors import StitchError
from .excerpt import excerpt
from .fragment import Fragment, read_fragment
from .graft import StandIn
from .predicates import KnownPredicate
from .stitch import stitch
from .supergraph import About, Guarded, Permission, Supergraph

__all__ = [
    "About",
    "Fragment",
    "Guarded",
    "KnownPredicate",
    "Permission",
    "StandIn",
    "StitchError",
    "Supergraph",
    "excerpt",
    "read_fragment",
    "stitch",
]
