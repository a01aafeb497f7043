"""The scanners' reports are whole documents of their formats, and speak of the same flaws."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from demo.company import Company
from demo.company.advisories import ECOSYSTEMS, advisories
from demo.company.security import inspect


def reports(data: Path, name: str) -> dict[str, Any]:
    found = {file.parent.name: orjson.loads(file.read_bytes()) for file in (data / "security").glob(f"*/{name}")}
    assert found
    return found


def vulnerabilities(trivy: dict[str, Any]) -> set[str]:
    return {flaw["VulnerabilityID"] for result in trivy["Results"] for flaw in result.get("Vulnerabilities", ())}


def test_every_scanned_component_has_its_reports(data: Path, company: Company) -> None:
    scanned = {component.name for component in company.components if component.scanned}
    for name in ("trivy.json", "scan.sarif", "bom.cdx.json"):
        assert set(reports(data, name)) == scanned
    assert set(reports(data, "vex.cdx.json")) <= scanned


def test_the_scanners_overlap_without_being_the_same(full_company: Company) -> None:
    found = [inspect(one, full_company) for one in full_company.components if one.scanned]
    both = sum(len({*one.trivy_saw} & {*one.sarif_saw}) for one in found)
    only_trivy = sum(len({*one.trivy_saw} - {*one.sarif_saw}) for one in found)
    only_sarif = sum(len({*one.sarif_saw} - {*one.trivy_saw}) for one in found)
    assert min(both, only_trivy, only_sarif) > 50
    assert len({state for one in found for _, state in one.excused}) == 5


def test_flaws_are_well_formed_unique_and_of_no_real_year() -> None:
    flaws = [flaw for one in ECOSYSTEMS.values() for of in advisories(one).values() for flaw in of]
    assert len({flaw.id for flaw in flaws}) == len(flaws) > 100
    assert all(re.fullmatch(r"CVE-2099-\d{5}", flaw.id) for flaw in flaws)
    assert {flaw.severity for flaw in flaws} == {"CRITICAL", "HIGH", "MEDIUM", "LOW"}
    assert {bool(flaw.fixed) for flaw in flaws} == {True, False}


def test_trivy_reports_say_what_was_found_where(data: Path) -> None:
    for name, report in reports(data, "trivy.json").items():
        assert report["SchemaVersion"] == 2
        assert report["ArtifactType"] == "container_image"
        assert f"/{name}:" in report["ArtifactName"]
        for result in report["Results"]:
            known = {package["Name"]: package["Version"] for package in result.get("Packages", ())}
            for flaw in result.get("Vulnerabilities", ()):
                assert known[flaw["PkgName"]] == flaw["InstalledVersion"]
                assert ("FixedVersion" in flaw) == (flaw["Status"] == "fixed")


def test_sarif_results_point_at_their_rules_and_places(data: Path) -> None:
    for log in reports(data, "scan.sarif").values():
        assert log["version"] == "2.1.0"
        for run in log["runs"]:
            rules = run["tool"]["driver"]["rules"]
            for result in run["results"]:
                assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
                assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1


@pytest.mark.parametrize("name", ["bom.cdx.json", "vex.cdx.json"])
def test_cyclonedx_documents_keep_the_schema(data: Path, name: str) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_5)
    for report in reports(data, name).values():
        assert validator.validate_str(orjson.dumps(report).decode()) is None


def test_an_answer_is_about_a_part_in_the_parts_list_and_a_flaw_that_was_found(data: Path) -> None:
    boms, trivys, sarifs = (reports(data, name) for name in ("bom.cdx.json", "trivy.json", "scan.sarif"))
    for name, vex in reports(data, "vex.cdx.json").items():
        serial = boms[name]["serialNumber"].removeprefix("urn:uuid:")
        refs = {f"urn:cdx:{serial}/1#{part['bom-ref']}" for part in boms[name]["components"]}
        found = vulnerabilities(trivys[name]) | {one["ruleId"] for one in sarifs[name]["runs"][0]["results"]}
        for answer in vex["vulnerabilities"]:
            assert answer["id"] in found
            assert {part["ref"] for part in answer["affects"]} <= refs
