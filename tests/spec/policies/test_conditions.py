"""Conditions: what rules write, what is refused, and what they come to for a viewer."""

import pytest
from callboard_sdk import EntityRef, Plugin, RegistrationError, Viewer, ViewerKind
from callboard_sdk.conditions import ALWAYS, NEVER, Column, Expression, Has, Is, Mark, Tie, Tied, no, some
from callboard_sdk.groups import Flat
from company import make_company
from policies import Member, Policy, PolicyError, Rule, Rules
from policies.binding import bind
from policies.conditions import MAX_DEPTH, All, Any, ConditionError, Negated, Predicate, from_data, from_text, simplest, text
from resolvers.core import Whole, core_plugin
from resolvers.plugins import injected_types
from schema import About, StitchError, Supergraph, stitch

COMPANY, _ = make_company()


def stitched(*more: Plugin) -> Supergraph:
    plugins = [core_plugin(Whole()), COMPANY, *more]
    return stitch(plugins, {plugin.name: injected_types(plugin) for plugin in plugins})


GRAPH = stitched()
OWNER = Predicate("isOwner")


def tagged(tag: str) -> Predicate:
    return Predicate("hasTag", f'{{"tag":"{tag}"}}')


def policy(*grants: Rule, members: tuple[Member, ...] = ()) -> Policy:
    return Policy(Rules(grants, (), members), GRAPH)


def decide(rules: Policy, coordinate: str, role: str = "a"):
    return rules.decide(frozenset({role}), [coordinate])[coordinate]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("isOwner", OWNER),
        ({"isOwner": {}}, OWNER),
        ({"isOwner": None}, OWNER),
        ({"hasTag": {"tag": "pci"}}, tagged("pci")),
        ({"all": ["isOwner", {"not": {"hasTag": {"tag": "pci"}}}]}, All((OWNER, Negated(tagged("pci"))))),
        ({"any": [{"isOwner": {}}]}, Any((OWNER,))),
        ("pager.isOnCall", Predicate("pager.isOnCall")),
    ],
)
def test_a_condition_is_read_as_it_is_written_and_its_text_reads_the_same(written, read):
    assert from_data(written) == read == from_text(text(read))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({}, "names nothing"),
        ({"isOwner": {}, "hasTag": {}}, "combine several"),
        ({"all": []}, "at least one"),
        ({"any": "isOwner"}, "needs a list"),
        ({"not": []}, "is no condition"),
        ({"hasTag": "pci"}, "mapping of its parameters"),
        ({"hasTag": {"tag": float("nan")}}, "JSON doesn't have"),
        (7, "is no condition"),
        ("is owner", "is no predicate's name"),
        ({"any": ["isOwner"] * 65}, "at most 64"),
        ({"hasTag": {"tag": "x" * 20_000}}, "more than 10000 characters"),
    ],
)
def test_what_is_no_condition_is_refused_with_what_to_write(written, told):
    with pytest.raises(ConditionError) as refused:
        from_data(written)
    assert told in str(refused.value)


def test_conditions_nest_so_deep_and_no_deeper():
    deep = "isOwner"
    for _ in range(MAX_DEPTH):
        deep = {"not": deep}
    from_data(deep)
    with pytest.raises(ConditionError):
        from_data({"not": deep})


@pytest.mark.parametrize(
    "given", ["{" * 9_000, "[" * 9_000, '{"not": "isOwner", "not": "isOwner"}', '{"isOwner": {}', "", "9" * 10_001]
)
def test_text_that_is_no_condition_is_refused(given):
    with pytest.raises(ConditionError):
        from_text(given)


def test_every_mistake_has_its_place():
    with pytest.raises(ConditionError) as refused:
        from_data({"all": [7, {"not": {"any": []}}]})
    assert [place for place, _ in refused.value.mistakes] == [("all", 0), ("all", 1, "not", "any")]


