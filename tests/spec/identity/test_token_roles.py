"""Whatever the rules: a token may nothing that its owner may not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from policies import Policy, Rules

from tests.spec.policies.test_policies import COORDINATES, GRAPH, ROLES, rules

role_sets = st.frozensets(st.sampled_from(ROLES))


@given(some=rules, owner=role_sets, limited_to=role_sets)
@settings(max_examples=500, deadline=None)
def test_a_token_may_nothing_that_its_owner_may_not(some: Rules, owner: frozenset[str], limited_to: frozenset[str]):
    policy = Policy(some, GRAPH)
    roles = policy.limited(limited_to, owner)
    assert roles <= limited_to and roles <= policy.held(owner)
    theirs, its = policy.decide(owner, COORDINATES), policy.decide(roles, COORDINATES)
    assert [name for name in COORDINATES if its[name].allowed and not theirs[name].allowed] == []


@given(some=rules, owner=role_sets)
def test_a_token_with_all_of_its_owners_roles_may_what_its_owner_may(some: Rules, owner: frozenset[str]):
    policy = Policy(some, GRAPH)
    roles = policy.limited(policy.held(owner), owner)
    assert roles == policy.held(owner) and policy.escaped(roles, owner) == frozenset()
