"""Columns of facets follow the catalog's changes: whatever changed, they count what columns that were just loaded do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from callboard_catalog.descriptors.descriptor import Place, Reading
from callboard_catalog.descriptors.format import read_descriptor
from callboard_catalog.ingestion.pushing import push
from callboard_catalog.queries import counting
from callboard_catalog.queries.facets import FacetBy, FacetField
from callboard_catalog.queries.filters import EntityFilter
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.journal import CHANGED, SOURCE, VERSION, Journal
from callboard_catalog.records.tables import ChangeRow
from callboard_catalog.records.upkeep import forget_changes, forget_terms, unused_terms
from callboard_sdk import EVERYTHING
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlmodel import col

from .test_catalog_expressions import Stored, stored  # noqa: F401  a fixture

FACETS = [
    *(FacetBy(field=field) for field in FacetField if field.name not in ("LABEL", "ANNOTATION", "SPEC")),
    *(FacetBy(field=FacetField.LABEL, key=key) for key in ("tier", "team")),
    FacetBy(field=FacetField.ANNOTATION, key="example.com/slug"),
    FacetBy(field=FacetField.SPEC, key="region"),
]
TAG, KIND, NAMESPACE = (FacetBy(field=field) for field in (FacetField.TAG, FacetField.KIND, FacetField.NAMESPACE))
LONG = "long " * 30
# the last two come in another order where texts are ordered by 16 bits
words = st.sampled_from(["", "a", "B", "b", "a b", "\u00e9", "e\u0301", LONG, LONG + "er", "\uff5e", "\U00010000"])
references = st.sampled_from(["group:a", "group:ops/b", "user:a", "Group:A"])
bodies = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "tags": st.lists(st.sampled_from(["java", "c++", "go", "rust", "java"]), max_size=4),
                "labels": st.dictionaries(st.sampled_from(["tier", "team"]), words, max_size=2),
                "annotations": st.dictionaries(st.just("example.com/slug"), words, max_size=1),
                "title": words,
            },
        ),
        "spec": st.fixed_dictionaries(
            {},
            optional={"type": words, "lifecycle": words, "owner": references, "region": words | st.lists(words, max_size=3)},
        ),
    }
)
names = st.tuples(st.sampled_from(["Component", "API", "Group"]), st.sampled_from(["default", "ops"]), st.sampled_from("ab"))
steps = st.tuples(
    st.dictionaries(names, bodies | st.none() | bodies, max_size=5),
    st.sampled_from([0, 0, 0, 0, 3, 1_000]),
    st.booleans(),
    st.just(FACETS) | st.lists(st.sampled_from(FACETS), min_size=1, max_size=6),
    st.sampled_from([None, None, EntityFilter(tag="java")]),
)
"""What entities say from now on, None for one that goes; how many changes are forgotten, and whether unused texts are; a question."""


def thing(**metadata: Any) -> dict[str, Any]:
    return {"metadata": metadata, "spec": {}}


class Followed:
    """A catalog, and a store that was asked before it changed."""

    def __init__(self, stored: Stored) -> None:
        self.run = stored.run
        self.store = CatalogStore(stored.store.database)
        self.now: dict[tuple[str, str, str], Mapping[str, Any]] = {}
        self.run(self.push({}))

    async def push(self, changes: Mapping[tuple[str, str, str], Mapping[str, Any] | None]) -> None:
        self.now = {name: body for name, body in {**self.now, **changes}.items() if body is not None}
        readings = []
        for (kind, namespace, name), body in self.now.items():
            metadata = {"name": name, "namespace": namespace, **body["metadata"]}
            document = {"apiVersion": "a/v1", "kind": kind, "metadata": metadata, "spec": body["spec"]}
            descriptor, _ = read_descriptor(document, Place("test", "a.yaml"))
            assert descriptor is not None
            readings.append(Reading(f"{kind}-{namespace}-{name}", descriptors=[descriptor]))
        await push(self.store, "test", readings, whole=True)

    async def forget(self, changes: int, *, terms: bool) -> None:
        async with self.store.writing() as connection:
            await forget_changes(connection, float("inf"), changes)
            if terms:
                _, unused = await unused_terms(connection, -1, 1_000)
                await forget_terms(connection, unused)

    async def journal(self) -> tuple[int, int]:
        """The numbers of the first and the last change that are known."""
        [[first, last]] = await self.store.select(select(func.min(col(ChangeRow.number)), VERSION))
        return first, last

    async def counted(self, *facets: FacetBy, wanted: EntityFilter | None = None) -> list[list[tuple[str, int]]]:
        return await self.store.facets(wanted, facets, 100, EVERYTHING)

    async def anew(self, *facets: FacetBy, wanted: EntityFilter | None = None) -> list[list[tuple[str, int]]]:
        return await CatalogStore(self.store.database).facets(wanted, facets, 100, EVERYTHING)


@contextmanager
def loads() -> Iterator[list[int | None]]:
    """What is loaded meanwhile, a column each: all of it (None), or what changed since a version."""
    found: list[int | None] = []
    query = counting.column_query

    def noted(facet, dialect, since=None):
        found.append(since)
        return query(facet, dialect, since)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "column_query", noted)
        yield found


@pytest.fixture
def followed(stored) -> Followed:  # noqa: F811  the fixture
    return Followed(stored)


def agree(stored: Stored, examples: int) -> None:  # noqa: F811
    ways: set[bool] = set()

    @given(st.lists(steps, min_size=4, max_size=8))
    @settings(max_examples=examples, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
    def check(steps):
        followed = Followed(stored)
        for changes, forgotten, terms, facets, wanted in steps:
            followed.run(followed.push(changes))
            followed.run(followed.forget(forgotten, terms=terms))
            with loads() as loaded:
                counted = followed.run(followed.counted(*facets, wanted=wanted))
            ways.update(since is None for since in loaded)
            assert counted == followed.run(followed.anew(*facets, wanted=wanted))

    check()
    assert ways == {True, False}


def test_columns_that_follow_changes_count_what_columns_that_were_just_loaded_do(stored):  # noqa: F811
    agree(stored, 40)


@pytest.mark.soak
def test_columns_that_follow_changes_count_what_columns_that_were_just_loaded_do_at_length(stored):  # noqa: F811
    agree(stored, 2_000)


A, B, C = (("Component", "default", name) for name in "abc")


def test_only_what_changed_is_loaded_again(followed):
    run = followed.run
    run(followed.push({A: thing(tags=["java", "go"]), B: thing(tags=["java"])}))
    with loads() as loaded:
        assert run(followed.counted(TAG, KIND)) == [[("java", 2), ("go", 1)], [("component", 2)]]
        assert loaded == [None, None]
    _, version = run(followed.journal())
    for changes, expected in (
        ({B: thing(tags=["c++", "go"])}, [[("go", 2), ("c++", 1), ("java", 1)], [("component", 2)]]),
        ({A: None, C: thing(), ("API", "default", "a"): thing(tags=["go"])}, [[("go", 2), ("c++", 1)], [("component", 2), ("api", 1)]]),
        ({B: None, ("API", "default", "a"): thing()}, [[], [("api", 1), ("component", 1)]]),
        ({C: None, ("API", "default", "a"): None}, [[], []]),
        ({A: thing(tags=["rust"])}, [[("rust", 1)], [("component", 1)]]),
    ):  # fmt: skip
        run(followed.push(changes))
        with loads() as loaded:
            assert run(followed.counted(TAG, KIND)) == expected
            assert run(followed.counted(TAG, KIND)) == expected
        assert loaded == [version, version]
        _, version = run(followed.journal())


def test_values_that_nobody_has_any_more_do_not_pile_up(followed):
    run = followed.run
    for number in range(4):
        run(followed.push({A: thing(tags=[f"t{number}", "java"]), B: thing(tags=[f"t{number + 1}"])}))
        assert run(followed.counted(TAG)) == run(followed.anew(TAG))
    [(_, column)] = followed.store._columns._known.values()
    assert list(column.values) == ["tag:java=", "tag:t3=", "tag:t4="]


def test_a_column_follows_from_where_it_was_asked_last(followed):
    run = followed.run
    run(followed.push({A: thing(tags=["java"])}))
    run(followed.counted(TAG, KIND))
    _, first = run(followed.journal())
    run(followed.push({B: thing(tags=["java"])}))
    run(followed.counted(TAG))
    _, second = run(followed.journal())
    run(followed.push({A: None, C: thing()}))
    with loads() as loaded:
        assert run(followed.counted(TAG, KIND, NAMESPACE)) == [[("java", 1)], [("component", 2)], [("default", 2)]]
    assert loaded == [second, first, None]


def test_a_change_of_no_entity_loads_nothing(followed):
    run = followed.run
    run(followed.push({A: thing(tags=["java"])}))
    run(followed.counted(TAG))

    async def failed() -> None:
        async with followed.store.writing() as connection:
            journal = Journal(0.0)
            journal.changed(SOURCE, name="test")
            await journal.write(connection, followed.store.database)

    run(failed())
    with loads() as loaded:
        assert run(followed.counted(TAG)) == [[("java", 1)]]
    assert loaded == []


def test_after_many_changes_a_column_is_loaded_as_a_whole(followed, monkeypatch):
    run = followed.run
    monkeypatch.setattr(counting, "_FEW", 2)
    for changes, few in (({A: thing(tags=["java"]), B: thing()}, True), ({A: None, B: None, C: thing(tags=["go"])}, False)):
        run(followed.counted(TAG))
        run(followed.push(changes))
        with loads() as loaded:
            assert run(followed.counted(TAG)) == run(followed.anew(TAG))
        assert (loaded[0] is not None) is few


def test_what_the_journal_forgot_is_not_followed(followed):
    run = followed.run
    run(followed.push({A: thing(tags=["java"])}))
    _, known = run(followed.journal())
    for gap in (0, 1):  # the change after the version that is known is the first one that is left, or is gone too
        run(followed.counted(TAG))
        run(followed.push({A: thing(tags=["go"]), B: thing(tags=[f"t{gap}"])}))
        run(followed.push({C: thing(tags=["go", f"t{gap}"])}))
        first, last = run(followed.journal())
        run(followed.forget(known + gap - first + 1, terms=False))
        assert run(followed.journal()) == (known + gap + 1, last)
        with loads() as loaded:
            assert run(followed.counted(TAG)) == run(followed.anew(TAG))
        assert loaded[0] == (None if gap else known)
        known = last


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_gap_in_the_numbers_of_changes_is_taken_for_forgotten_changes_only_where_the_journal_begins(followed, forgotten):
    run = followed.run
    run(followed.push({A: thing(tags=["java"])}))
    run(followed.counted(TAG))
    _, known = run(followed.journal())

    async def skip() -> None:
        async with followed.store.writing() as connection:
            change = {"number": known + 10, "at": 0.0, "what": SOURCE, "how": CHANGED, "name": "test"}
            await connection.execute(insert(ChangeRow), [change])

    run(skip())
    run(followed.push({B: thing(tags=["go"])}))
    if forgotten:
        run(followed.forget(known, terms=False))
    with loads() as loaded:
        assert run(followed.counted(TAG)) == [[("go", 1), ("java", 1)]]
    assert loaded == [None if forgotten else known]


def test_what_changes_while_a_column_is_mended_is_no_part_of_it(followed, monkeypatch):
    run = followed.run
    run(followed.push({A: thing(tags=["java"])}))
    run(followed.counted(TAG, KIND))
    run(followed.push({B: thing(tags=["java"])}))
    changed, writes = counting.Columns._changed, [{A: None, C: thing(tags=["go"])}]

    async def meanwhile(*asked):
        found = await changed(*asked)
        while writes:
            await followed.push(writes.pop())
        return found

    monkeypatch.setattr(counting.Columns, "_changed", staticmethod(meanwhile))
    assert run(followed.counted(TAG, KIND, wanted=EntityFilter(tag="java"))) == [[("java", 2)], [("component", 2)]]
    assert not writes
    assert run(followed.counted(TAG, KIND)) == [[("go", 1), ("java", 1)], [("component", 2)]]
