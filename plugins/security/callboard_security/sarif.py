"""Reads SARIF 2.1.0 logs, the format that scanners of every kind can write; section numbers below are its own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import unquote

import msgspec
from callboard_sdk import Severity

from .decoding import Notes, clip, moment, severity_of, severity_of_score, web_url
from .identity import alias_ids, package_of, vulnerability_prefix
from .model import FindingKind, FindingPackage, FindingState, SecurityFormat
from .reports import Content, Sighting, Verdict
from .sarif_log import (
    Artifact,
    Location,
    Log,
    Message,
    Physical,
    Properties,
    Provenance,
    Region,
    Result,
    Rule,
    RuleRef,
    Run,
    Tool,
    ToolComponent,
)

_LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.INFO}
_PASSED = frozenset({"pass", "notApplicable", "informational"})
_TOOLS = {
    "gitleaks": "Gitleaks",
    "trivy": "Trivy",
    "grype": "Grype",
    "semgrep": "Semgrep",
    "codeql": "CodeQL",
}
_SECRET = re.compile(
    r"(?:api|access|private|secret|encryption)[-_ ]?keys?\b|(?:access|auth|bearer)[-_ ]?tokens?\b|cwe-(?:798|259|321)\b"
    r"|(?:hard-?coded|leaked|exposed|detected)[-_ ].*(?:secret|password|credential|token)|^secrets?$",
    re.IGNORECASE,
)
_TOUCHY = re.compile(r"secret|credential|passw|token|[-_ ]key", re.IGNORECASE)
_SECRET_TOOLS = re.compile(r"gitleaks|trufflehog|detect-secrets|ggshield|secret", re.IGNORECASE)
_TRIVY_LINE = re.compile(r"^(Package|Installed Version|Fixed Version|Severity): *(.*)$", re.MULTILINE)
_GRYPE = re.compile(r"vulnerability in (?:\S+ )?package: ([^\s,]+), version ([^\s,]+)")
_PLACE = re.compile(r": (\S+)@(\S+)$")
_KIND_TAGS = {
    "vulnerability": FindingKind.VULNERABILITY,
    "misconfiguration": FindingKind.MISCONFIGURATION,
    "license": FindingKind.LICENSE,
}


def read_sarif(content: bytes, notes: Notes) -> Content:
    """What a SARIF log says, all runs together. Raises msgspec's errors when its outermost shape is not a log's."""
    log = msgspec.json.decode(content, type=Log, strict=False)
    sightings: list[Sighting] = []
    scanners: list[str] = []
    artifacts: list[str] = []
    times: list[datetime] = []
    for run in notes.entries(log.runs, Run, "runs"):
        scanner = _scanner(run.tool.driver)
        at = _time(run)
        scanners.append(scanner)
        artifacts += _artifacts(run.properties)
        times += [at] if at else []
        rules = _Rules(run.tool, notes)
        for result in notes.entries(run.results, Result, "results"):
            sightings += _sightings(result, rules, scanner, at)
    return Content(
        format=SecurityFormat.SARIF,
        scanner=", ".join(dict.fromkeys(scanners)) or "SARIF",
        artifacts=tuple(dict.fromkeys(artifacts)),
        created_at=max(times, default=None),
        sightings=tuple(sightings[: notes.limit]),
    )


def _scanner(driver: ToolComponent) -> str:
    name = clip(driver.name, 100) or "SARIF"
    return _TOOLS.get(name.lower(), name)


def _time(run: Run) -> datetime | None:
    times = [moment(invocation.end_time_utc) or moment(invocation.start_time_utc) for invocation in run.invocations or ()]
    return max((time for time in times if time), default=None)


def _artifacts(properties: Properties | None) -> list[str]:
    names = [*(properties.repo_tags or ()), properties.image_name] if properties else []
    return [name for text in names if (name := clip(text, 500))]


class _Rules:
    """A run's rules: those of the driver and of each extension, by index and by id (3.52.4)."""

    def __init__(self, tool: Tool, notes: Notes) -> None:
        parts = [tool.driver, *(tool.extensions or ())]
        self._lists = [list(notes.entries(part.rules, Rule, "rules")) for part in parts]
        # A rule that could not be read shifts those after it, so an index counts only where all could be read.
        self._whole = [len(rules) == len(part.rules or ()) for rules, part in zip(self._lists, parts, strict=True)]
        self._by_id = {rule.id: rule for rules in reversed(self._lists) for rule in rules if rule.id}
        self._secrets = bool(_SECRET_TOOLS.search(tool.driver.name or ""))

    def of(self, result: Result) -> tuple[str, Rule]:
        """The result's rule id and rule; an empty rule when the log has none for it."""
        ref = result.rule or RuleRef()
        identifier = result.rule_id or ref.id
        index = result.rule_index if result.rule_index is not None else ref.index
        part = ref.tool_component.index + 1 if ref.tool_component and ref.tool_component.index is not None else 0
        rule = self._at(part, index)
        if rule is None or (identifier and rule.id and not _within(identifier, rule.id)):
            rule = self._by_id.get(identifier or "") or self._by_id.get((identifier or "").rpartition("/")[0])
        rule = rule or Rule()
        return clip(identifier or rule.id, 200) or "unnamed", rule

    def _at(self, part: int, index: int | None) -> Rule | None:
        known = 0 <= part < len(self._lists) and self._whole[part]
        return self._lists[part][index] if known and index is not None and 0 <= index < len(self._lists[part]) else None

    def kind(self, identifier: str, rule: Rule) -> FindingKind:
        """What sort of thing a rule finds: from its id, the tool, and the words it is named and tagged with."""
        if vulnerability_prefix(identifier):
            return FindingKind.VULNERABILITY
        words = _words(identifier, rule)
        if self._secrets or any(_SECRET.search(word) for word in words):
            return FindingKind.SECRET
        return next((_KIND_TAGS[word] for word in words if word in _KIND_TAGS), FindingKind.CODE)


