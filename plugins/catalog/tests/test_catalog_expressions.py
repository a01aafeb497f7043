"""What an Expression is in SQL: the same as in Python, for any entity, on both databases, and however large it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path

import pytest
from callboard_catalog.plugin import plugin
from callboard_catalog.descriptors.descriptor import Place, Reading
from callboard_catalog.queries.writing import Form
from callboard_catalog.queries.filters import EntityFilter
from callboard_catalog.descriptors.format import read_descriptor
from callboard_catalog.queries.lists import EntityList, with_bodies
from callboard_catalog.ingestion.pushing import push
from callboard_catalog.records.rows import entity_of
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.tables import EntityRow
from callboard_sdk import Access, Entity, EntityRef, Page
from callboard_sdk.conditions import ALWAYS, NEVER, Begins, Column, Every, Has, Is, Mark, Not, Says, Some, Tie, Tied, holds, ties
from callboard_sdk.wording import Wording
from gateway.database import open_database
from resolvers.migrating import make_ready
from gateway.settings import DatabaseSettings
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import col

KINDS = ["Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Template", "Printer", "component"]
LONG = "long " * 30
words = st.sampled_from(
    ["", "service", "Service", "production", "front", "\u00e9", "\u0130", "a%_", LONG, LONG + "er", "sha256:" + "0" * 64]
)
asked_words = words | st.sampled_from(["\0", "\ud800", "nothing"])
keys = st.sampled_from(["tier", "team", "example.com/slug", "x" * 63])
names = st.sampled_from(["a", "B", "b", "shop"])
namespaces = st.sampled_from(["default", "Ops", "ops"])
texts = st.sampled_from(["The Shop", "a shop of words", "\u00dcber-shop_2 \u0130x", "--", "B", LONG, "shop " * 3])
asked_texts = st.lists(
    st.sampled_from(["shop", "sh", "of", "the", "\u00fcber", "b", "2", "java", "\ud800x"]), min_size=1, max_size=2
).map(tuple)
scalar = words | st.integers(0, 2) | st.booleans() | st.just(1.5)
scalars = scalar | st.lists(scalar, max_size=2)
paths = st.sampled_from(["region", "deploy.region", "deploy.a.b.c", "type"])
beginnings = st.sampled_from(
    ["", "s", "serv", "S", "\u00e9", "\u0130", "long " * 12, "1", "t", "\0", "\ud800", "\U0010ffff", "a%"]
)
texts_of_refs = st.sampled_from(
    ["a", "B", "ops/b", "group:a", "GROUP:Default/A", "user:ops/b", "system:shop", "component:Ops/a", "domain:a", "a:b:c", " a",
     "\u0130", "x" * 301, "\t", "a\u200bb"]
)  # fmt: skip
mappings = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["Group", "system", "", 1]),
        "namespace": namespaces | st.just(2),
        "name": names | st.none(),
    },
)
one = texts_of_refs | mappings | st.none() | st.integers() | st.booleans() | st.just("")
references = one | st.lists(one, max_size=3) | st.lists(st.lists(one, max_size=1), max_size=1)
descriptors = st.fixed_dictionaries(
    {
        "apiVersion": st.just("a/v1"),
        "kind": st.sampled_from(KINDS),
        "metadata": st.fixed_dictionaries(
            {"name": names},
            optional={
                "namespace": namespaces,
                "labels": st.dictionaries(keys, words, max_size=2),
                "annotations": st.dictionaries(keys, words, max_size=2),
                "tags": st.lists(st.sampled_from(["java", "c++", "java"]), max_size=3),
                "title": texts,
                "description": texts,
            },
        ),
    },
    optional={
        "spec": st.fixed_dictionaries(
            {},
            optional={
                "region": scalars,
                "deploy": st.fixed_dictionaries({}, optional={"region": scalars, "a": st.just({"b": {"c": 1}})}),
            }
            | {"type": words | st.integers() | st.lists(words, max_size=1), "lifecycle": words | st.none()}
            | dict.fromkeys(["owner", "system", "subcomponentOf", "domain", "subdomainOf", "dependsOn", "parent"], references),
        )
    },
)
refs = st.builds(EntityRef, st.sampled_from(["group", "user", "system", "component", "domain"]), namespaces, names) | st.just(
    EntityRef("group", "default", "a\nb")  # what no entity can say is not two that one can
)
columns = {
    Column.KIND: st.sampled_from([*KINDS, "\0"]),
    Column.NAMESPACE: namespaces,
    Column.TYPE: asked_words,
    Column.LIFECYCLE: asked_words,
    Column.NAME: names | st.sampled_from(["b/component", "\0"]),
    Column.TITLE: texts | asked_words,
    Column.REF: refs.map(str) | st.sampled_from(["Component:Default/B", "\ud800"]),
}
leaves = st.one_of(
    *(st.builds(Is, st.just(column), st.frozensets(values, max_size=3)) for column, values in columns.items()),
    st.builds(Has, st.sampled_from(Mark), keys | paths | st.sampled_from(["java", "c++", "\0"]), st.none() | st.frozensets(asked_words, max_size=3)),
    st.builds(Tied, st.sampled_from(Tie), st.none() | st.frozensets(refs, max_size=3)),
    st.builds(Begins, st.sampled_from([c for c in Column if c is not Column.REF]), st.just(""), beginnings),
    st.builds(Begins, st.sampled_from(Mark), keys | paths, beginnings | st.sampled_from(["ja", "c+", "java="])),
    st.builds(Says, st.frozensets(st.sampled_from(Wording), min_size=1), asked_texts),
)  # fmt: skip
expressions = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Every, st.lists(inner, max_size=3).map(frozenset))
        | st.builds(Some, st.lists(inner, max_size=3).map(frozenset))
    ),
    max_leaves=8,
)


class Stored:
    """A store of the test's own, in one event loop for all that it is asked."""

    def __init__(self, store: CatalogStore, runner: asyncio.Runner, dialect: str) -> None:
        self.store = store
        self.run = runner.run
        self.dialect = dialect

    def read(self, documents: Sequence[dict]) -> list[Entity]:
        reading = Reading("a.yaml")
        for document in documents:
            descriptor, _ = read_descriptor(document, Place("test", "a.yaml"))
            assert descriptor is not None
            reading.descriptors.append(descriptor)
        self.descriptors = {descriptor.ref: descriptor for descriptor in reversed(reading.descriptors)}
        self.run(push(self.store, "test", [reading], whole=True))
        return list(self.run(self.store.entities(None, Page(first=100))).nodes())

    def found(self, expression, form: Form) -> list[EntityRef]:
        query = EntityList(expression).query(self.dialect, form).order_by(col(EntityRow.sort))
        return [entity_of(body).ref for (body,) in self.run(self.store.select(with_bodies(query)))]


