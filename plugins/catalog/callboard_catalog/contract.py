"""What the contract suite runs this plugin with: a source on another machine."""

from __future__ import annotations

from pathlib import Path

from callboard_sdk.testing import Samples


def samples(folder: Path) -> Samples:
    """A portal, which the suite lets not answer."""
    return Samples(settings={"sources": [{"name": "portal", "provider": "backstage", "base_url": "https://portal.invalid"}]})
