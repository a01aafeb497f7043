"""Who may not see everything: what is hidden looks, in every field and list, as if no source had it."""

from __future__ import annotations

import asyncio
import base64
import shutil
import sqlite3
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from callboard_catalog.ingestion.pushing import push
from callboard_catalog.descriptors.rules import RULES, TELLING
from callboard_sdk import Access, Catalog, EntityRef, Viewer, ViewerKind
from callboard_sdk.conditions import Column, Has, Is, Mark, no
from gateway.execution.executor import execute
from gateway.execution.shape import shape_result
from gateway.testing import Harness, running_gateway
from hypothesis import given, settings
from hypothesis import strategies as st
from resolvers.batching import RequestContext, seeing

from .conftest import read_items, write
from .test_catalog_expressions import opened

SECRET = Has(Mark.TAG, "secret")
OPEN = Access(no(SECRET))
ENTITY = "fragment Of on Entity { id ref name tags owner { ...To } relations { type ref entity { id ref } } problems { rule message line } }"
TO = "fragment To on Reference { ref entity { id name } problem { rule message remedy } }"
LISTS = ["entities", "components", "apis", "resources", "systems", "domains", "groups", "users", "templates"]
FILTERS = [
    "{}", '{tag: "secret"}', '{tag: "open"}', '{text: "a"}', '{kinds: ["component", "GROUP"]}', '{namespace: "default"}',
    '{type: "service"}', '{label: {key: "l", value: "v"}}', '{ownedBy: "group:default/a"}', '{partOf: "system:default/a"}',
]  # fmt: skip
PARTS = """{ entities(first: 50) { nodes { ref
  ... on Component { system { ...To } subcomponentOf { ...To } subcomponents { ...To } providesApis { ...To } consumesApis { ...To }
    dependsOn { ...To } dependents { ...To } }
  ... on API { system { ...To } providers { ...To } consumers { ...To } }
  ... on Resource { system { ...To } dependsOn { ...To } dependents { ...To } }
  ... on System { domain { ...To } parts { ...To } } ... on Domain { subdomainOf { ...To } subdomains { ...To } systems { ...To } }
  ... on Group { parent { ...To } children { ...To } members { ...To } owned { ...To } }
  ... on User { memberOf { ...To } owned { ...To } } } } }"""
PAGING = "totalCount edges { cursor node { ref } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
QUESTIONS = [
    f"{{ entities(first: 50) {{ totalCount nodes {{ ...Of }} }} }} {ENTITY} {TO}",
    f"{PARTS} {TO}",
    *("{ " + " ".join(f"{name}(first: 2) {{ {PAGING} }} {name[0]}x: {name}(last: 2) {{ {PAGING} }}" for name in LISTS[n : n + 3]) + " }" for n in (0, 3, 6)),
    *(f"{{ entities(first: 3, filter: {text}) {{ {PAGING} }} }}" for text in FILTERS),
    "{ problems(first: 2) { totalCount edges { cursor node { rule message entity file line } } pageInfo { hasNextPage endCursor } } }",
    '{ problemCounts(by: OWNER) { value count owner { ref entity { name } } } r: problemCounts(by: RULE) { value count } k: problemCounts(by: KIND) { value count } s: problemCounts(by: SOURCE, where: {kinds: ["component"]}) { value count } }',
    '{ problems(last: 3, filter: {severities: [LOW, MEDIUM]}) { totalCount nodes { message } } p: problems(first: 1, filter: {entity: "component:default/b"}) { totalCount } }',
]  # fmt: skip


VIEWER = Viewer("tester", ViewerKind.PERSON, frozenset({"admin"}))


async def asked(harness: Harness, document: str, access: Access) -> Any:
    """The response to a viewer with this access, as bytes."""
    plan, values = await harness.plan(document, ["admin"])
    pipeline = harness.gateway.pipeline
    with pipeline.turns.one() as turn:
        context = RequestContext(harness.gateway.plugins, VIEWER, share=turn.share, access=access)
        result = await execute(plan, values, context, turn, max_nodes=pipeline.limits.nodes)
        return (await shape_result(result, turn, max_bytes=pipeline.limits.response_bytes)).body


