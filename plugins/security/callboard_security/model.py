"""The graph's types for security: findings, their summary, and the documents they come from."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from callboard_sdk import (
    Entity,
    EntityRef,
    Node,
    Problem,
    Severity,
    computed,
    enum,
    field,
    filters,
    input,  # noqa: A004  the GraphQL word
    node,
    value,
)

READ = "security.read"
EVIDENCE_READ = "security.evidence.read"
SOURCES_READ = "security.sources.read"


@enum
class FindingKind(Enum):
    """What sort of thing was found."""

    VULNERABILITY = "VULNERABILITY"
    """A known vulnerability in a package."""
    MISCONFIGURATION = "MISCONFIGURATION"
    """A setting that weakens security."""
    SECRET = "SECRET"  # noqa: S105  the kind of a finding
    """A password, key or token where none belongs; its text is never kept."""
    LICENSE = "LICENSE"
    """A package's licence that may not fit."""
    CODE = "CODE"
    """A weakness in source code."""


@enum
class FindingState(Enum):
    """Where a finding stands: as reported, or as a VEX statement or suppression has it."""

    OPEN = "OPEN"
    """Reported, and nobody has said otherwise; or confirmed."""
    NOT_AFFECTED = "NOT_AFFECTED"
    """Present, but it can't do harm here; the verdict says why."""
    FIXED = "FIXED"
    """Resolved since it was reported."""
    FALSE_POSITIVE = "FALSE_POSITIVE"
    """The scanner is wrong."""
    ACCEPTED = "ACCEPTED"
    """Known and accepted as it is."""


@enum
class SecurityState(Enum):
    """How an entity stands, from its open findings alone."""

    AT_RISK = "AT_RISK"
    """Something critical or high is open."""
    ATTENTION = "ATTENTION"
    """Something lesser is open."""
    CLEAR = "CLEAR"
    """Scanned, and nothing is open."""
    UNSCANNED = "UNSCANNED"
    """No readable report covers it: nothing is known."""


@enum
class SecurityFormat(Enum):
    """What a document is, found from its content."""

    TRIVY = "TRIVY"
    """A Trivy report in JSON."""
    SARIF = "SARIF"
    """A SARIF 2.1.0 log."""
    CYCLONEDX = "CYCLONEDX"
    """A CycloneDX document in JSON: an SBOM, a VEX, or both."""
    UNKNOWN = "UNKNOWN"
    """None of these, or unreadable."""


@value
class FindingPackage:
    """The package a finding is in."""

    name: str
    """The package's name as its ecosystem writes it, such as `@scope/name` or `group:artifact`."""
    version: str | None = None
    """The installed version."""
    purl: str | None = None
    """The package URL in its normal form, where the document gives one."""


@value
class FindingVerdict:
    """What somebody decided about a finding, in a VEX document or a suppression."""

    analysis: str
    """The decision as written, such as `not_affected`, `in_triage`, or `suppressed`."""
    justification: str | None = None
    """Why, as a short name such as `code_not_reachable`."""
    detail: str | None = None
    """Why, in words."""
    decided_at: datetime | None = None
    """When, where the document says so."""


@value
class FindingEvidence:
    """Where one document saw a finding."""

    scanner: str
    """The tool that reported it."""
    document: str
    """The document, as `source/path`."""
    file: str | None = None
    """The file it is in, as the scanner names it."""
    line: int | None = None
    """The first line, counted from 1."""
    end_line: int | None = None
    """The last line."""
    message: str | None = None
    """What the scanner says about this place; nothing where it might quote a secret."""


@node(permission=READ, open_fields=("entity_ref",))
class Finding(Node):
    """One thing that is wrong with one entity, however many scanners report it."""

    key: strawberry.Private[str]
    entity_ref: EntityRef | None = None
    """The entity it was found in."""
    kind: FindingKind | None = None
    """What sort of thing it is."""
    identifier: str | None = None
    """The vulnerability's id (CVE where there is one) or the rule's, such as `CVE-2019-1549` or `DS-0002`."""
    aliases: list[str] | None = None
    """Other ids of the same vulnerability, sorted."""
    severity: Severity | None = None
    """The worst severity any document reports for it."""
    state: FindingState | None = None
    """Where it stands."""
    verdict: FindingVerdict | None = None
    """The decision its state comes from, where somebody made one."""
    title: str | None = None
    """What it is, in one line."""
    description: str | None = None
    """What it is, at length."""
    url: str | None = None
    """Where to read more."""
    package: FindingPackage | None = None
    """The package it is in."""
    fixed_version: str | None = None
    """The version or versions that mend it, as the scanner gives them."""
    remedy: str | None = None
    """What to do about it."""
    scanners: list[str] | None = None
    """The tools that report it, sorted."""
    first_seen: datetime | None = None
    """When a document reported it first, where documents carry times."""
    last_seen: datetime | None = None
    """When a document reported it last."""
    evidence: list[FindingEvidence] | None = field(permission=EVIDENCE_READ, default=None)
    """Where it was seen, a place for each document that reports it; at most 20."""
    place: strawberry.Private[str] = ""

    def node_key(self) -> str:
        """The same for as long as the same thing is reported for the same entity."""
        return f"{self.key}@{self.entity_ref}"

    @computed()
    def fixable(self) -> bool | None:
        """Whether a version that mends it is known."""
        return self.fixed_version is not None


