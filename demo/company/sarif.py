"""One component's findings as a SARIF 2.1.0 log with two runs: a dependency checker and a reader of source code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from demo.company.advisories import ADVISORY_SITE, LOCK_FILES, Advisory
from demo.company.dice import hexes

if TYPE_CHECKING:
    from demo.company.security import Inspection

RULES = {
    "footlight/sql-from-text": ("Statement built from text", "error", "8.1", "CWE-89"),
    "footlight/secret-in-log": ("A secret is written to the log", "warning", "6.5", "CWE-532"),
    "footlight/weak-hash": ("A hash that is too weak for passwords", "warning", "5.3", "CWE-328"),
    "footlight/unchecked-redirect": ("Redirect to an address from outside", "note", "3.4", "CWE-601"),
}
_LEVELS = {"CRITICAL": "error", "HIGH": "error", "MEDIUM": "warning", "LOW": "note"}
_SOURCES = {
    "python": "src/main.py",
    "typescript": "src/index.ts",
    "go": "cmd/main.go",
    "java": "src/Main.java",
}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def log(inspection: Inspection) -> dict[str, Any]:
    """The whole log."""
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_dependencies(inspection), _source(inspection)]}


def _dependencies(inspection: Inspection) -> dict[str, Any]:
    flaws = inspection.sarif_saw
    file = LOCK_FILES[inspection.packages[0].ecosystem]
    results = [
        _result(flaw.id, index, _LEVELS[flaw.severity], _message(flaw), file, 1, {"purl": flaw.package.purl})
        for index, flaw in enumerate(flaws)
    ]
    return _run(inspection, "Gridiron Dependencies", [_advisory_rule(flaw) for flaw in flaws], results)


def _message(flaw: Advisory) -> str:
    return (
        f"Package: {flaw.package.name}\nInstalled Version: {flaw.package.version}\n"
        f"Vulnerability {flaw.id}\nSeverity: {flaw.severity}\nFixed Version: {flaw.fixed}\nLink: {flaw.url}"
    )


def _advisory_rule(flaw: Advisory) -> dict[str, Any]:
    tags = ["vulnerability", "security", flaw.severity, f"external/cwe/{flaw.cwe.lower()}"]
    return {
        "id": flaw.id,
        "name": "LanguageSpecificPackageVulnerability",
        "shortDescription": {"text": flaw.title},
        "fullDescription": {"text": flaw.text},
        "defaultConfiguration": {"level": _LEVELS[flaw.severity]},
        "helpUri": flaw.url,
        "help": {"text": _message(flaw)},
        "properties": {"precision": "very-high", "security-severity": str(flaw.score), "tags": tags},
    }


def _source(inspection: Inspection) -> dict[str, Any]:
    names = [rule for rule, _ in inspection.code_flaws]
    file = _SOURCES.get(inspection.component.language, "src/main")
    results = [
        _result(rule, index, RULES[rule][1], f"{RULES[rule][0]}.", file, line, {})
        for index, (rule, line) in enumerate(inspection.code_flaws)
    ]
    return _run(inspection, "Footlight", [_code_rule(name) for name in names], results)


def _code_rule(name: str) -> dict[str, Any]:
    title, level, score, cwe = RULES[name]
    return {
        "id": name,
        "name": name.split("/")[1].title().replace("-", ""),
        "shortDescription": {"text": title},
        "defaultConfiguration": {"level": level},
        "helpUri": f"{ADVISORY_SITE}/{name}",
        "properties": {"security-severity": score, "tags": ["security", f"external/cwe/{cwe.lower()}"]},
    }


def _result(rule: str, index: int, level: str, text: str, file: str, line: int, properties: dict[str, str]) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": file, "uriBaseId": "ROOTPATH"},
        "region": {"startLine": line, "startColumn": 1, "endLine": line, "endColumn": 1},
    }
    return {
        "ruleId": rule,
        "ruleIndex": index,
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"primaryLocationLineHash": hexes(16, rule, file, str(line))},
        **({"properties": properties} if properties else {}),
    }


def _run(inspection: Inspection, tool: str, rules: list[dict[str, Any]], results: list[dict[str, Any]]) -> dict[str, Any]:
    ended = inspection.scanned_at.isoformat().replace("+00:00", "Z")
    driver = {"name": tool, "version": "3.2.0", "informationUri": ADVISORY_SITE, "rules": rules}
    return {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": ended}],
        "originalUriBaseIds": {"ROOTPATH": {"uri": f"file:///src/{inspection.component.repository}/"}},
        "results": results,
        "columnKind": "utf16CodeUnits",
        "properties": {"imageName": inspection.image},
    }
