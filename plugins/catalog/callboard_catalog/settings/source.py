"""The settings of each kind of source: what all have in common, and those that are read on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from callboard_sdk import EntityRef, Secret, Settings
from pydantic import Field, model_validator

NAMESPACE = r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"


LEAST_SECRET = 16
"""Characters of a secret that can't be guessed."""


class SourceSettings(Settings):
    """What every source has: when it is read, who is told of its problems, and how much may go at once."""

    name: str
    """What messages call it; no two sources share a name."""
    every: float | None = Field(default=None, ge=0)
    """Seconds between two readings; `refresh_seconds` of the catalog when left out, 0 only at start."""
    jitter: float = Field(default=0.1, ge=0, le=1)
    """The share of `every` by which a reading may begin later, by chance, so that not all begin at once."""
    owner: EntityRef | None = None
    """Who is told of what is wrong with the source itself, such as `group:default/platform`."""
    keep_orphans_seconds: float = Field(default=0, ge=0)
    """How long an entity stays, marked as an orphan, that its source no longer has; 0: it is removed at once."""
    removal_share: float = Field(default=0.2, gt=0, le=1)
    """The largest share of the source's entities that one reading may remove; more waits for a person."""
    removal_floor: int = Field(default=10, ge=0)
    """How many entities one reading may remove in any case, so that small sources aren't held up."""
    hook_secret: Secret | None = Field(default=None, min_length=LEAST_SECRET)
    """What proves a delivery at `/hooks/catalog/NAME`, which has the source read. Prefer `hook_secret_file`."""
    hook_secret_file: Path | None = None
    """A file that holds this secret; it is read again for each delivery."""

    @model_validator(mode="after")
    def _hooked(self) -> Self:
        if self.hook_secret is not None and self.hook_secret_file is not None:
            raise ValueError("hook_secret and hook_secret_file say the same: keep one")
        if (self.hook_secret or self.hook_secret_file) and "/" in self.name:
            raise ValueError("the name is part of the hook's address: write it without /")
        return self


class FilesSource(SourceSettings):
    """Descriptors in files. What is read stays inside `root`."""

    provider: Literal["files"] = "files"
    """The kind of source; `files` when left out."""
    paths: tuple[Path, ...] = Field(min_length=1)
    """Files, folders (every `.yaml` and `.yml` below) and globs (`*`, `?`, `[ab]`, `{a,b}`, `**`)."""
    root: Path | None = None
    """The folder that targets and placeholders may not leave; where the first path's fixed part ends, when left out."""


class AccountsSource(SourceSettings):
    """People and groups from exports of an identity provider, as files."""

    provider: Literal["accounts"]
    """The kind of source."""
    files: tuple[Path, ...] = Field(min_length=1)
    """The exports, each read whole: SCIM list responses (RFC 7644), or lists of claims."""
    format: Literal["scim", "claims"] = "scim"
    """`scim`: users and groups; `claims`: a list of people, each with the claims of its tokens."""
    user_claim: str = "preferred_username"
    """Of claims: which one names the person."""
    groups_claim: str = "groups"
    """Of claims: which one lists the person's groups."""
    namespace: str = Field(default="default", pattern=NAMESPACE)
    """The namespace of these Groups and Users."""


class PushedSource(SourceSettings):
    """Entities that a bot pushes by the mutation `pushEntities`; it is never read."""

    provider: Literal["pushed"]
    """The kind of source."""
    subjects: tuple[str, ...] = Field(min_length=1)
    """Who may push to it, by the subject of their tokens, besides having the permission of the mutation."""
    max_entities: int = Field(default=10_000, ge=1, le=250_000)
    """How many entities one push may have, and a complete set in all its parts."""

    @model_validator(mode="after")
    def _unhooked(self) -> Self:
        if self.hook_secret or self.hook_secret_file:
            raise ValueError("the source is never read, so no delivery can have it read: leave its hook out")
        return self


class PluginSource(SourceSettings):
    """A source that a plugin brings, when it is not to be read as the plugin says."""

    provider: Literal["plugin"]
    """The kind of source."""
    name: str = Field(pattern=r"^[^.\s]+\.[^.\s]+$")
    """The source as `PLUGIN.NAME`. One that the settings don't name is read after them, as its plugin says."""