def test_the_simplest_form_is_one_for_what_means_the_same():
    a, b = tagged("a"), tagged("b")
    assert simplest(All((b, All((a, b))))) == simplest(All((a, b))) == All((a, b))
    assert simplest(Negated(Negated(Any((a, a))))) == a


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (Predicate("isOwnr"), "'isOwnr' is no predicate; did you mean isOwner?"),
        (Predicate("hasTag"), "hasTag.tag: is missing"),
        (Predicate("hasTag", '{"tag":7}'), "hasTag.tag: "),
        (Predicate("hasTag", '{"tga":"x","tag":"y"}'), "hasTag.tga: there is no such parameter; did you mean tag?"),
        (Predicate("ownerInGroup", '{"group":"user:default/bob"}'), "user:default/bob is no group"),
        (Predicate("partOfSystem", '{"system":"web"}'), "names no kind"),
        (Predicate("company.isNice"), "is no predicate"),
        (Predicate("compony.isNice"), "is no predicate"),
    ],
)
def test_names_and_types_are_checked(condition, told):
    with pytest.raises(PolicyError) as refused:
        policy(Rule("a", "Component", "read", "allow", "r.csv:3", Negated(condition)))
    [mistake] = refused.value.mistakes
    assert mistake.startswith("r.csv:3: ") and told in mistake


def test_a_predicate_of_a_plugin_that_is_not_loaded_waits_for_it():
    rules = policy(Rule("a", "Component", "read", "allow", "", Predicate("pager.isOnCall", '{"x":1}')))
    assert decide(rules, "Component").condition == Predicate("pager.isOnCall", '{"x":1}')


def test_parameters_that_mean_the_same_are_the_same():
    one, other = (
        Predicate("hasLabel", '{"key":"t","values":["b","a","b"]}'),
        Predicate("hasLabel", '{"values":["a","b"],"key":"t"}'),
    )
    plain, null = Predicate("hasLabel", '{"key":"t"}'), Predicate("hasLabel", '{"key":"t","values":null}')
    rules = policy(*(Rule("a", "Component", "read", "allow", "", c) for c in (one, other, plain, null)))
    assert decide(rules, "Component").condition == Any((Predicate("hasLabel", '{"key":"t","values":["a","b"]}'), plain))


def test_a_decision_is_allow_deny_or_a_condition():
    a, b = tagged("a"), tagged("b")
    allow, deny = (lambda c=None: Rule("a", "Component.title", "read", "allow", "", c)), (lambda c=None: Rule("a", "type:Component", "read", "deny", "", c))  # fmt: skip
    title = "Component.title"
    assert decide(policy(allow(a)), title).condition == a
    assert decide(policy(allow(a), allow()), title).condition is None
    assert decide(policy(allow(a), allow(b)), title).condition == Any((a, b))
    assert decide(policy(allow(), deny(a)), title).condition == Negated(a)
    assert decide(policy(allow(a), deny(b)), title).condition == All((a, Negated(b)))
    assert not decide(policy(allow(a), deny(a)), title).allowed
    assert not decide(policy(allow(), deny()), title).allowed
    assert not decide(policy(deny(a)), title).allowed


def test_what_a_condition_is_about():
    guards = GRAPH.guards
    assert guards["Component"].about is guards["Component.onCall"].about is About.ENTITY
    assert guards["Query.components"].about is guards["Query.node"].about is About.RESULT
    assert guards["Query.viewer"].about is guards["Query.plugins"].about is About.NOTHING
    assert {c.partition(".")[0] for c, g in guards.items() if c.startswith("Mutation.") and g.about is not About.NOTHING} == set()


def test_where_nothing_tells_the_entity_a_conditional_allow_counts_for_nothing_and_a_conditional_deny_denies():
    a = tagged("a")
    only, but = Rule("a", "*", "read", "allow", "", a), Rule("a", "Query.viewer", "read", "deny", "", a)
    assert not decide(policy(only), "Query.viewer").allowed
    assert decide(policy(only), "Query.viewer").reason.startswith("nothing meets the condition of the rule: a, *, read, allow")
    assert not decide(policy(Rule("a", "*", "read", "allow"), but), "Query.viewer").allowed
    assert decide(policy(only), "Query.components").allowed
    assert decide(policy(only), "Query.components").condition == a


def test_who_may_read_a_field_by_name_may_see_the_object_on_the_same_condition_and_a_denied_field_leaves_it():
    a = tagged("a")
    rules = policy(Rule("a", "Component.title", "read", "allow", "", a), Rule("a", "Component.tags", "read", "deny"))
    assert decide(rules, "Component").condition == a
    assert not decide(policy(Rule("a", "permission:company.call", "read", "allow")), "Component").allowed
    assert not decide(
        policy(Rule("a", "Component.title", "read", "allow"), Rule("a", "Component", "read", "deny")), "Component"
    ).allowed


