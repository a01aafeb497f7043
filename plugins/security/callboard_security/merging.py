"""From the documents of one entity to its findings: one per thing, however many scanners report it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from callboard_sdk import EntityRef

from .decoding import rank, worst
from .identity import Aliases, ecosystem, file_key, package_key, rule_key
from .model import Finding, FindingEvidence, FindingKind, FindingState, FindingVerdict
from .reports import Document, Sighting, Verdict
from .vex import Statements

T = TypeVar("T")
Subject = tuple[str, ...]

MAX_EVIDENCE = 20
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """One sighting, and the document it stands in."""

    sighting: Sighting
    document: Document

    @property
    def scanner(self) -> str:
        """The tool that reported it."""
        content = self.document.content
        return self.sighting.scanner or (content.scanner if content else "")


def merge(entity: EntityRef, documents: Sequence[Document], aliases: Aliases, statements: Statements) -> list[Finding]:
    """An entity's findings in order: the worst first, then by id; `statements` are those that speak of this entity.

    Two sightings are one finding when they agree on
    - a vulnerability or licence: preferred id, package name and version (a sighting without a purl joins one with);
    - anything else: the rule's id, the file, and the line (no line counts as the first).
    """
    groups: dict[Subject, list[Seen]] = defaultdict(list)
    for document in documents:
        for sighting in document.content.sightings if document.content else ():
            groups[_subject(sighting, aliases)].append(Seen(sighting, document))
    findings = [
        _finding(entity, (*subject, part), seen, aliases, statements)
        for subject, whole in groups.items()
        for part, seen in _by_ecosystem(whole)
    ]
    return sorted(findings, key=lambda finding: finding.place)


def _subject(sighting: Sighting, aliases: Aliases) -> Subject:
    kind = sighting.kind
    if kind in (FindingKind.VULNERABILITY, FindingKind.LICENSE):
        identifier = aliases.canonical(sighting.identifier) if kind is FindingKind.VULNERABILITY else sighting.identifier
        place = file_key(sighting.file) if sighting.package is None else ""
        return kind.value, identifier, *package_key(sighting.package), place
    return kind.value, rule_key(sighting.identifier), file_key(sighting.file), str(sighting.line or 1)


def _by_ecosystem(seen: list[Seen]) -> list[tuple[str, list[Seen]]]:
    """The sightings divided where their purls name several ecosystems; those without a purl join the first of them."""
    known = sorted({found for one in seen if (found := ecosystem(one.sighting.package))})
    if len(known) < 2:
        return [("", seen)]
    parts: dict[str, list[Seen]] = {name: [] for name in known}
    for one in seen:
        parts[ecosystem(one.sighting.package) or known[0]].append(one)
    return list(parts.items())


def _finding(entity: EntityRef, subject: Subject, seen: list[Seen], aliases: Aliases, statements: Statements) -> Finding:
    ordered = sorted([one for one in seen if not one.sighting.claimed] or seen, key=_trust)
    sightings = [one.sighting for one in ordered]
    first = sightings[0]
    vulnerable = first.kind is FindingKind.VULNERABILITY
    identifier = aliases.canonical(first.identifier) if vulnerable else rule_key(first.identifier)
    severity = worst(*(sighting.severity for sighting in sightings))
    package = _first(sighting.package for sighting in sightings)
    said = statements.about(identifier, package) if vulnerable else []
    verdict = _verdict([*said, *(_dated(one.sighting.verdict, one) for one in ordered if one.sighting.verdict)])
    digest = _digest(entity, subject)
    names = {
        name for sighting in sightings for name in (sighting.identifier, *sighting.aliases, *aliases.names(sighting.identifier))
    }
    fixed = _first(sighting.fixed_version for sighting in sightings)
    return Finding(
        key=digest,
        entity_ref=entity,
        kind=first.kind,
        identifier=identifier,
        aliases=sorted(names - {identifier}) if vulnerable else [],
        severity=severity,
        state=verdict.state if verdict else FindingState.OPEN,
        verdict=_shown(verdict),
        title=_first(sighting.title for sighting in sightings),
        description=_first(sighting.description for sighting in sightings),
        url=_first(sighting.url for sighting in sightings),
        package=package,
        fixed_version=fixed,
        remedy=_first(sighting.remedy for sighting in sightings)
        or (f"Upgrade {package.name} to {fixed}." if fixed and package else None),
        scanners=sorted({one.scanner for one in ordered}),
        first_seen=min(_times(ordered, first=True), default=None),
        last_seen=max(_times(ordered, first=False), default=None),
        evidence=[_evidence(one) for one in ordered[:MAX_EVIDENCE]],
        place=f"{rank(severity)} {identifier} {digest}",
    )


def _trust(seen: Seen) -> tuple[bool, bool, str, str]:
    """The order in which sightings are asked for what only one can say: those that know most come first."""
    sighting = seen.sighting
    purl = sighting.package.purl if sighting.package else None
    return purl is None, sighting.fixed_version is None, seen.document.source, seen.document.path


def _digest(entity: EntityRef, subject: Subject) -> str:
    """Names a finding without showing its file, which needs a permission of its own."""
    return hashlib.sha256("\0".join([str(entity), *subject]).encode(errors="replace")).hexdigest()[:32]


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _dated(verdict: Verdict, seen: Seen) -> Verdict:
    at = seen.document.content.created_at if seen.document.content else None
    return verdict if verdict.at else replace(verdict, at=at)


def _verdict(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The newest; of several as new, one that leaves the finding open, so that nothing is hidden by accident."""
    return max(
        verdicts,
        key=lambda verdict: (verdict.at or _BEGINNING, verdict.state is FindingState.OPEN),
        default=None,
    )


def _shown(verdict: Verdict | None) -> FindingVerdict | None:
    if verdict is None:
        return None
    return FindingVerdict(
        analysis=verdict.analysis,
        justification=verdict.justification,
        detail=verdict.detail,
        decided_at=verdict.at,
    )


def _times(seen: Sequence[Seen], *, first: bool) -> list[datetime]:
    found = []
    for one in seen:
        own = one.sighting.first_seen if first else one.sighting.last_seen
        at = own or (one.document.content.created_at if one.document.content else None)
        found += [at] if at else []
    return found


def _evidence(seen: Seen) -> FindingEvidence:
    sighting = seen.sighting
    return FindingEvidence(
        scanner=seen.scanner,
        document=f"{seen.document.source}/{seen.document.path}",
        file=sighting.file,
        line=sighting.line,
        end_line=sighting.end_line,
        message=sighting.message,
    )
