"""What rules would change, before they do: dry runs for a chosen viewer, and who gains and loses what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from gateway.administration import recent as recents
from gateway.testing import Harness, running_gateway
from tests.spec.administration.person import Person

DRAFT = "id parent"
DRY_RUN = """
query($rules: PolicyAtInput!, $viewer: PolicyViewerInput!, $query: String!, $name: String, $variables: JSON) {
  policyDryRun(rules: $rules, viewer: $viewer, query: $query, operationName: $name, variables: $variables) {
    rolesNow rolesThen errors { message code }
    coordinates { coordinate changes now { access } then { access reason condition } }
  }
}
"""
DIFF = """
query($from: PolicyAtInput, $to: PolicyAtInput) {
  policyDiff(from: $from, to: $to) {
    added removed errors { message code } operationsRecorded
    roles { role gains loses changes gainCount lossCount changeCount }
    operations { name kind roles gains loses changes seen }
  }
}
"""


async def drafted(person: Person, text: str) -> str:
    draft, errors = await person.change("createPolicyDraft", {"text": text}, DRAFT)
    assert errors == []
    return draft["id"]


TEXT = """\
p, viewer, permission:core.plugins, read, allow
p, viewer, Query.rateLimit, read, deny
p, team, type:Component, read, allow, isOwner
m, user:vera, team
"""


async def test_a_dry_run_says_what_an_operation_would_come_to_for_a_chosen_viewer(alice: Person) -> None:
    draft = await drafted(alice, TEXT)
    query = "query A { policy { problems { message } } } query B { viewer { subject } rateLimit { cost } plugins { name } node(id: 1) { ... on Component { title } } }"
    viewer = {"subject": "vera", "roles": ["viewer"], "entity": "user:default/vera"}
    given = {"rules": {"draft": draft}, "viewer": viewer, "query": query, "name": "B"}
    found = (await alice.ask(DRY_RUN, given))["policyDryRun"]
    assert found["errors"] == []
    assert (found["rolesNow"], found["rolesThen"]) == (["viewer"], ["team", "viewer"])
    told = {one["coordinate"]: (one["now"]["access"], one["then"]["access"], one["changes"]) for one in found["coordinates"]}
    assert told == {
        "Component.title": ("DENIED", "CONDITIONAL", True),
        "Query.node": ("DENIED", "DENIED", False),
        "Query.plugins": ("DENIED", "ALLOWED", True),
        "Query.rateLimit": ("ALLOWED", "DENIED", True),
        "Query.viewer": ("ALLOWED", "ALLOWED", False),
    }
    [title] = [one for one in found["coordinates"] if one["coordinate"] == "Component.title"]
    assert title["then"]["condition"] == "isOwner" and "team" in title["then"]["reason"]
    assert (await alice.ask("{ policy { version { number } } }"))["policy"]["version"] is None, "nothing is in force"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"query": "{ nothing }"}, "nothing"),
        ({"query": "{\n  viewer {"}, "2:11: Syntax Error"),
        ({"query": "query A { viewer { subject } } query B { viewer { subject } }"}, "operationName"),
        ({"rules": {"draft": "nonsense"}}, "no such draft"),
        ({"rules": {"version": 3}}, "no version 3"),
        ({"rules": {"version": 3, "draft": "x"}}, "give one of them"),
        ({"variables": ["x"]}, "must be a JSON object"),
        ({"query": "query($id: ID!) { node(id: $id) { id } }", "variables": {}}, "$id"),
        ({"query": 'query($id: ID = "x") { node(id: $id) { id } }', "variables": {"id": None}}, "id"),
        ({"query": "query($id: ID!) { node(id: $id) { id } }", "variables": {"id": [{}]}}, "$id"),
    ],
)
async def test_a_dry_run_of_what_can_t_be_run_says_so(alice: Person, given: dict[str, Any], said: str) -> None:
    whole = {"rules": {"version": 0}, "viewer": {"roles": ["viewer"]}, "query": "{ viewer { subject } }"} | given
    found = (await alice.ask(DRY_RUN, whole))["policyDryRun"]
    assert found["coordinates"] == [] and said in found["errors"][0]["message"]


async def test_a_diff_says_which_roles_and_which_recent_operations_it_touches(alice: Person, harness: Harness) -> None:
    vera, olaf = Person(harness, "vera", ["viewer"]), Person(harness, "olaf", ["oncall"])
    for _ in range(2):
        await vera.answer("query Limit { rateLimit { cost } }")
        await vera.answer("query Both { rateLimit { cost } plugins { name } }")
    await olaf.answer("query Both { rateLimit { cost } plugins { name } }")
    await vera.answer("query Same { viewer { subject } }")
    draft = await drafted(alice, TEXT)
    found = (await alice.ask(DIFF, {"to": {"draft": draft}}))["policyDiff"]
    assert found["errors"] == [] and found["removed"] == []
    assert found["added"] == [
        "m,user:default/vera,team",
        "p,team, type:Component, read, allow, isOwner",
        "p,viewer, Query.rateLimit, read, deny",
        "p,viewer, permission:core.plugins, read, allow",
    ]
    roles = {one["role"]: one for one in found["roles"]}
    assert sorted(roles) == ["oncall", "team", "viewer"]
    assert (roles["viewer"]["gains"], roles["viewer"]["loses"]) == (["Query.plugins"], ["Query.rateLimit"])
    assert (roles["oncall"]["gains"], roles["oncall"]["loses"]) == ([], ["Query.rateLimit"])
    assert roles["team"]["gainCount"] == len(roles["team"]["gains"]) > 5 and "Component.title" in roles["team"]["gains"]
    operations = [(one["name"], one["roles"], one["gains"], one["loses"], one["seen"]) for one in found["operations"]]
    assert sorted(operations) == [
        ("Both", ["oncall"], [], ["Query.rateLimit"], 1),
        ("Both", ["viewer"], ["Query.plugins"], ["Query.rateLimit"], 2),
        ("Limit", ["viewer"], [], ["Query.rateLimit"], 2),
    ]
    assert found["operationsRecorded"] >= 4
    back = (await alice.ask(DIFF, {"from": {"draft": draft}}))["policyDiff"]
    assert back["removed"] == found["added"] and back["roles"][-1]["loses"] == ["Query.plugins"]


ASKING = {
    "Title": "query Title { components(first: 5, filter: {title: {exists: true}}) { nodes { name } } }",
    "Nested": "query Nested { components(first: 5, filter: {not: {title: {exists: true}}}) { nodes { name } } }",
    "Created": "query Created { components(first: 5, orderBy: {field: CREATED}) { nodes { name } } }",
    "Name": "query Name { components(first: 5, orderBy: {field: NAME}, filter: {title: null}) { nodes { name } } }",
    "Held": "query Held($of: EntityFilter) { components(first: 5, filter: $of) { nodes { name } } }",
}


async def test_what_is_refused_for_its_arguments_is_told_before_and_is_so_after(own: dict[str, Any], tmp_path: Path) -> None:
    async with running_gateway(tmp_path, own | {"plugins": {"catalog": None}}) as harness:
        alice = Person(harness, "alice", ["admin"])
        for query in ASKING.values():
            assert "errors" not in await alice.answer(query)
        draft = await drafted(
            alice, "p, admin, Component.title, read, deny\np, admin, permission:catalog.history.read, read, deny\n"
        )
        told = {}
        for name, query in ASKING.items():
            given = {"rules": {"draft": draft}, "viewer": {"subject": "alice", "roles": ["admin"]}, "query": query}
            found = (await alice.ask(DRY_RUN, given))["policyDryRun"]
            [one] = [one for one in found["coordinates"] if one["coordinate"] == "Query.components"]
            assert found["errors"] == [] and one["now"]["access"] == "ALLOWED"
            told[name] = one["then"]["access"], one["changes"]
            if name == "Title":
                rule = "rule: admin, Component.title, read, deny"
                assert one["then"]["reason"] == f"filter.title asks by Component.title: {rule}"
        held = {}
        for given in ({"title": {"exists": True}}, {"name": {"prefix": "a"}}, {"not": {"title": {"eq": "x"}}}, None):
            asked = {"rules": {"draft": draft}, "viewer": {"subject": "alice", "roles": ["admin"]}, "query": ASKING["Held"]}
            found = (await alice.ask(DRY_RUN, asked | {"variables": {"of": given}}))["policyDryRun"]
            [one] = [one for one in found["coordinates"] if one["coordinate"] == "Query.components"]
            held[str(given)] = one["then"]["access"]
        assert list(held.values()) == ["DENIED", "ALLOWED", "DENIED", "ALLOWED"], "with variables it is sure"
        denied, same = ("DENIED", True), ("ALLOWED", False)
        assert told == {"Title": denied, "Nested": denied, "Created": denied, "Name": same, "Held": ("CONDITIONAL", True)}
        operations = (await alice.ask(DIFF, {"to": {"draft": draft}}))["policyDiff"]["operations"]
        differ = {one["name"]: (one["loses"], one["changes"]) for one in operations if one["name"] in ASKING}
        loses, changes = (["Query.components"], []), ([], ["Query.components"])
        assert differ == {"Title": loses, "Nested": loses, "Created": loses, "Held": changes}
        _, errors = await alice.change("publishPolicyDraft", {"draft": draft, "expectedVersion": 0}, "id")
        assert errors == []
        refused = {name for name, query in ASKING.items() if "errors" in await alice.answer(query)}
        assert refused == {"Title", "Nested", "Created"}
        back = (await alice.ask(DIFF, {"to": {"version": 0}}))["policyDiff"]["operations"]
        assert {one["name"] for one in back if one["gains"] == ["Query.components"]} == {"Title", "Nested", "Created"}


async def test_a_condition_that_changes_is_a_change_and_no_gain(alice: Person) -> None:
    one = await drafted(alice, "p, team, type:Component, read, allow, isOwner\n")
    two = await drafted(alice, 'p, team, type:Component, read, allow, {"hasTag": {"tag": "pci"}}\n')
    found = (await alice.ask(DIFF, {"from": {"draft": one}, "to": {"draft": two}}))["policyDiff"]
    [role] = found["roles"]
    assert (role["gainCount"], role["lossCount"]) == (0, 0) and "Component.title" in role["changes"]
    same = (await alice.ask(DIFF, {"from": {"draft": one}, "to": {"draft": one}}))["policyDiff"]
    assert same["roles"] == same["operations"] == same["added"] == same["removed"] == []


async def test_what_can_t_be_compared_is_told(alice: Person) -> None:
    found = (await alice.ask(DIFF, {"to": {"version": 12}}))["policyDiff"]
    assert found["errors"][0]["code"] == "NOT_FOUND" and found["roles"] == []


async def test_what_is_remembered_of_operations_and_denials_is_bounded(
    alice: Person, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recents, "MAX_OPERATIONS", 5)
    monkeypatch.setattr(recents, "MAX_DENIED", 3)
    for number in range(20):
        await Person(harness, f"vera{number}", ["viewer"]).answer(f"query Q{number} {{ plugins {{ name }} }}")
    found = (await alice.ask(DIFF, {}))["policyDiff"]
    assert found["operationsRecorded"] == 5
