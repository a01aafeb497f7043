"""Filters, orders, facets, searches and walks, asked of a gateway; on both databases."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
import yaml
from callboard_catalog.queries import lists, store as stores
from callboard_catalog.queries.filters import EntityOrder, EntityOrderField, OrderDirection
from callboard_sdk import Access, EntityRef, Page
from callboard_sdk.conditions import Begins, Column, Has, Is, Mark, Tie, Tied, every, holds, no, some
from callboard_sdk.connections import decode_cursor, encode_cursor
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from .test_catalog_access import OPEN, data
from .test_catalog_expressions import descriptors, expressions, names, refs, stored  # noqa: F401  a fixture


def thing(kind, name, spec=None, namespace="default", **metadata):
    return {
        "apiVersion": "a/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec or {},
    }


@contextmanager
def statements(store):
    """The statements about entities that are sent meanwhile; what reads sources looks after them all the time."""
    sent, engine = [], store.database.engine.sync_engine

    def note(_connection, _cursor, statement, *_rest):
        if "catalog_entity" in statement:
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


COMPANY = [
    thing("Component", "web-shop", {"type": "service", "lifecycle": "production", "owner": "blue", "system": "selling",
          "dependsOn": ["component:billing"], "region": "north", "deploy": {"replicas": 2, "zones": ["a", "b"]}},
          title="Where people buy", description="The shop of the house", tags=["java", "open"], labels={"tier": "1"}),
    thing("Component", "billing", {"type": "service", "owner": "red", "dependsOn": ["component:vault"], "region": "south"},
          description="Sends bills for the web shop", tags=["go"], labels={"tier": "2"}, annotations={"x/pager": "P1"}),
    thing("Component", "vault", {"type": "library", "dependsOn": ["component:web-shop", "resource:db"]}, "inner", tags=["secret"]),
    thing("Component", "vault", {"type": "library", "owner": "red", "dependsOn": ["component:default/web-shop", "resource:db"]}),
    thing("Resource", "db", {"type": "database", "owner": "blue"}, tags=["shop"]),
    thing("Group", "blue", {"type": "team", "children": []}, title="Blue team"),
    thing("Group", "red", {"type": "team", "children": []}),
    thing("System", "selling", {"owner": "blue"}),
]  # fmt: skip
FILES = {"company.yaml": yaml.safe_dump_all(COMPANY)}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ('{or: [{tags: {eq: "java"}}, {name: {eq: "DB"}}]}', ["db", "web-shop"]),
        ('{and: [{kinds: ["component"]}, {not: {owner: {exists: true}}}]}', ["vault"]),
        ('{name: {prefix: "b"}}', ["billing", "blue"]),
        ('{name: {in: ["db", "nothing"]}}', ["db"]),
        ('{name: {contains: "SHOP"}}', ["web-shop"]),
        ('{namespaces: {prefix: "in"}}', ["vault"]),
        ('{title: {exists: true}}', ["blue", "web-shop"]),
        ('{title: {prefix: "Wh"}}', ["web-shop"]),
        ('{title: {contains: "peo"}}', ["web-shop"]),
        ('{description: {contains: "web sh"}}', ["billing"]),
        ('{types: {in: ["database", "team"]}}', ["blue", "db", "red"]),
        ('{lifecycles: {exists: true}}', ["web-shop"]),
        ('{tags: {prefix: "ja"}}', ["web-shop"]),
        ('{tags: {exists: true}, kinds: ["resource"]}', ["db"]),
        ('{label: {key: "tier"}}', ["billing", "web-shop"]),
        ('{label: {key: "tier", in: ["2", "3"]}}', ["billing"]),
        ('{label: {key: "tier", exists: false}, types: {eq: "library"}}', ["vault", "vault"]),
        ('{annotation: {key: "x/pager", prefix: "P"}}', ["billing"]),
        ('{spec: {path: "region", eq: "north"}}', ["web-shop"]),
        ('{spec: {path: "deploy.replicas", eq: "2"}}', ["web-shop"]),
        ('{spec: {path: "deploy.zones", in: ["b"]}}', ["web-shop"]),
        ('{owner: {in: ["group:default/red"]}}', ["billing", "vault"]),
        ('{whole: {exists: true}}', ["web-shop"]),
        ('{relatedTo: {type: "dependsOn", ref: "component:default/billing"}}', ["web-shop"]),
        ('{relatedTo: {type: "dependencyOf", refs: ["component:default/vault"]}}', ["db", "web-shop"]),
        ('{relatedTo: {type: "ownerOf", ref: "component:default/vault"}}', ["red"]),
        ('{relatedTo: {type: "nothing", ref: "component:default/vault"}}', []),
        ('{created: {after: "2001-01-01T00:00:00Z"}, kinds: ["System"]}', ["selling"]),
        ('{changed: {before: "2001-01-01T00:00:00Z"}}', []),
    ],
)  # fmt: skip
async def test_a_filter_gives_what_is_so(serve, wanted, names):
    async with serve(FILES) as harness:
        found = await data(harness, "{ entities(first: 20, filter: %s) { totalCount nodes { name } } }" % wanted, Access())
    assert ([one["name"] for one in found["entities"]["nodes"]], found["entities"]["totalCount"]) == (names, len(names))


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("{not: " * 8 + '{tag: "a"}' + "}" * 8, "more than 8 levels"),
        ("{or: [%s]}" % ", ".join('{tag: "a"}' for _ in range(101)), "more than 100 things"),
        ("{name: {in: [%s]}}" % ", ".join('"a"' for _ in range(101)), "has 101 values"),
        ('{name: {prefix: "%s"}}' % ("a" * 65), "has 65 characters"),
        ('{spec: {path: "type"}}', "has a field of its own"),
        ('{changed: {after: "2026-01-31T12:00:00"}}', "needs its offset from UTC: write it like 2026-01-31T12:00:00Z"),
        ('{relatedTo: {type: "dependsOn"}}', "names no entity"),
    ],
)
async def test_a_filter_that_asks_too_much_or_nothing_is_refused(serve, wanted, message):
    async with serve({}) as harness:
        answer = await harness.ask("{ entities(first: 1, filter: %s) { nodes { name } } }" % wanted)
    [error] = answer.errors
    assert message in error["message"] and error["extensions"]["code"] == "BAD_ARGUMENT"


@pytest.mark.parametrize("key", ["type", "owner", "lifecycle", "system"])
async def test_a_facet_of_the_spec_by_what_has_a_field_of_its_own_is_refused(serve, key):
    async with serve({}) as harness:
        answer = await harness.ask('{ entityFacets(by: [{field: SPEC, key: "%s"}]) { values { value } } }' % key)
    [error] = answer.errors
    assert f"'{key}', which has a field of its own: count by TYPE, LIFECYCLE or OWNER" in error["message"]
    assert error["extensions"]["code"] == "BAD_ARGUMENT"


async def test_a_relation_that_only_a_hidden_entity_declares_is_not_filtered_by(serve):
    ask = '{ entities(first: 9, filter: {relatedTo: {type: "dependencyOf", ref: "component:inner/vault"}}) { nodes { name } } }'
    async with serve(FILES) as harness:
        assert (await data(harness, ask))["entities"]["nodes"] == []
        assert (await data(harness, ask, Access()))["entities"]["nodes"] == []
        other = ask.replace("inner", "default")
        assert len((await data(harness, other))["entities"]["nodes"]) == 2


terms = st.one_of(
    st.just(Has(Mark.TAG, "java")),
    st.just(Is(Column.KIND, frozenset({"component", "api"}))),
    st.builds(Tied, st.just(Tie.OWNED_BY), st.frozensets(refs, min_size=1, max_size=3)),
)
by_entries = st.builds(
    lambda alternatives, narrowed, rest: every([some([*alternatives, every(narrowed)]), *rest]),
    st.lists(terms, min_size=1, max_size=3),
    st.tuples(terms, expressions),
    st.lists(expressions | st.builds(Begins, st.just(Column.NAME), st.just(""), names), max_size=2),
)
"""What is read from the entries of several indexes, which may have the same entities."""
orders = st.builds(EntityOrder, field=st.sampled_from(EntityOrderField), direction=st.sampled_from(OrderDirection))


def test_pages_in_any_order_by_whichever_way_are_parts_of_one_list(stored, monkeypatch):
    keys = {
        EntityOrderField.KIND: lambda e: e.ref.kind, EntityOrderField.NAMESPACE: lambda e: e.ref.namespace,
        EntityOrderField.TITLE: lambda e: (e.title or e.name).lower()[:64],
    }  # fmt: skip

    @given(
        st.lists(descriptors, max_size=8),
        st.lists(st.tuples(expressions | by_entries, orders), min_size=2, max_size=4),
        st.sampled_from([0, 1, 2_000]),
    )
    @settings(max_examples=60, deadline=None, phases=[Phase.generate])
    def check(documents, asked, few):
        monkeypatch.setattr(lists, "FEW", few)
        monkeypatch.setattr(stores, "FEW", few)
        known = stored.read(documents)
        for expression, order in asked:
            key = keys.get(order.field, lambda e: "")
            expected = sorted(
                (e for e in known if holds(expression, e)), key=lambda e: (key(e), (e.ref.name, e.ref.kind, e.ref.namespace))
            )
            if order.direction is OrderDirection.DESC:
                expected.reverse()
            access = Access(expression)
            pages, page = [], Page(first=2, access=access)
            while (found := stored.run(stored.store.entities(None, page, order=order))).edges:
                pages.append(found)
                page = Page(first=2, after=decode_cursor(found.page_info.end_cursor), access=access)
            times = order.field in (EntityOrderField.CREATED, EntityOrderField.CHANGED)
            listed = [entity for one in pages for entity in one.nodes()]
            assert (sorted(listed, key=lambda e: e.ref) == sorted(expected, key=lambda e: e.ref)) if times else listed == expected
            if pages:
                last = Page(last=2, before=decode_cursor(pages[-1].page_info.start_cursor), access=access)
                back = stored.run(stored.store.entities(None, last, order=order))
                assert back.nodes() == listed[: 2 * (len(pages) - 1)][-2:]
                assert all(one.total_count == len(expected) for one in (*pages, back))

    check()


def test_a_list_that_is_read_from_several_indexes_has_each_entity_once(stored):
    kinds, owner = ("Component", "API"), EntityRef("group", "default", "a")
    known = stored.read(
        [
            thing(kinds[n % 2], f"{'xy'[n % 5 == 0]}-{n}", {"owner": "ab"[n % 3 == 0]}, tags=["java", "go"][: n % 4])
            for n in range(24)
        ]
    )
    java, go, mine = Has(Mark.TAG, "java"), Has(Mark.TAG, "go"), Tied(Tie.OWNED_BY, frozenset({owner}))
    component, x = Is(Column.KIND, frozenset({"component"})), Begins(Column.NAME, "", "x")
    for asked in (
        some([java, go]), some([mine, go, component]), some([mine, every([java, no(component)])]), every([some([mine, java]), x]),
        every([some([java, every([component, no(go)])]), x, no(mine)]), Is(Column.KIND, frozenset({"component", "api"})),
    ):  # fmt: skip
        expected = [entity for entity in known if holds(asked, entity)]
        for way in OrderDirection:
            order, listed, page = EntityOrder(field=EntityOrderField.NAME, direction=way), [], Page(first=3, access=Access(asked))
            while (found := stored.run(stored.store.entities(None, page, order=order))).edges:
                listed += found.nodes()
                page = Page(first=3, after=decode_cursor(found.page_info.end_cursor), access=Access(asked))
            assert listed == (expected if way is OrderDirection.ASC else expected[::-1])


ALIKE = ["stage", "stage-cli", "stage-cli.x", "stage.x", "stage0", "stage_x", "stages"]
"""Names in their order, each of which begins like the first."""


@pytest.mark.parametrize(
    "ordered",
    ["", ", orderBy: {field: NAME}", ", orderBy: {field: KIND}", ", orderBy: {field: NAMESPACE}", ", orderBy: {field: TITLE}"],
)
@pytest.mark.parametrize("wanted", ["", ', filter: {tags: {in: ["a", "b"]}}', ', filter: {name: {prefix: "stage"}}'])
async def test_of_names_that_begin_alike_the_shorter_one_comes_first(serve, ordered, wanted):
    title = {"title": "The same"} if "TITLE" in ordered else {}
    known = [thing("System", name, tags=["ab"[number % 2]], **title) for number, name in enumerate(reversed(ALIKE))]
    async with serve({"alike.yaml": yaml.safe_dump_all(known)}) as harness:
        listed, after = [], ""
        while len(listed) < len(ALIKE):
            asked = "{ entities(first: 2%s%s%s) { nodes { name } pageInfo { endCursor } } }" % (after, ordered, wanted)
            found = (await data(harness, asked, Access()))["entities"]
            listed += [node["name"] for node in found["nodes"]]
            after = ', after: "%s"' % found["pageInfo"]["endCursor"]
    assert listed == ALIKE


async def test_of_one_name_kinds_come_in_their_order_and_then_namespaces(serve):
    known = [("web2", "a"), ("web", "b-c"), ("web", "b"), ("web", "a")]
    files = {"alike.yaml": yaml.safe_dump_all([thing(kind, "x", namespace=namespace) for kind, namespace in known])}
    async with serve(files) as harness:
        found = await data(harness, "{ entities(first: 9) { nodes { kind namespace } } }", Access())
        names = [(node["kind"], node["namespace"]) for node in found["entities"]["nodes"]]
        bounded = "{ entities(first: 9, filter: {name: {in: [%s]}}) { nodes { name } } }"
        assert len((await data(harness, bounded % '"x"', Access()))["entities"]["nodes"]) == 4
        for nobody_s in ('"x web"', '"x "', '"x/web"', '"\\u0000"'):
            assert (await data(harness, bounded % nobody_s, Access()))["entities"]["nodes"] == []
    assert names == [("web", "a"), ("web", "b"), ("web", "b-c"), ("web2", "a")]


@pytest.mark.parametrize(
    "asked",
    [
        ('entities(first: 1, after: "%s") { nodes { name } }', "web-shop/component:default"),
        ('entities(last: 1, before: "%s") { nodes { name } }', "web-shop/component:default"),
        ('entities(first: 1, after: "%s", orderBy: {field: KIND}) { nodes { name } }', '["kind", "api", "web-shop/component:default"]'),
        ('search(first: 1, text: "shop", after: "%s") { nodes { entity { name } } }', '[0, "web-shop/component:default"]'),
    ],
)  # fmt: skip
async def test_a_cursor_of_before_lists_went_by_name_is_refused(serve, asked):
    document, place = asked
    async with serve(FILES) as harness:
        refused = await harness.ask("{ %s }" % document % encode_cursor(place))
        good = await harness.ask("{ %s }" % document % encode_cursor(place.replace("/", " ").replace(":", " ")))
    assert "the cursor is not one of this" in refused.errors[0]["message"] and good.errors == []


async def test_a_cursor_of_another_order_is_refused(serve):
    async with serve(FILES) as harness:
        found = await data(harness, "{ entities(first: 1, orderBy: {field: KIND}) { pageInfo { endCursor } } }", Access())
        cursor = found["entities"]["pageInfo"]["endCursor"]
        answer = await harness.ask('{ entities(first: 1, after: "%s", orderBy: {field: TITLE}) { nodes { name } } }' % cursor)
    assert "in the same order" in answer.errors[0]["message"]


async def test_a_total_is_counted_only_where_it_is_asked_for(serve):
    async with serve(FILES) as harness:
        store, spent = harness.gateway.plugins.catalog, []
        for document in ("{ entities(first: 1) { nodes { name } } }", "{ entities(first: 1) { totalCount nodes { name } } }") * 2:
            with statements(store) as sent:
                await data(harness, document, Access())
            spent.append(len(sent))
    assert spent == [1, 2, 1, 1]


async def test_a_search_finds_names_before_titles_before_descriptions_and_shows_where(serve):
    ask = """query ($w: String!, $in: [SearchField!]! = [NAME, TITLE, TAGS, DESCRIPTION], $a: String, $b: String, $f: Int, $l: Int) {
      search(text: $w, in: $in, first: $f, after: $a, last: $l, before: $b) { totalCount pageInfo { startCursor endCursor hasNextPage }
        nodes { entity { name } highlights { field parts { text match } } } } }"""

    async with serve(FILES) as harness:

        async def found(**values):
            answer = await harness.ask(ask, values)
            assert answer.errors == []
            return answer.data["search"]

        whole = await found(w="shop", f=9)
        assert [one["entity"]["name"] for one in whole["nodes"]] == ["web-shop", "db", "billing"] and whole["totalCount"] == 3
        first = await found(w="SHO", f=1)
        rest = await found(w="SHO", f=9, a=first["pageInfo"]["endCursor"])
        assert [first["nodes"][0], *rest["nodes"]] == whole["nodes"]
        back = await found(w="SHO", l=1, b=rest["pageInfo"]["startCursor"])
        assert back["nodes"] == first["nodes"]
        assert [one["entity"]["name"] for one in (await found(w="web bill", f=9))["nodes"]] == ["billing"]
        assert [one["entity"]["name"] for one in (await found(w="shop", f=9, **{"in": ["NAME"]}))["nodes"]] == ["web-shop"]
        assert (await found(w="--", f=9))["nodes"] == (await found(w="shop zzz", f=9))["nodes"] == []
    shown = [
        ["".join(f"[{p['text']}]" if p["match"] else p["text"] for p in h["parts"]) for h in one["highlights"]]
        for one in whole["nodes"]
    ]
    assert shown == [["web-[shop]", "The [shop] of the house"], ["[shop]"], ["Sends bills for the web [shop]"]]


async def test_facets_count_what_the_filter_and_the_viewer_see(serve):
    ask = """{ entityFacets(first: 2, %s by: [{field: KIND}, {field: TAG}, {field: OWNER}, {field: LABEL, key: "tier"}, {field: TYPE}]) {
      field more values { value count owner { entity { title } } } } }"""
    async with serve(FILES) as harness:
        every = (await data(harness, ask % "", Access()))["entityFacets"]
        seen = (await data(harness, ask % ""))["entityFacets"]
        few = (await data(harness, ask % 'filter: {types: {eq: "service"}},', Access()))["entityFacets"]
        wrong = await harness.ask("{ entityFacets(by: [{field: LABEL}]) { more } }")
    counts = [[{v["value"]: v["count"] for v in facet["values"]} for facet in found] for found in (every, seen, few)]
    assert counts[0] == [
        {"component": 4, "group": 2},
        {"go": 1, "java": 1},
        {"group:default/blue": 3, "group:default/red": 2},
        {"1": 1, "2": 1},
        {"library": 2, "service": 2},
    ]
    assert counts[1][0] == {"component": 3, "group": 2} and every[1]["more"]
    assert counts[2] == [
        {"component": 2},
        {"go": 1, "java": 1},
        {"group:default/blue": 1, "group:default/red": 1},
        {"1": 1, "2": 1},
        {"service": 2},
    ]
    assert every[2]["values"][0]["owner"] == {"entity": {"title": "Blue team"}}
    assert "needs a `key`" in wrong.errors[0]["message"]


async def test_entities_come_by_their_refs_in_order_and_null_for_what_is_not_there(serve):
    ask = '{ entitiesByRef(refs: ["group:default/red", "a:b/c", "component:inner/vault", "group:default/red"]) { name } }'
    async with serve(FILES) as harness:
        store = harness.gateway.plugins.catalog
        with statements(store) as sent:
            found = (await data(harness, ask))["entitiesByRef"]
        assert len(sent) == 1
        too_many = await harness.ask("{ entitiesByRef(refs: %s) { name } }" % json.dumps(["a:b/c"] * 101))
    assert found == [{"name": "red"}, None, None, {"name": "red"}]
    assert "at most 100" in too_many.errors[0]["message"]


async def test_a_walk_goes_round_in_no_circle_and_through_nothing_that_is_hidden(serve):
    ask = '{ entity(ref: "component:default/web-shop") { related(types: ["dependsOn"], depth: %d) { depth entity { ref } } } }'
    async with serve(FILES) as harness:
        store = harness.gateway.plugins.catalog

        async def found(depth, access):
            with statements(store) as sent:
                reached = (await data(harness, ask % depth, access))["entity"]["related"]
            assert len(sent) == 2
            return {one["entity"]["ref"]: one["depth"] for one in reached}

        assert await found(1, Access()) == {"component:default/billing": 1}
        far = {"component:default/billing": 1, "component:default/vault": 2, "resource:default/db": 3}
        assert await found(3, Access()) == await found(10, Access()) == far
        hiding = Access(no(Is(Column.NAME, frozenset({"vault"}))))
        assert await found(10, hiding) == {"component:default/billing": 1}
        bad = await harness.ask(ask % 11)
    assert "`depth` is 11" in bad.errors[0]["message"]


async def test_problems_are_those_of_an_owner_or_a_kind(serve):
    wrong = yaml.safe_dump_all(
        [thing("Component", "a", {"owner": "red", "system": "gone"}), thing("API", "b", {"owner": "blue", "system": "gone"})]
    )
    ask = '{ problems(first: 9, filter: {rule: "catalog.dangling-reference", %s}) { totalCount nodes { entity } } }'
    async with serve({**FILES, "wrong.yaml": wrong}) as harness:
        owned = await data(harness, ask % 'ownedBy: "group:default/red"', Access())
        kinds = await data(harness, ask % 'kinds: ["api"]', Access())
    assert owned["problems"] == {"totalCount": 1, "nodes": [{"entity": "component:default/a"}]}
    assert kinds["problems"] == {"totalCount": 1, "nodes": [{"entity": "api:default/b"}]}
