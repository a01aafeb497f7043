"""One component's parts list and its owners' answers, as CycloneDX 1.5 documents: an SBOM, and a VEX that points into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from demo.company.advisories import Advisory
from demo.company.dice import number, uid

if TYPE_CHECKING:
    from demo.company.security import Inspection

_DETAILS = {
    "not_affected": "The flawed function is never called from here.",
    "in_triage": "Being looked at.",
    "exploitable": "Reached from a public route. An upgrade is planned.",
    "resolved": "Patched in the image while waiting for the next version.",
    "false_positive": "The version was read wrongly.",
}
_LICENCES = ("Apache-2.0", "MIT", "BSD-3-Clause", "MPL-2.0")


def bom(inspection: Inspection) -> dict[str, Any]:
    """The parts list of the component's image."""
    subject = inspection.image
    refs = [package.purl for package in inspection.packages]
    return {
        **_head(inspection, "bom"),
        "components": [
            {
                "type": "library",
                "bom-ref": package.purl,
                "name": package.name,
                "version": package.version,
                "purl": package.purl,
                "licenses": [{"license": {"id": _LICENCES[number(4, "licence", package.name)]}}],
            }
            for package in inspection.packages
        ],
        "dependencies": [{"ref": subject, "dependsOn": refs[::2]}, *_chain(refs)],
    }


def vex(inspection: Inspection) -> dict[str, Any]:
    """What the owners say about the findings; each answer affects a part of the SBOM, by BOM-Link."""
    serial = uid("cyclonedx", "bom", inspection.image)
    answers = [_answer(flaw, state, serial, inspection) for flaw, state in inspection.excused]
    return {**_head(inspection, "vex"), "vulnerabilities": answers}


def _head(inspection: Inspection, kind: str) -> dict[str, Any]:
    name, version = inspection.image.rsplit(":", 1)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uid('cyclonedx', kind, inspection.image)}",
        "version": 1,
        "metadata": {
            "timestamp": inspection.scanned_at.isoformat().replace("+00:00", "Z"),
            "tools": {"components": [{"type": "application", "name": "Batten", "version": "2.1.0"}]},
            "component": {"type": "container", "bom-ref": inspection.image, "name": name, "version": version},
        },
    }


def _chain(refs: list[str]) -> list[dict[str, Any]]:
    """Every second package is there because of the one before it."""
    return [{"ref": ref, "dependsOn": refs[place + 1 : place + 2]} for place, ref in enumerate(refs) if place % 2 == 0]


def _answer(flaw: Advisory, state: str, serial: str, inspection: Inspection) -> dict[str, Any]:
    analysis: dict[str, Any] = {"state": state, "detail": _DETAILS[state]}
    if state == "not_affected":
        analysis["justification"] = "code_not_reachable"
    if state == "exploitable":
        analysis["response"] = ["update"]
    stamp = inspection.scanned_at.isoformat().replace("+00:00", "Z")
    return {
        "id": flaw.id,
        "source": {"name": "Proscenia advisories", "url": flaw.url},
        "ratings": [
            {
                "source": {"name": "NVD"},
                "score": flaw.score,
                "severity": flaw.severity.lower(),
                "method": "CVSSv31",
                "vector": flaw.vector,
            }
        ],
        "cwes": [int(flaw.cwe.removeprefix("CWE-"))],
        "description": flaw.text,
        "recommendation": f"Upgrade {flaw.package.name} to {flaw.fixed}." if flaw.fixed else "No better version yet.",
        "published": flaw.published,
        "updated": stamp,
        "analysis": analysis,
        "affects": [{"ref": f"urn:cdx:{serial}/1#{flaw.package.purl}"}],
    }
