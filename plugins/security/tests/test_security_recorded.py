"""Real reports: every count is compared with a count that the test makes by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from callboard_sdk import EntityRef, Severity
from callboard_security.identity import package_of
from callboard_security.index import Index
from callboard_security.model import FindingKind, FindingState, SecurityFormat
from callboard_security.reading import read_document
from callboard_security.reports import Content
from callboard_security.settings import SecuritySettings
from callboard_security.store import Store
from cyclonedx.model.bom import Bom

TRIVY = ["alpine-310", "centos-7", "dockerfile", "helm", "npm", "pip"]
CYCLONEDX = ["cyclonedx-sbom", "cyclonedx-saasbom", "cyclonedx-vex", "trivy-conda-cyclonedx"]


def read(path: Path) -> Content:
    content, problems = read_document(path.name, path.read_bytes(), SecuritySettings())
    assert problems == ()
    assert content is not None
    return content


def load(root: Path, folders: dict[str, str], **source: Any) -> Index:
    store = Store(SecuritySettings.model_validate({"sources": [{"path": root, "folders": folders, **source}]}))
    store.load()
    return store.index


@pytest.mark.parametrize("name", TRIVY)
def test_a_trivy_report_gives_a_finding_for_each_entry_it_lists(
    recorded: Path, recorded_json: Callable[[str], Any], name: str
) -> None:
    content = read(recorded / f"trivy-{name}.json")
    results = recorded_json(f"trivy-{name}.json")["Results"]

    assert content.format is SecurityFormat.TRIVY
    for kind, key in [
        (FindingKind.VULNERABILITY, "Vulnerabilities"),
        (FindingKind.MISCONFIGURATION, "Misconfigurations"),
    ]:
        listed = sum(len(result.get(key) or []) for result in results)
        assert sum(sighting.kind is kind for sighting in content.sightings) == listed
    assert content.components == sum(len(result.get("Packages") or []) for result in results)
    words = sorted(e["Severity"] for r in results for k in ("Vulnerabilities", "Misconfigurations") for e in r.get(k) or [])
    assert sorted(sighting.severity.value for sighting in content.sightings) == words


def test_a_sarif_log_gives_a_finding_for_each_result(recorded: Path) -> None:
    content = read(recorded / "trivy-alpine-310.sarif")
    results = json.loads((recorded / "trivy-alpine-310.sarif").read_bytes())["runs"][0]["results"]
    expected = {(r["ruleId"], r["locations"][0]["message"]["text"].rpartition(": ")[2]) for r in results}

    assert len(content.sightings) == len(results)
    assert {(s.identifier, f"{s.package.name}@{s.package.version}") for s in content.sightings if s.package} == expected
    assert {s.severity for s in content.sightings} == {Severity.MEDIUM}


@pytest.mark.filterwarnings("ignore:.*is deprecated from CycloneDX")
@pytest.mark.parametrize("name", CYCLONEDX)
def test_a_cyclonedx_document_counts_what_a_second_reader_counts(
    recorded: Path, recorded_json: Callable[[str], Any], name: str
) -> None:
    content = read(recorded / f"{name}.json")
    raw = recorded_json(f"{name}.json")
    if name == "cyclonedx-saasbom":
        # The second reader refuses a data flow of this version; it still reads the same components.
        raw.pop("services")
    bom = Bom.from_json(raw)  # type: ignore[attr-defined]

    assert content.components == len(bom.components)
    affected = sum(len(vulnerability.affects) for vulnerability in bom.vulnerabilities)
    assert len(content.statements) == sum(
        len(vulnerability.affects) for vulnerability in bom.vulnerabilities if vulnerability.analysis
    )
    assert len(content.sightings) + len(content.statements) == affected
    assert {s.identifier for s in content.statements} == {v.id for v in bom.vulnerabilities}


def test_the_two_reports_of_one_scan_are_one_set_of_findings(recorded: Path) -> None:
    index = load(recorded, {"trivy-{component}.*": "component:{component}"}, include=["trivy-alpine*"])
    listed = json.loads((recorded / "trivy-alpine-310.json").read_bytes())["Results"][0]["Vulnerabilities"]

    assert len(index.documents) == 2
    assert len(index.findings) == len(listed) == 4
    assert {len(finding.evidence or []) for finding in index.findings} == {2}
    assert {finding.package.purl for finding in index.findings if finding.package} == {
        package.purl for entry in listed if (package := package_of(entry["PkgIdentifier"]["PURL"]))
    }


def test_one_document_in_two_folders_is_two_entities_findings(recorded: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "r.json").write_bytes((recorded / "trivy-npm.json").read_bytes())
    index = load(tmp_path, {"{component}/**": "component:{component}"})

    assert {finding.entity_ref for finding in index.by_identifier("cve-2019-11358")} == {
        EntityRef("component", "default", "a"),
        EntityRef("component", "default", "b"),
    }
    assert len({finding.id() for finding in index.findings}) == 2


def test_the_real_vex_settles_a_finding_in_the_package_it_links_to(recorded: Path, tmp_path: Path, reports: Any) -> None:
    purl = "pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.10.0?type=jar"
    name = "com.fasterxml.jackson.core:jackson-databind"
    entry = {
        "VulnerabilityID": "CVE-2020-25649",
        "PkgName": name,
        "InstalledVersion": "2.10.0",
        "PkgIdentifier": {"PURL": purl},
        "Severity": "HIGH",
    }
    other = {**entry, "InstalledVersion": "2.9.0", "PkgIdentifier": {"PURL": purl.replace("2.10.0", "2.9.0")}}
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "trivy.json").write_text(json.dumps(reports.trivy(entry, other)))
    (folder / "vex.json").write_bytes((recorded / "cyclonedx-vex.json").read_bytes())
    index = load(tmp_path, {"{component}/**": "component:{component}"})

    states = {finding.package.version: finding for finding in index.findings if finding.package}
    assert states["2.10.0"].state is FindingState.NOT_AFFECTED
    assert states["2.10.0"].verdict is not None
    assert states["2.10.0"].verdict.justification == "code_not_reachable"
    assert states["2.9.0"].state is FindingState.OPEN


def test_no_prefix_of_a_real_report_raises(recorded: Path) -> None:
    for path in sorted(recorded.iterdir()):
        content = path.read_bytes()
        for end in range(0, len(content), max(1, len(content) // 60)):
            found, problems = read_document(path.name, content[:end], SecuritySettings())
            assert found is None
            assert problems[0].rule == "security.not-json"
            assert problems[0].line is not None
            assert problems[0].remedy
