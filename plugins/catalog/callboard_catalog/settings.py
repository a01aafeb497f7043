"""Where the catalog reads descriptors, and how much of them."""

from __future__ import annotations

from pathlib import Path

from callboard_sdk import Settings
from pydantic import Field, field_validator


class SourceSettings(Settings):
    """One place with descriptors. What is read stays inside `root`."""

    name: str
    """What messages call it; no two sources share a name."""
    paths: tuple[Path, ...] = Field(min_length=1)
    """Files, folders (every `.yaml` and `.yml` below) and globs (`*`, `?`, `[ab]`, `{a,b}`, `**`)."""
    root: Path | None = None
    """The folder that targets and placeholders may not leave; where the first path's fixed part ends, when left out."""


class CatalogSettings(Settings):
    """Where the catalog reads descriptors."""

    sources: tuple[SourceSettings, ...] = ()
    """The places to read, in order; of two entities with one name the first stands."""
    refresh_seconds: float = Field(default=60.0, ge=0)
    """How often the sources are read again; 0 only at start."""
    max_file_bytes: int = Field(default=5 * 1024 * 1024, ge=1024)
    """A larger file is not read; nor do the placeholders of one document add up to more."""
    max_files: int = Field(default=50_000, ge=1)
    """How many files one source may have."""

    @field_validator("sources")
    @classmethod
    def _distinct(cls, sources: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
        names = [source.name for source in sources]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two sources are named {twice[0]!r}: give each a name of its own")
        return sources
