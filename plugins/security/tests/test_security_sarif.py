"""SARIF: severity, kind and place of a result, as section 3 of its specification has them."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_sdk import Severity
from callboard_security.model import FindingKind, FindingState


def only(folder: Any, document: Any) -> Any:
    [found] = folder.store({"web/scan.json": document}).index.findings
    return found


@pytest.mark.parametrize(
    ("result", "rule", "severity"),
    [
        ({}, {}, Severity.MEDIUM),
        ({"level": "error"}, {}, Severity.HIGH),
        ({"level": "none"}, {"defaultConfiguration": {"level": "error"}}, Severity.INFO),
        ({}, {"defaultConfiguration": {"level": "note"}}, Severity.LOW),
        ({"level": "note"}, {"properties": {"security-severity": "9.1"}}, Severity.CRITICAL),
        ({"level": "note"}, {"properties": {"security-severity": 7}}, Severity.HIGH),
        ({"properties": {"security-severity": "4.0"}}, {"properties": {"security-severity": "9.0"}}, Severity.MEDIUM),
        ({"level": "note"}, {"properties": {"security-severity": "bad"}}, Severity.LOW),
        ({}, {"properties": {"tags": ["security", "LOW"], "security-severity": "9.0"}}, Severity.LOW),
    ],
)
def test_the_tools_word_comes_before_its_score_and_its_score_before_the_level(
    folder: Any, reports: Any, result: dict[str, Any], rule: dict[str, Any], severity: Severity
) -> None:
    log = reports.sarif(reports.result("rule-1", **result), rules=[{"id": "rule-1", **rule}])

    assert only(folder, log).severity is severity


@pytest.mark.parametrize("kind", ["pass", "notApplicable", "informational"])
def test_a_result_that_is_no_failure_is_no_finding(folder: Any, reports: Any, kind: str) -> None:
    store = folder.store({"web/scan.json": reports.sarif(reports.result("rule-1", kind=kind))})

    assert store.index.findings == ()


@pytest.mark.parametrize(
    ("status", "state"), [(None, "ACCEPTED"), ("accepted", "ACCEPTED"), ("underReview", "OPEN"), ("rejected", "OPEN")]
)
def test_a_suppression_counts_once_it_is_accepted(folder: Any, reports: Any, status: str | None, state: str) -> None:
    suppression = {"kind": "external", "justification": "test data", **({"status": status} if status else {})}

    assert only(folder, reports.sarif(reports.result("rule-1", suppressions=[suppression]))).state.value == state


def test_a_result_absent_since_the_baseline_is_fixed(folder: Any, reports: Any) -> None:
    assert only(folder, reports.sarif(reports.result("rule-1", baselineState="absent"))).state is FindingState.FIXED


def test_a_rule_is_found_by_index_by_id_by_hierarchy_and_in_extensions(folder: Any, reports: Any) -> None:
    rules = [{"id": "a", "shortDescription": {"text": "first"}}, {"id": "b", "shortDescription": {"text": "second"}}]
    log = reports.sarif(
        reports.result("b", ruleIndex=1, line=1),
        reports.result("b", line=2),
        reports.result("a/deeper", line=3),
        {"rule": {"id": "c", "index": 0, "toolComponent": {"index": 0}}, "message": {"id": "said", "arguments": ["x"]}},
        reports.result("b", ruleIndex=0, line=5),
        reports.result("unknown", "Said so.\nAnd more.", ruleIndex=99, line=6),
        rules=rules,
    )
    extension = {"id": "c", "shortDescription": {"text": "third"}, "messageStrings": {"said": {"text": "about {0}, not {7}"}}}
    log["runs"][0]["tool"]["extensions"] = [{"name": "more", "rules": [extension]}]
    found = {f.evidence[0].line: f for f in folder.store({"web/scan.json": log}).index.findings}

    assert {line: f.title for line, f in found.items()} == {
        1: "second",
        2: "second",
        3: "first",
        None: "third",
        5: "second",
        6: "Said so.",
    }
    assert found[None].evidence[0].message == "about x, not {7}"


def test_several_runs_keep_their_own_tools(folder: Any, reports: Any) -> None:
    one, two = reports.sarif(reports.result("r1"), tool="semgrep"), reports.sarif(reports.result("r2"), tool="CodeQL")
    one["runs"] += two["runs"]
    store = folder.store({"web/scan.json": one})

    assert sorted(f.scanners[0] for f in store.index.findings) == ["CodeQL", "Semgrep"]


@pytest.mark.parametrize(
    ("rule", "more", "kind"),
    [
        ("CVE-2024-0001", {}, FindingKind.VULNERABILITY),
        ("GHSA-aaaa-bbbb-cccc-requests", {}, FindingKind.VULNERABILITY),
        ("DS-0002", {"properties": {"tags": ["misconfiguration"]}}, FindingKind.MISCONFIGURATION),
        ("generic-api-key", {}, FindingKind.SECRET),
        ("r1", {"properties": {"tags": ["CWE-798: hard-coded credentials"]}}, FindingKind.SECRET),
        ("tool/secret-in-log", {"properties": {"tags": ["external/cwe/cwe-532"]}}, FindingKind.CODE),
        ("py/sql-injection", {"properties": {"tags": ["security", "external/cwe/cwe-089"]}}, FindingKind.CODE),
    ],
)
def test_the_kind_is_told_by_id_tags_and_tool(
    folder: Any, reports: Any, rule: str, more: dict[str, Any], kind: FindingKind
) -> None:
    assert only(folder, reports.sarif(reports.result(rule), rules=[{"id": rule, **more}])).kind is kind
