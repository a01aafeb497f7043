"""One component's findings as Trivy's own JSON report (schema version 2): an image, its libraries, and its Dockerfile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from demo.company.advisories import LOCK_FILES, TRIVY_TYPES, Advisory, Package, fingerprint
from demo.company.dice import hexes, number, uid

if TYPE_CHECKING:
    from demo.company.security import Inspection

_NUMBERS = {"LOW": 1, "MEDIUM": 2, "HIGH": 3, "CRITICAL": 4}


def report(inspection: Inspection) -> dict[str, Any]:
    """The whole report of one image."""
    ecosystem = inspection.packages[0].ecosystem
    layer = {"DiffID": f"sha256:{hexes(64, inspection.image, 'layer')}"}
    return {
        "SchemaVersion": 2,
        "Trivy": {"Version": "0.66.0"},
        "ReportID": uid("trivy", inspection.image),
        "CreatedAt": inspection.scanned_at.isoformat().replace("+00:00", "Z"),
        "ArtifactName": inspection.image,
        "ArtifactType": "container_image",
        "Metadata": {
            "Size": 40_000_000 + number(200_000_000, inspection.image),
            "OS": {"Family": "debian", "Name": "13.1"},
            "ImageID": f"sha256:{hexes(64, inspection.image)}",
            "RepoTags": [inspection.image],
            "Reference": inspection.image,
        },
        "Results": [
            {
                "Target": f"app/{LOCK_FILES[ecosystem]}",
                "Class": "lang-pkgs",
                "Type": TRIVY_TYPES[ecosystem],
                "Packages": [_package(package) for package in inspection.packages],
                **_vulnerabilities(inspection, layer),
            },
            *_dockerfile(inspection),
        ],
    }


def _package(package: Package) -> dict[str, Any]:
    return {
        "ID": f"{package.name}@{package.version}",
        "Name": package.name,
        "Identifier": {"PURL": package.purl, "UID": hexes(16, package.purl)},
        "Version": package.version,
    }


def _vulnerabilities(inspection: Inspection, layer: dict[str, str]) -> dict[str, Any]:
    """Trivy leaves the key out where there is nothing to say."""
    if not inspection.trivy_saw:
        return {}
    return {"Vulnerabilities": [_vulnerability(flaw, layer, inspection.image) for flaw in inspection.trivy_saw]}


def _vulnerability(flaw: Advisory, layer: dict[str, str], image: str) -> dict[str, Any]:
    package = flaw.package
    return {
        "VulnerabilityID": flaw.id,
        "PkgID": f"{package.name}@{package.version}",
        "PkgName": package.name,
        "PkgIdentifier": {"PURL": package.purl, "UID": hexes(16, package.purl)},
        "InstalledVersion": package.version,
        **({"FixedVersion": flaw.fixed, "Status": "fixed"} if flaw.fixed else {"Status": "affected"}),
        "Layer": layer,
        "SeveritySource": "nvd",
        "PrimaryURL": flaw.url,
        "Fingerprint": fingerprint("trivy", image, flaw.id),
        "Title": flaw.title,
        "Description": flaw.text,
        "Severity": flaw.severity,
        "CweIDs": [flaw.cwe],
        "VendorSeverity": {"nvd": _NUMBERS[flaw.severity]},
        "CVSS": {"nvd": {"V3Vector": flaw.vector, "V3Score": flaw.score}},
        "References": [flaw.url],
        "PublishedDate": flaw.published,
        "LastModifiedDate": flaw.published,
    }


def _dockerfile(inspection: Inspection) -> list[dict[str, Any]]:
    """One image in five runs as root; the others pass."""
    root = number(5, "root", inspection.image) == 0
    result: dict[str, Any] = {
        "Target": "Dockerfile",
        "Class": "config",
        "Type": "dockerfile",
        "MisconfSummary": {"Successes": 26 - root, "Failures": int(root)},
    }
    if root:
        result["Misconfigurations"] = [
            {
                "Type": "Dockerfile Security Check",
                "ID": "DS-0002",
                "Title": "The image's user is root",
                "Description": "A process that runs as root can do more harm once it is taken over.",
                "Message": "Name a user that is not root in the last stage.",
                "Resolution": "Add a USER instruction.",
                "Severity": "HIGH",
                "PrimaryURL": "https://advisories.proscenia.example/ds-0002",
                "Status": "FAIL",
                "CauseMetadata": {
                    "Provider": "Dockerfile",
                    "Service": "general",
                    "StartLine": 1,
                    "EndLine": 1,
                },
            }
        ]
    return [result]
