"""What is told of findings beside their fields: by their order and cursors severity and identifier, by their ids the entity."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from callboard_sdk import decode_id
from gateway.testing import Answer, running_gateway
from policies import PolicyError

ALLOWED = ["p, reader, permission:catalog.read, read, allow", "p, reader, permission:security.read, read, allow"]
LISTS = {
    "of a component": "{{ components(first: 1) {{ nodes {{ findings({page}) {{ totalCount edges {{ cursor node {{ title }} }} }} }} }} }}",
    "of all": "{{ findings({page}) {{ totalCount edges {{ cursor node {{ title }} }} }} }}",
}


async def asked(tmp_path: Path, reports: Any, document: str, rules: Sequence[str] = ()) -> Answer:
    """What a gateway with two findings of one component answers under these rules."""
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "rules.csv").write_text("".join(f"{rule}\n" for rule in [*ALLOWED, *rules]))
    (tmp_path / "web.yaml").write_text("apiVersion: a/v1\nkind: Component\nmetadata: {name: web}\nspec: {}\n")
    (tmp_path / "reports" / "web").mkdir(parents=True)
    found = (reports.vulnerability("CVE-2024-0001", Severity="LOW"), reports.vulnerability("CVE-2024-0002", Severity="CRITICAL"))
    (tmp_path / "reports" / "web" / "trivy.json").write_text(json.dumps(reports.trivy(*found)))
    settings = {
        "policies": {"rules": str(tmp_path / "rules.csv")},
        "plugins": {
            "catalog": {"sources": [{"name": "ours", "paths": [str(tmp_path / "web.yaml")]}], "refresh_seconds": 0},
            "security": {"sources": [{"path": str(tmp_path / "reports")}]},
        },
    }
    async with running_gateway(tmp_path, settings) as harness:
        return await harness.ask(document, roles=["reader"])


@pytest.mark.parametrize("page", ["first: 1", "last: 1", 'first: 1, after: "azow"'])
@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("hidden", ["severity", "identifier"])
async def test_who_may_not_read_what_findings_are_ordered_by_is_given_no_page_of_them(
    tmp_path: Path, reports: Any, hidden: str, kind: str, page: str
) -> None:
    answer = await asked(tmp_path, reports, LISTS[kind].format(page=page), [f"p, reader, Finding.{hidden}, read, deny"])
    [error] = answer.errors
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("FORBIDDEN", page.partition(":")[0])
    assert "cursor" not in str(answer.data)
    assert "whose order tells what you may not read: ask for access" in error["message"]


@pytest.mark.parametrize("kind", LISTS)
async def test_who_may_read_it_is_given_them_whatever_else_is_denied(tmp_path: Path, reports: Any, kind: str) -> None:
    answer = await asked(tmp_path, reports, LISTS[kind].format(page="first: 1"), ["p, reader, Finding.evidence, read, deny"])
    assert answer.errors == [] and str(answer.data).count("cursor") == 1


async def test_the_entity_that_a_findings_id_names_is_no_field_to_be_denied_alone(tmp_path: Path, reports: Any) -> None:
    answer = await asked(
        tmp_path, reports, "{ findings(first: 1) { nodes { id entityRef } } }", ["p, reader, Finding.title, read, deny"]
    )
    [finding] = answer.data["findings"]["nodes"]
    assert decode_id(finding["id"]).key.endswith(f"@{finding['entityRef']}")
    with pytest.raises(PolicyError, match="Finding.entityRef can't be granted or denied alone: it is readable with its object"):
        await asked(
            tmp_path / "denied", reports, "{ findings(first: 1) { nodes { id } } }", ["p, reader, Finding.entityRef, read, deny"]
        )
