"""What one document says, in one shape for all formats; the readers make these and the index merges them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from callboard_sdk import EntityRef, Problem, Severity

from .model import FindingKind, FindingPackage, FindingState, SecurityFormat


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody decided about a finding. `analysis` and `justification` are CycloneDX's words or the scanner's."""

    state: FindingState
    analysis: str
    justification: str | None = None
    detail: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One finding as one document reports it; `line` counts from 1. Never holds a secret's text.

    `claimed` says that a VEX has it and no scan of its own: it counts where no scanner reports the same.
    """

    kind: FindingKind
    identifier: str
    severity: Severity
    aliases: tuple[str, ...] = ()
    package: FindingPackage | None = None
    title: str | None = None
    description: str | None = None
    url: str | None = None
    fixed_version: str | None = None
    remedy: str | None = None
    file: str | None = None
    line: int | None = None
    end_line: int | None = None
    message: str | None = None
    scanner: str | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    verdict: Verdict | None = None
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class BomLink:
    """A reference into another CycloneDX document (CycloneDX BOM-Link): its serial number and an element's ref."""

    serial: str
    ref: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A verdict on a vulnerability, for one package or (None and no link) for every package of an entity.

    `versions` narrows it to these exact versions; empty means the package's own version, or any where it has none.
    """

    identifier: str
    verdict: Verdict
    aliases: tuple[str, ...] = ()
    package: FindingPackage | None = None
    link: BomLink | None = None
    versions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Content:
    """What was read from one document. `artifacts` are the names of what was scanned, the most exact first.

    `scanned` says whether somebody looked for findings: an SBOM that lists components alone, or a VEX, finds nothing
    because nobody looked.
    """

    format: SecurityFormat
    scanner: str
    artifacts: tuple[str, ...] = ()
    created_at: datetime | None = None
    sightings: tuple[Sighting, ...] = ()
    statements: tuple[Statement, ...] = ()
    components: int = 0
    scanned: bool = True
    serial: str | None = None
    packages: Mapping[str, FindingPackage] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Document:
    """One file of a source: what it said (None when it never could be read), and whose it is (None: nobody's).

    `stale` means the file can't be read at present, and what it said before is kept.
    """

    source: str
    path: str
    content: Content | None
    problems: tuple[Problem, ...] = ()
    stale: bool = False
    entity: EntityRef | None = None
