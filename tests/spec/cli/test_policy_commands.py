"""`callboard policy`: what is said of rules before they are in force."""

import json
from pathlib import Path

import pytest
from gateway.cli.main import app
from policies import PolicyError
from typer.testing import CliRunner

SETTINGS = """\
policies: {rules: rules.yaml}
database: {url: "sqlite:///:memory:"}
auth: {local: null}
plugins:
  catalog: {sources: [{name: ours, paths: [entities.yml]}]}
"""
ENTITIES = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: web, tags: [pci]}
spec: {type: service, lifecycle: production, owner: team}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: alice}
spec: {memberOf: [team]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: team}
spec: {type: team, children: []}
"""
RULES = """\
roles:
  developer:
    members: group:default/team
    rules:
      - allow: permission:catalog.read
        when: {any: [isOwner, {hasTag: {tag: public}}]}
      - deny: Component.title
        when: {hasTag: {tag: pci}}
      - allow: permission:core.viewer
"""
TESTS = """\
groups:
  group:default/frontend: group:default/team
tests:
  - name: owners see theirs
    viewer: {user: user:default/bob, groups: group:default/frontend, subject: b}
    entity: {name: web, owner: team}
    holds: {pager.isOnCall: true}
    allowed: Query.viewer
    denied: [Component.owner, Query.plugins, Query.components]
  - viewer: {roles: developer, groups: group:default/frontend}
    entity: {name: web, owner: team, tags: [pci]}
    allowed: [Component, Component.owner, Query.components]
    denied: Component.title
  - viewer: {roles: developer}
    entity: {kind: System, name: web, owner: other, labels: {a: b}}
    denied: [System, System.title]
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch):
    """Runs `callboard policy ...` in a folder with rules, tests and a catalog; files given replace them."""
    monkeypatch.chdir(tmp_path)
    for name, content in {"callboard.yaml": SETTINGS, "entities.yml": ENTITIES, "rules.yaml": RULES}.items():
        Path(name).write_text(content)

    def invoke(*arguments: str, **files: str):
        for name, content in files.items():
            Path(name.replace("__", ".") + ".yaml").write_text(content)
        return CliRunner().invoke(app, ["policy", *arguments])

    return invoke


def test_check_says_what_is_in_order(run):
    told = run("check")
    assert (told.exit_code, told.stderr) == (0, "") and "3 rules" in told.stdout


ODD = """\
p, a, type:Component, read, allow
p, a, Component.title, read, allow, isOwner
p, a, Component.title, mutate, allow
p, b, Component.tags, read, deny
p, b, Component.tags, read, allow
p, b, Query.viewer, read, deny, isOwner
p, b, plugin:pager, read, allow, pager.isOnCall
p, b, Query.viewer, read, allow, isOwner
p, b, Component.tags, read, deny
g, b, a
p, c, type:System, read, deny, pager.isOnCall
m, user:bob, a
p, d, permission:catalog.read, read, allow
p, d, type:System, read, deny
p, d, System.tags, read, allow
"""


def test_check_finds_what_rules_say_in_vain(run, tmp_path):
    (tmp_path / "odd.csv").write_text(ODD)
    told = run("check", "odd.csv", "--json")
    found = [(one["where"].removeprefix("odd.csv:"), one["message"]) for one in json.loads(told.stdout)["findings"]]
    assert [where for where, _ in found] == ["2", "3", "5", "6", "7", "8", "9", "11", "15", "4", "11", "13"]
    said = [message for _, message in found]
    assert said[0] == "says nothing that odd.csv:1 (a, type:Component, read, allow) doesn't say: take it out"
    assert said[1] == "nothing of Component.title has the action mutate: write read"
    assert said[2].startswith("says nothing that odd.csv:1")
    assert said[3] == "nothing tells the entity of Query.viewer: there this rule always denies"
    assert said[4] == "plugin:pager waits for a plugin that isn't loaded"
    assert said[5] == "nothing tells the entity of Query.viewer: there this rule allows nothing"
    assert said[6].startswith("says nothing that odd.csv:4")
    assert said[7] == "nobody knows the predicate pager.isOnCall, for plugin 'pager' isn't loaded: it never holds"
    assert said[8].startswith("says nothing that odd.csv:13")
    assert said[9] == "nobody is a member of 'b', and no role inherits it: only a token can bring it"
    assert told.exit_code == 0
    assert run("check", "odd.csv", "--strict").exit_code == 1


@pytest.mark.parametrize(("written", "types"), [("type:Entity", "type:API, type:Component"), ("Entity", "API, Component")])
def test_check_says_that_an_interface_stands_for_none_of_its_types(run, tmp_path, written, types):
    (tmp_path / "odd.csv").write_text(f"p, a, permission:catalog.read, read, allow\np, a, {written}, read, deny\n")
    told = run("check", "odd.csv", "--strict")
    said = f"! odd.csv:2: {written} is about loading by id alone: to deny what is seen, name {types}, "
    assert told.exit_code == 1 and said in told.stdout


