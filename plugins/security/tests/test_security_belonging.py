"""Whose document it is, and what the settings may say about it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from callboard_security.patterns import Pattern, PatternError
from callboard_security.settings import SecuritySettings
from pydantic import ValidationError


def owners(store: Any) -> dict[str, str | None]:
    return {d.path: str(d.entity) if d.entity else None for d in store.index.documents}


def test_the_folder_names_the_component_unless_rules_say_otherwise(folder: Any, reports: Any) -> None:
    report = reports.trivy()
    store = folder.store({"web/a.json": report, "Pay/deep/er/b.json": report, "c.json": report})

    assert owners(store) == {"web/a.json": "component:default/web", "Pay/deep/er/b.json": "component:default/pay", "c.json": None}


def test_the_first_rule_that_fits_decides(folder: Any, reports: Any) -> None:
    rules = {"old/**": "component:legacy/old", "{space}/{name}/*.json": "resource:{space}/{name}", "**": "system:everything"}
    files = ["old/x/y.json", "shop/db/a.json", "a.json", "shop/db/deep/a.json"]
    store = folder.store(dict.fromkeys(files, reports.trivy()), folders=rules)

    assert owners(store) == {
        "old/x/y.json": "component:legacy/old",
        "shop/db/a.json": "resource:shop/db",
        "a.json": "system:default/everything",
        "shop/db/deep/a.json": "system:default/everything",
    }


def test_what_was_scanned_decides_where_the_path_says_nothing(folder: Any, reports: Any) -> None:
    image = reports.trivy(artifact="sha.tar")
    image["Metadata"] = {"RepoTags": ["ghcr.io/acme/checkout:1.2"]}
    bom = reports.cyclonedx(metadata={"component": {"name": "billing", "type": "application"}})
    sarif = reports.sarif(properties={"imageName": "ghcr.io/acme/search@sha256:0a"})
    store = folder.store(
        {"1.json": image, "2.json": bom, "3.json": sarif, "web/4.json": image, "5.json": reports.trivy(artifact="other")},
        artifacts={
            "ghcr.io/acme/{name}:*": "component:{name}",
            "ghcr.io/acme/{name}@*": "component:{name}",
            "billing": "billing",
        },
    )

    assert owners(store) == {
        "1.json": "component:default/checkout",
        "2.json": "component:default/billing",
        "3.json": "component:default/search",
        "web/4.json": "component:default/web",
        "5.json": None,
    }


def test_an_annotation_says_which_documents_count_instead(folder: Any, reports: Any, component: Any) -> None:
    store = folder.store(
        {
            "web/a.json": reports.trivy(reports.vulnerability("CVE-2024-0001")),
            "team/shared/b.json": reports.trivy(reports.vulnerability("CVE-2024-0002")),
            "team/shared-not/c.json": reports.trivy(reports.vulnerability("CVE-2024-0003")),
        }
    )

    def found(path: str) -> list[str | None]:
        return [f.identifier for f in store.index.of(component("web", callboard_dev__security_reports=path)).findings]

    assert found("team/shared") == found("/team/shared/") == found("team/shared/b.json") == ["CVE-2024-0002"]
    assert found("../web") == found("nowhere") == []
    assert [f.identifier for f in store.index.of(component("web")).findings] == ["CVE-2024-0001"]


@pytest.mark.parametrize(
    ("pattern", "text", "captured"),
    [
        ("{component}/**", "web/a/b.json", {"component": "web"}),
        ("{component}/**", "web", None),
        ("**/{name}.json", "a/b/c.json", {"name": "c"}),
        ("**/{name}.json", "c.json", {"name": "c"}),
        ("*/x", "a/b/x", None),
        ("a.b", "aXb", None),
        ("ghcr.io/{org}/{name}:*", "ghcr.io/acme/web:1", {"org": "acme", "name": "web"}),
        ("{name}", "web:1", None),
        ("**", "x" * 5000, None),
    ],
)
def test_a_pattern_fits_the_whole_text(pattern: str, text: str, captured: dict[str, str] | None) -> None:
    assert Pattern(pattern).match(text) == captured


@pytest.mark.parametrize("text", ["", "{a}/{a}", "{Component}/**", "{", "a}b", "*" * 20, "x" * 600])
def test_a_pattern_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        Pattern(text)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"folders": {"{component}/**": "component:{name}"}}, "uses {name}, but its pattern captures {component}"),
        ({"folders": {"x/**": "component:"}}, "is not an entity ref: write kind:"),
        ({"folders": {"{a}{a}": "x"}}, "twice: give each its own name"),
        ({"include": ["{Bad}"]}, "is not a word in braces"),
        ({"artefacts": {}}, "Extra inputs are not permitted"),
    ],
)
def test_a_rule_that_can_not_work_is_refused_with_what_to_write(source: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(says)):
        SecuritySettings.model_validate({"sources": [{"path": "reports", **source}]})


def test_two_sources_need_two_names() -> None:
    with pytest.raises(ValidationError, match="two sources are called 'reports': give each its own `name`"):
        SecuritySettings.model_validate({"sources": [{"path": "a/reports"}, {"path": "b/reports"}]})
