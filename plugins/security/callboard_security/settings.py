"""What an operator says about security reports: where they lie, and which entity each belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from callboard_sdk import Settings
from pydantic import Field, field_validator, model_validator

from .patterns import Pattern, PatternError, RefTemplate


class SourceSettings(Settings):
    """One folder of reports. The first rule that fits a document decides; `folders` are asked before `artifacts`."""

    path: Path
    """The folder. One that does not exist is a Problem in `securitySources`, not a reason to stop."""

    name: str = Field(default="", max_length=100)
    """What to call the source in the graph; the folder's own name unless given."""

    include: tuple[str, ...] = ("**/*.json", "**/*.sarif")
    """Which files are read, as globs relative to `path`. What a file holds is found from its content alone."""

    folders: dict[str, str] = {"{component}/**": "component:{component}"}
    """Path patterns (relative to `path`) to entity refs. `{word}` stands for one part of the path and can be used in
    the ref, `*` for any text within one part, `**` for any number of parts."""

    artifacts: dict[str, str] = {}
    """Patterns for the scanned artifact's name (Trivy's ArtifactName and image references, SARIF's image name, the
    name of a CycloneDX document's own component) to entity refs; asked when no `folders` pattern fits."""

    @property
    def label(self) -> str:
        """The name as the graph shows it."""
        return self.name or self.path.name or "security"

    @field_validator("include")
    @classmethod
    def _globs(cls, globs: tuple[str, ...]) -> tuple[str, ...]:
        for glob in globs:
            _pattern(glob)
        return globs

    @field_validator("folders", "artifacts")
    @classmethod
    def _rules(cls, rules: dict[str, str]) -> dict[str, str]:
        for text, ref in rules.items():
            try:
                RefTemplate(ref, _pattern(text).words)
            except PatternError as error:
                raise ValueError(str(error)) from None
        return rules


def _pattern(text: str) -> Pattern:
    try:
        return Pattern(text)
    except PatternError as error:
        raise ValueError(str(error)) from None


class SecuritySettings(Settings):
    """Where reports lie, how often to look for changes, and the limits on what is read from them."""

    sources: tuple[SourceSettings, ...] = ()
    """The folders of reports."""

    refresh_seconds: Annotated[float, Field(ge=1, le=86_400)] = 30.0
    """How long changed files may go unnoticed. Only names, sizes and times are looked at; changed files are read."""

    max_bytes: Annotated[int, Field(ge=1_024, le=1_073_741_824)] = 50_000_000
    """The largest document that is read."""

    max_documents: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000
    """How many documents a source may hold; those beyond, in order of their paths, are left out with a Problem."""

    max_findings: Annotated[int, Field(ge=1, le=1_000_000)] = 50_000
    """How many findings, components and VEX statements are each taken from one document."""

    licenses: bool = False
    """Whether the licences that Trivy lists are findings too; most of them ask for no action."""

    @model_validator(mode="after")
    def _distinct(self) -> SecuritySettings:
        labels = [source.label for source in self.sources]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"two sources are called {twice[0]!r}: give each its own `name`")
        return self
