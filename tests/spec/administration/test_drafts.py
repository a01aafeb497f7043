"""Rules drafted, published and reverted in the graph: what is wrong is told as data, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from gateway.testing import Harness, running_gateway
from tests.spec.administration.person import Person

PLUGINS = "p, viewer, permission:core.plugins, read, allow\n"
PLUGINS_RULE = {"role": "viewer", "object": "permission:core.plugins"}
DRAFT = "id owner parent revision text"
VERSION = "number parent author note reverts text"


@pytest.fixture
def bob(harness: Harness) -> Person:
    return Person(harness, "bob", ["admin"])


@pytest.fixture
def viewer(harness: Harness) -> Person:
    return Person(harness, "vera", ["viewer"])


async def drafted(person: Person, text: str = PLUGINS) -> dict[str, Any]:
    draft, errors = await person.change("createPolicyDraft", {"text": text}, DRAFT)
    assert errors == []
    return draft


async def published(person: Person, draft: dict[str, Any], expected: int, note: str = "") -> Any:
    given = {"draft": draft["id"], "expectedVersion": expected, "note": note}
    version, errors = await person.change("publishPolicyDraft", given, VERSION)
    assert errors == []
    return version


async def allowed(person: Person, coordinate: str = "Query.plugins") -> str:
    found = await person.ask("query($c: [String!]!) { viewer { canI(coordinates: $c) { access } } }", {"c": [coordinate]})
    return found["viewer"]["canI"][0]["access"]


async def test_a_published_draft_is_in_force_at_once_and_a_revert_takes_it_back(alice: Person, viewer: Person) -> None:
    assert await allowed(viewer) == "DENIED"
    draft = await drafted(alice)
    assert (draft["owner"], draft["parent"], draft["revision"], draft["text"]) == ("alice", 0, 1, PLUGINS)
    assert await allowed(viewer) == "DENIED", "a draft changes nothing"
    version = await published(alice, draft, 0, "plugins for all")
    assert version == {"number": 1, "parent": 0, "author": "alice", "note": "plugins for all", "reverts": None, "text": PLUGINS}
    assert await allowed(viewer) == "ALLOWED"
    assert (await viewer.ask("{ plugins { name } }"))["plugins"]
    found = await alice.ask("{ policy { version { number } drafts { id } rules { role object source where } } }")
    assert found["policy"]["version"] == {"number": 1} and found["policy"]["drafts"] == []
    assert found["policy"]["rules"][-1] == {
        "role": "viewer", "object": "permission:core.plugins", "source": "DATABASE", "where": "version 1:1"
    }  # fmt: skip
    back, errors = await alice.change("revertPolicy", {"version": 0, "expectedVersion": 1}, VERSION)
    assert errors == [] and (back["number"], back["reverts"], back["text"]) == (2, 0, "")
    assert await allowed(viewer) == "DENIED"
    again, errors = await alice.change("revertPolicy", {"version": 1, "expectedVersion": 2}, VERSION)
    assert errors == [] and (again["number"], again["reverts"], again["text"]) == (3, 1, PLUGINS)
    assert await allowed(viewer) == "ALLOWED"
    history = await alice.ask("{ policy { history(first: 10) { nodes { number author reverts } } } }")
    assert [node["number"] for node in history["policy"]["history"]["nodes"]] == [3, 2, 1]


async def test_a_draft_is_changed_one_thing_after_the_other(alice: Person) -> None:
    draft = await drafted(alice, PLUGINS + "p, viewer, permission:core.node, read, allow\n")
    changes = [
        {"removeRule": PLUGINS_RULE, "addRule": {**PLUGINS_RULE, "effect": "DENY"}},
        {"addRule": {"role": "team", "object": "type:Component", "condition": '{"hasTag": {"tag": "pci"}}'}},
        {"addInheritance": {"role": "team", "parent": "viewer"}},
        {"addMember": {"member": "group:platform", "role": "team"}},
        {"removeRule": {"role": "viewer", "object": "permission:core.node"}},
    ]
    changed, errors = await alice.change("changePolicyDraft", {"draft": draft["id"], "changes": changes}, DRAFT)
    assert errors == []
    assert changed["revision"] == 2 and changed["text"] == (
        "p, viewer, permission:core.plugins, read, deny\n"
        'p, team, type:Component, read, allow, "{""hasTag"":{""tag"":""pci""}}"\n'
        "g, team, viewer\n"
        "m, group:default/platform, team\n"
    )
    undone = [
        {"removeInheritance": {"role": "team", "parent": "viewer"}},
        {"removeMember": {"member": "group:default/platform", "role": "team"}},
    ]
    changed, errors = await alice.change("changePolicyDraft", {"draft": draft["id"], "revision": 2, "changes": undone}, DRAFT)
    assert errors == [] and changed["text"].count("\n") == 2


async def test_a_draft_may_be_written_as_yaml(alice: Person) -> None:
    text = "# for all\nroles:\n  viewer:\n    members: [group:platform]\n    rules:\n      - allow: permission:core.plugins\n"
    assert (await drafted(alice, text))["text"] == PLUGINS + "m, group:default/platform, viewer\n"
    none, [error, *_] = await alice.change("createPolicyDraft", {"text": text.replace("allow", "alow")}, DRAFT)
    assert none is None and error["line"] == 6 and error["rule"] == "      - alow: permission:core.plugins"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("p, viewer, Query.plugin, read, allow\n", 1, "did you mean Query.plugins?"),
        (PLUGINS + "g, viewer, a\ng, a, viewer\n", 3, "circle"),
        (PLUGINS + "p, viewer, permission:core.node, re", 2, "ends within a line"),
        (PLUGINS + "p, viewer, permission:core.node, read, allow", 2, "is it whole?"),
        ('p, viewer, type:Component, read, allow, "{""hasTag"": {"\n', 1, "not JSON"),
        ("roles:\n  viewer:\n    rules: [{allow: Query.plugin}]\n", 3, "did you mean Query.plugins?"),
        ("roles:\n  viewer:\n    rules: [{allow: ", 3, "is it whole?"),
        ('p, viewer, type:Component, read, allow, "{""hasTag"": {""tag"": 7}}"\n', 1, "hasTag.tag"),
        ("p, viewer, type:Component, read, allow, isOner\n", 1, "did you mean isOwner?"),
        ("m, nobody, viewer\n", 1, "no member"),
        ("g, viewer, nobody\n", 1, "no rule is about the role 'nobody'"),
        ("p, viewer, *, delete, allow\n", 1, "is no rule"),
        ("<rules/>\n", 1, "is no rule"),
        ("p, v\u0000, *, read, allow\n", 1, "no role"),
    ],
)
async def test_rules_that_are_wrong_are_told_with_their_line_and_not_stored(
    alice: Person, text: str, line: int, said: str
) -> None:
    none, errors = await alice.change("createPolicyDraft", {"text": text}, DRAFT)
    assert none is None
    [mistake, *_] = [one for one in errors if one["line"] == line and said in one["message"]]
    assert (mistake["code"], mistake["file"]) == ("INVALID", "draft")
    assert mistake["rule"] == text.split("\n")[line - 1]
    assert (await alice.ask("{ policy { drafts { id } } }"))["policy"]["drafts"] == []
    draft = await drafted(alice)
    none, errors = await alice.change("changePolicyDraft", {"draft": draft["id"], "text": text}, DRAFT)
    assert none is None and errors
    assert (await alice.ask("{ policy { drafts { text revision } } }"))["policy"]["drafts"] == [{"text": PLUGINS, "revision": 1}]


async def test_all_mistakes_are_told_at_once(alice: Person) -> None:
    text = "".join(f"p, viewer, Query.nothing{n}, read, allow\n" for n in range(150))
    none, errors = await alice.change("createPolicyDraft", {"text": text}, DRAFT)
    assert none is None and len(errors) == 101 and "50 more" in errors[-1]["message"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "says nothing"),
        ({"removeRule": {"role": "x", "object": "*"}}, "no such line to remove"),
        ({"addRule": PLUGINS_RULE}, "already"),
        ({"addRule": {"role": "x\np, viewer", "object": "*"}}, "can't be shown"),
        ({"addRule": {"role": "", "object": "*"}}, "no role"),
        ({"addRule": {"role": "x", "object": "*", "condition": ""}}, "condition"),
        ({"addMember": {"member": "robot:x", "role": "viewer"}}, "no member"),
        ({"addRule": {"role": "x", "object": "Query.nothing"}}, "not in the schema"),
    ],
)
async def test_a_change_that_can_t_be_made_names_itself(alice: Person, change: dict[str, Any], said: str) -> None:
    draft = await drafted(alice)
    fine = {"addRule": {"role": "y", "object": "*"}}
    none, errors = await alice.change("changePolicyDraft", {"draft": draft["id"], "changes": [fine, change]}, DRAFT)
    assert none is None and said in " ".join(error["message"] for error in errors)
    assert errors[0]["file"] in ("changes[1]", "draft")
    assert (await alice.ask("{ policy { drafts { revision } } }"))["policy"]["drafts"] == [{"revision": 1}]


async def test_every_change_that_can_t_be_made_is_told_at_once(alice: Person) -> None:
    draft = await drafted(alice)
    changes = [
        {"addRule": {"role": "x", "object": "Query.nothing", "condition": "isOner"}},
        {"addRule": {"role": "x", "object": "*", "condition": "{"}},
        {"addMember": {"member": "robot:x", "role": "viewer"}},
        {"addInheritance": {"role": "x", "parent": "y"}},
        {"addInheritance": {"role": "y", "parent": "x"}},
        {"addInheritance": {"role": "x", "parent": "nobody"}},
    ]
    none, errors = await alice.change("changePolicyDraft", {"draft": draft["id"], "changes": changes}, DRAFT)
    assert none is None
    told = sorted((error["file"], error["message"]) for error in errors)
    assert [file for file, _ in told] == [f"changes[{n}]" for n in (0, 0, 1, 2, 4, 5)]
    for (_, message), said in zip(
        told, ["not in the schema", "isOwner?", "not JSON", "no member", "circle", "nobody"], strict=True
    ):
        assert said in message


async def test_a_change_that_takes_nothing_away_hides_no_mistake_of_another(alice: Person) -> None:
    draft = await drafted(alice)
    gone = {"removeRule": {"role": "none", "object": "*"}, "addRule": {"role": "z", "object": "*"}}
    changes = [gone, {"addInheritance": {"role": "x", "parent": "z"}}, {"addRule": {"role": "x", "object": "Query.nothing"}}]
    none, errors = await alice.change("changePolicyDraft", {"draft": draft["id"], "changes": changes}, DRAFT)
    assert none is None and [error["file"] for error in errors] == ["changes[0]", "changes[2]"]


async def test_of_one_change_every_mistake_is_told(alice: Person) -> None:
    draft = await drafted(alice)
    change = {
        "removeRule": {"role": "none", "object": "*"},
        "addRule": {"role": "z", "object": "*", "condition": "{"},
        "addMember": {"member": "robot:x", "role": "z"},
    }
    none, errors = await alice.change("changePolicyDraft", {"draft": draft["id"], "changes": [change]}, DRAFT)
    told = [error["message"] for error in errors]
    assert none is None and len(told) == 3
    assert all(any(what in one for one in told) for what in ("no such line", "not JSON", "no member"))


async def test_rules_of_files_can_t_be_taken_away(alice: Person, harness: Harness) -> None:
    draft = await drafted(alice)
    taken = {"removeRule": {"role": "admin", "object": "*"}}
    none, errors = await alice.change("changePolicyDraft", {"draft": draft["id"], "changes": [taken]}, DRAFT)
    assert none is None and "no such line" in errors[0]["message"]
    text = "p, blocked, Query.plugins, read, allow\np, viewer, permission:core.plugins, read, allow\ng, blocked, viewer\n"
    await published(alice, await drafted(alice, text), 0)
    assert await allowed(Person(harness, "bea", ["blocked"])) == "DENIED", "the files' deny wins"


async def test_the_database_s_deny_wins_over_what_files_allow(alice: Person, harness: Harness) -> None:
    oncall = Person(harness, "olaf", ["oncall"])
    assert await allowed(oncall) == "ALLOWED"
    await published(alice, await drafted(alice, "p, oncall, Query.plugins, read, deny\n"), 0)
    assert await allowed(oncall) == "DENIED"


async def test_whoever_comes_second_is_told_who_was_first(alice: Person, bob: Person) -> None:
    mine, theirs = await drafted(alice), await drafted(bob, PLUGINS.replace("viewer", "auditor"))
    await published(bob, theirs, 0)
    none, errors = await alice.change("publishPolicyDraft", {"draft": mine["id"], "expectedVersion": 0}, VERSION)
    assert none is None
    [error] = errors
    assert error["code"] == "CONFLICT" and "version 1 is in effect, which bob published" in error["message"]
    none, [error] = await alice.change("publishPolicyDraft", {"draft": mine["id"], "expectedVersion": 1}, VERSION)
    assert none is None and error["code"] == "CONFLICT" and "basedOn: 1" in error["message"]
    text = PLUGINS + PLUGINS.replace("viewer", "auditor")
    changed, errors = await alice.change("changePolicyDraft", {"draft": mine["id"], "text": text, "basedOn": 1}, DRAFT)
    assert errors == [] and changed["parent"] == 1
    assert (await published(alice, mine, 1))["number"] == 2
    none, [error] = await bob.change("revertPolicy", {"version": 1, "expectedVersion": 1}, VERSION)
    assert none is None and error["code"] == "CONFLICT"


async def test_a_draft_belongs_to_its_owner_but_others_may_publish_or_discard_it(alice: Person, bob: Person) -> None:
    draft = await drafted(alice)
    none, [error] = await bob.change("changePolicyDraft", {"draft": draft["id"], "text": ""}, DRAFT)
    assert none is None and error["code"] == "NOT_YOURS" and "alice's" in error["message"]
    assert (await published(bob, draft, 0))["author"] == "bob"
    other = await drafted(alice)
    gone, errors = await bob.change("discardPolicyDraft", {"draft": other["id"]}, DRAFT)
    assert errors == [] and gone["id"] == other["id"]
    assert (await alice.ask("{ policy { drafts { id } } }"))["policy"]["drafts"] == []


async def test_what_is_not_there_or_stale_is_told(alice: Person) -> None:
    draft = await drafted(alice)
    for given in (
        {"draft": "nonsense"},
        {"draft": "djE6Tm90aGluZzp4"},
        {"draft": (await alice.ask("{ policy { drafts { id } } }"))["policy"]["drafts"][0]["id"][:-2]},
    ):
        none, [error] = await alice.change("discardPolicyDraft", given, DRAFT)
        assert none is None and error["code"] == "NOT_FOUND"
    for name, given, code in (
        ("createPolicyDraft", {"version": 9}, "NOT_FOUND"),
        ("createPolicyDraft", {"version": 1, "text": ""}, "INVALID"),
        ("changePolicyDraft", {"draft": draft["id"], "text": "", "changes": []}, "INVALID"),
        ("changePolicyDraft", {"draft": draft["id"], "text": "", "revision": 7}, "CONFLICT"),
        ("changePolicyDraft", {"draft": draft["id"], "basedOn": 4}, "NOT_FOUND"),
        ("publishPolicyDraft", {"draft": draft["id"], "expectedVersion": 3}, "CONFLICT"),
        ("publishPolicyDraft", {"draft": draft["id"], "expectedVersion": 0, "note": "x" * 1001}, "TOO_MUCH"),
        ("publishPolicyDraft", {"draft": draft["id"], "expectedVersion": 0, "note": "x\u0000"}, "INVALID"),
        ("revertPolicy", {"version": 5, "expectedVersion": 0}, "NOT_FOUND"),
        ("revertPolicy", {"version": -5, "expectedVersion": 0}, "NOT_FOUND"),
    ):
        none, [error] = await alice.change(name, given, "id")
        assert none is None and error["code"] == code, (name, given)
    assert (await alice.ask("{ policy { version { number } history(first: 1) { totalCount } } }"))["policy"] == {
        "version": None, "history": {"totalCount": 0}
    }  # fmt: skip


async def test_a_huge_text_is_refused(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.administration import texts

    monkeypatch.setattr(texts, "MAX_TEXT", 1_000)
    none, [error] = await alice.change("createPolicyDraft", {"text": PLUGINS * 30}, DRAFT)
    assert none is None and error["code"] == "TOO_MUCH"


@pytest.mark.parametrize("given", ["{text: 7}", "{}", '{text: "", typo: 1}'])
async def test_wrong_types_are_refused_before_anything_runs(alice: Person, given: str) -> None:
    answer = await alice.answer(f"mutation {{ createPolicyDraft(input: {given}) {{ draft {{ id }} }} }}")
    assert (given == "{}") != ("errors" in answer)


async def test_a_draft_without_any_rule_is_not_published_and_none_are_meant_by_a_revert_to_0(alice: Person) -> None:
    await published(alice, await drafted(alice), 0)
    empty = await drafted(alice, "# nothing\n")
    none, [error] = await alice.change("publishPolicyDraft", {"draft": empty["id"], "expectedVersion": 1, "note": ""}, VERSION)
    assert none is None and error["code"] == "INVALID" and "revert to version 0" in error["message"]
    version, errors = await alice.change("revertPolicy", {"version": 0, "expectedVersion": 1, "note": ""}, VERSION)
    assert errors == [] and (version["number"], version["text"]) == (2, "")


async def test_drafts_and_versions_are_nodes(alice: Person) -> None:
    draft = await drafted(alice)
    shown = "{ node(id: %r) { ... on PolicyDraft { owner } ... on PolicyVersion { number } } }"
    assert (await alice.ask((shown % draft["id"]).replace("'", '"')))["node"] == {"owner": "alice"}
    await published(alice, draft, 0)
    version = (await alice.ask("{ policy { version { id } } }"))["policy"]["version"]["id"]
    assert (await alice.ask((shown % version).replace("'", '"')))["node"] == {"number": 1}
    assert (await alice.ask((shown % draft["id"]).replace("'", '"')))["node"] is None


async def test_who_may_not_administer_changes_and_sees_nothing(viewer: Person, alice: Person, harness: Harness) -> None:
    draft = await drafted(alice)
    auditor = Person(harness, "ada", ["auditor"])
    assert (await auditor.ask("{ policy { drafts { owner } } }"))["policy"]["drafts"] == [{"owner": "alice"}]
    for person in (viewer, auditor):
        for document in (
            'mutation { createPolicyDraft(input: {text: ""}) { draft { id } } }',
            f'mutation {{ publishPolicyDraft(input: {{draft: "{draft["id"]}", expectedVersion: 0}}) {{ version {{ id }} }} }}',
            "mutation { revertPolicy(input: {version: 0, expectedVersion: 0}) { version { id } } }",
        ):
            answer = await person.answer(document)
            assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
            assert answer["errors"][0]["message"].startswith("You may not use Mutation.")
    answer = await viewer.answer("{ policy { digest } }")
    assert answer["data"] == {"policy": None} and answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await alice.ask("{ policy { version { number } } }"))["policy"]["version"] is None