async def data(harness: Harness, document: str, access: Access = OPEN) -> Any:
    body = orjson.loads(await asked(harness, document, access))
    assert "errors" not in body
    return body["data"]


shown, hidden = st.sampled_from(["a", "b", "c"]), st.sampled_from(["x", "y", "a-x", "bb"])
KINDS = ["Component", "API", "Resource", "System", "Domain", "Group", "User", "Printer"]
SINGLE, SEVERAL = ["owner", "system", "domain", "subcomponentOf", "subdomainOf", "parent"], [
    "dependsOn", "dependencyOf", "providesApis", "consumesApis", "children", "members", "memberOf",
]  # fmt: skip
named = st.builds("{}:{}".format, st.sampled_from([kind.lower() for kind in KINDS]), shown | hidden | st.just("nowhere"))
any_name = named | shown | hidden


def worlds(name: st.SearchStrategy[str], tag: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    spec = dict.fromkeys(SINGLE, any_name) | dict.fromkeys(SEVERAL, st.lists(any_name, max_size=3))
    metadata = st.fixed_dictionaries(
        {"name": name, "tags": st.just([tag])}, optional={"labels": st.just({"l": "v"}), "title": any_name, "links": st.just(1)}
    )
    document = {"apiVersion": st.just("a/v1"), "kind": st.sampled_from(KINDS), "metadata": metadata}
    whole = st.fixed_dictionaries(document | {"spec": st.fixed_dictionaries({"type": st.just("service")}, optional=spec)})
    return st.lists(whole, max_size=6, unique_by=lambda d: (d["kind"], d["metadata"]["name"]))


def fill(harness: Harness, root: Path, files: Mapping[str, str]) -> Awaitable[int]:
    """Make these files all that the catalog knows."""
    shutil.rmtree(root, ignore_errors=True)
    write(root, files)
    return push(harness.gateway.plugins.catalog, "test", list(read_items(root)), whole=True)


def files(documents: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {f"{d['metadata']['name']}-{d['kind']}.yaml": yaml.safe_dump(d) for d in documents}


def nothing_hidden_shows(tmp_path: Path, database: dict[str, str], examples: int) -> None:
    root = tmp_path / "world"

    async def answers(harness: Harness, documents: list[dict[str, Any]], broken: str) -> list[bytes]:
        await fill(harness, root, files(documents) | {"broken.yaml": broken})
        return [await asked(harness, question, OPEN) for question in QUESTIONS]

    with asyncio.Runner() as runner:
        running = running_gateway(tmp_path, {"plugins": {"catalog": {"refresh_seconds": 0}}, "database": database})
        harness = runner.run(running.__aenter__())

        @given(worlds(shown, "open"), worlds(hidden, "secret"), worlds(hidden, "secret"), st.sampled_from(["a: b: c", "[]"]))
        @settings(max_examples=examples, deadline=None)
        def check(seen, one, other, broken):
            first = runner.run(answers(harness, [*seen, *one], broken))
            second = runner.run(answers(harness, [*seen, *other], "kind: 1"))
            for question, one_answer, other_answer in zip(QUESTIONS, first, second, strict=True):
                assert one_answer == other_answer, question

        try:
            check()
        finally:
            runner.run(running.__aexit__(None, None, None))


def test_nothing_that_is_answered_depends_on_what_is_hidden(tmp_path, database):
    nothing_hidden_shows(tmp_path, database, 20)


@pytest.mark.soak
def test_nothing_that_is_answered_depends_on_what_is_hidden_at_length(tmp_path, database):
    nothing_hidden_shows(tmp_path, database, 2_500)


HEAD = "apiVersion: a/v1\nkind: %s\nmetadata: {name: %s, tags: [%s]}\nspec: %s\n"
STORY = {
    "web.yaml": HEAD % ("Component", "web", "open", "{owner: team, dependsOn: ['component:vault', 'component:gone'], system: s}"),
    "vault.yaml": HEAD % ("Component", "vault", "secret", "{owner: team, dependsOn: ['component:web'], system: s, type: [1]}"),
    "team.yaml": HEAD % ("Group", "team", "open", "{type: team, children: []}"),
    "s.yaml": HEAD % ("System", "s", "open", "{owner: team}"),
    "broken.yaml": "a: b: c",
}


async def test_a_reference_to_what_is_hidden_looks_like_one_to_nothing(serve):
    question = (
        '{ entity(ref: "component:web") { ... on Component { dependsOn { ...To } relations { type ref entity { id } } } } } ' + TO
    )
    async with serve(STORY) as harness:
        web = (await data(harness, question))["entity"]
        gone, vault = web["dependsOn"]
        assert orjson.loads(orjson.dumps(gone).replace(b"gone", b"vault")) == vault and vault["entity"] is None
        relations = {(r["type"], r["ref"]) for r in web["relations"]}
        assert ("dependsOn", "component:default/vault") in relations and (
            "dependencyOf",
            "component:default/vault",
        ) not in relations
        whole = (await data(harness, question, Access()))["entity"]["relations"]
        assert ("dependencyOf", "component:default/vault") in {(r["type"], r["ref"]) for r in whole}


async def test_what_only_the_hidden_side_declares_is_not_there(serve):
    question = '{ entity(ref: "group:team") { ... on Group { owned { ref } relations { ref } } } }'
    async with serve(STORY) as harness:
        team = (await data(harness, question))["entity"]
    assert (
        [r["ref"] for r in team["owned"]]
        == [r["ref"] for r in team["relations"]]
        == ["component:default/web", "system:default/s"]
    )


async def test_what_is_hidden_is_found_by_no_name_and_no_id(serve):
    async with serve(STORY) as harness:
        vault = await data(harness, '{ entity(ref: "component:vault") { id } }', Access())
        question = '{ entity(ref: "component:vault") { id } node(id: "%s") { id } }' % vault["entity"]["id"]
        assert await data(harness, question) == {"entity": None, "node": None}


async def test_problems_tell_nothing_of_what_is_hidden_and_all_to_who_sees_everything(serve):
    question = "{ problems(first: 50) { totalCount nodes { rule entity } } entities(first: 9) { nodes { problems { rule } } } }"
    async with serve(STORY) as harness:
        whole, part = await data(harness, question, Access()), await data(harness, question)
    rules = {(p["rule"], p["entity"]) for p in whole["problems"]["nodes"]}
    assert {
        ("catalog.dangling-reference", "component:default/web"), ("catalog.yaml", None), ("catalog.spec", "component:default/vault"),
    } < rules  # fmt: skip
    kept = [
        p for p in whole["problems"]["nodes"] if p["entity"] not in (None, "component:default/vault") and p["rule"] not in TELLING
    ]
    assert part["problems"] == {"totalCount": len(kept), "nodes": kept} and kept
    assert "catalog.dangling-reference" in orjson.dumps(whole["entities"]).decode()
    assert "catalog.dangling-reference" not in orjson.dumps(part).decode()


async def test_how_much_was_read_is_told_to_who_sees_everything_alone(serve):
    question = "{ catalogStatus { readAt changedAt files documents entities problems lastError } }"
    async with serve(STORY) as harness:
        whole, part = await data(harness, question, Access()), await data(harness, question)
    assert whole["catalogStatus"]["files"] == 4 and whole["catalogStatus"]["entities"] == 4
    assert [name for name, value in part["catalogStatus"].items() if value is not None] == ["readAt"]


async def test_a_cursor_of_problems_stays_when_others_come_and_go(serve, root):
    question = "{ problems(first: 50) { edges { cursor node { entity rule } } } }"
    async with serve(STORY) as harness:
        first = (await data(harness, question, Access()))["problems"]["edges"]
        await fill(harness, root, STORY | {"a.yaml": "a: b: c", "s.yaml": "a: b: c"})
        second = (await data(harness, question, Access()))["problems"]["edges"]
    web = [edge for edge in first if edge["node"]["entity"] == "component:default/web"]
    assert web and all(edge in second for edge in web) and second.index(web[0]) != first.index(web[0])


async def test_equal_problems_are_all_told(serve):
    twice = HEAD % ("Component", "web", "open", "{}")
    async with serve({"a.yaml": STORY["web.yaml"], "b.yaml": twice + "---\n" + twice}) as harness:
        told = (
            await data(harness, '{ problems(first: 50, filter: {rule: "catalog.duplicate"}) { totalCount nodes { line } } }')
        )["problems"]
    assert told["totalCount"] == 2 and len(told["nodes"]) == 2


async def test_the_catalog_that_other_plugins_ask_hides_the_same(serve):
    web, vault, team, gone = (EntityRef.parse(t) for t in ("component:web", "component:vault", "group:team", "component:gone"))
    async with serve(STORY) as harness:
        catalog = seeing(OPEN, harness.gateway.plugins)[Catalog]
        assert isinstance(catalog, Catalog)
        found = await catalog.get([vault, web, gone])
        assert [entity and entity.ref for entity in found] == [None, web, None]
        related = await catalog.related([team, vault, web], "ownerOf")
        assert related == {team: [web, EntityRef.parse("system:s")], vault: [], web: []}
        assert await catalog.related([web, vault, gone], "dependencyOf") == {web: [], vault: [], gone: []}


async def test_whoever_sees_everything_costs_the_same_statements_and_others_no_more_after_the_first(serve):
    question = '{ components(first: 9, filter: {tag: "open"}) { totalCount nodes { owner { entity { id } } relations { ref } problems { rule } } } }'
    counts = []
    async with serve(STORY) as harness:
        store = harness.gateway.plugins.catalog
        for access in (Access(), OPEN, OPEN, Access(no(Is(Column.KIND, frozenset({"group"}))))):
            before = store.statements
            await data(harness, question, access)
            counts.append(store.statements - before)
    assert counts[1] <= counts[0] and counts[2] <= counts[0]


@pytest.mark.parametrize("field", ["entities", "problems"])
async def test_a_cursor_that_no_list_can_have_is_refused(serve, field):
    cursor = base64.urlsafe_b64encode(b"k:\0").decode()
    async with serve(STORY) as harness:
        answer = await harness.ask('{ %s(first: 1, after: "%s") { totalCount } }' % (field, cursor))
    assert [error["extensions"]["code"] for error in answer.errors] == ["BAD_ARGUMENT"]


async def test_what_no_descriptor_can_say_is_found_nowhere(serve):
    zero = "\\u0000"
    question = """{ entity(ref: "component:a%s") { id } entities(first: 1, filter: {text: "%s", type: "%s", tag: "%s"}) { totalCount }
      problems(first: 1, filter: {rule: "%s"}) { totalCount } p: problems(first: 1, filter: {entity: "component:a%s"}) { totalCount }
      web: entity(ref: "component:web") { relations(types: ["%s"]) { ref } } }""" % ((zero,) * 7)
    async with serve(STORY) as harness:
        found = await data(harness, question, Access())
    none = {"totalCount": 0}
    assert found == {"entity": None, "entities": none, "problems": none, "p": none, "web": {"relations": []}}


def test_tables_of_an_earlier_version_are_made_anew(tmp_path):
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    with sqlite3.connect(tmp_path / "old.sqlite") as old:
        old.execute("CREATE TABLE catalog_relation (source TEXT, type TEXT, target TEXT)")
        old.execute("INSERT INTO catalog_relation VALUES ('a', 'b', 'c')")
    old.close()
    with opened(url) as stored:
        assert len(stored.read([{"apiVersion": "a/v1", "kind": "System", "metadata": {"name": "s"}}])) == 1


def test_every_rule_that_tells_of_other_entities_is_known_as_such():
    assert set(TELLING) == {"catalog.dangling-reference"} and all(rule.removeprefix("catalog.") in RULES for rule in TELLING)
