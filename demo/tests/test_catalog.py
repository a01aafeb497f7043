"""The catalog is whole: every reference leads somewhere, but for the mistakes that are meant."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from demo.company import Company
from demo.company.mistakes import FOLDER, Mistake
from demo.company.slips import slipped, slips
from demo.tests.conftest import documents

REFERENCES = {
    "owner": "group",
    "system": "system",
    "domain": "domain",
    "parent": "group",
    "memberOf": "group",
    "providesApis": "api",
    "consumesApis": "api",
    "dependsOn": "",
}


@pytest.fixture(scope="module")
def mistakes(data: Path) -> list[Mistake]:
    return [Mistake(**values) for values in orjson.loads((data / "company.json").read_bytes())["mistakes"]]


@pytest.fixture(scope="module")
def descriptors(data: Path) -> dict[tuple[str, int], Any]:
    """Every document of the catalog, by its file and its place there."""
    root = data / "catalog"
    return {
        (str(file.relative_to(root)), place): document
        for file in sorted(root.rglob("*.yaml"))
        for place, document in enumerate(documents(file))
    }


@pytest.fixture(scope="module")
def sound(descriptors: dict[tuple[str, int], Any], mistakes: list[Mistake]) -> list[dict[str, Any]]:
    wrong = {(mistake.file, mistake.document) for mistake in mistakes}
    return [document for place, document in descriptors.items() if place not in wrong]


def ref(document: dict[str, Any]) -> str:
    return f"{document['kind'].lower()}:default/{document['metadata']['name']}"


def references(document: dict[str, Any]) -> list[str]:
    """The references in a descriptor's spec, in their full form."""
    found = []
    for key, kind in REFERENCES.items():
        value = document.get("spec", {}).get(key) or []
        for text in value if isinstance(value, list) else [value]:
            stated, _, rest = text.rpartition(":")
            found.append(f"{stated or kind}:{rest if '/' in rest else f'default/{rest}'}")
    return found


def test_every_reference_leads_somewhere(sound: list[dict[str, Any]], mistakes: list[Mistake]) -> None:
    known = {ref(document) for document in sound} | {mistake.about for mistake in mistakes if mistake.file.startswith("domains")}
    used = [reference for document in sound for reference in references(document)]
    assert len(used) > 50
    assert set(used) <= known


def test_no_sound_entity_stands_twice(sound: list[dict[str, Any]]) -> None:
    assert Counter(map(ref, sound)).most_common(1)[0][1] == 1


def test_all_kinds_are_there_and_one_of_the_company_s_own(sound: list[dict[str, Any]]) -> None:
    kinds = {document["kind"] for document in sound}
    assert kinds == {
        "API", "Component", "Domain", "Group", "House", "Location", "Resource", "System", "Template", "User"
    }  # fmt: skip


def test_references_are_spelled_in_all_three_ways(sound: list[dict[str, Any]]) -> None:
    owners = [document["spec"]["owner"] for document in sound if document["kind"] == "Component"]
    assert any(":" not in owner for owner in owners)
    assert any(owner.startswith("group:") and "/" not in owner for owner in owners)
    assert any(owner.startswith("group:default/") for owner in owners)


def test_the_root_leads_to_every_file(data: Path) -> None:
    root = data / "catalog"
    reached, waiting = set(), [root / "catalog-info.yaml"]
    while waiting:
        file = waiting.pop()
        reached.add(file)
        for document in documents(file):
            if isinstance(document, dict) and document.get("kind") == "Location":
                found = [one for target in document["spec"]["targets"] for one in file.parent.glob(target)]
                waiting += [one for one in found if one not in reached]
    assert reached == set(root.rglob("*.yaml"))


def test_definitions_in_files_are_where_the_placeholder_says(data: Path) -> None:
    placeholders = [
        (file, document["spec"]["definition"]["$text"])
        for file in (data / "catalog").rglob("catalog-info.yaml")
        for document in documents(file)
        if document["kind"] == "API" and isinstance(document["spec"]["definition"], dict)
    ]
    assert placeholders
    assert all((file.parent / name).read_text() for file, name in placeholders)


def test_tags_and_labels_keep_the_format_s_rules(sound: list[dict[str, Any]]) -> None:
    for document in sound:
        metadata = document["metadata"]
        assert all(re.fullmatch(r"[a-z0-9:+#]+(-[a-z0-9:+#]+)*", tag) for tag in metadata.get("tags", ()))
        values = metadata.get("labels", {}).values()
        assert all(re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", value) for value in values)


def test_what_runs_says_where_and_what_builds_says_from_what(sound: list[dict[str, Any]]) -> None:
    noted = [document["metadata"].get("annotations", {}) for document in sound if document["kind"] == "Component"]
    running = [one for one in noted if "backstage.io/kubernetes-namespace" in one]
    assert running
    for one in running:
        ways = {"backstage.io/kubernetes-id", "backstage.io/kubernetes-label-selector"}
        assert len(ways & set(one)) == 1
    assert any(one.get("github.com/project-slug", "").startswith("proscenia/") for one in noted)


def test_every_mistake_stands_where_the_record_says(descriptors: dict[tuple[str, int], Any], mistakes: list[Mistake]) -> None:
    assert sum(mistake.file.startswith(FOLDER) for mistake in mistakes) == 14
    for mistake in mistakes:
        document = descriptors[mistake.file, mistake.document]
        if mistake.about:
            assert ref(document) == mistake.about, mistake
        if mistake.missing:
            assert set(mistake.missing) <= set(references(document)), mistake


@pytest.mark.parametrize(
    ("what", "is_wrong"),
    [
        ("unreadable YAML", lambda document, known: document is None),
        ("not a mapping", lambda document, known: isinstance(document, list)),
        ("no kind", lambda document, known: "kind" not in document),
        ("missing owner", lambda document, known: "owner" not in document["spec"]),
        ("invalid tag", lambda document, known: "Rental Prices" in document["metadata"]["tags"]),
        ("invalid name", lambda document, known: " " in document["metadata"]["name"]),
        ("label too long", lambda document, known: len(document["metadata"]["labels"]["shelf"]) > 63),
        ("link without an address", lambda document, known: "url" not in document["metadata"]["links"][0]),
        ("tags that are not a list", lambda document, known: isinstance(document["metadata"]["tags"], str)),
        ("duplicate entity", lambda document, known: ref(document) in known),
        ("dangling owner", lambda document, known: not set(references(document)) <= known),
        ("dangling system", lambda document, known: not set(references(document)) <= known),
        ("dangling API", lambda document, known: not set(references(document)) <= known),
    ],
)
def test_each_mistake_is_one(
    what: str,
    is_wrong: Any,
    descriptors: dict[tuple[str, int], Any],
    mistakes: list[Mistake],
    sound: list[dict[str, Any]],
) -> None:
    (mistake,) = (mistake for mistake in mistakes if mistake.what == what and mistake.file.startswith(FOLDER))
    assert is_wrong(descriptors[mistake.file, mistake.document], {ref(document) for document in sound})


def test_some_of_the_company_s_own_components_have_a_slip_of_each_kind(full_company: Company) -> None:
    found = Counter(mistake.what for mistake in slips(full_company))
    assert set(found) == {"dependency that is gone", "invalid tag", "link without an address"}
    assert 80 < found.total() < 150
    tag = slipped({"metadata": {"name": "a", "tags": ["b"]}, "spec": {}}, "invalid tag")
    assert tag["metadata"]["tags"] == ["b", "Needs Review"]