def test_check_takes_a_role_for_emergencies_for_one_that_viewers_may_have(run, tmp_path):
    (tmp_path / "odd.csv").write_text(
        "p, oncall, Component.title, read, allow\np, b, Component.tags, read, allow\nm, user:bob, b\n"
    )
    assert "nobody is a member of 'oncall'" in run("check", "odd.csv").stdout
    lent = SETTINGS.replace("{rules: rules.yaml}", "{rules: rules.yaml, emergency: {roles: [oncall]}}")
    (tmp_path / "callboard.yaml").write_text(lent)
    assert run("check", "odd.csv", "--strict").exit_code == 0


@pytest.mark.parametrize(("name", "text"), [("none.csv", ""), ("none.yaml", ""), ("none.yml", "null\n"), ("some.csv", "# p\n")])
def test_check_warns_of_a_file_without_a_rule(run, tmp_path, name, text):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / name).write_text(text)
    (tmp_path / "rules" / "whole.csv").write_text("p, a, System.tags, read, allow\n")
    told = run("check", "rules")
    assert told.exit_code == 0 and f"! {name}: there is no rule in it" in told.stdout
    assert run("check", "rules", "--strict").exit_code == 1


def test_an_allow_that_a_deny_takes_back_is_found(run, tmp_path):
    (tmp_path / "odd.csv").write_text("p, a, System.tags, read, allow\np, a, type:System, read, deny\n")
    told = run("check", "odd.csv")
    assert "odd.csv:1: allows nothing, for odd.csv:2 (a, type:System, read, deny) denies all of it" in told.stdout


def test_check_tells_every_mistake(run):
    bad = "roles: {a: {inherits: b, rules: [{allow: Component.titel}, {allow: '*', when: {hasTag: {tga: x}}}]}}\n"
    told = run("check", "bad.yaml", "--json", bad=bad)
    assert told.exit_code == 1
    mistakes = json.loads(told.stdout)["mistakes"]
    assert [one.partition(": ")[2].partition(":")[0] for one in mistakes] == [
        "no rule is about the role 'b'",
        "'Component.titel' is not in the schema",
        "hasTag.tag",
        "hasTag.tga",
    ]
    assert run("check", "bad.yaml").stderr.count("✗ bad.yaml:1: ") == 4


def test_tests_beside_the_rules_pass(run):
    told = run("test", rules__tests=TESTS.replace("[Component.owner, Query.plugins, Query.components]", "Query.plugins"))
    assert (told.exit_code, told.stderr, told.stdout) == (0, "", "✓ 3 tests of the rules pass\n")


def test_a_member_s_role_and_nested_groups_count(run):
    told = run("test", "--json", rules__tests=TESTS)
    assert json.loads(told.stdout)["tests"] == 3
    failures = {(one["where"], one["coordinate"], one["found"]) for one in json.loads(told.stdout)["failures"]}
    # bob's group is within the team, so he has its role, and owns what the team owns
    assert failures == {
        ("rules.tests.yaml:4", "Component.owner", "allowed"),
        ("rules.tests.yaml:4", "Query.components", "allowed"),
    }
    assert told.exit_code == 1


def test_a_test_may_name_an_entity_of_the_catalog_and_take_predicates_for_granted(run):
    tests = """\
tests:
  - viewer: {roles: developer}
    entity: component:default/web
    holds: {isOwner: true}
    allowed: Component.owner
    denied: Component.title
"""
    told = run("test", "more.yaml", more=tests)
    assert (told.exit_code, told.stdout) == (0, "✓ 1 tests of the rules pass\n")


def test_a_decision_that_depends_on_an_entity_that_no_test_names_is_undecided(run):
    told = run("test", "more.yaml", more="tests: [{viewer: {roles: developer}, allowed: [Component.owner, Query.components]}]\n")
    assert "Component.owner is undecided, not allowed" in told.stderr and "Query.components" not in told.stderr
    told = run("test", "more.yaml", more="tests: [{viewer: {roles: developer}, entity: {name: a}, allowed: [System.title]}]\n")
    assert "component:default/a is a Component: ask about Component" in told.stderr


@pytest.mark.parametrize(
    ("tests", "told"),
    [
        ("tests: [{viewer: {role: a}}]\n", "more.yaml:1: tests.0.viewer.role: unknown key; did you mean 'roles'?"),
        ("tests: [{entity: {nam: a}}]\n", "more.yaml:1: tests.0.entity.name: is missing"),
        ("tests: [{entity: web}]\n", "names no kind"),
        ("tests: [\n", "more.yaml:2: is not YAML"),
        ("tests: []\ntests: []\n", "stands twice"),
        ("- a\n", "more.yaml:1: the file: "),
        ("", "more.yaml: there is no test in it: is the file whole? Write tests, or take it out"),
        ("tests: []\n", "more.yaml: there is no test in it"),
        ("tests:\n- allowed: Query.viewer\n- viewer: {roles: a}\n", "more.yaml:3: the test says nothing: give coordinates"),
        ("tests:\n- {entity: component:gone, denied: Component}\n", "more.yaml:2: the catalog has no component:default/gone"),
    ],
)
def test_what_is_no_test_is_told(run, tests, told):
    result = run("test", "more.yaml", more=tests)
    assert result.exit_code == 1 and told in result.stderr


