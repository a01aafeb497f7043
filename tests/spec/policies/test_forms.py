"""Rules as files: two forms that say the same, and every mistake of both told with its place."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from policies import DEFAULT_RULES, Inherits, Member, PolicyError, Rule, Rules, read_rules
from policies.conditions import All, Any, Negated, Predicate, canonical
from policies.csv_form import read_csv, write_csv
from policies.rules import ACTIONS, EFFECTS
from policies.yaml_form import read_yaml, write_yaml

printable = st.characters(exclude_categories=["Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"]) | st.just(" ")
names = st.text(printable, min_size=1, max_size=12).filter(lambda text: text == text.strip() and text.isprintable())
awkward = st.sampled_from(
    [
        "0o17",
        "1e3",
        "~",
        "null",
        "true",
        "No",
        "-",
        "a: b",
        "a #b",
        "# a",
        '"',
        "'",
        "a,b",
        '"a"',
        "{",
        "*",
        "&a",
        "!x",
        "|",
        "é",
        "<<",
    ]
)
texts = names | awkward
data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
leaves = st.builds(
    Predicate,
    st.sampled_from(["isOwner", "hasTag", "pager.isOnCall"]),
    st.dictionaries(st.text(), data, max_size=2).map(canonical),
)
conditions = st.recursive(
    leaves,
    lambda inner: (
        st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(Any, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(Negated, inner)
    ),
    max_leaves=6,
)
members = st.sampled_from(["user:default/bob", "group:other/a-team"]) | names.map("subject:{}".format)
rules = st.builds(
    Rules,
    st.lists(st.builds(Rule, texts, texts, st.sampled_from(ACTIONS), st.sampled_from(EFFECTS), st.just(""), st.none() | conditions), max_size=6).map(tuple),
    st.lists(st.builds(Inherits, texts, texts), max_size=3).map(tuple),
    st.lists(st.builds(Member, members, texts), max_size=3).map(tuple),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(rules)
@example(Rules((Rule("a", "*", "read", "allow", "", Predicate("hasTag", canonical({"\u2028\n\x85": ['"', "\ud7ff", 1e300]}))),)))
@example(Rules((), (), (Member("user:default/bob", ",{"),)))
def test_rules_survive_either_form_and_the_way_between_them(some: Rules):
    assert read_csv("a.csv", write_csv(some)) == some
    over = read_yaml("a.yaml", write_yaml(some))
    assert over.canonical() == some.canonical()
    assert read_csv("a.csv", write_csv(over)) == over


def test_the_two_forms_of_a_policy():
    csv = """\
p, developer, permission:ci.jobs.read, read, allow
p, developer, permission:security.read, read, allow
p, developer, type:Component, read, allow, {"any": ["isOwner", {"hasTag": {"tag": "public"}}]}
p, developer, Component.cost, read, deny, "{""not"":{""ownerInGroup"":{""group"":""group:finance""}}}"
p, developer, permission:core.change, mutate, allow, isOwner
g, developer, viewer
m, group:engineering, developer
m, subject:ci-bot, developer
"""
    yaml = """\
roles:
  developer:
    inherits: viewer
    members: [group:default/engineering, subject:ci-bot]
    rules:
      - allow: [permission:ci.jobs.read, permission:security.read]
      - allow: type:Component
        when: {any: [isOwner, {hasTag: {tag: public}}]}
      - deny: Component.cost
        when:
          not: {ownerInGroup: {group: group:finance}}
      - allow: permission:core.change
        actions: mutate
        when: isOwner
