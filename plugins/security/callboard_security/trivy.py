"""Reads Trivy's JSON report (schema version 2): vulnerabilities, misconfigurations, secrets, licences."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from .decoding import Notes, Raws, clip, moment, severity_of, web_url
from .identity import alias_ids, package_of, vulnerability_id
from .model import FindingKind, FindingState, SecurityFormat
from .reports import Content, Sighting, Verdict

_SPECIAL = {
    "id": "ID",
    "vulnerability_id": "VulnerabilityID",
    "vendor_ids": "VendorIDs",
    "purl": "PURL",
    "primary_url": "PrimaryURL",
    "rule_id": "RuleID",
}
_ADVISORY = re.compile(r"https://github\.com/advisories/(GHSA(?:-[0-9a-z]{4}){3})/?$", re.IGNORECASE)
_DECIDED = {
    "ignored": FindingState.ACCEPTED,
    "not_affected": FindingState.NOT_AFFECTED,
    "fixed": FindingState.FIXED,
}


def _pascal(name: str) -> str:
    return _SPECIAL.get(name) or "".join(part.title() for part in name.split("_"))


class _Part(msgspec.Struct, rename=_pascal):
    """Trivy's spelling of keys. What a struct doesn't name (such as a secret's `Match` and `Code`) is never kept."""


class _Metadata(_Part):
    repo_tags: list[str] | None = None
    reference: str | None = None


class _Report(_Part):
    artifact_name: str | None = None
    created_at: str | None = None
    metadata: _Metadata | None = None
    results: list[msgspec.Raw] | None = None


class _Result(_Part):
    target: str | None = None
    packages: list[msgspec.Raw] | None = None
    vulnerabilities: list[msgspec.Raw] | None = None
    misconfigurations: list[msgspec.Raw] | None = None
    secrets: list[msgspec.Raw] | None = None
    licenses: list[msgspec.Raw] | None = None
    experimental_modified_findings: list[msgspec.Raw] | None = None


class _Identifier(_Part):
    purl: str | None = None


class _Vulnerability(_Part):
    vulnerability_id: str
    pkg_name: str | None = None
    pkg_path: str | None = None
    pkg_identifier: _Identifier | None = None
    installed_version: str | None = None
    fixed_version: str | None = None
    title: str | None = None
    description: str | None = None
    severity: str | None = None
    primary_url: str | None = None
    vendor_ids: list[str] | None = None
    references: list[str] | None = None


class _Cause(_Part):
    start_line: int | None = None
    end_line: int | None = None


class _Misconfiguration(_Part):
    id: str
    title: str | None = None
    description: str | None = None
    message: str | None = None
    resolution: str | None = None
    severity: str | None = None
    primary_url: str | None = None
    status: str | None = None
    cause_metadata: _Cause | None = None


class _Secret(_Part):
    rule_id: str
    category: str | None = None
    title: str | None = None
    severity: str | None = None
    start_line: int | None = None
    end_line: int | None = None


class _License(_Part):
    name: str
    severity: str | None = None
    category: str | None = None
    pkg_name: str | None = None
    file_path: str | None = None
    link: str | None = None


class _Modified(_Part):
    type: str | None = None
    status: str | None = None
    statement: str | None = None
    finding: msgspec.Raw = msgspec.Raw(b"null")


def read_trivy(content: bytes, notes: Notes, *, licenses: bool = False) -> Content:
    """What a Trivy report says. Raises msgspec's errors when its outermost shape is not a report's."""
    report = msgspec.json.decode(content, type=_Report, strict=False)
    metadata = report.metadata or _Metadata()
    sightings: list[Sighting] = []
    components = 0
    for result in notes.entries(report.results, _Result, "Results"):
        components += len(result.packages or ())
        sightings += _sightings(result, notes, licenses=licenses)
    names = (metadata.reference, *(metadata.repo_tags or ()), report.artifact_name)
    return Content(
        format=SecurityFormat.TRIVY,
        scanner="Trivy",
        artifacts=tuple(dict.fromkeys(name for text in names if (name := clip(text, 500)))),
        created_at=moment(report.created_at),
        sightings=tuple(sightings[: notes.limit]),
        components=components,
    )


def _sightings(result: _Result, notes: Notes, *, licenses: bool) -> Iterator[Sighting]:
    target = clip(result.target, 500)
    for kind in ("vulnerability", "misconfiguration", "secret", "license"):
        if kind != "license" or licenses:
            yield from _of_kind(kind, _raws(result, kind), target, notes, None)
    for modified in notes.entries(result.experimental_modified_findings, _Modified, "ExperimentalModifiedFindings"):
        analysis = (modified.status or "").lower()
        verdict = Verdict(_DECIDED.get(analysis, FindingState.OPEN), analysis or "modified", detail=clip(modified.statement))
        yield from _of_kind((modified.type or "").lower(), [modified.finding], target, notes, verdict)


def _raws(result: _Result, kind: str) -> Raws:
    return {
        "vulnerability": result.vulnerabilities,
        "misconfiguration": result.misconfigurations,
        "secret": result.secrets,
        "license": result.licenses,
    }[kind]


def _of_kind(kind: str, raws: Raws, target: str | None, notes: Notes, verdict: Verdict | None) -> Iterator[Sighting]:
    if kind == "vulnerability":
        for vulnerability in notes.entries(raws, _Vulnerability, "Vulnerabilities"):
            yield _vulnerability(vulnerability, target, verdict)
    elif kind == "misconfiguration":
        for check in notes.entries(raws, _Misconfiguration, "Misconfigurations"):
            if (check.status or "FAIL").upper() != "PASS":
                yield _misconfiguration(check, target, verdict)
    elif kind == "secret":
        for secret in notes.entries(raws, _Secret, "Secrets"):
            yield _secret(secret, target, verdict)
    elif kind == "license":
        for license_ in notes.entries(raws, _License, "Licenses"):
            yield _license(license_, target, verdict)


def _vulnerability(found: _Vulnerability, target: str | None, verdict: Verdict | None) -> Sighting:
    identifier = vulnerability_id(clip(found.vulnerability_id, 200) or "unnamed")
    purl = found.pkg_identifier.purl if found.pkg_identifier else None
    package = package_of(purl, clip(found.pkg_name, 300), clip(found.installed_version, 200))
    return Sighting(
        kind=FindingKind.VULNERABILITY,
        identifier=identifier,
        severity=severity_of(found.severity),
        aliases=_aliases(identifier, found),
        package=package,
        title=clip(found.title, 300),
        description=clip(found.description),
        url=web_url(found.primary_url),
        fixed_version=clip(found.fixed_version, 300),
        file=clip(found.pkg_path, 500) or target,
        verdict=verdict,
    )


def _aliases(identifier: str, found: _Vulnerability) -> tuple[str, ...]:
    """The vendor's ids that name one vulnerability, and the GitHub advisory when the references hold exactly one."""
    advisories = {match[1] for link in found.references or () if "advisories/" in link and (match := _ADVISORY.match(link))}
    linked = advisories if len(advisories) == 1 else set()
    return tuple(alias for alias in alias_ids([*(found.vendor_ids or ()), *linked]) if alias != identifier)


def _misconfiguration(check: _Misconfiguration, target: str | None, verdict: Verdict | None) -> Sighting:
    cause = check.cause_metadata or _Cause()
    if verdict is None and (check.status or "").upper() == "EXCEPTION":
        verdict = Verdict(FindingState.ACCEPTED, "exception")
    return Sighting(
        kind=FindingKind.MISCONFIGURATION,
        identifier=clip(check.id, 200) or "unnamed",
        severity=severity_of(check.severity),
        title=clip(check.title, 300),
        description=clip(check.description),
        url=web_url(check.primary_url),
        remedy=clip(check.resolution),
        file=target,
        line=_line(cause.start_line),
        end_line=_line(cause.end_line),
        message=clip(check.message),
        verdict=verdict,
    )


def _secret(secret: _Secret, target: str | None, verdict: Verdict | None) -> Sighting:
    return Sighting(
        kind=FindingKind.SECRET,
        identifier=clip(secret.rule_id, 200) or "unnamed",
        severity=severity_of(secret.severity),
        title=clip(secret.title, 300),
        description=f"A secret of the category {category}." if (category := clip(secret.category, 100)) else None,
        remedy="Revoke it, then take it out of the file and its history.",
        file=target,
        line=_line(secret.start_line),
        end_line=_line(secret.end_line),
        verdict=verdict,
    )


def _license(license_: _License, target: str | None, verdict: Verdict | None) -> Sighting:
    category = clip(license_.category, 100)
    return Sighting(
        kind=FindingKind.LICENSE,
        identifier=clip(license_.name, 200) or "unnamed",
        severity=severity_of(license_.severity),
        package=package_of(None, clip(license_.pkg_name, 300)),
        title=f"Licence {clip(license_.name, 200)}" + (f" ({category})" if category else ""),
        url=web_url(license_.link),
        file=clip(license_.file_path, 500) or target,
        verdict=verdict,
    )


def _line(line: int | None) -> int | None:
    return line if line and line > 0 else None
