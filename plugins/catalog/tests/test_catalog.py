"""The catalog as a viewer meets it: what is read, how it hangs together, what is wrong, and page by page."""

from __future__ import annotations


import pytest

WEB = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: Web
  title: The web shop
  labels: {tier: front}
  annotations: {example.com/slug: a/b}
  tags: [python, Bad_Tag]
  links: [{url: https://example.com, title: Home}, {url: nonsense}]
spec:
  type: website
  lifecycle: production
  owner: shop
  system: selling
  dependsOn: [resource:db, component:gone]
"""
REST = """
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: shop}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: selling}
spec: {owner: group:shop}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: db}
spec: {type: database, owner: {kind: group, name: shop}}
---
apiVersion: example.com/v2
kind: Printer
metadata: {name: laser}
"""
ASK = """{ entity(ref: "component:default/web") { ... on Component {
  name title type labels { key value } tags links { url title } owner { ref entity { id ... on Group { type } } }
  system { ref } dependsOn { ref entity { name } problem { message } } problems { rule line file } source { location line } } } }"""


async def test_an_entity_has_all_that_its_descriptor_says(serve):
    async with serve({"web.yaml": WEB, "rest.yaml": REST}) as harness:
        answer = await harness.ask(ASK)
    web = answer.data["entity"]
    assert answer.errors == []
    assert (web["name"], web["title"], web["type"], web["tags"]) == ("Web", "The web shop", "website", ["python"])
    assert web["labels"] == [{"key": "tier", "value": "front"}]
    assert web["links"] == [{"url": "https://example.com", "title": "Home"}]
    assert web["owner"]["ref"] == "group:default/shop" and web["owner"]["entity"]["type"] == "team"
    assert web["system"] == {"ref": "system:default/selling"}
    assert web["source"] == {"location": "web.yaml", "line": 2}


async def test_a_reference_that_leads_nowhere_stays_visible_with_its_problem(serve):
    async with serve({"web.yaml": WEB, "rest.yaml": REST}) as harness:
        web = (await harness.ask(ASK)).data["entity"]
    gone, found = web["dependsOn"]
    assert gone == {
        "ref": "component:default/gone",
        "entity": None,
        "problem": {"message": "nothing is named component:default/gone"},
    }
    assert found["entity"] == {"name": "db"}
    rules = {(p["rule"], p["line"]) for p in web["problems"]}
    assert rules == {("catalog.tags", 9), ("catalog.links", 10), ("catalog.dangling-reference", 16)}


async def test_relations_are_known_from_both_sides(serve):
    document = '{ entity(ref: "group:default/shop") { relations { type ref } } system: entity(ref: "system:default/selling") { relations { type ref } } }'
    async with serve({"web.yaml": WEB, "rest.yaml": REST}) as harness:
        data = (await harness.ask(document)).data
    assert {(r["type"], r["ref"]) for r in data["entity"]["relations"]} == {
        ("ownerOf", "component:default/web"),
        ("ownerOf", "system:default/selling"),
        ("ownerOf", "resource:default/db"),
    }
    assert ("hasPart", "component:default/web") in {(r["type"], r["ref"]) for r in data["system"]["relations"]}


async def test_an_unknown_kind_is_an_opaque_entity(serve):
    async with serve({"rest.yaml": REST}) as harness:
        data = (await harness.ask('{ entity(ref: "printer:default/laser") { __typename kind id } }')).data
        again = (await harness.ask("query ($id: ID!) { node(id: $id) { __typename id } }", {"id": data["entity"]["id"]})).data
    assert data["entity"]["__typename"] == "OpaqueEntity" and data["entity"]["kind"] == "Printer"
    assert again["node"] == {"__typename": "OpaqueEntity", "id": data["entity"]["id"]}


BAD = [
    ("a: 1\nb: c: d", "catalog.yaml", 2),
    ("just text", "catalog.not-an-entity", 1),
    ("apiVersion: a/v1\nkind: 1 2\nmetadata: {name: a}", "catalog.kind", 2),
    ("kind: Component\nmetadata: {name: a}", "catalog.api-version", 1),
    ("apiVersion: a/v1\nkind: Component", "catalog.metadata", 1),
    ("apiVersion: a/v1\nkind: Component\nmetadata:\n  name: -a-", "catalog.name", 4),
    ("apiVersion: a/v1\nkind: Component\nmetadata:\n  name: a\n  namespace: A B", "catalog.namespace", 5),
    ("apiVersion: a/v1\nkind: Component\nmetadata:\n  name: ${{ values.name }}", "catalog.name", 4),
]


@pytest.mark.parametrize(("text", "rule", "line"), BAD)
async def test_a_document_that_is_no_entity_is_a_problem_with_its_line_and_stops_nothing(serve, text, rule, line):
    async with serve({"bad.yaml": text, "rest.yaml": REST}) as harness:
        data = (
            await harness.ask("{ problems(first: 10) { nodes { rule file line remedy } } entities(first: 10) { totalCount } }")
        ).data
    found = [p for p in data["problems"]["nodes"] if p["file"] == "bad.yaml"]
    assert [(p["rule"], p["line"]) for p in found] == [(rule, line)]
    assert found[0]["remedy"]
    assert data["entities"]["totalCount"] == 4


HOSTILE = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: hostile
  title: "a\\0b"
  description: "half a zero: \\0"
  annotations: {example.com/x: "\\0"}
spec:
  type: "web\\0site"
  lifecycle: "\\0"
  owner: "group:default/%s"
  dependsOn: ["resource:a\\0b", resource:default/db]
"""