"""
    assert read_csv("a.csv", csv) == read_yaml("a.yaml", yaml)
    assert read_yaml("a.yaml", write_yaml(read_csv("a.csv", csv))) == read_csv("a.csv", csv)
    assert [rule.where for rule in read_yaml("a.yaml", yaml).grants] == [
        "a.yaml:6",
        "a.yaml:6",
        "a.yaml:7",
        "a.yaml:9",
        "a.yaml:12",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("p, a, *, raed, allow", "is no rule: write `p, ROLE, OBJECT, read|mutate|administer, allow|deny"),
        ("p, a, *, read, allow,", "condition: is no condition"),
        ("p, a, *, read, allow, isOwner, b", "is no rule"),
        ('p, a, *, read, allow, {"isOwner": {}', "the condition is not JSON"),
        ('p, a, *, read, allow, "{""all"":[]}"', "condition.all: all needs a list"),
        ('p, a, *, read, "allow', "is not CSV"),
        ("p, , *, read, allow", "'' is no role"),
        ("g, a", "is no rule"),
        ("m, bob, a", "'bob' is no member: write user:NAMESPACE/NAME"),
        ("m, user:a/b/c, a", "is not an entity ref"),
        ("m, component:web, a", "is no member"),
        ("m, subject:, a", "is no member"),
    ],
)
def test_each_line_that_is_no_rule_is_told(line, told):
    with pytest.raises(PolicyError) as refused:
        read_csv("a.csv", f"# rules\n{line}\n").whole()
    [mistake] = refused.value.mistakes
    assert mistake.startswith("a.csv:2: ") and told in mistake


YAML_MISTAKES = """\
roles:
  a:
    inherit: b
    members: [bob, 7]
    rules:
      - allow: "*"
        deny: "*"
      - alow: "*"
      - allow: []
      - allow: "*"
        actions: [raed]
      - allow: "*"
        when:
          all:
            - isOwner
            - nope: 7
  "": {}
  b: nothing
  c: {rules: everything}
  c: {}
"""


def test_every_mistake_of_a_file_of_yaml_is_told_with_its_line():
    with pytest.raises(PolicyError) as refused:
        read_yaml("a.yaml", YAML_MISTAKES).whole()
    told = [mistake.removeprefix("a.yaml:") for mistake in refused.value.mistakes]
    assert [int(one.partition(":")[0]) for one in told] == [3, 4, 4, 6, 8, 9, 11, 16, 17, 18, 20]
    assert "did you mean inherits?" in told[0] and "did you mean allow?" in told[4]
    assert told[7].startswith("16: when.all.1.nope: what nope is given")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("roles: {a: {rules: [{allow: '*'}]}}", "a.yaml:1: the file ends within a line"),
        ("roles: [\n", "a.yaml:2: is not YAML"),
        ("a: 1\n", "a.yaml:1: must be one mapping `roles:`"),
        ("- a\n", "a.yaml:1: must be one mapping `roles:`"),
        ("roles: {}\n---\nroles: {}\n", "a.yaml:3: the file has several documents"),
        ("roles: {}\nrules: {}\n", "must be one mapping `roles:`"),
    ],
)
def test_a_file_of_yaml_that_has_another_form_is_refused(content, told):
    with pytest.raises(PolicyError) as refused:
        read_yaml("a.yaml", content).whole()
    assert told in str(refused.value)


@pytest.mark.parametrize("suffix", ["csv", "yaml"])
def test_a_file_that_was_cut_anywhere_within_a_line_is_refused(suffix, tmp_path):
    whole = read_rules(DEFAULT_RULES)
    content = {"csv": write_csv, "yaml": write_yaml}[suffix](whole)
    file = tmp_path / f"rules.{suffix}"
    for end in range(1, len(content)):
        if content[end - 1] != "\n":
            file.write_text(content[:end])
            with pytest.raises(PolicyError):
                read_rules(file).whole()


def test_rules_come_from_several_files_and_folders_and_every_mistake_of_all_is_told(tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.csv").write_text("p, a, *, read, allow\n")
    (folder / "b.yaml").write_text("roles: {b: {inherits: a}}\n")
    (folder / "README.md").write_text("no rules")
    (tmp_path / "c.csv").write_text("m, user:bob, b\n")
    found = read_rules(folder, tmp_path / "c.csv")
    assert (len(found.grants), len(found.inherits), len(found.members)) == (1, 1, 1)
    (folder / "a.csv").write_text("p, a\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PolicyError) as refused:
        read_rules(folder, tmp_path / "empty", tmp_path / "none.csv").whole()
    assert [one.split(":")[0] for one in refused.value.mistakes] == ["a.csv", str(tmp_path / "empty"), str(tmp_path / "none.csv")]


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"p, \xff, *, read, allow\n")
    with pytest.raises(PolicyError, match="UTF-8"):
        read_rules(tmp_path / "a.csv").whole()
