"""What the contract suite runs this plugin with: a source on another machine, and sources to ask about."""

from __future__ import annotations

from pathlib import Path

from callboard_sdk.testing import Samples

from .fields.source_fields import CatalogSource


def samples(folder: Path) -> Samples:
    """A portal, which the suite lets not answer."""
    portal = {"name": "portal", "provider": "backstage", "base_url": "https://portal.invalid"}
    return Samples(settings={"sources": [portal]}, parents=[CatalogSource(name=name) for name in ("portal", "none")])
