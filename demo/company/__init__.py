"""The made-up company Proscenia: drawn from a seed, then written out as the files that Callboard's plugins read."""

from __future__ import annotations

from demo.company.founding import found
from demo.company.model import Company, Founding

__all__ = ["Company", "Founding", "found"]
