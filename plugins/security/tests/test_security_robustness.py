"""Whatever a file holds, reading it and merging it never raises, and what comes out is sound."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest
from callboard_sdk import EntityRef
from callboard_security.index import Index, SourceState
from callboard_security.reading import read_document
from callboard_security.reports import Document
from callboard_security.settings import SecuritySettings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SETTINGS = SecuritySettings(licenses=True)
IDS = [
    "CVE-2024-0001",
    "cve-2024-0001",
    "GHSA-aaaa-bbbb-cccc",
    "GHSA-aaaa-bbbb-cccc-x",
    "PYSEC-2024-1",
    "DS002",
    "AVD-DS-0002",
    "",
    "r/1",
    "api-key",
]
PURLS = [
    "pkg:npm/a@1",
    "pkg:pypi/A@1?x=y#z",
    "pkg:",
    "pkg:rpm/x/y@1?epoch=2",
    "pkg:maven/g/a",
    "%%%",
    "urn:cdx:s/1#x",
    "urn:cdx:",
    "x",
]
WORDS = [
    "HIGH",
    "high",
    "9.8",
    "NaN",
    "none",
    "exploitable",
    "not_affected",
    "resolved",
    "secret",
    "vulnerability",
    "FAIL",
    "PASS",
    "error",
    "a",
    "",
]
TEXTS = [
    "Package: a\nInstalled Version: 1\nSeverity: LOW",
    "{0} {9}",
    "x" * 5_000,
    "\x00\x1b[31m\ud800",
    "in python package: a, version 1 was",
    "/a/../b",
]
TIMES = ["2024-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2024-01-01", "soon"]
JUNK = [None, True, -1, 10**30, 1e308, "", "x", [], {}, [None], [[]], {"a": {}}, [[{}]], {"": None}]


class Chaos:
    """Documents of each format with parts left out, repeated, or replaced by something else."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.noise = random.choice([0.0, 0.05, 0.3])

    def of(self, *texts: list[str]) -> Any:
        return self.random.choice(self.random.choice(texts))

    def part(self, **keys: Callable[[], Any]) -> dict[str, Any]:
        made = {key.strip("_").replace("__", "-"): make() for key, make in keys.items() if self.random.random() > 0.2}
        return {key: self.junk() if self.random.random() < self.noise else value for key, value in made.items()}

    def many(self, make: Callable[[], Any]) -> Any:
        return [make() for _ in range(self.random.choice([0, 1, 1, 2, 5]))]

    def junk(self) -> Any:
        return deepcopy(self.random.choice(JUNK))

    def number(self) -> Any:
        return self.random.choice([0, 1, 7, -3, 10**18, "12", 1.0])

    def document(self) -> Any:
        return self.random.choice([self.trivy, self.cyclonedx, self.sarif, self.junk])()

    def trivy(self) -> Any:
        return {
            "SchemaVersion": 2,
            "ArtifactName": "a",
            **self.part(CreatedAt=lambda: self.of(TIMES), Results=lambda: self.many(self.result)),
        }

    def result(self) -> Any:
        return self.part(
            Target=lambda: self.of(TEXTS),
            Vulnerabilities=lambda: self.many(self.vulnerability),
            Misconfigurations=lambda: self.many(self.check),
            Secrets=lambda: self.many(self.check),
            Licenses=lambda: self.many(self.check),
            ExperimentalModifiedFindings=lambda: self.many(self.modified),
        )

    def vulnerability(self) -> Any:
        return self.part(
            VulnerabilityID=lambda: self.of(IDS),
            PkgName=lambda: self.of(WORDS),
            PkgIdentifier=lambda: self.part(PURL=lambda: self.of(PURLS)),
            InstalledVersion=lambda: self.of(WORDS),
            FixedVersion=lambda: self.of(WORDS, TEXTS),
            Severity=lambda: self.of(WORDS),
            VendorIDs=lambda: self.many(lambda: self.of(IDS)),
        )

    def check(self) -> Any:
        return self.part(
            ID=lambda: self.of(IDS),
            RuleID=lambda: self.of(IDS),
            Name=lambda: self.of(IDS),
            Status=lambda: self.of(WORDS),
            CauseMetadata=lambda: self.part(StartLine=self.number, EndLine=self.number),
            StartLine=self.number,
        )

    def modified(self) -> Any:
        kinds = ["vulnerability", "misconfiguration", "secret", "license", "x"]
        return self.part(Type=lambda: self.of(kinds), Status=lambda: self.of(WORDS), Finding=self.vulnerability)

    def cyclonedx(self) -> Any:
        return {
            "bomFormat": "CycloneDX",
            **self.part(
                serialNumber=lambda: self.of(["urn:uuid:s", "S", ""]),
                metadata=lambda: self.part(timestamp=lambda: self.of(TIMES), component=self.component, tools=self.junk),
                components=lambda: self.many(self.component),
                vulnerabilities=lambda: self.many(self.analysed),
            ),
        }

    def component(self) -> Any:
        return self.part(
            name=lambda: self.of(WORDS),
            group=lambda: self.of(WORDS),
            version=lambda: self.of(WORDS),
            purl=lambda: self.of(PURLS),
            bom__ref=lambda: self.of(PURLS),
            components=lambda: self.many(self.component) if self.random.random() < 0.3 else None,
        )

    def analysed(self) -> Any:
        return self.part(
            id=lambda: self.of(IDS),
            references=lambda: self.many(lambda: self.part(id=lambda: self.of(IDS))),
            ratings=lambda: self.many(lambda: self.part(score=self.number, severity=lambda: self.of(WORDS))),
            analysis=lambda: self.part(
                state=lambda: self.of(WORDS), lastUpdated=lambda: self.of(TIMES), detail=lambda: self.of(TEXTS)
            ),
            affects=lambda: self.many(lambda: self.part(ref=lambda: self.of(PURLS), versions=lambda: self.many(self.version))),
        )

    def version(self) -> Any:
        return self.part(
            version=lambda: self.of(WORDS), range=lambda: "vers:x", status=lambda: self.of(["affected", "unaffected", "unknown"])
        )

    def sarif(self) -> Any:
        return {"version": "2.1.0", "runs": self.many(self.run)}

    def run(self) -> Any:
        driver = {"driver": self.part(name=lambda: self.of(["Trivy", "gitleaks", ""]), rules=lambda: self.many(self.rule))}
        return {
            "tool": driver,
            **self.part(results=lambda: self.many(self.finding), properties=lambda: self.part(repoTags=self.junk)),
        }

    def rule(self) -> Any:
        return self.part(
            id=lambda: self.of(IDS),
            shortDescription=lambda: {"text": self.of(TEXTS)},
            messageStrings=lambda: {"a": {"text": self.of(TEXTS)}},
            properties=lambda: self.part(
                tags=lambda: self.many(lambda: self.of(WORDS)), security__severity=lambda: self.of(WORDS)
            ),
        )

    def finding(self) -> Any:
        region = {"startLine": self.number()}
        place = {"physicalLocation": {"artifactLocation": {"uri": self.of(TEXTS)}, "region": region}}
        return self.part(
            ruleId=lambda: self.of(IDS),
            ruleIndex=self.number,
            level=lambda: self.of(WORDS),
            kind=lambda: self.of(["fail", "pass"]),
            message=lambda: self.part(text=lambda: self.of(TEXTS), id=lambda: "a", arguments=lambda: self.many(lambda: "x")),
            locations=lambda: [place],
            suppressions=lambda: self.many(lambda: self.part(status=lambda: self.of(["accepted", "rejected"]))),
        )


