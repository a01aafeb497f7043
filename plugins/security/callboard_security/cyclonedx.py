"""Reads CycloneDX documents in JSON (1.2 to 1.7): what an SBOM holds, and what a VEX says about vulnerabilities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

import msgspec

from .decoding import Notes, clip, moment, severity_of, severity_of_score, web_url, worst
from .identity import alias_ids, package_of, vulnerability_id
from .model import FindingKind, FindingPackage, FindingState, SecurityFormat
from .reports import BomLink, Content, Sighting, Statement, Verdict

MAX_NESTING = 50
_STATES = {
    "resolved": FindingState.FIXED,
    "resolved_with_pedigree": FindingState.FIXED,
    "exploitable": FindingState.OPEN,
    "in_triage": FindingState.OPEN,
    "false_positive": FindingState.FALSE_POSITIVE,
    "not_affected": FindingState.NOT_AFFECTED,
}


class _Part(msgspec.Struct, rename="camel"):
    """CycloneDX's spelling of keys."""


class _Component(_Part):
    name: str | None = None
    group: str | None = None
    version: str | None = None
    purl: str | None = None
    bom_ref: str | None = msgspec.field(default=None, name="bom-ref")
    components: list[msgspec.Raw] | None = None


class _Metadata(_Part):
    timestamp: str | None = None
    tools: msgspec.Raw = msgspec.Raw(b"null")
    component: _Component | None = None


class _Bom(_Part):
    serial_number: str | None = None
    metadata: _Metadata | None = None
    components: list[msgspec.Raw] | None = None
    vulnerabilities: list[msgspec.Raw] | None = None


class _Reference(_Part):
    id: str | None = None
    url: str | None = None


class _Rating(_Part):
    score: float | None = None
    severity: str | None = None


class _Analysis(_Part):
    state: str | None = None
    justification: str | None = None
    response: list[str] | None = None
    detail: str | None = None
    first_issued: str | None = None
    last_updated: str | None = None


class _Version(_Part):
    version: str | None = None
    range: str | None = None
    status: str | None = None


class _Affect(_Part):
    ref: str
    versions: list[_Version] | None = None


class _Vulnerability(_Part):
    id: str
    source: _Reference | None = None
    references: list[_Reference] | None = None
    ratings: list[_Rating] | None = None
    description: str | None = None
    detail: str | None = None
    recommendation: str | None = None
    analysis: _Analysis | None = None
    affects: list[_Affect] | None = None


def read_cyclonedx(content: bytes, notes: Notes) -> Content:
    """What a CycloneDX document says. Raises msgspec's errors when its outermost shape is not a document's.

    A vulnerability is reported for each component of the document that it affects. Where it affects something
    outside (as in a VEX), it is reported only when nobody analysed it or the analysis is `exploitable`; each
    analysis also is a statement about other documents' findings.
    """
    bom = msgspec.json.decode(content, type=_Bom, strict=False)
    metadata = bom.metadata or _Metadata()
    packages: dict[str, FindingPackage] = {}
    count = 0
    for component in _components(bom.components, notes, 0):
        count += 1
        _remember(component, packages)
    if metadata.component:
        _remember(metadata.component, packages)
    sightings: list[Sighting] = []
    statements: list[Statement] = []
    for vulnerability in notes.entries(bom.vulnerabilities, _Vulnerability, "vulnerabilities"):
        for part in _parts(vulnerability, packages, notes):
            if isinstance(part, Sighting):
                sightings.append(part)
            else:
                statements.append(part)
    return Content(
        format=SecurityFormat.CYCLONEDX,
        scanner=_tool(metadata.tools),
        artifacts=_artifacts(metadata.component),
        created_at=moment(metadata.timestamp),
        sightings=tuple(sightings[: notes.limit]),
        statements=tuple(statements[: notes.limit]),
        components=count,
        scanned=count > 0 and bom.vulnerabilities is not None,
        serial=_serial(bom.serial_number),
        packages=packages if bom.serial_number else {},
    )


def _components(raws: list[msgspec.Raw] | None, notes: Notes, depth: int) -> Iterator[_Component]:
    if depth > MAX_NESTING:
        notes.add("too-deep", f"components nest deeper than {MAX_NESTING} levels", "Flatten the component tree.")
        return
    for component in notes.entries(raws, _Component, "components"):
        yield component
        if component.components:
            yield from _components(component.components, notes, depth + 1)


def _remember(component: _Component, packages: dict[str, FindingPackage]) -> None:
    name = f"{component.group}/{component.name}" if component.group and component.name else component.name
    package = package_of(clip(component.purl, 2_000), None if component.purl else clip(name, 300), clip(component.version, 200))
    package = package or package_of(None, clip(name, 300), clip(component.version, 200))
    if package and component.bom_ref:
        packages[component.bom_ref] = package


class _Tool(_Part):
    name: str | None = None
    vendor: str | None = None


class _Tools(_Part):
    components: list[_Tool] | None = None