def test_mistakes_of_tests_and_of_rules_are_told_in_one_go(run):
    tests = "tests:\n- {allowed: Component.titel}\n- {viewer: {role: a}, allowed: Component.nam}\n"
    rules = RULES.replace("core.viewer", "core.viewr").replace("when:", "wen:")
    told = run("test", "more.yaml", more=tests, rules=rules)
    assert told.exit_code == 1
    for one in ("permission:core.viewer?", "did you mean when?", "Component.title?", "tests.1.viewer.role: unknown key"):
        assert one in told.stderr, one


def test_mistakes_of_both_sides_of_a_diff_are_told_in_one_go(run):
    told = run(
        "diff", "old.yaml", "new.yaml", old="roles: {a: {inherits: a}}\n", new="roles: {a: {rules: [{allow: '*', if: 1}]}}\n"
    )
    assert isinstance(told.exception, PolicyError)
    assert [one.partition(":")[0] for one in told.exception.mistakes] == ["old.yaml", "new.yaml"]


def test_tests_of_what_is_not_there_are_told(run):
    told = run("test", "more.yaml", more="tests: [{allowed: Component.titel}]\n")
    assert "'Component.titel' is no coordinate that rules decide; did you mean Component.title?" in told.stderr
    assert run("test").exit_code == 2
    told = run("test", "more.yaml", more="tests: [{entity: component:default/none, allowed: Component}]\n")
    said = "✗ more.yaml:1: the catalog has no component:default/none: see its sources in the settings\n"
    assert (told.exit_code, told.stderr) == (1, said)


def test_diff_says_which_roles_gain_and_lose_what_and_on_which_condition(run):
    new = RULES.replace("core.viewer", "core.plugins").replace("tag: public", "tag: open")
    told = run("diff", "rules.yaml", "new.yaml", "--json", new=new)
    found = json.loads(told.stdout)
    [role] = found["roles"]
    kinds = {one["coordinate"]: one["kind"] for one in role["changes"]}
    assert (kinds["Query.plugins"], kinds["Query.viewer"], kinds["Component.owner"]) == ("gains", "loses", "changes")
    [owner] = [one for one in role["changes"] if one["coordinate"] == "Component.owner"]
    assert owner["after"] == {"allowed": True, "condition": '{"any":["isOwner",{"hasTag":{"tag":"open"}}]}'}
    assert told.exit_code == 1 and len(found["added"]) == len(found["removed"]) == 2
    shown = run("diff", "rules.yaml", "new.yaml").stdout
    assert "  gains 1: Query.plugins\n    denied -> allowed\n" in shown
    same = run("diff", "rules.yaml", "rules.yaml")
    assert (same.exit_code, same.stdout) == (0, "no role gains or loses anything\n")


def test_why_tells_roles_rules_and_the_parts_of_the_condition(run):
    told = run("why", "user:alice", "Component.title", "component:web", "--json")
    found = json.loads(told.stdout)
    assert told.exit_code == 1 and found["allowed"] is False
    assert found["given"] == ["developer, as group:default/team (rules.yaml:3)"]
    assert [rule.partition(": ")[0] for rule in found["rules"]] == ["rules.yaml:7", "rules.yaml:5"]
    assert found["parts"] == [
        [0, "all of", False],
        [1, "any of", True],
        [2, "isOwner", True],
        [2, '{"hasTag":{"tag":"public"}}', False],
        [1, "not", False],
        [2, '{"hasTag":{"tag":"pci"}}', True],
    ]
    assert run("why", "user:alice", "Component.owner", "component:web").exit_code == 0
    assert "✓ isOwner" in run("why", "user:alice", "Component.owner", "component:web").stdout


def test_why_takes_a_subject_with_a_colon_for_what_it_is(run, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.replace("members: group:default/team", "members: subject:acme:bob"))
    told = json.loads(run("why", "acme:bob", "Query.viewer", "--json").stdout)
    assert any("as subject:acme:bob" in one for one in told["given"])


def test_why_says_what_it_can_not_tell(run):
    told = run("why", "user:alice", "Component.owner")
    assert told.exit_code == 0 and told.stdout.startswith("? Component.owner: its object is not seen")
    assert run("why", "bot", "Query.viewer", "--role", "developer").stdout.startswith("✓ Query.viewer: rule: developer")
    told = run("why", "bot", "Query.viewer")
    assert (told.exit_code, told.stdout.splitlines()[0]) == (
        1,
        "✗ Query.viewer: no rule grants core.viewer to a viewer without roles",
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("bob", "Component.titel"), "did you mean Component.title?"),
        (("user:b:c", "Component"), "is not an entity ref"),
        (("", "Component"), "the user is empty"),
        (("bob", "Component", "web"), "names no kind"),
        (("bob", "Component", "--group", "component:web"), "'component:web' is no group"),
    ],
)
def test_why_tells_wrong_use(run, arguments, told):
    result = run("why", *arguments)
    assert result.exit_code == 2 and told in result.stderr
