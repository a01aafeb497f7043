"""The nine kinds and one of its own, each as its type, with every relation asked for from both of its sides."""

from __future__ import annotations

import pytest
from callboard_sdk import Entity, Plugin
from callboard_sdk.entities import entity
from gateway.testing import running_gateway

from .conftest import write

HEAD = "---\napiVersion: backstage.io/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec: "
COMPANY = "".join(
    HEAD % (kind, name) + f"{{{spec}}}\n"
    for kind, name, spec in [
        ("Domain", "trade", "owner: board"),
        ("Domain", "retail", "owner: board, subdomainOf: trade"),
        ("System", "selling", "owner: shop, domain: retail"),
        ("Component", "web", "type: website, lifecycle: production, owner: shop, system: selling, providesApis: [orders], dependsOn: ['resource:db']"),
        ("Component", "cart", "type: library, lifecycle: beta, owner: 'user:ada', subcomponentOf: web, consumesApis: [orders], dependencyOf: ['component:web']"),
        ("API", "orders", "type: openapi, lifecycle: production, owner: shop, system: selling, definition: 'openapi: 3.1.0'"),
        ("Resource", "db", "type: database, owner: shop, system: selling, dependsOn: ['resource:disk']"),
        ("Resource", "disk", "type: volume, owner: shop"),
        ("Group", "board", "type: business-unit, children: [shop]"),
        ("Group", "shop", "type: team, parent: board, children: [], members: [ada]"),
        ("User", "ada", "memberOf: [shop], profile: {displayName: Ada L., email: ada@example.com}"),
        ("Template", "service", "type: service, owner: shop, steps: []"),
        ("Location", "here", "targets: []"),
        ("Printer", "laser", "owner: shop"),
    ]
)  # fmt: skip
FIELDS = {
    "domain:retail": ("Domain", "subdomainOf { ref } subdomains { ref } systems { ref }", {
        "subdomainOf": "domain:default/trade", "subdomains": [], "systems": ["system:default/selling"]}),
    "domain:trade": ("Domain", "subdomainOf { ref } subdomains { ref } systems { ref }", {
        "subdomainOf": None, "subdomains": ["domain:default/retail"], "systems": []}),
    "system:selling": ("System", "domain { ref } parts { ref }", {
        "domain": "domain:default/retail", "parts": ["api:default/orders", "component:default/web", "resource:default/db"]}),
    "component:web": ("Component", "type lifecycle system { ref } subcomponents { ref } providesApis { ref } dependsOn { ref }", {
        "type": "website", "lifecycle": "production", "system": "system:default/selling",
        "subcomponents": ["component:default/cart"], "providesApis": ["api:default/orders"],
        "dependsOn": ["component:default/cart", "resource:default/db"]}),
    "component:cart": ("Component", "subcomponentOf { ref } consumesApis { ref } dependents { ref } owner { ref }", {
        "subcomponentOf": "component:default/web", "consumesApis": ["api:default/orders"],
        "dependents": ["component:default/web"], "owner": "user:default/ada"}),
    "api:orders": ("API", "type lifecycle definition system { ref } providers { ref } consumers { ref }", {
        "type": "openapi", "lifecycle": "production", "definition": "openapi: 3.1.0", "system": "system:default/selling",
        "providers": ["component:default/web"], "consumers": ["component:default/cart"]}),
    "resource:db": ("Resource", "type system { ref } dependsOn { ref } dependents { ref }", {
        "type": "database", "system": "system:default/selling", "dependsOn": ["resource:default/disk"],
        "dependents": ["component:default/web"]}),
    "group:shop": ("Group", "type parent { ref } children { ref } members { ref } owned { ref }", {
        "type": "team", "parent": "group:default/board", "children": [], "members": ["user:default/ada"],
        "owned": ["api:default/orders", "component:default/web", "printer:default/laser", "resource:default/db",
                  "resource:default/disk", "system:default/selling", "template:default/service"]}),
    "group:board": ("Group", "parent { ref } children { ref }", {"parent": None, "children": ["group:default/shop"]}),
    "user:ada": ("User", "displayName email memberOf { ref } owned { ref }", {
        "displayName": "Ada L.", "email": "ada@example.com", "memberOf": ["group:default/shop"],
        "owned": ["component:default/cart"]}),
    "template:service": ("Template", "type owner { ref }", {"type": "service", "owner": "group:default/shop"}),
    "location:here": ("Location", "owner { ref }", {"owner": None}),
    "printer:laser": ("OpaqueEntity", "owner { ref }", {"owner": "group:default/shop"}),
}  # fmt: skip


