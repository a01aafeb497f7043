"""What the contract suite runs this plugin with: one SARIF report of one component, and an object of each own type."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from callboard_sdk import EntityRef, Severity
from callboard_sdk.testing import Samples

from .model import Finding, SecuritySource, Vulnerability


def samples(folder: Path) -> Samples:
    """Three findings, two of which are of no entity that the catalog knows."""
    reports = folder / "security"
    reports.mkdir(exist_ok=True)
    result = {"ruleId": "DS-0002", "message": {"text": "runs as root"}}
    run = {"tool": {"driver": {"name": "scanner"}}, "results": [result]}
    (reports / "web.sarif").write_text(json.dumps({"version": "2.1.0", "runs": [run]}), encoding="utf-8")
    return Samples(
        settings={"sources": [{"path": str(reports)}]},
        parents=[
            *(Finding(key=name, entity_ref=EntityRef("component", "default", name)) for name in ("a", "b", "c")),
            *(
                Vulnerability(identifier=name, aliases=[], severity=Severity.LOW, affected_count=0)
                for name in ("CVE-2019-1549", "DS-0002", "DS-0003")
            ),
            *(_source(name) for name in ("security", "other", "third")),
        ],
    )


def _source(name: str) -> SecuritySource:
    now = datetime.now(UTC)
    return SecuritySource(name=name, document_count=1, unmapped_count=0, stale_count=0, problem_count=0, checked_at=now)
