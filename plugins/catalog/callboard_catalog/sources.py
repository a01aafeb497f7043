"""The sources of one catalog: those of its settings, and those that plugins declare, in order of precedence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from callboard_sdk.sources import Event, Known, Whole

from .files import Files, LocalFiles, split_glob
from .schedule import Timing
from .settings import CatalogSettings, SourceSettings


@dataclass(frozen=True, slots=True)
class Folder:
    """Files on this machine that `paths` name, and those that their Locations name."""

    files: Files
    paths: Sequence[PurePath]


Said = Event | Folder


@dataclass(frozen=True, slots=True)
class Source:
    """One place with entities. `read` begins a reading of it."""

    name: str
    timing: Timing
    read: Callable[[Known], AsyncIterator[Said]] = field(repr=False)
    keep_orphans_seconds: float = 0.0
    removal_share: float = 0.2
    removal_floor: int = 10


def sources_of(settings: CatalogSettings) -> list[Source]:
    """The sources of the settings, in their order."""
    return [_local(source, settings) for source in settings.sources]


def _local(source: SourceSettings, settings: CatalogSettings) -> Source:
    async def read(known: Known) -> AsyncIterator[Said]:
        files = LocalFiles(source.root or _fixed_part(source.paths[0]), settings.max_file_bytes)
        yield Folder(files, source.paths)
        yield Whole()

    return Source(source.name, Timing(settings.refresh_seconds), read)


def _fixed_part(path: Path) -> Path:
    fixed, pattern = split_glob(path)
    return fixed if pattern or fixed.is_dir() else fixed.parent