@value
class SeverityCounts:
    """How many findings there are of each severity."""

    critical: int = 0
    """To act on now."""
    high: int = 0
    """To act on soon."""
    medium: int = 0
    """To plan for."""
    low: int = 0
    """To mend when convenient."""
    info: int = 0
    """To know about."""
    unknown: int = 0
    """Without a severity."""


@value
class SecuritySummary:
    """How an entity stands, at a glance. Counts are of open findings."""

    state: SecurityState
    """Where it stands."""
    summary: str
    """The same in plain words, with what to do first."""
    counts: SeverityCounts
    """Open findings by severity."""
    open_count: int
    """Open findings in all."""
    fixable_count: int
    """Open findings for which a version that mends them is known."""
    documents: int
    """How many documents cover it."""
    stale: bool
    """True when one of them can't be read at present, and what it said before is shown."""
    worst: Severity | None = None
    """The worst severity that is open."""
    last_scan: datetime | None = None
    """The newest time its documents carry."""


@value
class AffectedEntity:
    """An entity in which a vulnerability was found."""

    ref: EntityRef
    """The entity's ref, as reports are mapped to it."""
    state: FindingState
    """OPEN when any of its findings is open; else the state of the first."""
    severity: Severity
    """The worst severity reported for it."""
    packages: list[FindingPackage]
    """The packages of it that have the vulnerability."""
    fixed_version: str | None = None
    """The version that mends it, where one is known."""
    entity: Entity | None = None
    """The entity itself; null when the catalog has none by that ref."""


@value
class Vulnerability(Node):
    """One vulnerability or rule across all entities."""

    identifier: str
    """The vulnerability's id (CVE where there is one) or the rule's."""
    aliases: list[str]
    """Other ids of the same vulnerability, sorted."""
    severity: Severity
    """The worst severity reported."""
    affected_count: int
    """In how many entities it is open."""
    title: str | None = None
    """What it is, in one line."""
    description: str | None = None
    """What it is, at length."""
    url: str | None = None
    """Where to read more."""

    def node_key(self) -> str:
        """Its preferred id."""
        return self.identifier


@value
class SecurityDocument:
    """One document in a source."""

    path: str
    """Its path within the source."""
    format: SecurityFormat
    """What it is."""
    unmatched: bool
    """True when it belongs to no entity of the catalog: no rule fits it, or the ref is of nothing known."""
    stale: bool
    """True when it can't be read at present, and what it said before is kept."""
    findings: int
    """How many findings it reports."""
    components: int
    """How many components it lists."""
    statements: int
    """How many VEX statements it makes."""
    problems: list[Problem]
    """What is wrong with it; at most 20."""
    entity: EntityRef | None = None
    """The entity its rules name."""
    scanner: str | None = None
    """The tool that wrote it."""
    artifact: str | None = None
    """What was scanned, as the document says."""
    created_at: datetime | None = None
    """When it was made, as the document says."""


@value
class SecuritySource:
    """One folder of reports."""

    name: str
    """The source's name."""
    document_count: int
    """How many documents it holds."""
    unmapped_count: int
    """How many documents no rule gives to an entity."""
    stale_count: int
    """How many documents can't be read at present, while what they said before is kept."""
    problem_count: int
    """How many problems it and its documents have."""
    checked_at: datetime
    """When it was looked at last."""


@input
class FindingFilter:
    """Which findings to show; all conditions must hold, and one left out holds always."""

    severity: Annotated[list[Severity] | None, filters("Finding.severity")] = None
    """Any of these severities."""
    state: Annotated[list[FindingState] | None, filters("Finding.state")] = None
    """Any of these states."""
    kind: Annotated[list[FindingKind] | None, filters("Finding.kind")] = None
    """Any of these kinds."""
    fixable: Annotated[bool | None, filters("Finding.fixable")] = None
    """Whether a version that mends it is known."""
    identifier: Annotated[str | None, filters("Finding.identifier", "Finding.aliases")] = None
    """The vulnerability's or rule's id, or an alias of it; without case."""
    package: Annotated[str | None, filters("Finding.package")] = None
    """The package's name or purl (without its version and qualifiers to mean any version)."""
