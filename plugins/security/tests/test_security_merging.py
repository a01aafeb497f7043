"""One finding per thing: what makes two reports the same, and what a finding says when they differ."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from callboard_sdk import Severity
from callboard_security.identity import Aliases, package_key, package_of, rule_key, vulnerability_id
from callboard_security.model import Finding, FindingState

PURL = "pkg:pypi/requests@2.19.0"


def findings(store: Any) -> list[Finding]:
    return list(store.index.findings)


def test_scanners_that_report_one_vulnerability_of_one_package_make_one_finding(folder: Any, reports: Any) -> None:
    vulnerability = reports.vulnerability(package="requests", version="2.19.0", purl=PURL, FixedVersion="2.20.0")
    grype = "A high vulnerability in python package: Requests, version 2.19.0 was found at: /req.txt"
    [found] = findings(
        folder.store(
            {
                "web/a.json": reports.trivy(vulnerability),
                "web/b.sarif": reports.sarif(reports.result("CVE-2024-0001-requests", grype), tool="grype"),
                "web/c.json": reports.cyclonedx(
                    {"id": "cve-2024-0001", "affects": [{"ref": PURL}], "ratings": [{"severity": "critical"}]},
                    components=[PURL],
                ),
            }
        )
    )

    assert found.identifier == "CVE-2024-0001"
    assert found.scanners == ["CycloneDX", "Grype", "Trivy"]
    assert found.package is not None
    assert found.package.purl == PURL
    assert found.fixed_version == "2.20.0"
    assert [e.document for e in found.evidence or []] == ["reports/web/a.json", "reports/web/c.json", "reports/web/b.sarif"]


def test_the_severity_is_the_worst_that_any_document_reports(folder: Any, reports: Any) -> None:
    low, high = (reports.vulnerability(Severity=word) for word in ("LOW", "CRITICAL"))
    unknown = reports.vulnerability(Severity="UNKNOWN")
    store = folder.store({f"web/{n}.json": reports.trivy(v) for n, v in enumerate((low, high, unknown))})

    assert [finding.severity for finding in findings(store)] == [Severity.CRITICAL]


def test_an_unknown_severity_never_hides_a_known_one(folder: Any, reports: Any) -> None:
    store = folder.store({f"web/{word}.json": reports.trivy(reports.vulnerability(Severity=word)) for word in ("LOW", "UNKNOWN")})

    assert [finding.severity for finding in findings(store)] == [Severity.LOW]


def test_an_advisory_is_the_vulnerability_that_some_document_says_it_is(folder: Any, reports: Any) -> None:
    advisory = "GHSA-aaaa-bbbb-cccc"
    cve = reports.vulnerability("CVE-2024-0001", References=[f"https://github.com/advisories/{advisory}"])
    store = folder.store(
        {
            "web/a.json": reports.trivy(cve),
            "web/b.json": reports.trivy(reports.vulnerability(advisory.upper().replace("GHSA", "ghsa"))),
        }
    )
    [found] = findings(store)

    assert found.identifier == "CVE-2024-0001"
    assert found.aliases == [advisory]
    assert store.index.by_identifier(advisory) == [found]


def test_a_vendors_notice_of_several_vulnerabilities_does_not_make_them_one(folder: Any, reports: Any) -> None:
    pair = [reports.vulnerability(f"CVE-2024-000{n}", VendorIDs=["RHSA-2024:1"]) for n in (1, 2)]

    assert len(findings(folder.store({"web/a.json": reports.trivy(*pair)}))) == 2


def test_an_id_that_is_tied_to_two_vulnerabilities_joins_neither() -> None:
    aliases = Aliases([("CVE-2024-1", ("GHSA-aaaa-bbbb-cccc",)), ("CVE-2024-2", ("GHSA-aaaa-bbbb-cccc",))])

    assert aliases.canonical("GHSA-aaaa-bbbb-cccc") == "GHSA-aaaa-bbbb-cccc"
    assert aliases.canonical("CVE-2024-1") == "CVE-2024-1"


def test_names_without_a_cve_agree_on_the_same_one_whichever_is_asked() -> None:
    aliases = Aliases([("PYSEC-2024-1", ("GHSA-aaaa-bbbb-cccc",))])

    assert aliases.canonical("PYSEC-2024-1") == aliases.canonical("GHSA-aaaa-bbbb-cccc") == "GHSA-aaaa-bbbb-cccc"


@pytest.mark.parametrize("more", [{"version": "3.0.2"}, {"package": "libssl"}, {"identifier": "CVE-2024-9999"}])
def test_another_version_package_or_vulnerability_is_another_finding(folder: Any, reports: Any, more: dict[str, str]) -> None:
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability(), reports.vulnerability(**more))})

    assert len(findings(store)) == 2


def test_packages_of_two_ecosystems_are_two_findings_and_one_without_a_purl_joins_one(folder: Any, reports: Any) -> None:
    made = [reports.vulnerability(package="x", version="1", purl=purl) for purl in ("pkg:npm/x@1", "pkg:pypi/x@1", None)]
    found = findings(folder.store({"web/a.json": reports.trivy(*made)}))

    assert sorted(len(finding.evidence or []) for finding in found) == [1, 2]
    assert len({finding.id() for finding in found}) == 2


def test_a_file_added_beside_others_leaves_the_ids_of_findings_as_they_were(folder: Any, reports: Any) -> None:
    before = [f.id() for f in findings(folder.store({"web/a.json": reports.trivy(reports.vulnerability())}))]
    purl = reports.vulnerability(purl="pkg:generic/openssl@3.0.1")

    assert [f.id() for f in findings(folder.store({"web/b.json": reports.trivy(purl)}))] == before


def test_a_misconfiguration_is_its_rule_file_and_line_in_any_spelling(folder: Any, reports: Any) -> None:
    def check(rule: str, line: int | None) -> dict[str, Any]:
        return {"ID": rule, "Severity": "HIGH", "Status": "FAIL", "CauseMetadata": {"StartLine": line} if line else {}}

    store = folder.store(
        {
            "web/a.json": reports.trivy(Misconfigurations=[check("DS002", None), check("DS-0002", 7)], Target="Dockerfile"),
            "web/b.sarif": reports.sarif(
                reports.result("AVD-DS-0002", file="./Dockerfile", line=1),
                rules=[{"id": "AVD-DS-0002", "properties": {"tags": ["misconfiguration"]}}],
            ),
        }
    )

    assert sorted(len(finding.evidence or []) for finding in findings(store)) == [1, 2]


def test_a_check_that_passed_is_no_finding_and_an_exception_is_accepted(folder: Any, reports: Any) -> None:
    checks = [{"ID": f"DS-000{n}", "Status": status} for n, status in enumerate(["PASS", "EXCEPTION"])]
    [found] = findings(folder.store({"web/a.json": reports.trivy(Misconfigurations=checks)}))

    assert (found.identifier, found.state) == ("DS-0001", FindingState.ACCEPTED)


def test_what_trivy_suppressed_is_shown_as_settled(folder: Any, reports: Any) -> None:
    modified = {"Type": "vulnerability", "Status": "not_affected", "Statement": "not called", "Finding": reports.vulnerability()}
    [found] = findings(folder.store({"web/a.json": reports.trivy(ExperimentalModifiedFindings=[modified])}))

    assert found.state is FindingState.NOT_AFFECTED
    assert found.verdict is not None
    assert found.verdict.detail == "not called"


def test_times_span_all_documents_that_report_it(folder: Any, reports: Any) -> None:
    days = ("2026-01-03T00:00:00Z", "2026-01-01T00:00:00+01:00", "0001-01-01T00:00:00Z", "yesterday")
    [found] = findings(
        folder.store({f"web/{n}.json": reports.trivy(reports.vulnerability(), created=day) for n, day in enumerate(days)})
    )

    assert found.first_seen == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert found.last_seen == datetime(2026, 1, 3, tzinfo=UTC)


def test_findings_stand_worst_first_then_by_id_with_unique_places(folder: Any, reports: Any) -> None:
    made = [
        reports.vulnerability(f"CVE-2024-000{n}", Severity=s)
        for n, s in enumerate(["LOW", "CRITICAL", "HIGH", "HIGH", "UNKNOWN"])
    ]
    found = findings(folder.store({"web/a.json": reports.trivy(*reversed(made))}))

    assert [finding.identifier for finding in found] == [f"CVE-2024-000{n}" for n in (1, 2, 3, 0, 4)]
    assert len({finding.place for finding in found}) == 5


def test_licences_are_findings_only_when_the_settings_ask_for_them(folder: Any, reports: Any) -> None:
    report = {"web/a.json": reports.trivy(Licenses=[{"Name": "AGPL-3.0", "Severity": "CRITICAL", "PkgName": "x"}])}

    assert findings(folder.store(report)) == []
    assert [f.identifier for f in findings(folder.store(settings={"licenses": True}))] == ["AGPL-3.0"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (package_of("pkg:PyPI/Foo_Bar@1"), package_of(None, "foo.bar", "1")),
        (package_of("pkg:maven/org.x/y@1?type=jar"), package_of(None, "org.x:y", "1")),
        (package_of("pkg:deb/debian/libc6@2.36?arch=amd64"), package_of(None, "libc6", "0:2.36")),
        (package_of("pkg:rpm/centos/bash@4.2?epoch=1"), package_of(None, "bash", "1:4.2")),
        (package_of("pkg:golang/github.com/a/b@v1.2.3"), package_of(None, "github.com/a/b", "1.2.3")),
        (package_of("pkg:npm/%40scope/name@1.0.0"), package_of(None, "@scope/name", "1.0.0")),
    ],
)
def test_a_package_is_known_again_in_another_scanners_spelling(one: Any, other: Any) -> None:
    assert package_key(one) == package_key(other)


def test_ids_are_compared_in_their_usual_spelling() -> None:
    assert vulnerability_id(" cve-2024-0001") == "CVE-2024-0001"
    assert vulnerability_id("ghsa-AAAA-bbbb-1234") == "GHSA-aaaa-bbbb-1234"
    assert rule_key("AVD-AWS-0001") == rule_key("AWS-0001") == "AWS-0001"
    assert rule_key("python.lang.eval") == "python.lang.eval"


def test_references_to_several_advisories_name_none_of_them(folder: Any, reports: Any) -> None:
    links = [f"https://github.com/advisories/GHSA-aaaa-bbbb-{n}" for n in ("cccc", "dddd")]
    [found] = findings(folder.store({"web/a.json": reports.trivy(reports.vulnerability(References=links))}))

    assert found.aliases == []
