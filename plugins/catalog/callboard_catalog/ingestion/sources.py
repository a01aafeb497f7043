"""The sources of one catalog: those of its settings, and those that plugins declare, in order of precedence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from callboard_sdk import Client, EntityRef
from callboard_sdk.sources import Event, Known, Sources, SourceSpec, Whole

from callboard_catalog.descriptors.files import Files, LocalFiles, split_glob
from callboard_catalog.providers import reader
from callboard_catalog.settings import CatalogSettings
from callboard_catalog.settings.source import FilesSource, PluginSource, PushedSource, SourceSettings

from .schedule import Timing


@dataclass(frozen=True, slots=True)
class Folder:
    """Files on this machine that `paths` name, and those that their Locations name."""

    files: Files
    paths: Sequence[PurePath]


Said = Event | Folder
Read = Callable[[Known], AsyncIterator[Said]]


@dataclass(frozen=True, slots=True)
class Source:
    """One place with entities. `read` begins a reading of it; None for one whose entities are handed over."""

    name: str
    provider: str
    timing: Timing
    read: Read | None = field(repr=False)
    at_hand: bool = False
    """Whether a start waits for the first reading: what is read lies on this machine."""
    owner: EntityRef | None = None
    keep_orphans_seconds: float = 0.0
    removal_share: float = 0.2
    removal_floor: int = 10
    pushed: PushedSource | None = None
    """What may be pushed to it, and by whom."""


def sources_of(settings: CatalogSettings, clients: Mapping[str, Client], declared: Sources | None = None) -> list[Source]:
    """The sources of the settings in their order, then those that plugins declare and the settings don't name."""
    return [*_of_settings(settings, clients, declared), *_of_plugins(settings, declared)]


def _of_settings(settings: CatalogSettings, clients: Mapping[str, Client], declared: Sources | None) -> Iterator[Source]:
    brought = {spec.name: spec for spec in declared or ()}
    for source in settings.sources:
        read: Read | None
        every = settings.seconds_between(source)
        match source:
            case FilesSource():
                read = _local(source, settings)
            case PluginSource():
                read = _brought(source.name, brought.get(source.name), declared)
                if source.every is None and source.name in brought:
                    every = brought[source.name].every
            case _:
                read = reader(source, settings, clients)
        yield Source(
            source.name, source.provider, Timing(every, source.jitter), read, isinstance(source, FilesSource), source.owner,
            source.keep_orphans_seconds, source.removal_share, source.removal_floor,
            source if isinstance(source, PushedSource) else None,
        )  # fmt: skip


def _of_plugins(settings: CatalogSettings, declared: Sources | None) -> Iterator[Source]:
    named = {source.name for source in settings.sources}
    common = SourceSettings(name="common")
    for spec in declared or ():
        if spec.name not in named:
            timing = Timing(spec.every, common.jitter)
            yield Source(
                spec.name, "plugin", timing, _brought(spec.name, spec, declared),
                removal_share=common.removal_share, removal_floor=common.removal_floor,
            )  # fmt: skip


def _local(source: FilesSource, settings: CatalogSettings) -> Read:
    async def read(known: Known) -> AsyncIterator[Said]:
        files = LocalFiles(source.root or _fixed_part(source.paths[0]), settings.max_file_bytes)
        yield Folder(files, source.paths)
        yield Whole()

    return read


def _fixed_part(path: Path) -> Path:
    fixed, pattern = split_glob(path)
    return fixed if pattern or fixed.is_dir() else fixed.parent


def _brought(name: str, spec: SourceSpec | None, declared: Sources | None) -> Read:
    async def read(known: Known) -> AsyncIterator[Said]:
        if spec is None or declared is None:
            raise LookupError(f"no plugin brings a source {name}: install it, or take the source out of the settings")
        async for event in declared.read(spec, known):
            yield event

    return read
