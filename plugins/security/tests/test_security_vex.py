"""VEX: which findings a statement settles, and which it must leave alone."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_sdk import EntityRef
from callboard_security.model import FindingState
from callboard_security.reports import Document

PURL = "pkg:apk/alpine/openssl@3.0.1?arch=x86_64"
SERIAL = "3e671687-395b-41f5-a30f-a58921a69b79"


def states(store: Any) -> dict[str, FindingState]:
    return {f"{f.package.name}@{f.package.version}": f.state for f in store.index.findings}


@pytest.mark.parametrize(
    ("analysis", "state"),
    [
        ({"state": "resolved"}, FindingState.FIXED),
        ({"state": "resolved_with_pedigree"}, FindingState.FIXED),
        ({"state": "exploitable"}, FindingState.OPEN),
        ({"state": "exploitable", "response": ["will_not_fix"]}, FindingState.ACCEPTED),
        ({"state": "in_triage"}, FindingState.OPEN),
        ({"state": "false_positive"}, FindingState.FALSE_POSITIVE),
        ({"state": "not_affected", "justification": "code_not_present"}, FindingState.NOT_AFFECTED),
        ({"state": "something_new"}, FindingState.OPEN),
    ],
)
def test_an_analysis_decides_the_state(folder: Any, reports: Any, analysis: dict[str, Any], state: FindingState) -> None:
    vex = reports.cyclonedx({"id": "CVE-2024-0001", "analysis": analysis, "affects": [{"ref": PURL}]})
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability(purl=PURL)), "web/vex.cdx.json": vex})
    [found] = store.index.findings

    assert found.state is state
    assert found.verdict.analysis == analysis["state"]
    assert found.verdict.justification == analysis.get("justification")


def test_a_statement_speaks_only_of_its_own_package_version_and_entity(folder: Any, reports: Any) -> None:
    report = reports.trivy(
        reports.vulnerability(purl=PURL),
        reports.vulnerability(version="3.0.2", purl=PURL.replace("3.0.1", "3.0.2")),
        reports.vulnerability(package="libssl"),
    )
    store = folder.store(
        {"web/a.json": report, "web/v.json": reports.cyclonedx(reports.statement("not_affected", PURL)), "other/a.json": report}
    )

    settled = [f for f in store.index.findings if f.state is not FindingState.OPEN]
    assert [(f.entity_ref.name, f.package.version) for f in settled] == [("web", "3.0.1")]


def test_a_statement_without_a_version_speaks_of_every_version(folder: Any, reports: Any) -> None:
    vex = reports.cyclonedx(reports.statement("false_positive", "pkg:apk/alpine/openssl"))
    report = reports.trivy(*(reports.vulnerability(version=v) for v in ("3.0.1", "3.0.2")))

    assert set(states(folder.store({"web/a.json": report, "web/v.json": vex})).values()) == {FindingState.FALSE_POSITIVE}


def test_a_statement_without_affected_elements_speaks_of_the_whole_entity(folder: Any, reports: Any) -> None:
    store = folder.store(
        {"web/a.json": reports.trivy(reports.vulnerability()), "web/v.json": reports.cyclonedx(reports.statement("resolved"))}
    )

    assert states(store) == {"openssl@3.0.1": FindingState.FIXED}


def test_versions_with_statuses_of_their_own_divide_a_statement(folder: Any, reports: Any) -> None:
    statement = reports.statement("exploitable")
    statement["affects"] = [
        {"ref": "pkg:apk/alpine/openssl", "versions": [{"version": "3.0.1", "status": "unaffected"}, {"version": "3.0.2"}]}
    ]
    report = reports.trivy(*(reports.vulnerability(version=v) for v in ("3.0.1", "3.0.2", "3.0.3")))
    store = folder.store({"web/a.json": report, "web/v.json": reports.cyclonedx(statement)})

    assert states(store)["openssl@3.0.1"] is FindingState.NOT_AFFECTED
    assert states(store)["openssl@3.0.2"] is FindingState.OPEN
    assert states(store)["openssl@3.0.3"] is FindingState.OPEN


def test_a_version_range_is_reported_and_settles_nothing(folder: Any, reports: Any) -> None:
    statement = reports.statement("not_affected")
    statement["affects"] = [{"ref": "pkg:apk/alpine/openssl", "versions": [{"range": "vers:apk/<3.1"}]}]
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability()), "web/v.json": reports.cyclonedx(statement)})

    assert states(store) == {"openssl@3.0.1": FindingState.OPEN}
    assert [p.rule for p in store.sources[0].problems] == ["security.vex-range"]


def test_the_newest_statement_counts_and_of_two_as_new_the_one_that_leaves_it_open(folder: Any, reports: Any) -> None:
    old = reports.cyclonedx(reports.statement("not_affected", PURL), timestamp="2025-01-01T00:00:00Z")
    new = reports.cyclonedx(reports.statement("false_positive", PURL, lastUpdated="2025-06-01T00:00:00Z"))
    files = {"web/a.json": reports.trivy(reports.vulnerability(purl=PURL)), "web/1.json": new, "web/2.json": old}
    assert states(folder.store(files)) == {"openssl@3.0.1": FindingState.FALSE_POSITIVE}

    as_new = reports.cyclonedx(reports.statement("in_triage", PURL, lastUpdated="2025-06-01T00:00:00Z"))
    assert states(folder.store({"web/0.json": as_new})) == {"openssl@3.0.1": FindingState.OPEN}


def test_a_statement_by_an_alias_settles_the_finding(folder: Any, reports: Any) -> None:
    statement = {**reports.statement("resolved", identifier="GHSA-aaaa-bbbb-cccc"), "references": [{"id": "CVE-2024-0001"}]}
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability()), "web/v.json": reports.cyclonedx(statement)})

    assert states(store) == {"openssl@3.0.1": FindingState.FIXED}


def test_a_vex_that_belongs_to_nobody_goes_with_the_sbom_it_links_to(folder: Any, reports: Any) -> None:
    sbom = reports.cyclonedx(components=[PURL], serialNumber=f"urn:uuid:{SERIAL}", version=1)
    sbom["components"][0]["bom-ref"] = "component 7"
    vex = reports.cyclonedx(reports.statement("not_affected", f"urn:cdx:{SERIAL}/1#component%207"))
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability(purl=PURL)), "web/bom.json": sbom, "vex.json": vex})

    owners: dict[str, Document] = {d.path: d for d in store.index.documents}
    assert owners["vex.json"].entity == EntityRef("component", "default", "web")
    assert states(store) == {"openssl@3.0.1": FindingState.NOT_AFFECTED}


def test_a_statement_about_an_element_that_nobody_knows_settles_nothing(folder: Any, reports: Any) -> None:
    vex = reports.cyclonedx(reports.statement("not_affected", f"urn:cdx:{SERIAL}/1#gone"), reports.statement("resolved", "gone"))
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability()), "web/v.json": vex})

    assert states(store) == {"openssl@3.0.1": FindingState.OPEN}


def test_what_a_vex_calls_exploitable_is_a_finding_even_when_no_scanner_saw_it(folder: Any, reports: Any) -> None:
    store = folder.store(
        {
            "web/v.json": reports.cyclonedx(
                reports.statement("exploitable", PURL), reports.statement("resolved", PURL, identifier="CVE-2024-0002")
            )
        }
    )

    assert [(f.identifier, f.state) for f in store.index.findings] == [("CVE-2024-0001", FindingState.OPEN)]


def test_a_vex_is_no_scanner_where_one_reports_the_same(folder: Any, reports: Any) -> None:
    vex = reports.cyclonedx(
        {**reports.statement("exploitable", PURL), "ratings": [{"severity": "low"}]}, timestamp="2020-01-01T00:00:00Z"
    )
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability(purl=PURL)), "web/v.json": vex})
    [found] = store.index.findings

    assert (found.scanners, len(found.evidence), found.first_seen.year) == (["Trivy"], 1, 2026)
    assert found.verdict.analysis == "exploitable"


def test_an_sbom_alone_does_not_mean_that_somebody_looked(folder: Any, reports: Any) -> None:
    sbom = reports.cyclonedx(components=[PURL])
    del sbom["vulnerabilities"]
    store = folder.store({"web/bom.json": sbom})
    scanned = folder.store({"web/bom.json": reports.cyclonedx(components=[PURL])})

    ref = EntityRef("component", "default", "web")
    assert store.index.standing(ref).summary.state.value == "UNSCANNED"
    assert scanned.index.standing(ref).summary.state.value == "CLEAR"


@pytest.mark.parametrize("owner", ["pay", "web"])
def test_a_vex_that_links_to_two_sboms_belongs_to_somebody_only_if_both_have_one_owner(
    folder: Any, reports: Any, owner: str
) -> None:
    boms = [reports.cyclonedx(components=[PURL], serialNumber=f"urn:uuid:{n}") for n in ("one", "two")]
    vex = reports.cyclonedx(reports.statement("not_affected", f"urn:cdx:one/1#{PURL}", f"urn:cdx:two/1#{PURL}"))
    store = folder.store({"web/1.json": boms[0], f"{owner}/2.json": boms[1], "vex.json": vex})

    [found] = [document.entity for document in store.index.documents if document.path == "vex.json"]
    assert found == (EntityRef("component", "default", "web") if owner == "web" else None)