def _words(identifier: str, rule: Rule) -> list[str]:
    tags = (rule.properties.tags if rule.properties else None) or ()
    return [identifier, rule.name or "", *(tag.lower() for tag in tags)]


def _may_quote(kind: FindingKind, identifier: str, rule: Rule) -> bool:
    """Whether a result's own text might quote a secret: told far more readily than that it is about one."""
    other = kind in (FindingKind.VULNERABILITY, FindingKind.LICENSE)
    return kind is FindingKind.SECRET or (not other and any(_TOUCHY.search(word) for word in _words(identifier, rule)))


def _within(identifier: str, rule: str) -> bool:
    """Whether a result's rule id is the rule's, or hierarchically below it (3.27.5)."""
    return identifier == rule or identifier.startswith(rule + "/")


def _sightings(result: Result, rules: _Rules, scanner: str, at: datetime | None) -> Iterator[Sighting]:
    if result.kind in _PASSED:
        return
    identifier, rule = rules.of(result)
    kind = rules.kind(identifier, rule)
    message = _message(result.message, rule)
    location = next(iter(result.locations or ()), Location())
    facts = dict(_TRIVY_LINE.findall(message or ""))
    physical = location.physical_location or Physical()
    region = physical.region or Region()
    hidden = _may_quote(kind, identifier, rule)
    provenance = result.provenance or Provenance()
    yield Sighting(
        kind=kind,
        identifier=(vulnerability_prefix(identifier) or identifier) if kind is FindingKind.VULNERABILITY else identifier,
        severity=_severity(result, rule, facts),
        aliases=alias_ids(rule.deprecated_ids or ()) if kind is FindingKind.VULNERABILITY else (),
        package=_package(facts, message, location, result, rule)
        if kind in (FindingKind.VULNERABILITY, FindingKind.LICENSE)
        else None,
        title=_title(rule, message, hidden=hidden),
        description=None if hidden else _text(rule.full_description),
        url=web_url(rule.help_uri),
        fixed_version=None if hidden else clip(facts.get("Fixed Version"), 300),
        remedy="Revoke it, then take it out of the file and its history." if kind is FindingKind.SECRET else None,
        file=_file(physical.artifact_location),
        line=_line(region.start_line),
        end_line=_line(region.end_line),
        message=None if hidden else clip(message),
        scanner=scanner,
        first_seen=moment(provenance.first_detection_time_utc) or at,
        last_seen=moment(provenance.last_detection_time_utc) or at,
        verdict=_verdict(result),
    )