@pytest.fixture
def stored(database: dict[str, str]) -> Iterator[Stored]:
    with opened(database["url"]) as made:
        yield made


@contextmanager
def opened(url: str) -> Iterator[Stored]:
    with asyncio.Runner() as runner:
        database = open_database(DatabaseSettings(url=url).url)
        store = CatalogStore(database)
        runner.run(make_ready(database, plugin.name, plugin.migrations))
        try:
            yield Stored(store, runner, database.engine.dialect.name)
        finally:
            runner.run(database.engine.dispose())


def agree(stored: Stored, examples: int) -> None:
    @given(st.lists(descriptors, max_size=6), st.lists(expressions, min_size=4, max_size=12))
    @settings(max_examples=examples, deadline=None, phases=[Phase.generate])
    def check(documents, asked):
        known = stored.read(documents)
        for expression in asked:
            expected = [entity for entity in known if holds(expression, entity)]
            for form in Form:
                assert stored.found(expression, form) == [entity.ref for entity in expected]
            seen = stored.run(stored.store.entities(None, Page(first=100, access=Access(expression))))
            assert (seen.nodes(), seen.total_count) == (expected, len(expected))
            kinds = stored.run(stored.store.entities(None, Page(first=100, access=Access(expression)), "component"))
            assert kinds.nodes() == [entity for entity in expected if entity.ref.kind == "component"]

    check()