async def test_text_that_not_every_database_keeps_costs_neither_its_document_nor_the_others(serve):
    document = """{
      entity(ref: "component:default/hostile") {
        title owner { ref } problems { rule line } ... on Component { type dependsOn { ref } } }
      entities(first: 9, filter: {text: "half a zero"}) { totalCount }
      catalogStatus { lastError entities } }"""
    async with serve({"hostile.yaml": HOSTILE % ("x" * 5000), "rest.yaml": REST}) as harness:
        answer = await harness.ask(document)
    assert answer.errors == []
    found = answer.data["entity"]
    assert answer.data["catalogStatus"] == {"lastError": None, "entities": 5}
    assert answer.data["entities"]["totalCount"] == 1
    assert (found["title"], found["type"], found["owner"]) == ("a\ufffdb", "web\ufffdsite", None)
    assert found["dependsOn"] == [{"ref": "resource:default/a\ufffdb"}, {"ref": "resource:default/db"}]
    assert [p["line"] for p in found["problems"] if p["rule"] == "catalog.reference"] == [12]
    assert [p["line"] for p in found["problems"] if p["rule"] == "catalog.characters"] == [6, 7, 8, 10, 11, 13]


async def test_what_follows_an_unreadable_document_is_read_with_its_own_lines(serve):
    async with serve({"mixed.yaml": REST + "---\na: 1\nb: c: d\n---\n" + WEB}) as harness:
        data = (await harness.ask(ASK)).data
        problems = (await harness.ask('{ problems(first: 9, filter: {rule: "catalog.yaml"}) { nodes { line } } }')).data
    assert [p["line"] for p in problems["problems"]["nodes"]] == [REST.count("\n") + 3]
    assert data["entity"]["source"]["line"] == REST.count("\n") + 6


async def test_of_two_descriptors_with_one_name_the_first_stands(serve):
    async with serve({"a.yaml": WEB, "b.yaml": WEB.replace("The web shop", "Another")}) as harness:
        data = (await harness.ask('{ entity(ref: "component:default/WEB") { title problems { rule message file } } }')).data
    assert data["entity"]["title"] == "The web shop"
    duplicate = next(p for p in data["entity"]["problems"] if p["rule"] == "catalog.duplicate")
    assert duplicate["file"] == "b.yaml" and "a.yaml" in duplicate["message"]


