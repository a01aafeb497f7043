"""Whatever stands in a file: the reader goes on, other files' entities are there, and what is refused has a file and a line."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import msgspec
import pytest
import yaml
from callboard_catalog.plugin import plugin
from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.descriptors.reading import Limits
from callboard_catalog.descriptors.rules import RULES
from callboard_catalog.settings import CatalogSettings
from callboard_catalog.settings.source import FilesSource
from callboard_catalog.ingestion.sources import sources_of
from callboard_catalog.queries.store import CatalogStore
from callboard_sdk import EntityRef, Page, Severity, decode_id
from gateway.database import open_database
from resolvers.migrating import make_ready
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import read_folder, write

GOOD = "apiVersion: a/v1\nkind: Printer\nmetadata: {name: good}\n"
REFUSING = {f"catalog.{name}" for name, rule in RULES.items() if rule.severity is Severity.HIGH}
LONG = pytest.mark.soak

texts = st.text(max_size=12) | st.sampled_from(
    ["a", "web-shop", "group:default/a", "a/b", "Component", "https://a.b", "./x.yaml", "**"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
placeholders = st.builds(lambda key, path: {key: path}, st.sampled_from(["$text", "$json", "$yaml"]), values)
KINDS = ["Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Template", "Printer", "bad kind", 1]
FIELDS = [
    "type", "lifecycle", "owner", "system", "domain", "definition", "dependsOn", "memberOf", "children", "members", "parent",
    "profile", "target", "targets", "presence", "steps", "providesApis",
]  # fmt: skip
descriptors = st.fixed_dictionaries(
    {
        "apiVersion": st.sampled_from(["backstage.io/v1alpha1", "v1", "a_b/c", 1]),
        "kind": st.sampled_from(KINDS),
        "metadata": st.fixed_dictionaries(
            {"name": st.sampled_from(["a", "B", "c-d", "-", "x" * 64]) | values},
            optional={
                "namespace": st.sampled_from(["ops", "Ops", "_"]) | values,
                "title": values,
                "description": values | placeholders,
                "labels": st.dictionaries(texts, values, max_size=3) | values,
                "annotations": st.dictionaries(texts, values, max_size=3) | values,
                "tags": st.lists(values, max_size=3) | values,
                "links": st.lists(st.dictionaries(st.sampled_from(["url", "title", "icon"]), values), max_size=3) | values,
            },
        ),
    },
    optional={"spec": st.dictionaries(st.sampled_from(FIELDS), values | placeholders, max_size=6) | values},
)
files = st.lists(st.binary(max_size=200) | st.builds(lambda v: yaml.safe_dump(v).encode(), values | descriptors), max_size=4)


def check(contents: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        write(root, {f"{number}.yaml": content for number, content in enumerate(contents)} | {"good.yaml": GOOD})
        reading = read_folder(root)
    assert "printer:default/good" in set(map(str, reading.descriptors))
    for problem in reading.problems:
        assert problem.message and problem.remedy and problem.rule.removeprefix("catalog.") in RULES
        if problem.file is None:
            assert problem.rule == "catalog.source"
        elif problem.rule in REFUSING - {"catalog.too-large", "catalog.unreadable", "catalog.outside-root"}:
            assert problem.line is not None
    refused = {(p.file, p.line) for p in reading.problems if p.rule in REFUSING}
    assert reading.documents <= reading.described + len(refused)
    msgspec.json.encode([descriptor.spec for descriptor in reading.descriptors.values()])
    for relation in reading.relations:
        assert EntityRef.parse(str(relation.target)) == relation.target


@given(files)
@settings(max_examples=150)
def test_no_file_stops_the_others(contents):
    check(contents)


@LONG
@given(files)
@settings(max_examples=5_000, deadline=None)
def test_no_file_stops_the_others_at_length(contents):
    check(contents)


WHOLE = (
    "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: web\n  tags: [a]\n  links:\n    - url: https://a.b\n"
    "spec:\n  type: service\n  lifecycle: production\n  owner: group:default/a\n  dependsOn: ['resource:db']\n---\n"
    + GOOD.replace("good", "other")
).encode()
edits = st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 4), st.binary(max_size=4) | st.sampled_from([b"- ", b": ", b"&a ", b"*a", b"\t", b"---\n", b"{", b"[", b"'", b"\n"])), min_size=1, max_size=6)  # fmt: skip


@given(edits)
@settings(max_examples=150)
def test_no_edit_of_a_file_stops_the_others(changes):
    content = WHOLE
    for place, length, new in changes:
        content = content[:place] + new + content[place + length :]
    check([content])


@given(st.lists(descriptors, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_read_is_stored_and_found_again_by_its_ref_and_its_id(documents):
    asyncio.run(_stored(documents))


async def _stored(documents) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        write(root, {f"{n}.yaml": yaml.safe_dump(document) for n, document in enumerate(documents)} | {"good.yaml": GOOD})
        database = open_database("sqlite+aiosqlite://")
        try:
            store = CatalogStore(database)
            await make_ready(database, plugin.name, plugin.migrations)
            source = FilesSource(name="test", paths=[str(root)], root=root)
            ingestion = Ingestion(sources_of(CatalogSettings(sources=[source]), {}), Limits(5_000_000, 50_000), store)
            async with ingestion.running():
                assert await ingestion.run() is False
                assert await store.last_error() is None
            found = (await store.entities(None, Page(first=100))).nodes()
            assert [str(entity.ref) for entity in found if entity.name == "good"] == ["printer:default/good"]
            for entity in found:
                key = decode_id(entity.id()).key
                assert await store.get([EntityRef.parse(key)]) == [entity]
            refs = [entity.ref for entity in found]
            await store.relations(refs, None)
            await store.problems_of(refs)
        finally:
            await database.engine.dispose()


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


HUGE = "y" * 4_000_000


@pytest.mark.parametrize(
    "text",
    [
        bomb(20),
        "[" * 1_000_000,
        "{a: " * 1_000_000,
        "- " * 1_000_000,
        "a: &a {<<: *a}",
        "<<: [" + ",".join(f"{{a{n}: 1}}" for n in range(60_000)) + "]",
        "---\na: b: c\n" * 30_000,
        "a: " + "9" * 1_000_000,
        GOOD.replace("good", HUGE),
        GOOD.replace("{name: good}", f"\n  name: web\n  description: {HUGE}"),
        GOOD + f"spec: {{owner: {HUGE}}}",
        GOOD + "spec: {dependsOn: [" + "{name: x}," * 50_000 + "]}",
        GOOD.replace("Printer", "Component") + "spec: {dependsOn: [" + ",".join(f"a:b{n}{'c' * 40}" for n in range(50_000)) + "]}",
        GOOD.replace("Printer", "Location") + "spec: {targets: [" + "'**/**/**/**/*a*a*a*a*a*b'," * 900 + "]}",
        GOOD.replace("Printer", "Location") + "spec: {target: '" + "{a,b}" * 60 + "'}",
        GOOD + "spec: {a: &a {$text: ./1.yaml}, b: [" + "*a," * 50_000 + "]}",
        "%YAML 1.2\n" * 200_000,
        "'" * 2_000_001,
        "# " * 2_000_000,
    ],
    ids=range(19),
)  # fmt: skip
def test_no_file_takes_the_reader_down_or_more_time_than_its_size_deserves(text):
    """What took more would run into the suite's own limit here, or kill the process."""
    check([text.encode(), b"x" * 3_000_000])
