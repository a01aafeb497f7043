"""References between entities: each field's default kind, every form, both directions, and what leads nowhere."""

from __future__ import annotations

import pytest
from callboard_catalog.descriptors.spelling import edits_of
from callboard_catalog.queries.suggestions import suggested
from callboard_catalog.records.sorting import sort_of
from callboard_sdk import EntityRef
from hypothesis import given
from hypothesis import strategies as st

HEADS = "apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n"


def document(kind, name, *lines, namespace="default"):
    return HEADS.format(kind=kind, name=name, namespace=namespace) + "".join(f"  {line}\n" for line in lines or ("{}",))


def relations(reading):
    return {f"{r.source} {r.type} {r.target}" for r in reading.relations}


FIELDS = [
    ("Component", "owner: x", "group:default/x", "ownedBy", "ownerOf"),
    ("Component", "system: x", "system:default/x", "partOf", "hasPart"),
    ("Component", "subcomponentOf: x", "component:default/x", "partOf", "hasPart"),
    ("Component", "providesApis: [x]", "api:default/x", "providesApi", "apiProvidedBy"),
    ("Component", "consumesApis: [x]", "api:default/x", "consumesApi", "apiConsumedBy"),
    ("Component", "dependsOn: ['resource:x']", "resource:default/x", "dependsOn", "dependencyOf"),
    ("Component", "dependencyOf: ['component:x']", "component:default/x", "dependencyOf", "dependsOn"),
    ("API", "owner: x", "group:default/x", "ownedBy", "ownerOf"),
    ("API", "system: x", "system:default/x", "partOf", "hasPart"),
    ("Resource", "owner: x", "group:default/x", "ownedBy", "ownerOf"),
    ("Resource", "system: x", "system:default/x", "partOf", "hasPart"),
    ("Resource", "dependsOn: ['component:x']", "component:default/x", "dependsOn", "dependencyOf"),
    ("Resource", "dependencyOf: ['component:x']", "component:default/x", "dependencyOf", "dependsOn"),
    ("System", "owner: x", "group:default/x", "ownedBy", "ownerOf"),
    ("System", "domain: x", "domain:default/x", "partOf", "hasPart"),
    ("Domain", "owner: x", "group:default/x", "ownedBy", "ownerOf"),
    ("Domain", "subdomainOf: x", "domain:default/x", "partOf", "hasPart"),
    ("Template", "owner: x", "group:default/x", "ownedBy", "ownerOf"),
    ("User", "memberOf: [x]", "group:default/x", "memberOf", "hasMember"),
    ("Group", "parent: x", "group:default/x", "childOf", "parentOf"),
    ("Group", "children: [x]", "group:default/x", "parentOf", "childOf"),
    ("Group", "members: [x]", "user:default/x", "hasMember", "memberOf"),
    ("Printer", "owner: x", "group:default/x", "ownedBy", "ownerOf"),
]


@pytest.mark.parametrize(("kind", "line", "target", "forward", "backward"), FIELDS)
def test_a_field_assumes_its_kind_and_is_known_from_both_sides(read, kind, line, target, forward, backward):
    me = f"{kind.lower()}:default/me"
    assert relations(read({"a.yaml": document(kind, "me", line)})) == {f"{me} {forward} {target}", f"{target} {backward} {me}"}


@pytest.mark.parametrize("field", ["dependsOn", "dependencyOf"])
@pytest.mark.parametrize("kind", ["Component", "Resource"])
def test_where_no_kind_is_assumed_one_must_be_written(read, kind, field):
    reading = read({"a.yaml": document(kind, "me", "type: x", "lifecycle: x", "owner: user:me", f"{field}: [x]")})
    [problem] = [p for p in reading.problems if p.rule == "catalog.reference"]
    assert (problem.message, problem.line) == ("'x' names no kind: write it in front, like component:x", 8)


FORMS = [
    ("x", "group:ops/x"),
    ("other/x", "group:other/x"),
    ("User:x", "user:ops/x"),
    ("USER:Other/X", "user:other/x"),
    ("{name: x}", "group:ops/x"),
    ("{kind: User, namespace: Other, name: x}", "user:other/x"),
    ("' x '", "group:ops/x"),
]


@pytest.mark.parametrize(("text", "target"), FORMS)
def test_what_a_reference_leaves_out_is_the_fields_kind_and_its_own_namespace(read, text, target):
    reading = read({"a.yaml": document("System", "me", f"owner: {text}", namespace="ops")})
    assert f"system:ops/me ownedBy {target}" in relations(reading)