LOCATION = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: all}\nspec:\n  targets: [./parts/*.yaml, ../outside.yaml, 'https://example.com/x.yaml', ./none.yaml]\n"


async def test_a_location_is_followed_inside_the_root_alone(serve, tmp_path):
    (tmp_path / "outside.yaml").write_text(WEB)
    async with serve({"all.yaml": LOCATION, "parts/rest.yaml": REST}, ["all.yaml"]) as harness:
        data = (await harness.ask("{ entities(first: 10) { nodes { ref } } problems(first: 10) { nodes { rule } } }")).data
    assert len(data["entities"]["nodes"]) == 5
    rules = {p["rule"] for p in data["problems"]["nodes"]}
    assert rules == {"catalog.outside-root", "catalog.remote-target", "catalog.missing-target"}


API = "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: %s}\nspec:\n  type: openapi\n  lifecycle: production\n  owner: group:a\n  definition:\n    %s\n"


@pytest.mark.parametrize(
    ("definition", "expected"),
    [("$text: ./api.txt", "hello"), ("$text: ../secret.txt", None), ("$text: ./link.txt", None), ("$json: ./api.txt", None)],
)
async def test_a_placeholder_is_filled_in_inside_the_root_alone(serve, tmp_path, definition, expected):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "descriptors").mkdir()
    (tmp_path / "descriptors" / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with serve({"api.yaml": API % ("a", definition), "api.txt": "hello"}) as harness:
        data = (await harness.ask('{ entity(ref: "api:default/a") { ... on API { definition } problems { rule } } }')).data
    assert data["entity"]["definition"] == expected
    assert ("catalog.placeholder" in [p["rule"] for p in data["entity"]["problems"]]) == (expected is None)


def many(count: int) -> str:
    return "---\n".join(
        WEB.replace("name: Web", f"name: web-{n:02}").replace("production", "production" if n % 2 else "experimental")
        for n in range(count)
    )


async def test_pages_are_full_and_counted_in_both_directions(serve):
    ask = 'query ($f: Int, $a: String, $l: Int, $b: String) { components(first: $f, after: $a, last: $l, before: $b, filter: {lifecycle: "production"}) { totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }'
    async with serve({"many.yaml": many(20)}) as harness:
        first = (await harness.ask(ask, {"f": 4})).data["components"]
        second = (await harness.ask(ask, {"f": 4, "a": first["pageInfo"]["endCursor"]})).data["components"]
        backwards = await harness.ask(ask, {"l": 4, "b": second["pageInfo"]["startCursor"]})
        assert backwards.errors == []
        back = backwards.data["components"]
        last = (await harness.ask(ask, {"l": 3})).data["components"]
    assert first["totalCount"] == 10 and first["pageInfo"]["hasNextPage"] and not first["pageInfo"]["hasPreviousPage"]
    assert [n["name"] for n in second["nodes"]] == ["web-09", "web-11", "web-13", "web-15"]
    assert back["nodes"] == first["nodes"]
    assert [n["name"] for n in last["nodes"]] == ["web-15", "web-17", "web-19"]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ('{tag: "python"}', 1),
        ('{tag: "java"}', 0),
        ('{label: {key: "tier", value: "front"}}', 1),
        ('{text: "WEB SHOP"}', 1),
        ('{text: "%"}', 0),
        ('{ownedBy: "group:default/shop"}', 3),
        ('{partOf: "system:default/selling"}', 1),
        ('{kinds: ["printer", "Group"]}', 2),
        ("{kinds: []}", 0),
        ('{type: "team", namespace: "DEFAULT"}', 1),
    ],
)
async def test_a_filter_narrows_the_list_and_its_count(serve, wanted, count):
    async with serve({"web.yaml": WEB, "rest.yaml": REST}) as harness:
        answer = await harness.ask("{ entities(first: 10, filter: %s) { totalCount nodes { ref } } }" % wanted)
    assert answer.errors == []
    assert (answer.data["entities"]["totalCount"], len(answer.data["entities"]["nodes"])) == (count, count)


async def test_the_number_of_statements_does_not_grow_with_the_page(serve):
    ask = "{ components(first: %d) { nodes { owner { entity { name } } system { ref } relations { type } problems { rule } } } }"
    async with serve({"many.yaml": many(60), "rest.yaml": REST}) as harness:
        store = harness.gateway.plugins.catalog
        counts: dict[int, list[int]] = {2: [], 1: [], 60: []}
        for size in [*counts] * 3:
            before = store.statements
            assert (await harness.ask(ask % size)).errors == []
            counts[size].append(store.statements - before)
    assert [min(each) for each in counts.values()] == [8, 8, 8], "what the catalog reads behind a request only adds to some"


async def test_reading_again_writes_nothing_when_nothing_changed_and_loses_nothing_when_a_source_is_gone(serve, tmp_path):
    async with serve({"web.yaml": WEB, "rest.yaml": REST}, ["web.yaml", "rest.yaml"]) as harness:
        ingestion = next(
            r for kind, r in harness.gateway.plugins.runtimes["catalog"].resources.items() if kind.__name__ == "Ingestion"
        )
        assert await ingestion.run() is False
        (tmp_path / "descriptors" / "rest.yaml").unlink()
        assert await ingestion.run() is True
        data = (await harness.ask("{ entities(first: 10) { totalCount } problems(first: 10) { nodes { rule } } }")).data
    assert data["entities"]["totalCount"] == 5
    assert "catalog.source" in {p["rule"] for p in data["problems"]["nodes"]}
