"""Documents, stores, components and a counting catalog for the tests of the security plugin."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from callboard_sdk import Entity, EntityRef
from callboard_sdk.entities import Component
from callboard_security.settings import SecuritySettings
from callboard_security.store import Store

RECORDED = Path(__file__).parents[3].parent / "shared" / "data" / "upstreams" / "security"


@pytest.fixture
def recorded() -> Path:
    """The folder of real reports."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded reports are not beside the repository")
    return RECORDED


@pytest.fixture
def recorded_json(recorded: Path) -> Callable[[str], Any]:
    """A real report, decoded."""
    return lambda name: json.loads((recorded / name).read_bytes())


Files = Mapping[str, object]


def write(root: Path, files: Files) -> None:
    """Write each file: bytes as they are, anything else as JSON."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else json.dumps(content, indent=1).encode())


class Folder:
    """A folder of reports, and a store that reads it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Files) -> None:
        write(self.root, files)

    def store(self, files: Files | None = None, *, settings: Mapping[str, Any] | None = None, **source: Any) -> Store:
        self.write(files or {})
        made = SecuritySettings.model_validate(
            {"sources": [{"path": self.root, "name": "reports", **source}], **(settings or {})}
        )
        store = Store(made, now=lambda: datetime(2026, 1, 2, tzinfo=UTC))
        store.load()
        return store


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "reports"
    root.mkdir()
    return Folder(root)


@pytest.fixture
def component() -> Callable[..., Component]:
    """Makes a component by name, with annotations."""

    def make(name: str, **annotations: str) -> Component:
        given = {
            key.replace("__", "/").replace("_", "-").replace("callboard-dev", "callboard.dev"): v
            for key, v in annotations.items()
        }
        return Component(
            ref=EntityRef("component", "default", name),
            kind="Component",
            namespace="default",
            name=name,
            labels={},
            annotations=given,
            links=(),
            spec={},
            source=None,
        )

    return make


class CountingCatalog:
    """A catalog that knows some components and counts how often it is asked."""

    def __init__(self, known: Sequence[Entity]) -> None:
        self.known = {entity.ref: entity for entity in known}
        self.asked: list[list[EntityRef]] = []

    async def get(self, refs: Sequence[EntityRef]) -> list[Entity | None]:
        self.asked.append(list(refs))
        return [self.known.get(ref) for ref in refs]

    async def related(self, refs: Sequence[EntityRef], relation: str) -> Mapping[EntityRef, list[EntityRef]]:
        raise AssertionError(f"nothing here asks for {relation}")


@pytest.fixture
def catalog() -> type[CountingCatalog]:
    return CountingCatalog


class Reports:
    """Builds documents of each format, with no more in them than a test is about."""

    @staticmethod
    def trivy(
        *vulnerabilities: dict[str, Any],
        created: str = "2026-01-01T00:00:00Z",
        artifact: str = "app",
        **result: Any,
    ) -> dict[str, Any]:
        body = {"Target": "lock.json", "Vulnerabilities": list(vulnerabilities), **result}
        return {"SchemaVersion": 2, "CreatedAt": created, "ArtifactName": artifact, "Results": [body]}

    @staticmethod
    def vulnerability(
        identifier: str = "CVE-2024-0001", package: str = "openssl", version: str = "3.0.1", **more: Any
    ) -> dict[str, Any]:
        body = {
            "VulnerabilityID": identifier,
            "PkgName": package,
            "InstalledVersion": version,
            "Severity": "HIGH",
        }
        purl = more.pop("purl", None)
        return {**body, **({"PkgIdentifier": {"PURL": purl}} if purl else {}), **more}

    @staticmethod
    def sarif(
        *results: dict[str, Any], rules: Sequence[dict[str, Any]] = (), tool: str = "Scanner", **run: Any
    ) -> dict[str, Any]:
        driver = {"name": tool, "rules": list(rules)}
        return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results), **run}]}

    @staticmethod
    def result(rule: str, message: str = "", file: str = "app.py", line: int | None = 3, **more: Any) -> dict[str, Any]:
        region = {"region": {"startLine": line}} if line else {}
        place = {"physicalLocation": {"artifactLocation": {"uri": file}, **region}}
        return {"ruleId": rule, "message": {"text": message}, "locations": [place], **more}

    @staticmethod
    def cyclonedx(
        *vulnerabilities: dict[str, Any],
        components: Sequence[str] = (),
        timestamp: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        listed = [
            {"type": "library", "name": purl.split("/")[-1].split("@")[0], "bom-ref": purl, "purl": purl} for purl in components
        ]
        metadata = {"timestamp": timestamp} if timestamp else {}
        return {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "metadata": metadata,
            "components": listed,
            "vulnerabilities": list(vulnerabilities),
            **more,
        }

    @staticmethod
    def statement(state: str, *refs: str, identifier: str = "CVE-2024-0001", **analysis: Any) -> dict[str, Any]:
        return {
            "id": identifier,
            "analysis": {"state": state, **analysis},
            "affects": [{"ref": ref} for ref in refs],
        }


@pytest.fixture
def reports() -> Reports:
    return Reports()