def plain(value):
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value["ref"] if isinstance(value, dict) else value


@pytest.fixture
def database(tmp_path):
    return {"url": f"sqlite:///{tmp_path / 'callboard.sqlite'}"}


async def test_every_kind_is_its_type_and_every_relation_is_known_from_both_sides(serve):
    async with serve({"company.yaml": COMPANY}) as harness:
        for ref, (type_name, fields, expected) in FIELDS.items():
            answer = await harness.ask('{ entity(ref: "%s") { __typename ... on %s { %s } } }' % (ref, type_name, fields))
            assert answer.errors == []
            found = answer.data["entity"]
            assert (ref, found.pop("__typename")) == (ref, type_name)
            assert (ref, {name: plain(value) for name, value in found.items()}) == (ref, expected)


LISTS = {
    "components": ["cart", "web"], "apis": ["orders"], "resources": ["db", "disk"], "systems": ["selling"],
    "domains": ["retail", "trade"], "groups": ["board", "shop"], "users": ["ada"], "templates": ["service"],
}  # fmt: skip


async def test_every_kind_has_its_list(serve):
    asked = " ".join(f"{name}(first: 9) {{ nodes {{ name }} }}" for name in LISTS)
    async with serve({"company.yaml": COMPANY}) as harness:
        data = (await harness.ask(f"{{ {asked} }}")).data
    assert {name: [node["name"] for node in data[name]["nodes"]] for name in LISTS} == LISTS


@entity
class Widget(Entity):
    """Something that a plugin knows of."""

    KIND = "Widget"


async def test_a_plugin_s_own_kinds_are_known_where_one_is_misspelt(tmp_path, root):
    write(root, {"a.yaml": "apiVersion: a/v1\nkind: Widgets\nmetadata: {name: a}\n"})
    catalog = {"sources": [{"name": "test", "paths": [str(root)], "root": str(root)}]}
    ask = """{
      problems(first: 1, filter: {rule: "catalog.kind-spelling"}) { nodes { remedy entity } }
      checkDescriptor(descriptor: {apiVersion: "a/v1", kind: "widget", metadata: {name: "a"}}) { rule remedy }
    }"""
    plugins = [Plugin("widgets", kinds=[Widget])]
    async with running_gateway(tmp_path, {"plugins": {"catalog": catalog}}, plugins=plugins) as harness:
        data = (await harness.ask(ask)).data
    [problem] = data["problems"]["nodes"]
    assert (problem["remedy"], problem["entity"]) == ("Did you mean Widget?", "widgets:default/a")
    assert data["checkDescriptor"] == [{"rule": "catalog.kind-spelling", "remedy": "Did you mean Widget?"}]


@pytest.mark.parametrize("kind", ["widget", "Widgt", "Widgte"])
async def test_a_kind_that_may_not_be_seen_is_not_what_was_meant(tmp_path, kind):
    (tmp_path / "rules.csv").write_text("""
p, reader, permission:catalog.read, read, allow
p, reader, permission:catalog.problems.read, read, allow
p, reader, type:Widget, read, deny
""")
    ask = (
        '{ checkDescriptor(descriptor: {apiVersion: "a/v1", kind: "%s", metadata: {name: "a"}}) { rule message remedy } }' % kind
    )
    settings = {"plugins": {"catalog": {}}, "policies": {"rules": str(tmp_path / "rules.csv")}}
    async with running_gateway(tmp_path, settings, plugins=[Plugin("widgets", kinds=[Widget])]) as harness:
        assert (await harness.ask(ask, roles=["reader"])).data == {"checkDescriptor": []}
