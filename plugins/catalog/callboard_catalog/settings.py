"""Where the catalog reads descriptors, and how much of them."""

from __future__ import annotations

from pathlib import Path

from callboard_sdk import Settings
from pydantic import Field


class SourceSettings(Settings):
    """One place with descriptors. What is read stays inside `root`."""

    name: str
    """What to call it; problems and entities show it."""
    paths: tuple[str, ...] = Field(min_length=1)
    """Files, folders (read whole) and globs, relative to the working directory or absolute."""
    root: Path | None = None
    """The folder that targets and placeholders may not leave; where the first path's fixed part ends, when left out."""


class CatalogSettings(Settings):
    """Where the catalog reads descriptors."""

    sources: tuple[SourceSettings, ...] = ()
    """The places to read, in order; of two entities with one name the first stands."""
    refresh_seconds: float = Field(default=60.0, ge=0)
    """How often the sources are read again; 0 only at start."""
    max_file_bytes: int = Field(default=5 * 1024 * 1024, ge=1024)
    """A larger file is not read."""
    max_files: int = Field(default=50_000, ge=1)
    """How many files one source may have."""
