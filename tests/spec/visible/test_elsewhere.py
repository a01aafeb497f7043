"""Everything else that answers over HTTP names nothing in the schema that the viewer may not use."""

from __future__ import annotations

import re

import pytest
import pytest_asyncio
from gateway.testing import running_gateway
from graphql import GraphQLSchema, is_introspection_type, is_specified_scalar_type

from .names import names
from .worlds import HIDDEN, World, visible_to, worlds

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLUGINS = ("catalog", "ci", "cost", "kubernetes", "security")


async def fail_often(world: World, document: str) -> None:
    for _ in range(6):
        assert (await world.ask(document, roles=["keeper"])).codes


async def test_metrics_health_and_the_page_name_nothing_of_the_schema(answering):
    for _ in range(2):
        await answering.with_zorp.ask("{ zorpCount shows { title } }", roles=["keeper"])
    own = names(answering.with_zorp.harness.gateway.supergraph.schema) - {"name", "plugin", "code"}
    for path in ("/metrics", "/readyz", "/healthz", "/nothing/here"):
        text = (await answering.with_zorp.client.get(path)).text
        found = {name for name in own if HIDDEN.search(name) and re.search(rf"\b{name}\b", text)}
        assert found == set(), path
    page = await answering.with_zorp.client.get("/graphql", headers={"accept": "text/html"})
    assert not HIDDEN.search(page.text)


async def test_what_one_may_do_says_the_same_of_what_is_hidden_and_what_is_not_there(both):
    document = "query ($of: [String!]!) { viewer { canI(coordinates: $of) { coordinate access } } }"
    hidden = [
        "Query.zorpCount",
        "Component.zorpCode",
        "ZorpSafe",
        "ZorpSafe.zorpWeight",
        "ZorpMetal",
        "Mutation.zorpOpen",
        "Query.shows",
    ]
    reply = await both.alike(document, {"of": hidden})
    assert [one["access"] for one in reply.json["data"]["viewer"]["canI"]] == ["DENIED"] * 6 + ["ALLOWED"]


WHY = "query ($of: String!) { whyDenied(decisionId: $of) { coordinate reason } }"
UNTOLD = ["Query.zorpCount", "Component.zorpCode", "Mutation.zorpOpen", "ZorpKey"]


def worked_out(world: World, coordinate: str) -> str:
    """The id of a guest's decision, as whoever knows its seed can make it."""
    policy = world.harness.gateway.policy
    return policy.decide(frozenset({"guest"}), [coordinate])[coordinate].id


@pytest.mark.parametrize("coordinate", UNTOLD)
async def test_why_says_nothing_of_what_is_hidden_where_what_is_denied_is_hidden(hiding, coordinate):
    reply = await hiding.alike(WHY, {"of": worked_out(hiding.with_zorp, coordinate)})
    assert reply.codes == ["NOT_FOUND"]


async def test_why_says_all_to_who_may_see_the_policy_and_where_what_is_denied_is_answered(hiding, answering):
    ids = {"of": worked_out(hiding.with_zorp, "Query.zorpCount")}
    assert (await hiding.with_zorp.ask(WHY, ids, roles=["keeper"])).codes == ["NOT_FOUND"], "nobody was told of it"
    await answering.with_zorp.ask("{ zorpCount }")
    ids = {"of": worked_out(answering.with_zorp, "Query.zorpCount")}
    for role in ("guest", "keeper"):
        found = (await answering.with_zorp.ask(WHY, ids, roles=[role])).json["data"]["whyDenied"]
        assert found["coordinate"] == "Query.zorpCount"


async def test_what_ails_a_plugin_names_the_fields_that_the_viewer_may_use(tmp_path):
    document = "{ plugins { name health { state reason } } }"
    async with worlds(tmp_path, "answer") as made:
        world = made.with_zorp
        await fail_often(world, "{ zorpBroken }")
        seen = {one["name"]: one["health"] for one in (await world.ask(document)).json["data"]["plugins"]}
        whole = {one["name"]: one["health"] for one in (await world.ask(document, roles=["keeper"])).json["data"]["plugins"]}
    assert whole["zorp"]["state"] == seen["zorp"]["state"] == "FAILING"
    assert "left out for now: zorpBroken" in whole["zorp"]["reason"] and "zorpBroken raised" in whole["zorp"]["reason"]
    assert seen["zorp"]["reason"] == "fields that you may not use fail"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def built_in(tmp_path_factory):
    async with running_gateway(tmp_path_factory.mktemp("built_in"), {"plugins": {name: {} for name in PLUGINS}}) as harness:
        yield harness


@pytest.mark.parametrize("role", ["viewer", "developer", "finance", "nobody"])
async def test_no_description_of_a_visible_name_speaks_of_a_hidden_one(built_in, role):
    seen = visible_to(built_in, role)
    hidden = distinctive(built_in.gateway.supergraph.schema) - distinctive(seen)
    assert hidden
    any_of_them = re.compile(rf"\b(?:{'|'.join(map(re.escape, hidden))})\b")
    spoken = {(where, name) for where, text in descriptions(seen) for name in any_of_them.findall(text)}
    assert spoken == set()


def distinctive(schema: GraphQLSchema) -> set[str]:
    """Coordinates, and names that are no words of plain English: those with a hump."""
    found = set()
    for kind in schema.type_map.values():
        if not is_introspection_type(kind) and not is_specified_scalar_type(kind):
            found |= {kind.name, *(f"{kind.name}.{name}" for name in getattr(kind, "fields", ())), *getattr(kind, "fields", ())}
    return {name for name in found if "." in name or re.search("[a-z][A-Z]", name)}


def descriptions(schema: GraphQLSchema) -> list[tuple[str, str]]:
    found = []
    for kind in schema.type_map.values():
        found.append((kind.name, kind.description or ""))
        for name, part in (getattr(kind, "fields", None) or getattr(kind, "values", None) or {}).items():
            found.append((f"{kind.name}.{name}", part.description or ""))
            found += [(f"{kind.name}.{name}({key}:)", one.description or "") for key, one in getattr(part, "args", {}).items()]
    return found