def test_an_expression_means_the_same_in_sql_as_in_python(stored):
    agree(stored, 100)


@pytest.mark.soak
def test_an_expression_means_the_same_in_sql_as_in_python_at_length(stored):
    agree(stored, 5_000)


@given(descriptors)
def test_what_an_entity_says_it_is_tied_to_is_what_its_relations_say(document):
    descriptor, _ = read_descriptor(document, Place("test", "a.yaml"))
    assert descriptor is not None
    for tie in Tie:
        related = {reference.target for reference in descriptor.references if reference.type == tie.value}
        assert set(ties(descriptor, tie)) == related


WEB = {"apiVersion": "a/v1", "kind": "Component", "metadata": {"name": "web", "tags": ["t3"]}, "spec": {"type": "service"}}


def nested(depth: int, make: Callable):
    return reduce(lambda inner, number: make(inner, number), range(depth), Has(Mark.TAG, "t3"))


LARGE = {
    "a tower": nested(150, lambda inner, n: Every(frozenset({Some(frozenset({inner, Has(Mark.TAG, f"no{n}")}))}))),
    "a tower with walls": nested(100, lambda inner, n: Every(frozenset({ALWAYS, Not(Has(Mark.TAG, f"no{n}")), Some(frozenset({inner, NEVER}))}))),
    "an even number of negations": nested(300, lambda inner, n: Not(inner)),
    "two thousand alternatives": Some(frozenset(Has(Mark.LABEL, f"no{n}", frozenset({"x"})) for n in range(2_000)) | {Has(Mark.TAG, "t3")}),
    "two thousand demands": Every(frozenset(Not(Has(Mark.LABEL, f"no{n}")) for n in range(2_000))),
    "a hundred thousand values": Is(Column.REF, frozenset(f"component:default/no{n}" for n in range(100_000)) | {"component:default/web"}),
    "a hundred thousand owners": Not(Tied(Tie.OWNED_BY, frozenset(EntityRef("group", "default", f"no{n}") for n in range(100_000)))),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_no_expression_is_too_large(stored, name):
    [web] = stored.read([WEB])
    assert holds(LARGE[name], web)
    for form in Form:
        assert stored.found(LARGE[name], form) == [web.ref]
        assert stored.found(Not(LARGE[name]), form) == []


def test_an_expression_with_more_parameters_than_a_database_takes_is_refused_whole(stored):
    stored.read([WEB])
    with pytest.raises(ValueError, match="more than 30000 different things"):
        stored.found(Some(frozenset(Has(Mark.TAG, f"no{n}") for n in range(30_001))), Form.SETS)


def test_a_list_is_followed_row_by_row_where_much_matches(stored):
    known = stored.read([WEB | {"metadata": {"name": f"w{n:03}", "tags": ["odd"] if n % 2 else []}} for n in range(100)])
    access = Access(Has(Mark.TAG, "odd"))
    expected = [entity for entity in known if access.sees(entity)]
    for page, part in ((Page(first=2, access=access), expected[:2]), (Page(last=2, access=access), expected[-2:])):
        for _ in range(2):
            seen = stored.run(stored.store.entities(None, page))
            assert (seen.nodes(), seen.total_count) == (part, 50)


def test_a_total_that_is_remembered_is_of_the_catalog_as_it_is(stored):
    access = Access(Has(Mark.TAG, "t3"))
    counts = []
    for number in (1, 0, 3):
        stored.read([WEB | {"metadata": {"name": f"w{n}", "tags": ["t3"]}} for n in range(number)])
        for _ in range(2):
            before = stored.store.statements
            seen = stored.run(stored.store.entities(EntityFilter(type="service"), Page(first=9, access=access)))
            assert seen.total_count == len(seen.nodes()) == number
            counts.append(stored.store.statements - before)
    assert counts == [3, 1, 2, 2, 2, 1]