def _message(message: Message | None, rule: Rule) -> str | None:
    """The message's own text, or the rule's by id, with arguments in the places of `{0}`, `{1}` (3.11)."""
    if message is None:
        return None
    named = (rule.message_strings or {}).get(message.id or "")
    text = message.text or (named.text if named else None)
    if not text or not message.arguments:
        return text
    arguments = message.arguments
    return re.sub(
        r"\{(\d{1,4})\}",
        lambda hole: arguments[int(hole[1])] if int(hole[1]) < len(arguments) else hole[0],
        text,
    )


def _severity(result: Result, rule: Rule, facts: dict[str, str]) -> Severity:
    """The tool's own word, else its CVSS score, else the level (3.27.10: the rule's, else `warning`)."""
    properties = rule.properties or Properties()
    for word in (facts.get("Severity"), *(properties.tags or ())):
        if (found := severity_of(word)) is not Severity.UNKNOWN:
            return found
    for given in ((result.properties or Properties()).security_severity, properties.security_severity):
        if (score := _number(given)) is not None:
            return severity_of_score(score)
    default = rule.default_configuration.level if rule.default_configuration else None
    return _LEVELS.get(result.level or default or "warning", Severity.MEDIUM)


def _number(text: str | float | None) -> float | None:
    try:
        number = float(text) if text is not None else math.nan
        return None if math.isnan(number) else number
    except ValueError:
        return None


def _package(facts: dict[str, str], message: str | None, location: Location, result: Result, rule: Rule) -> FindingPackage | None:
    """The package by its purl in the properties, else as a message names it in the words of Trivy or of Grype.

    SARIF has no place of its own for packages.
    """
    purl = package_of(clip((result.properties or Properties()).purl))
    if purl:
        return purl
    if facts.get("Package"):
        return package_of(None, clip(facts["Package"], 300), clip(facts.get("Installed Version"), 200))
    found = _GRYPE.search(message or "") or _PLACE.search((location.message.text if location.message else None) or "")
    purls: Sequence[str] = (rule.properties.purls if rule.properties else None) or ()
    if len(purls) == 1:
        return package_of(clip(purls[0]))
    return package_of(None, clip(found[1], 300), clip(found[2], 200)) if found else None


def _title(rule: Rule, message: str | None, *, hidden: bool) -> str | None:
    named = _text(rule.short_description) or (clip(rule.name, 300) if rule.name != rule.id else None)
    first = None if hidden or not message else message.partition("\n")[0]
    return clip(named or first, 300)


def _text(message: Message | None) -> str | None:
    return clip(message.text) if message else None


def _file(location: Artifact | None) -> str | None:
    return clip(unquote(location.uri), 500) if location and location.uri else None


def _line(line: int | None) -> int | None:
    return line if line and line > 0 else None


def _verdict(result: Result) -> Verdict | None:
    """A suppression in force (3.35.3: no status, or `accepted`), or absence from the run that set the baseline."""
    for suppression in result.suppressions or ():
        if suppression.status in (None, "accepted"):
            return Verdict(FindingState.ACCEPTED, "suppressed", detail=clip(suppression.justification))
    return Verdict(FindingState.FIXED, "absent") if result.baseline_state == "absent" else None
