"""The summary in plain words, and which version it advises."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_sdk import EntityRef
from callboard_security.versions import highest, order, upgrade


def words(folder: Any, reports: Any, *vulnerabilities: dict[str, Any]) -> str:
    store = folder.store({"web/a.json": reports.trivy(*vulnerabilities)})
    return store.index.standing(EntityRef("component", "default", "web")).summary.summary


def test_it_names_the_upgrade_that_mends_all_of_a_packages_findings(folder: Any, reports: Any) -> None:
    made = [
        reports.vulnerability(f"CVE-2024-000{n}", Severity="CRITICAL", FixedVersion=v) for n, v in enumerate(["3.0.9", "3.0.10"])
    ]

    assert words(folder, reports, *made, reports.vulnerability("CVE-2024-0003", Severity="CRITICAL")) == (
        "3 critical, 2 with a fix: upgrade openssl to 3.0.10"
    )


def test_it_names_three_packages_and_counts_the_rest(folder: Any, reports: Any) -> None:
    made = [reports.vulnerability(f"CVE-2024-000{n}", f"p{n}", "1", FixedVersion="2") for n in range(5)]

    assert words(folder, reports, *made).startswith("5 high, all with a fix: upgrade p")
    assert words(folder, reports, *made).endswith(" and 2 more packages")


def test_it_speaks_of_lesser_findings_only_when_there_is_nothing_worse(folder: Any, reports: Any) -> None:
    low = reports.vulnerability("CVE-2024-0002", Severity="LOW")
    assert words(folder, reports, reports.vulnerability(), low) == "1 high, none with a known fix"
    assert (
        words(folder, reports, low, reports.vulnerability(Severity="")) == "1 low, 1 of unknown severity, none with a known fix"
    )


@pytest.mark.parametrize(
    ("installed", "fixed", "advised"),
    [
        ("2.10.0", "2.6.7.4, 2.9.10.7, 2.10.5.1", "2.10.5.1"),
        ("2.9.0", "2.6.7.4, 2.9.10.7, 2.10.5.1", "2.9.10.7"),
        ("1.1.1c-r0", "1.1.1d-r2", "1.1.1d-r2"),
        ("9.0", "1.0, 2.0", "2.0"),
        (None, ">=3.1.4", "3.1.4"),
        ("1.0", "", ""),
    ],
)
def test_the_advised_version_is_the_nearest_above_the_installed_one(installed: str | None, fixed: str, advised: str) -> None:
    assert upgrade(installed, fixed) == advised


def test_versions_stand_in_their_natural_order() -> None:
    versions = ["1.0~rc1", "1.0-alpha", "1.0-rc1", "1.0", "1.0.1", "1.2", "1.10", "1.10d", "v2.0.0+build", "2.0.0-r1"]

    assert sorted(versions[1:], key=order) == versions[1:]
    assert highest(["3.0.9", "3.0.10"]) == "3.0.10"
