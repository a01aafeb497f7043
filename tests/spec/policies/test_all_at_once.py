"""Mistakes of form, of names and of inheritance are told in one go: what can't be read hides nothing that stands beside it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policies import Policy, PolicyError, Rules, read_rules
from policies.checks import in_order
from policies.csv_form import read_csv
from policies.yaml_form import read_yaml

from .test_policies import GRAPH

CSV = """\
p, a, Component.name, raed, allow
p, a, Query.nothing, raed, allow
p, b, type:Componet, read, allow, {"nope": 7
p, "c, Component.cost, read, allow
g, a, b
g, b, a
g, a, c
g, a, missing
m, bob, missing
"""

YAML = """\
roles:
  a:
    inherits: [b, cut, odd]
    rules:
      - allow: [type:Componet, '*']
  b:
    inherits: a
    member: [group:default/x]
  cut:
    rules: [{allow: '*'
  odd:
    rules: everything
  c:
    inherits: missing
    rules:
      - alow: Component.costs
      - deny: Component.onCal
        when: {nope: 7}
"""


def told(rules: Rules) -> list[str]:
    with pytest.raises(PolicyError) as refused:
        Policy(rules, GRAPH)
    return list(refused.value.mistakes)


def places(mistakes: list[str]) -> list[int]:
    return [int(one.split(":")[1]) for one in mistakes]


def test_lines_of_csv_that_are_no_rules_hide_neither_unknown_names_nor_circles():
    found = told(read_csv("a.csv", CSV))
    assert places(found) == [1, 1, 2, 2, 3, 3, 4, 6, 8, 9, 9]
    for line, what in (
        (1, "can't be granted or denied alone"), (2, "is no rule"), (2, "'Query.nothing' is not in the schema"),
        (3, "condition"), (3, "type:Component?"), (4, "is not CSV"), (6, "circle (a -> b -> a)"),
        (8, "no rule is about the role 'missing'"), (9, "'bob' is no member"), (9, "no rule is about the role 'missing'"),
    ):  # fmt: skip
        assert any(one.startswith(f"a.csv:{line}: ") and what in one for one in found), (line, what)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_csv, "p, a, Query.nothing, read, allow\ng, a, later\np, later, Component.onCal, re"),
        (
            read_yaml,
            "roles:\n  a:\n    inherits: later\n    rules: [{allow: Query.nothing}]\n  later:\n    rules: [{allow: Component.onCal",
        ),
    ],
)
def test_of_a_text_that_ends_within_a_line_all_is_told_but_what_the_rest_would_have_said(read, text: str):
    found = told(read("a", text))
    assert len(found) == 2 and "'Query.nothing'" in found[0] and "ends within a line" in found[1]


def test_roles_of_yaml_that_can_t_be_read_hide_neither_unknown_names_nor_circles():
    found = told(read_yaml("a.yaml", YAML))
    for line, what in (
        (5, "type:Component?"), (7, "circle (a -> b -> a)"), (8, "did you mean members?"), (12, "rules must be a list"),
        (14, "no rule is about the role 'missing'"), (16, "did you mean allow?"), (16, "'Component.costs' is not in"), (17, "Component.onCall?"), (18, "when.nope"),
    ):  # fmt: skip
        assert any(one.startswith(f"a.yaml:{line}: ") and what in one for one in found), (line, what, found)
    [broken] = [one for one in found if "is not YAML" in one]
    assert places([broken]) == [11], "the parser stumbles where the next role begins"
    assert len(found) == 10, "the roles `cut` and `odd`, which may have rules, are not said to be unknown"


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ("  x:\n    rules: [{allow: '*'}\n", 7),
        ("  x:\n    rules:\n\t- allow: '*'\n", 6),
        ("  x: {inherits: a}}\n", 4),
        ("  x:\n   rules: []\n    inherits: a\n", 6),
    ],
)
@pytest.mark.parametrize("after", ["  # the last\n  z: {rules: [{allow: type:Componet}], inherits: x}\n", ""])
def test_a_role_that_is_not_yaml_costs_only_itself(broken: str, line: int, after: str):
    text = f"roles:\n  a:\n    rules: [{{allow: Query.nothing}}]\n{broken}{after}"
    found = told(read_yaml("a.yaml", text))
    assert sum("is not YAML" in one for one in found) == 1
    assert any(one.startswith("a.yaml:3: 'Query.nothing'") for one in found)
    assert any("type:Component?" in one for one in found) is bool(after)
    assert not any("no rule is about" in one for one in found)


def test_so_many_roles_are_not_yaml_that_the_others_are_left():
    text = "roles:\n" + "".join(f"  r{n}: {{inherits: a}}}}\n" for n in range(12))
    found = told(read_yaml("a.yaml", text))
    assert places(found) == [*range(2, 8)] and "mend these first" in found[-1]


@pytest.mark.parametrize("text", ["roles: [\n", "ro: {\n  a: 7\n", "\troles:\n  a:\n    inherits: b\n", "roles:\n  - [\n"])
def test_what_is_not_yaml_from_its_beginning_is_told_once(text: str):
    [mistake] = told(read_yaml("a.yaml", text))
    assert "is not YAML" in mistake


def test_a_key_that_stands_twice_and_a_second_document_hide_nothing():
    text = (
        "roles:\n  a: {inherits: b}\n  a:\n    rules: [{allow: Query.nothing}]\nrules: 1\n---\nroles:\n  c: {inherits: nobody}\n"
    )
    found = told(read_yaml("a.yaml", text))
    assert [
        any(what in one for one in found) for what in ("twice", "Query.nothing", "must be one mapping", "several", "nobody")
    ] == [True] * 5


def test_a_file_that_can_t_be_read_hides_no_mistake_of_another_and_its_roles_are_not_missed(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"p, \xff, *, read, allow\n")
    (tmp_path / "b.csv").write_text("g, b, a\np, b, Query.nothing, read, allow\n")
    found = told(read_rules(tmp_path, tmp_path / "none.csv"))
    assert [what in one for one, what in zip(found, ["UTF-8", "none.csv", "Query.nothing"], strict=True)] == [True] * 3


def test_mistakes_come_by_file_and_line_each_once():
    given = ["b.csv:10: x", "b.csv:9: y", "none.csv: can't be read", "a.csv:1: z", "b.csv:9: y", "b.csv:9: a"]
    assert in_order(given) == ["b.csv:9: y", "b.csv:9: a", "b.csv:10: x", "none.csv: can't be read", "a.csv:1: z"]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=" \t\n'\"[]{}:,-#&*ab", max_size=60), st.integers(0, 400), st.sampled_from([read_csv, read_yaml]))
def test_no_text_however_broken_is_in_force_or_crashes(noise: str, at: int, read):
    text = {read_csv: CSV, read_yaml: YAML}[read]
    at = min(at, len(text))
    found = told(read("a", text[:at] + noise + text[at:]))
    assert found and all(one.startswith("a:") for one in found)
