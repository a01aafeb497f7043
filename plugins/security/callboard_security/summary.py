"""How an entity stands, counted and put in plain words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from callboard_sdk import Severity

from .decoding import rank, worst
from .identity import package_key
from .model import Finding, FindingState, SecurityState, SecuritySummary, SeverityCounts
from .reports import Document
from .versions import highest, upgrade

MAX_UPGRADES = 3
_GRAVE = (Severity.CRITICAL, Severity.HIGH)


def summarise(findings: Sequence[Finding], documents: Sequence[Document]) -> SecuritySummary:
    """The summary of an entity's findings and of the documents that cover it."""
    is_open = [finding for finding in findings if finding.state is FindingState.OPEN]
    counts = Counter(finding.severity for finding in is_open)
    worst_open = worst(*(finding.severity for finding in is_open if finding.severity)) if is_open else None
    scans = [document.content for document in documents if document.content and document.content.scanned]
    scanned = bool(scans or findings)
    return SecuritySummary(
        state=_state(worst_open, scanned=scanned),
        summary=_words(is_open, len(findings) - len(is_open), scanned=scanned),
        counts=SeverityCounts(**{severity.value.lower(): counts[severity] for severity in Severity}),
        open_count=len(is_open),
        fixable_count=sum(finding.fixed_version is not None for finding in is_open),
        documents=len(documents),
        stale=any(document.stale for document in documents),
        worst=worst_open,
        last_scan=max((scan.created_at for scan in scans if scan.created_at), default=None),
    )


def _state(worst_open: Severity | None, *, scanned: bool) -> SecurityState:
    if worst_open is None:
        return SecurityState.CLEAR if scanned else SecurityState.UNSCANNED
    return SecurityState.AT_RISK if worst_open in _GRAVE else SecurityState.ATTENTION


def _words(is_open: Sequence[Finding], settled: int, *, scanned: bool) -> str:
    """Such as `3 critical, 2 with a fix: upgrade openssl to 3.0.9`: the worst severity, and what mends most of it."""
    if not is_open and not scanned:
        return "No readable security report covers it"
    if not is_open:
        return f"Nothing open, {settled} settled" if settled else "Nothing found"
    grave = [finding for finding in is_open if finding.severity in _GRAVE] or list(is_open)
    counted = Counter(finding.severity for finding in grave)
    shown = [f"{counted[severity]} {_named(severity)}" for severity in Severity if counted[severity]]
    fixable = [finding for finding in grave if finding.fixed_version is not None]
    text = ", ".join(shown)
    return f"{text}, {_fixes(fixable, len(grave))}" if fixable else f"{text}, none with a known fix"


def _named(severity: Severity) -> str:
    return "of unknown severity" if severity is Severity.UNKNOWN else severity.value.lower()


def _fixes(fixable: Sequence[Finding], total: int) -> str:
    how_many = "all with a fix" if len(fixable) == total > 1 else f"{len(fixable)} with a fix"
    targets: dict[str, list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    for finding in sorted(fixable, key=lambda finding: rank(finding.severity or Severity.UNKNOWN)):
        if finding.package and finding.fixed_version:
            name = package_key(finding.package)[0]
            names.setdefault(name, finding.package.name)
            targets[name].append(upgrade(finding.package.version, finding.fixed_version))
    if not targets:
        return how_many
    advice = [f"{names[name]} to {highest(versions)}" for name, versions in list(targets.items())[:MAX_UPGRADES]]
    more = len(targets) - len(advice)
    rest = f" and {more} more package{'s' if more > 1 else ''}" if more else ""
    return f"{how_many}: upgrade {', '.join(advice)}{rest}"