def test_members_have_roles_by_their_user_group_and_subject():
    members = (("user:default/bob", "a"), ("group:default/team", "b"), ("group:default/all", "c"), ("subject:bot", "d"))
    rules = policy(*(Rule(r, "*", "read", "allow") for r in "abcd"), members=tuple(Member(m, r) for m, r in members))
    bob = Viewer(
        "b", ViewerKind.PERSON, frozenset({"own"}), EntityRef.parse("user:bob"), frozenset({EntityRef.parse("group:team")})
    )
    assert rules.roles_of(bob) == {"own", "a", "b"}
    assert rules.roles_of(bob, [EntityRef.parse("group:all")]) == {"own", "a", "b", "c"}
    assert rules.roles_of(Viewer("bot", ViewerKind.BOT, frozenset())) == {"d"}


async def test_a_predicate_that_can_not_say_hides_wherever_it_stands():
    async def ask(name: str, parameters: str) -> Expression | None:
        return None if name == "down" else Has(Mark.TAG, name)

    down, up = Predicate("down"), Predicate("up")
    conditions = [down, Negated(down), Any((down, up)), All((up, Negated(Negated(down))))]
    assert list((await bind(conditions, ask)).values()) == [NEVER, NEVER, Has(Mark.TAG, "up"), NEVER]


async def test_each_predicate_is_asked_once():
    asked: list[str] = []

    async def ask(name: str, parameters: str) -> Expression | None:
        asked.append(name)
        return ALWAYS

    a, b = Predicate("a"), Predicate("b")
    await bind([a, Negated(a), Any((a, b)), b], ask)
    assert sorted(asked) == ["a", "b"]


async def test_the_built_in_predicates_say_what_they_mean():
    team, bob = EntityRef.parse("group:team"), EntityRef.parse("user:bob")
    viewer = Viewer("b", ViewerKind.PERSON, frozenset(), bob, frozenset({team}))

    async def said(name: str, **given: object) -> Expression:
        known = GRAPH.predicates[name]
        handed = {key: viewer if kind is Viewer else Flat() for key, kind in known.handed.items()}
        found = known.spec.function(**handed, **given)
        return await found if hasattr(found, "__await__") else found

    assert await said("isOwner") == Tied(Tie.OWNED_BY, frozenset({team, bob}))
    assert await said("ownerInGroup", group=team) == Tied(Tie.OWNED_BY, frozenset({team}))
    assert await said("kindIs", kinds=frozenset({"Component"})) == Is(Column.KIND, frozenset({"component"}))
    assert await said("inNamespace", namespaces=frozenset({"A"})) == Is(Column.NAMESPACE, frozenset({"a"}))
    assert some([no(ALWAYS), NEVER]) == NEVER
    names = {
        "isOwner",
        "ownerInGroup",
        "hasTag",
        "hasLabel",
        "hasAnnotation",
        "inNamespace",
        "kindIs",
        "lifecycleIs",
        "partOfSystem",
    }
    assert GRAPH.predicates.keys() == names
    assert GRAPH.predicates["hasTag"].schema["required"] == ["tag"] and all(p.description for p in GRAPH.predicates.values())


def no_docstring(tag: str) -> Expression:
    return Has(Mark.TAG, tag)


def no_expression(tag: str) -> bool:
    """Says nothing."""
    return True


def no_json(tag: Policy) -> Expression:
    """Takes what no rule gives."""
    return ALWAYS


def no_annotation(tag) -> Expression:
    """Takes what is not known."""
    return ALWAYS


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (no_docstring, "has no docstring"),
        (no_expression, "doesn't say that it gives an Expression"),
        (no_json, "that no rule can give"),
        (no_annotation, "parameter 'tag' has no annotation"),
    ],
)
def test_a_predicate_that_no_rule_could_use_is_refused_with_its_place(function, told):
    plugin = Plugin("pager")
    plugin.condition(function)
    with pytest.raises(StitchError) as refused:
        stitched(plugin)
    assert told in str(refused.value) and "test_conditions.py:" in str(refused.value)
    assert isinstance(refused.value, RegistrationError) and refused.value.plugin == "pager"


def test_two_predicates_of_one_name_are_refused():
    plugin = Plugin("pager")
    for _ in range(2):

        @plugin.condition(name="isOnCall")
        def one() -> Expression:
            """Holds."""
            return ALWAYS

    with pytest.raises(StitchError, match=r"pager\.isOnCall"):
        stitched(plugin)