def encoded(document: Any) -> bytes:
    return json.dumps(document).encode(errors="replace")


def take_in(*contents: bytes) -> Index:
    """Read and merge these documents as one entity's, and check what must always hold."""
    documents = []
    for number, content in enumerate(contents):
        found, problems = read_document(f"{number}.json", content, SETTINGS)
        assert found is not None or problems
        assert len(problems) <= 20
        assert all(problem.file and problem.remedy and problem.message for problem in problems)
        documents.append(Document("s", f"{number}.json", found, problems, entity=EntityRef("component", "default", "x")))
    index = Index([SourceState("s", tuple(documents), (), None)])  # type: ignore[arg-type]
    sightings = sum(len(document.content.sightings) for document in documents if document.content)
    assert sum(len(finding.evidence or []) for finding in index.findings) <= sightings
    assert (len(index.findings) == 0) == (sightings == 0)
    assert len({finding.id() for finding in index.findings}) == len(index.findings)
    assert [f.place for f in index.findings] == sorted(f.place for f in index.findings)
    assert index.standing(EntityRef("component", "default", "x")).summary.open_count <= len(index.findings)
    return index


@given(st.integers(0, 2**48))
@settings(max_examples=400, deadline=None)
def test_documents_of_any_plausible_shape_are_taken_in(seed: int) -> None:
    chaos = Chaos(Random(seed))
    contents = [encoded(chaos.document()) for _ in range(3)]

    assert [f.id() for f in take_in(*contents).findings] == [f.id() for f in take_in(*contents).findings]


@given(st.integers(0, 2**48))
@settings(max_examples=200, deadline=None)
def test_a_document_given_twice_adds_no_finding(seed: int) -> None:
    content = encoded(Chaos(Random(seed)).document())

    assert [f.id() for f in take_in(content, content).findings] == [f.id() for f in take_in(content).findings]


@given(st.integers(0, 2**48))
@settings(max_examples=100, deadline=None)
def test_the_order_of_documents_does_not_matter(seed: int) -> None:
    chaos = Chaos(Random(seed))
    contents = [encoded(chaos.document()) for _ in range(3)]

    def told(*contents: bytes) -> set[tuple[Any, ...]]:
        return {(f.id(), f.severity, f.state, f.identifier, f.first_seen) for f in take_in(*contents).findings}

    assert told(*contents) == told(*reversed(contents))


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_bytes_of_any_kind_are_taken_in(content: bytes) -> None:
    take_in(content)


@pytest.mark.soak
@pytest.mark.timeout(900)
@given(st.integers(0, 2**48))
@settings(max_examples=20_000, deadline=None)
def test_documents_of_any_plausible_shape_are_taken_in_many_times(seed: int) -> None:
    chaos = Chaos(Random(seed))
    take_in(*(encoded(chaos.document()) for _ in range(4)))


@given(seed=st.integers(0, 2**48))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_real_reports_with_parts_changed_are_taken_in(recorded: Path, seed: int) -> None:
    random = Random(seed)
    document = json.loads(random.choice(sorted(recorded.iterdir())).read_bytes())
    for _ in range(random.randint(1, 4)):
        _change(document, random)

    take_in(encoded(document))


def _change(part: Any, random: Random) -> None:
    """Walk to a random place and put something else there."""
    while part:
        place = random.choice(list(part) if isinstance(part, dict) else range(len(part)))
        if isinstance(part[place], (dict, list)) and random.random() < 0.8:
            part = part[place]
            continue
        part[place] = deepcopy(random.choice(JUNK))
        return


@given(seed=st.integers(0, 2**48))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_real_reports_with_bytes_changed_are_taken_in(recorded: Path, seed: int) -> None:
    random = Random(seed)
    content = bytearray(random.choice(sorted(recorded.iterdir())).read_bytes())
    for _ in range(random.randint(1, 5)):
        content[random.randrange(len(content))] = random.randrange(256)

    take_in(bytes(content))