BROKEN = [
    ("a:b:c", "'a:b:c' is not an entity ref: write [kind:][namespace/]name, like group:default/payments"),
    ("a/b/c", "'a/b/c' is not an entity ref: write [kind:][namespace/]name, like group:default/payments"),
    ("'group: x'", "' x' can't be the name of an entity ref: leave out : and /, and spaces around it"),
    ("{kind: User}", "a reference written as a mapping needs a name, and a kind where the field assumes none, as texts"),
    ("{name: a/b}", "'a/b' can't be the name of an entity ref: leave out : and /, and spaces around it"),
    ("7", "a reference is a text like group:default/payments, or a mapping with a name"),
    ("true", "a reference is a text like group:default/payments, or a mapping with a name"),
    ("x" * 300, "a reference has at most 300 characters, none of them a control character"),
    ('"a\\tb"', "a reference has at most 300 characters, none of them a control character"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_what_is_no_reference_is_told_and_costs_only_itself(read, text, message):
    reading = read({"a.yaml": document("System", "me", "domain: d", f"owner: {text}")})
    assert [(p.rule, p.line, p.message) for p in reading.problems][:1] == [("catalog.reference", 6, message)]
    assert "system:default/me partOf domain:default/d" in relations(reading)


def test_one_reference_where_a_list_belongs_counts_and_is_told(read):
    reading = read({"a.yaml": document("User", "me", "memberOf: x")})
    assert "user:default/me memberOf group:default/x" in relations(reading)
    assert ("catalog.spec", 5, "spec.memberOf is one reference, not a list") in [
        (p.rule, p.line, p.message) for p in reading.problems
    ]


def test_a_list_where_one_reference_belongs_counts_and_is_told(read):
    reading = read({"a.yaml": document("System", "me", "owner: [x, y]")})
    assert {"system:default/me ownedBy group:default/x", "system:default/me ownedBy group:default/y"} <= relations(reading)
    assert ("catalog.spec", 5, "spec.owner is a list, not one reference") in [
        (p.rule, p.line, p.message) for p in reading.problems
    ]


def test_a_relation_that_both_sides_declare_is_one(read):
    files = {
        "a.yaml": document("Group", "g", "type: t", "children: []", "members: [u]"),
        "b.yaml": document("User", "u", "memberOf: [g]"),
    }
    assert relations(read(files)) == {
        "group:default/g hasMember user:default/u",
        "user:default/u memberOf group:default/g",
    }


@pytest.mark.parametrize(
    ("known", "remedy"),
    [
        (document("Group", "payments", namespace="ops"), "Did you mean group:ops/payments?"),
        (document("User", "payments"), "Did you mean user:default/payments?"),
        (document("Group", "payment"), "Did you mean group:default/payment?"),
        (document("Group", "paymentss"), "Did you mean group:default/paymentss?"),
        (document("Group", "paxments"), "Did you mean group:default/paxments?"),
        (document("Group", "pyaments"), "Did you mean group:default/pyaments?"),
        (document("Group", "shipping"), "Add its descriptor to a source, or mend the name."),
        (document("System", "payment"), "Add its descriptor to a source, or mend the name."),
    ],
)
def test_a_reference_that_leads_nowhere_says_what_may_be_meant(keep, known, remedy):
    reading = keep({"a.yaml": document("System", "me", "owner: payments"), "b.yaml": known})
    [problem] = [p for p in reading.problems if p.rule == "catalog.dangling-reference" and p.file == "a.yaml"]
    assert problem.message == "spec.owner refers to group:default/payments, which no source has"
    assert (problem.line, problem.remedy, str(problem.entity)) == (5, remedy, "system:default/me")


def test_every_reference_of_a_page_that_leads_nowhere_says_what_may_be_meant(keep):
    systems = {f"{number}.yaml": document("System", f"me{number}", f"owner: team-{number}-payment") for number in range(100)}
    groups = {"groups.yaml": "---\n".join(document("Group", f"team-{number}-payments") for number in range(100))}
    found = [p for p in keep(systems | groups).problems if p.rule == "catalog.dangling-reference"]
    assert [p.remedy for p in found] == [
        f"Did you mean {str(p.entity).replace('system:default/me', 'group:default/team-')}-payments?" for p in found
    ]
    assert len(found) == 100


def ref(text: str) -> EntityRef:
    return EntityRef.parse(text)


@pytest.mark.parametrize(
    ("missing", "there", "meant"),
    [
        ("group:shp", ["group:shop"], "group:shop"),
        ("group:sho", ["group:shops"], None),
        ("group:sh", ["group:sho"], None),
        ("group:shipping", ["group:shpiipng"], "group:shpiipng"),
        ("group:shippin", ["group:shpiipn"], None),
        ("group:shipping", ["group:shxxxing"], None),
        ("group:shipping", ["user:shipping", "group:shopping", "group:ships"], "group:shopping"),
        ("group:shipping", ["user:shipping", "group:sh0pp1ng"], "user:shipping"),
        ("group:ops/shipping", ["group:shipping1", "group:ops/shipping2"], "group:ops/shipping2"),
        ("group:shipping", ["group:ops/shipping", "group:shippin"], "group:ops/shipping"),
        ("group:größen", ["group:grösen"], "group:grösen"),
        ("group:shipping", [], None),
    ],
)
def test_what_is_meant_is_the_nearest_that_is_there(missing, there, meant):
    sorts = sorted(map(sort_of, map(ref, there)))
    assert suggested(sorts, [ref(missing)]) == ({ref(missing): ref(meant)} if meant else {})


words = st.text("abc", min_size=1, max_size=9)


@given(words, st.lists(words, unique=True))
def test_what_is_meant_is_there_and_is_no_more_edits_away_than_the_name_allows(one, others):
    sorts = sorted(sort_of(EntityRef("group", "default", name)) for name in others if name != one)
    for meant in suggested(sorts, [EntityRef("group", "default", one)]).values():
        assert meant.name in others
        assert abs(len(meant.name) - len(one)) <= edits_of(one)
