"""Policies: the decisions equal Casbin's, and rules that can't be meant are refused with what to write."""

from dataclasses import replace
from itertools import chain, combinations

import pytest
from company import make_company
from hypothesis import given, settings
from hypothesis import strategies as st
from policies import DEFAULT_RULES, Inherits, Policy, PolicyError, Rule, Rules, read_rules
from schema import stitch

PLUGIN, _ = make_company()
GRAPH = stitch([PLUGIN], {"company": frozenset({PLUGIN.settings})})
COORDINATES = sorted(GRAPH.guards)
ROLES = ["a", "b", "c"]
OBJECTS = [
    "*",
    "plugin:company",
    "permission:company.call",
    "type:Component",
    "Component.onCall",
    "Query.components",
    "Component.title",
]

rules = st.builds(
    Rules,
    st.lists(
        st.builds(
            Rule,
            st.sampled_from(ROLES),
            st.sampled_from(OBJECTS),
            st.sampled_from(["read", "mutate"]),
            st.sampled_from(["allow", "deny"]),
            st.just("t:1"),
        ),
        max_size=6,
    ).map(tuple),
    st.sets(st.sampled_from([("b", "a"), ("c", "b"), ("c", "a")])).map(
        lambda found: tuple(Inherits(role, parent) for role, parent in sorted(found))
    ),
).map(lambda rules: replace(rules, inherits=tuple(one for one in rules.inherits if one.parent in _known(rules))))


def _known(rules: Rules) -> set[str]:
    return {rule.role for rule in rules.grants}


def oracle(rules: Rules, roles: set[str], coordinate: str) -> bool:
    """The semantics written out plainly: inherited roles, exact names and groups, a deny wins, nothing by default."""
    held = set(roles)
    while more := {one.parent for one in rules.inherits if one.role in held} - held:
        held |= more
    guard = GRAPH.guards[coordinate]
    names = {"*", coordinate, f"type:{coordinate.split('.')[0]}", f"plugin:{guard.plugin}", f"permission:{guard.permission}"}
    action = "mutate" if coordinate.startswith("Mutation.") else "read"
    mine = [r for r in rules.grants if r.role in held and r.action == action]
    effects = {r.effect for r in mine if r.object in names}
    if coordinate in GRAPH.entities and any(r.effect == "allow" and r.object.startswith(f"{coordinate}.") for r in mine):
        effects.add("allow")
    return "allow" in effects and "deny" not in effects


@settings(max_examples=60, deadline=None)
@given(rules)
def test_every_decision_is_what_the_rules_say(some: Rules):
    policy = Policy(some, GRAPH)
    for roles in chain.from_iterable(combinations(ROLES, n) for n in range(4)):
        decisions = policy.decide(frozenset(roles), COORDINATES)
        for coordinate, decision in decisions.items():
            assert decision.allowed == oracle(some, set(roles), coordinate), (some, roles, coordinate)


def test_the_version_depends_on_the_rules_and_not_on_their_order():
    one, two = (Rule("a", "*", "read", "allow", "x:1"), Rule("b", "*", "read", "deny", "x:2"))
    assert Policy(Rules((one, two), ()), GRAPH).version == Policy(Rules((two, one), ()), GRAPH).version
    assert Policy(Rules((one,), ()), GRAPH).version != Policy(Rules((two,), ()), GRAPH).version


def test_unknown_names_are_all_refused_with_the_nearest(tmp_path):
    file = tmp_path / "rules.csv"
    file.write_text(
        "# mistakes\np, a, Component.onCal, read, allow\np, a, Component.name, read, deny\np, a, type:Componet, read, allow\n"
    )
    with pytest.raises(PolicyError) as refused:
        Policy(read_rules(file), GRAPH)
    first, second, third = refused.value.mistakes
    assert first.startswith("rules.csv:2:") and "did you mean Component.onCall?" in first
    assert second.startswith("rules.csv:3:") and "can't be granted or denied alone" in second
    assert "type:Component?" in third


def test_lines_that_are_no_rules_are_named(tmp_path):
    file = tmp_path / "rules.csv"
    file.write_text("p, a, *, raed, allow\ng, a\n")
    with pytest.raises(PolicyError) as refused:
        read_rules(file).whole()
    assert [m.split(":")[1] for m in refused.value.mistakes] == ["1", "2"]


def test_a_rule_for_a_plugin_that_is_not_loaded_waits_for_it():
    policy = Policy(read_rules(DEFAULT_RULES), GRAPH)
    assert "kubernetes" not in GRAPH.plugins
    assert policy.decide(frozenset({"anonymous"}), COORDINATES) and not any(
        d.allowed for d in policy.decide(frozenset({"anonymous"}), COORDINATES).values()
    )


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [
        ("plugin:compny", "plugin:company"),
        ("plugin:Company", "plugin:company"),
        ("plugin:securty", "plugin:security"),
        ("permission:compnay.call", "permission:company.call"),
        ("permission:companycall", "permission:company.call"),
        ("permission:securty.read", "permission:security.read"),
    ],
)
@pytest.mark.parametrize("missing", [frozenset(), frozenset({"billing"})], ids=["whole", "a plugin is missing"])
def test_a_denial_of_a_mistyped_plugin_or_permission_is_refused(mistyped: str, meant: str, missing: frozenset[str]):
    graph = replace(GRAPH, installed=frozenset({"company", "security"}), missing=missing)
    with pytest.raises(PolicyError) as refused:
        Policy(Rules((Rule("a", mistyped, "read", "deny", "x:2"),)), graph)
    [mistake] = refused.value.mistakes
    assert mistake.startswith("x:2: ") and f"did you mean {meant}?" in mistake


@pytest.mark.parametrize("name", ["compony", "companies", "billing", "ci"])
def test_an_installed_plugin_is_nobody_s_mistyped_and_a_name_like_none_waits(name: str):
    graph = replace(GRAPH, installed=frozenset({"company", "compony", "cd"}), missing=frozenset({"companies"}))
    rules = (Rule("a", f"plugin:{name}", "read", "deny", "x:1"), Rule("a", f"permission:{name}.read", "read", "deny", "x:2"))
    assert Policy(Rules(rules), graph).rules.grants == rules


@pytest.mark.parametrize("form", ["{}", "type:{}", "{}.title"])
def test_an_interface_is_refused_with_its_concrete_types(form: str):
    with pytest.raises(PolicyError) as refused:
        Policy(Rules((Rule("a", form.format("Entity"), "read", "deny", "x:1"),)), GRAPH)
    [mistake] = refused.value.mistakes
    assert mistake.startswith(f"x:1: {form.format('Entity')}: rules name concrete types")
    assert f"{form.format('Component')}, " in mistake and "alone" not in mistake


def test_names_are_compared_exactly_without_wildcards():
    policy = Policy(Rules((Rule("a", "Component.title", "read", "allow", "x:1"),), ()), GRAPH)
    allowed = [c for c, d in policy.decide(frozenset({"a"}), COORDINATES).items() if d.allowed]
    assert allowed == ["Component", "Component.title"]
