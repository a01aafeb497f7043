"""Who is affected: one vulnerability's findings seen from the other side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from callboard_sdk import EntityRef, Severity

from .decoding import worst
from .model import AffectedEntity, Finding, FindingState, Vulnerability

MAX_PACKAGES = 50


def vulnerability_of(findings: Sequence[Finding]) -> Vulnerability | None:
    """What all findings of one vulnerability say about it; None without any."""
    if not findings:
        return None
    first = findings[0]
    return Vulnerability(
        identifier=first.identifier or "",
        aliases=sorted({alias for finding in findings for alias in finding.aliases or ()}),
        severity=_worst(findings),
        affected_count=len({finding.entity_ref for finding in findings if finding.state is FindingState.OPEN}),
        title=next((finding.title for finding in findings if finding.title), None),
        description=next((finding.description for finding in findings if finding.description), None),
        url=next((finding.url for finding in findings if finding.url), None),
    )


def affected_entities(findings: Sequence[Finding]) -> list[AffectedEntity]:
    """The entities of these findings: those with an open one first, then by ref."""
    groups: dict[EntityRef, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.entity_ref:
            groups[finding.entity_ref].append(finding)
    found = [_affected(ref, group) for ref, group in groups.items()]
    return sorted(found, key=lambda one: (one.state is not FindingState.OPEN, str(one.ref)))


def _affected(ref: EntityRef, findings: Sequence[Finding]) -> AffectedEntity:
    states = [finding.state or FindingState.OPEN for finding in findings]
    packages = {(p.name, p.version, p.purl): p for finding in findings if (p := finding.package)}
    return AffectedEntity(
        ref=ref,
        state=FindingState.OPEN if FindingState.OPEN in states else states[0],
        severity=_worst(findings),
        packages=list(packages.values())[:MAX_PACKAGES],
        fixed_version=next((finding.fixed_version for finding in findings if finding.fixed_version), None),
    )


def _worst(findings: Sequence[Finding]) -> Severity:
    return worst(*(finding.severity for finding in findings if finding.severity))
