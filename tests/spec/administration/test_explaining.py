"""What a viewer may do, and why it was denied: its own for everyone, all for who may see the policy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from gateway.administration.explaining import ways
from gateway.testing import Harness, running_gateway
from graphql import build_schema
from tests.spec.administration.person import Person

WHY = "query($id: String!) { whyDenied(decisionId: $id) { decisionId coordinate reason roles policy still } }"
CAN = "query($c: [String!]!) { viewer { canI(coordinates: $c) { coordinate access } } }"


@pytest.fixture
def vera(harness: Harness) -> Person:
    return Person(harness, "vera", ["viewer"])


async def denied(person: Person) -> str:
    answer = await person.answer("{ plugins { name } }")
    return answer["errors"][0]["extensions"]["decisionId"]


async def test_a_viewer_is_told_why_it_was_denied(vera: Person) -> None:
    found = (await vera.ask(WHY, {"id": await denied(vera)}))["whyDenied"]
    assert found["coordinate"] == "Query.plugins" and found["roles"] == ["viewer"] and found["still"] == "DENIED"
    assert found["reason"] == "no rule grants core.plugins to viewer"


async def test_nobody_is_told_of_another_s_but_who_may_see_the_policy(alice: Person, vera: Person, harness: Harness) -> None:
    decision = await denied(vera)
    other = Person(harness, "otto", ["oncall"])
    refused, unknown = await other.answer(WHY, {"id": decision}), await other.answer(WHY, {"id": "d-000000000000"})
    assert refused["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert str(refused).replace(decision, "d-000000000000") == str(unknown), "what is another's is like what isn't there"
    found = (await alice.ask(WHY, {"id": decision}))["whyDenied"]
    assert found["roles"] == ["viewer"] and found["coordinate"] == "Query.plugins"


async def test_after_the_rules_changed_it_says_what_is_so_still(alice: Person, vera: Person) -> None:
    decision = await denied(vera)
    draft, _ = await alice.change("createPolicyDraft", {"text": "p, viewer, Query.plugins, read, allow\n"}, "id")
    await alice.change("publishPolicyDraft", {"draft": draft["id"], "expectedVersion": 0}, "id")
    found = (await vera.ask(WHY, {"id": decision}))["whyDenied"]
    assert found["still"] == "ALLOWED" and found["reason"].startswith("no rule grants")


async def test_can_i_says_the_same_of_what_is_denied_and_what_is_not_there(vera: Person) -> None:
    asked = [
        "Query.plugins",
        "Query.nothing",
        "Nothing.at_all",
        "nonsense",
        "",
        "Query.viewer",
        "ViewerInfo.subject",
        "PluginInfo.name",
        "Component",
        "Component.id",
    ]
    found = (await vera.ask(CAN, {"c": asked}))["viewer"]["canI"]
    assert [one["coordinate"] for one in found] == asked
    assert [one["access"] for one in found] == ["DENIED"] * 5 + ["ALLOWED", "ALLOWED", "DENIED", "DENIED", "DENIED"]


async def test_where_what_is_denied_is_hidden_a_viewer_is_told_why_of_what_its_schema_has_alone(tmp_path: Path) -> None:
    (tmp_path / "rules.csv").write_text("""
p, viewer, permission:core.viewer, read, allow
p, viewer, permission:catalog.read, read, allow
p, viewer, Component.lifecycle, read, deny
p, viewer, Component.title, read, deny, isOwner
""")
    settings = {"policies": {"rules": str(tmp_path / "rules.csv"), "denied": "hide"}, "plugins": {"catalog": {}}}
    async with running_gateway(tmp_path, settings) as harness:
        vera = Person(harness, "vera", ["viewer"])
        refused = [
            (await vera.answer(f"{{ components(first: 1, filter: {{{asked}}}) {{ totalCount }} }}"))["errors"][0]["extensions"]
            for asked in ('lifecycle: "production"', 'title: {eq: "Web"}')
        ]
        assert [one["code"] for one in refused] == ["FORBIDDEN", "FORBIDDEN"]  # other types have these fields, so both are named
        hidden, seen = [await vera.answer(WHY, {"id": one["decisionId"]}) for one in refused]
    assert hidden["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert (seen["data"]["whyDenied"]["coordinate"], seen["data"]["whyDenied"]["still"]) == ("Component.title", "CONDITIONAL")


async def test_can_i_takes_a_thousand_and_no_more(vera: Person) -> None:
    answer = await vera.answer(CAN, {"c": ["Query.viewer"] * 1001})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_ARGUMENT"


def test_a_coordinate_without_a_guard_is_readable_by_what_leads_to_its_object() -> None:
    schema = build_schema("""
        type Query { cost: Cost team: Team lone: [Thing!] }
        type Cost { total: Money! }
        type Money { amount: Float }
        type Team { money: [Money] }
        interface Thing { name: String }
        type Stone implements Thing { name: String back: Cost }
        type Nowhere { x: Int }
    """)
    found = ways(schema, {"Query.cost", "Query.team", "Query.lone", "Team.money"})
    assert found["Cost.total"] == {"Query.cost", "Query.lone"}
    assert found["Money.amount"] == {"Query.cost", "Query.lone", "Team.money"}
    assert found["Stone.name"] == {"Query.lone"}
    assert found["Nowhere.x"] == frozenset()
    assert "Team.money" not in found
