"""Stitches every plugin's types into the one schema that clients see; does no I/O."""

from .stitch import stitch
from .supergraph import FieldResolver, Guarded, Permission, StitchError, Supergraph

__all__ = ["FieldResolver", "Guarded", "Permission", "StitchError", "Supergraph", "stitch"]