def _tool(raw: msgspec.Raw) -> str:
    """The first tool's name; the list of 1.4 and the object of 1.5 are both read, and anything else is no tool."""
    try:
        tools = msgspec.json.decode(raw, type=list[_Tool] | _Tools | None, strict=False)
    except msgspec.MsgspecError:
        return "CycloneDX"
    listed = tools.components if isinstance(tools, _Tools) else tools
    name = next((name for tool in listed or () if (name := clip(tool.name, 100))), None)
    return "Trivy" if name == "trivy" else name or "CycloneDX"


def _artifacts(component: _Component | None) -> tuple[str, ...]:
    names = (component.name, component.bom_ref) if component else ()
    return tuple(dict.fromkeys(name for text in names if (name := clip(text, 500))))


def _serial(text: str | None) -> str | None:
    return text.removeprefix("urn:uuid:").lower() if text else None


def _parts(found: _Vulnerability, packages: Mapping[str, FindingPackage], notes: Notes) -> Iterator[Sighting | Statement]:
    verdict = _verdict(found.analysis)
    reported = verdict is None or verdict.analysis == "exploitable"
    identifier = vulnerability_id(clip(found.id, 200) or "unnamed")
    aliases = alias_ids(reference.id for reference in found.references or () if reference.id)
    affects: Sequence[_Affect | None] = found.affects[: notes.limit] if found.affects else [None]  # None: every package
    for affect in affects:
        package = packages.get(affect.ref) if affect else None
        link = None
        if affect and package is None:
            package, link = _outside(affect.ref)
        here = affect is not None and affect.ref in packages
        if here or reported:
            yield _sighting(found, identifier, aliases, package, claimed=not here and verdict is not None)
        if affect:
            yield from _statements(affect, verdict, Statement(identifier, verdict or _OPEN, aliases, package, link), notes)
        elif verdict:
            yield Statement(identifier, verdict, aliases)


_OPEN = Verdict(FindingState.OPEN, "affected")


def _statements(affect: _Affect, verdict: Verdict | None, about: Statement, notes: Notes) -> Iterator[Statement]:
    """The statement about an affected element, divided where its versions have statuses of their own."""
    exact: dict[str, set[str]] = {}
    for version in affect.versions or ():
        if version.version:
            exact.setdefault(version.status or "affected", set()).add(version.version)
        elif version.range:
            notes.add(
                "vex-range",
                f"the statement on {about.identifier} gives a version range, which is not evaluated",
                "List the exact versions it is about.",
            )
    if exact.get("unaffected"):
        unaffected = Verdict(FindingState.NOT_AFFECTED, "unaffected", at=verdict.at if verdict else None)
        yield _about(about, unaffected, exact["unaffected"])
    if verdict and (exact.get("affected") or not affect.versions):
        yield _about(about, verdict, exact.get("affected", set()))


def _about(about: Statement, verdict: Verdict, versions: set[str]) -> Statement:
    return Statement(about.identifier, verdict, about.aliases, about.package, about.link, frozenset(versions))


def _outside(ref: str) -> tuple[FindingPackage | None, BomLink | None]:
    """The package a ref outside the document names: a purl, or a BOM-Link whose element may be a purl itself."""
    if ref.startswith("urn:cdx:"):
        head, _, element = ref.partition("#")
        serial = head.removeprefix("urn:cdx:").partition("/")[0].lower()
        element = unquote(element) if not element.startswith("pkg:") else element
        return package_of(element if element.startswith("pkg:") else None), BomLink(serial, element)
    return package_of(ref if ref.startswith("pkg:") else None), BomLink("", ref)


def _verdict(analysis: _Analysis | None) -> Verdict | None:
    """A state that is not CycloneDX's own leaves the finding open. `exploitable` with the response `will_not_fix`
    is a risk that somebody accepted.
    """
    if analysis is None or not analysis.state:
        return None
    word = analysis.state.lower()
    state = _STATES.get(word, FindingState.OPEN)
    if word == "exploitable" and "will_not_fix" in (analysis.response or ()):
        state = FindingState.ACCEPTED
    return Verdict(
        state,
        clip(word, 100) or "unknown",
        clip(analysis.justification, 100),
        clip(analysis.detail),
        moment(analysis.last_updated) or moment(analysis.first_issued),
    )


def _sighting(
    found: _Vulnerability, identifier: str, aliases: tuple[str, ...], package: FindingPackage | None, *, claimed: bool
) -> Sighting:
    words = [
        severity_of(rating.severity) if rating.severity else severity_of_score(rating.score or 0)
        for rating in found.ratings or ()
    ]
    description = clip(found.description)
    return Sighting(
        kind=FindingKind.VULNERABILITY,
        identifier=identifier,
        severity=worst(*words),
        aliases=tuple(alias for alias in aliases if alias != identifier),
        package=package,
        title=clip(description.partition("\n")[0].partition(". ")[0], 300) if description else None,
        description=description,
        url=web_url(found.source.url if found.source else None),
        remedy=clip(found.recommendation),
        message=clip(found.detail),
        claimed=claimed,
    )
