"""Where the catalog reads descriptors, and how much of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from callboard_sdk import Settings
from callboard_sdk.yaml import Path
from pydantic import Field, field_validator

from .remote import BackstageSource, GitHubSource, GitLabSource, GitSource, UrlsSource
from .source import AccountsSource, FilesSource, PluginSource, PushedSource, SourceSettings

Source = Annotated[
    FilesSource
    | UrlsSource
    | GitSource
    | GitHubSource
    | GitLabSource
    | BackstageSource
    | AccountsSource
    | PushedSource
    | PluginSource,
    Field(discriminator="provider"),
]
"""One source of the settings, by its provider."""


class HistorySettings(Settings):
    """The catalog's past."""

    keep_days: int | None = Field(default=400, ge=1)
    """How many days a change is kept; for ever when null. What an entity was before that can't be told any more."""


class CatalogSettings(Settings):
    """Where the catalog reads descriptors."""

    sources: tuple[Source, ...] = ()
    """The places to read, in order; of two entities with one name the first stands."""
    refresh_seconds: float = Field(default=60.0, ge=0)
    """How often a source is read again that doesn't say so itself; 0 only at start."""
    hook_seconds: float = Field(default=10.0, ge=0)
    """Seconds from the beginning of a reading to that of the next one, of those that deliveries to a source's hook ask for."""
    max_file_bytes: int = Field(default=5 * 1024 * 1024, ge=1024)
    """A larger file is not read; nor do the placeholders of one document add up to more."""
    max_files: int = Field(default=50_000, ge=1)
    """How many files one source may have."""
    history: HistorySettings = HistorySettings()
    """How far back the catalog tells what was; see operations.md."""
    portal_api: bool = True
    """Answer the leading portal's catalog API under `/api/catalog`, for its published client; see catalog-rest.md."""

    @field_validator("sources", mode="before")
    @classmethod
    def _files(cls, sources: Any) -> Any:
        """A source that doesn't say what it is has files."""
        if not isinstance(sources, list | tuple):
            return sources
        return [{"provider": "files", **one} if isinstance(one, dict) else one for one in sources]

    @field_validator("sources")
    @classmethod
    def _distinct(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        names = [source.name for source in sources]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two sources are named {twice[0]!r}: give each a name of its own")
        return sources

    def sources_of_plugins(self) -> Iterator[tuple[Path, str]]:
        """Those of the provider `plugin`."""
        for number, source in enumerate(self.sources):
            if isinstance(source, PluginSource):
                yield ("sources", number, "name"), source.name

    def seconds_between(self, source: SourceSettings) -> float:
        """Seconds between two readings of this source; 0 when it is read only at start, or not at all."""
        if isinstance(source, PushedSource):
            return 0.0
        return self.refresh_seconds if source.every is None else source.every
