"""No message names what the viewer may not use: whatever is wrong, it reads as if what is hidden weren't there."""

from __future__ import annotations

import re

import pytest
from callboard_sdk import encode_id
from graphql import specified_rules

from .worlds import HIDDEN, worlds

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULES: dict[str, list[str]] = {
    "ExecutableDefinitionsRule": ["type ZorpSafe { a: Int } { zorpCount }"],
    "KnownOperationTypesRule": ["mutation { zorpOpen }", "mutation { zorpOpe }", "mutation { __typename zorpOpe }"],
    "UniqueOperationNamesRule": ["query A { zorpCount } query A { zorpCount }"],
    "LoneAnonymousOperationRule": ["{ zorpCount } query A { zorpCount }"],
    "SingleFieldSubscriptionsRule": ["subscription { zorpCount zorpSafes }"],
    "KnownTypeNamesRule": [
        "{ acts { ... on ZorpAc { title } } }",
        "query ($x: ZorpFilte) { shows { title } }",
        "query ($x: ZorpFilter, $y: ZorpMeta) { zorpSafes(filter: $x) { zorpCombinatio } }",
        "fragment F on ZorpSave { zorpCombination } { zorpSafes { ...F } }",
    ],
    "FragmentsOnCompositeTypesRule": [
        "{ acts { ... on ZorpMetal { title } } }",
        "fragment F on ZorpFilter { a } { acts { ...F } }",
    ],
    "VariablesAreInputTypesRule": ["query ($x: ZorpSafe) { zorpSafes(filter: $x) { zorpWeight } }"],
    "ScalarLeafsRule": ["{ zorpSafes(filter: {zorpMetal: ZORP_GOLD}) }", "{ zorpCount { zorpWeight } }", "{ shows zorpThings }"],
    "FieldsOnCorrectTypeRule": [
        "{ zorpCoun }",
        "{ orpCount }",
        "{ doors { zorpCod } }",
        "{ acts { zorpTrick } }",
        "{ acts { trick } }",
        "{ acts { genre } }",
        "{ turns { zorpTrick } }",
        "{ turns { title zorpTric } }",
        "{ zorpThings { zorpCombination } }",
        "{ zorpSafes(filter: {zorpMetal: ZORP_GOLD}) { zorpCombinatio } }",
        "{ zorpKept { zorpWeight } }",
        '{ node(id: "x") { zorpTeeth } }',
    ],
    "UniqueFragmentNamesRule": ["{ ...F } fragment F on ZorpSafe { zorpWeight } fragment F on ZorpSafe { zorpWeight }"],
    "KnownFragmentNamesRule": ["{ zorpSafes(filter: {zorpMetal: ZORP_GOLD}) { ...ZorpSafeParts } }"],
    "NoUnusedFragmentsRule": ["{ zorpCount } fragment F on ZorpSafe { zorpWeight }"],
    "PossibleFragmentSpreadsRule": [
        "{ shows { ... on ZorpAct { title } } }",
        "{ acts { ... on ZorpSafe { zorpWeight } } }",
        "{ zorpThings { ... on Show { title } } }",
        "{ zorpThings { ...F } } fragment F on Show { title }",
        "{ turns { ... on ZorpThing { zorpWeight } } }",
    ],
    "NoFragmentCyclesRule": ["{ zorpThings { ...F } } fragment F on ZorpThing { ...F }"],
    "UniqueVariableNamesRule": ["query ($x: ZorpFilter!, $x: ZorpFilter!) { zorpSafes(filter: $x) { zorpWeight } }"],
    "NoUndefinedVariablesRule": ["{ zorpSafes(filter: $x) { zorpWeight } }"],
    "NoUnusedVariablesRule": ["query ($x: ZorpFilter) { zorpCount }"],
    "KnownDirectivesRule": ["{ zorpCount @zorp }", "{ zorpCount @deprecated }"],
    "UniqueDirectivesPerLocationRule": ["{ zorpCount @skip(if: true) @skip(if: true) }"],
    "DeferStreamDirectiveOnRootField": ["mutation { ... @defer { zorpOpen } }"],
    "DeferStreamDirectiveOnValidOperationsRule": ["subscription { ... @defer { zorpCount } }"],
    "DeferStreamDirectiveLabel": ["query ($x: String) { ... @defer(label: $x) { zorpCount } }"],
    "StreamDirectiveOnListField": ["{ zorpCount @stream(initialCount: 0) }"],
    "KnownArgumentNamesRule": [
        "{ zorpCount(filte: 1) }",
        "{ zorpSafes(filte: {zorpMetal: ZORP_GOLD}, filter: {zorpMetal: ZORP_GOLD}) { zorpWeight } }",
        "{ shows(zorpMetal: ZORP_GOLD) { title } }",
        "{ shows(gen: PLAY) { title } }",
        '{ doors(zorpCod: "x") { name } }',
        '{ doors(zorpCode: "x") { nam } }',
    ],
    "UniqueArgumentNamesRule": ["{ zorpSafes(filter: {zorpMetal: ZORP_GOLD}, filter: {zorpMetal: ZORP_GOLD}) { zorpWeight } }"],
    "ValuesOfCorrectTypeRule": [
        "{ zorpSafes(filter: {zorpMetal: ZORP_GOL}) { zorpWeight } }",
        "{ zorpSafes(filter: {}) { zorpWeight } }",
        "{ zorpSafes(filter: {zorpMetal: ZORP_GOLD, zorpOwne: 1}) { zorpWeight } }",
        "{ zorpSafes(filter: null) { zorpWeight } }",
        "{ shows(genre: ZORP_GOLD) { title } }",
        "{ shows(genre: OPER) { title } }",
        '{ shows(filter: {titel: "x"}) { title } }',
        "{ shows(filter: {zorpMetal: ZORP_GOLD}) { title } }",
        '{ doors(filter: {zorpCod: "x"}) { name } }',
        "{ doors(filter: {zorpCode: 1}) { name } }",
        "{ doors(order: ZORP_COD) { name } }",
        "{ doors(order: ZORP_CODE, most: 1) { name } }",
    ],
    "ProvidedRequiredArgumentsRule": ["{ zorpSafes { zorpWeight } }"],
    "VariablesInAllowedPositionRule": [
        "query ($x: ZorpFilter) { zorpSafes(filter: $x) { zorpWeight } }",
        "query ($x: Int) { zorpSafes(filter: $x) { zorpWeight } }",
    ],
    "OverlappingFieldsCanBeMergedRule": [
        "{ zorpThings { a: zorpWeight ... on ZorpSafe { a: zorpCombination } } }",
        "{ acts { ... on Show { a: title } ... on ZorpAct { a: zorpTrick a: title } } }",
        "{ a: zorpCount a: about }",
    ],
    "UniqueInputFieldNamesRule": ["{ zorpSafes(filter: {zorpMetal: ZORP_GOLD, zorpMetal: ZORP_GOLD}) { zorpWeight } }"],
    "MaxIntrospectionDepthRule": ["{ zorpCount __schema { types { fields { type { fields { type { fields { name } } } } } } } }"],
}
VALID = [
    "{ zorpCount }",
    "{ zorpSafes(filter: {zorpMetal: ZORP_LEAD, zorpOwner: null}, zorpMetal: ZORP_GOLD) { zorpWeight __typename } }",
    "{ zorpThings { __typename ... on ZorpVault { zorpDepth } } }",
    "{ zorpKept { ... on ZorpSafe { zorpCombination } } }",
    "{ doors { zorpCode } }",
    "{ ...F } fragment F on Query { doors { ... on Entity { ... on Component { alias: zorpCode } } } }",
    "mutation { zorpOpen(filter: {zorpMetal: ZORP_GOLD}) }",
    '{ doors(zorpCode: "x") { name } }',
    '{ doors(filter: {zorpCode: "x"}) { name } }',
    "{ doors(order: ZORP_CODE) { name } }",
    "query ($o: [DoorOrder!] = [NAME, ZORP_CODE]) { doors(orders: $o) { name } }",
]


async def test_every_rule_of_validation_has_its_documents():
    assert [rule.__name__ for rule in specified_rules] == list(RULES)


@pytest.mark.parametrize(("rule", "document"), [(rule, document) for rule, some in RULES.items() for document in some])
async def test_a_wrong_use_of_what_is_hidden_reads_as_if_it_were_not_there(both, rule, document):
    reply = await both.alike(document)
    assert reply.status == 400 and reply.messages and reply.json.keys() == {"errors"}
    spread = " ".join(reply.messages)
    for word in HIDDEN.findall(spread):
        assert word in document
    lines = [place for error in reply.json["errors"] for place in error.get("locations", [])]
    assert all(place["line"] == 1 and place["column"] <= len(document) for place in lines)


@pytest.mark.parametrize(
    ("document", "hint"),
    [
        ("{ show { title } }", "Did you mean 'shows'?"),
        ("{ shows { titel } }", "Did you mean 'title'?"),
        ("{ shows(genr: PLAY) { title } }", "Did you mean 'genre'?"),
        ("{ shows(genre: OPER) { title } }", "Did you mean the enum value 'OPERA'?"),
        ('{ shows(filter: {titel: "x"}) { title } }', "Did you mean 'title'?"),
        ("{ acts { ... on Shw { title } } }", "Did you mean 'Show'?"),
        ("{ acts { genre } }", "Did you mean to use an inline fragment on 'Show'?"),
    ],
)
async def test_suggestions_are_made_of_what_the_viewer_may_use(both, document, hint):
    assert any(hint in message for message in (await both.alike(document)).messages)


@pytest.mark.parametrize("document", ["{ zorpCoun }", "{ acts { ... on ZorpAc { title } } }", "{ doors { zorpCod } }"])
async def test_who_may_use_it_is_told_of_it(both, document):
    assert re.search("Did you mean '[zZ]orp", (await both.with_zorp.ask(document, roles=["keeper"])).text)


@pytest.mark.parametrize("document", VALID)
async def test_a_valid_use_is_null_and_forbidden_by_default_and_that_is_all_there_is_to_learn(answering, document):
    reply = await answering.with_zorp.ask(document)
    assert reply.status == 200 and set(reply.codes) == {"FORBIDDEN"}
    assert "1-2-3" not in reply.text
    absent = await answering.without.ask(document)
    assert set(absent.codes) == {"GRAPHQL_VALIDATION_FAILED"}
    for mistake in ("x", "zorpCoun", "__typenam"):
        broken = document.replace("{ ", f"{{ {mistake} ", 1)
        await answering.alike(broken)


@pytest.mark.parametrize("document", ["mutation { __typename }", "{ acts { title ... on ZorpAct { __typename } } }"])
async def test_a_valid_use_of_a_hidden_types_name_is_answered_by_default(answering, document):
    reply = await answering.with_zorp.ask(document)
    assert reply.status == 200 and reply.codes == []
    assert not HIDDEN.search(reply.text)


@pytest.mark.parametrize("document", [*VALID, "mutation { __typename }", "{ acts { title ... on ZorpAct { __typename } } }"])
async def test_a_valid_use_reads_as_if_it_were_not_there_where_what_is_denied_is_hidden(hiding, document):
    reply = await hiding.alike(document)
    assert reply.status == 400 and set(reply.codes) == {"GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("query ($x: ZorpFilter!) { zorpSafes(filter: $x) { zorpWeight } }", {}),
        ("query ($x: ZorpFilter!) { zorpSafes(filter: $x) { zorpWeight } }", {"x": {"zorpMetal": "ZORP_GOL"}}),
        ("query ($x: ZorpFilter!) { zorpSafes(filter: $x) { zorpWeight } }", {"x": {"zorpMeta": "ZORP_GOLD"}}),
        ("query ($x: ZorpFilter!) { zorpSafes(filter: $x) { zorpWeight } }", {"x": 1}),
        ("query ($x: ZorpMetal!) { zorpSafes(filter: {zorpMetal: $x}) { zorpWeight } }", {"x": "ZORP_IRON"}),
        ("query ($x: ZorpMetal!) { zorpSafes(filter: {zorpMetal: $x}) { zorpWeight } }", {"x": 3}),
        ("query ($x: Int) { zorpSafes(filter: {zorpMetal: ZORP_GOLD}, most: $x) { zorpWeight } }", {"x": "many"}),
        ("mutation ($x: ZorpFilter!) { zorpOpen(filter: $x) }", {"x": None}),
        ("query ($x: ShowFilter) { shows(filter: $x) { title } }", {"x": {"zorpMetal": "ZORP_GOLD"}}),
        ("query ($x: ShowFilter) { shows(filter: $x) { title } }", {"x": {"titel": "x"}}),
        ("query ($x: Genre!) { shows(genre: $x) { title } }", {"x": "ZORP_GOLD"}),
        ("query ($x: Genre!) { shows(genre: $x) { title } }", {"x": "OPER"}),
        ("query ($x: DoorOrder!) { doors(order: $x) { name } }", {"x": "ZORP_COD"}),
        ("query ($x: DoorFilter) { doors(filter: $x) { name } }", {"x": {"zorpCod": "1"}}),
        ("query ($x: DoorFilter) { doors(filter: $x) { name } }", {"x": {"zorpCode": 1}}),
    ],
)
async def test_a_variable_that_does_not_fit_names_nothing_hidden(both, document, variables):
    reply = await both.alike(document, variables)
    assert reply.json.keys() == {"errors"}
    given = document + str(variables)
    assert all(word in given for message in reply.messages for word in message.replace("'", " ").split() if HIDDEN.search(word))


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("query ($x: DoorFilter) { doors(filter: $x) { name } }", {"x": {"zorpCode": "1"}}),
        ("query ($x: DoorOrder!) { doors(order: $x) { name } }", {"x": "ZORP_CODE"}),
        ("query ($x: [DoorOrder!]) { doors(orders: $x) { name } }", {"x": ["NAME", "ZORP_CODE"]}),
    ],
)
async def test_a_variable_that_holds_what_is_hidden_does_not_fit_where_what_is_denied_is_hidden(
    hiding, answering, document, variables
):
    reply = await hiding.alike(document, variables)
    assert reply.codes == ["BAD_USER_INPUT"]
    fitting = await hiding.with_zorp.ask(document, variables, roles=["keeper"])
    assert fitting.codes == []
    assert (await answering.with_zorp.ask(document, variables)).codes == ["FORBIDDEN"]


async def test_a_variable_that_does_not_fit_is_told_with_what_was_meant(both):
    reply = await both.alike("query ($x: Genre!) { shows(genre: $x) { title } }", {"x": "OPER"})
    assert reply.codes == ["BAD_USER_INPUT"] and "Did you mean the enum value 'OPERA'?" in reply.messages[0]


@pytest.mark.parametrize(
    "document",
    [
        "{ " + " ".join(f"a{n}: zorpCount" for n in range(60)) + " }",
        "{ zorpThings " + "{ zorpThings " * 30 + "{ zorpWeight }" + " }" * 31,
        "{ " + "zorpCount " * 1_200 + "}",
        " ".join(f"fragment F{n} on ZorpSafe {{ zorpWeight }}" for n in range(250)) + " { zorpCount }",
    ],
)
async def test_what_is_too_large_is_told_by_its_size_alone(both, document):
    reply = await both.alike(document)
    assert reply.codes == ["LIMIT_EXCEEDED"] and not HIDDEN.search(reply.text)


async def test_what_it_could_cost_counts_nothing_hidden(tmp_path):
    async with worlds(tmp_path, "answer", limits={"nodes": 10}) as made:
        denied = await made.with_zorp.ask("{ zorpThings { zorpWeight } }")
        assert denied.codes == ["FORBIDDEN"]
        too_much = await made.alike("{ shows { title } }")
        assert too_much.codes in (["LIMIT_EXCEEDED"], []) and not HIDDEN.search(too_much.text)


async def test_an_id_of_a_hidden_type_finds_nothing(both):
    document = "query ($id: ID!) { node(id: $id) { __typename id } nodes(ids: [$id]) { id } }"
    for id in (encode_id("ZorpKey", "3"), encode_id("NeverThere", "3")):
        reply = await both.alike(document, {"id": id})
        assert reply.json == {"data": {"node": None, "nodes": [None]}}
    found = await both.with_zorp.ask(document, {"id": encode_id("ZorpKey", "3")}, roles=["keeper"])
    assert found.json["data"]["node"]["__typename"] == "ZorpKey"


async def test_a_long_document_is_told_by_the_same_schema(both):
    padding = "# nothing\n" * 400
    for document in ("{ zorpCoun }", "{ show { title } }", "{ zorpSafes { zorpWeight } }"):
        assert not HIDDEN.search(" ".join((await both.alike(padding + document)).messages).replace(document.split()[1], ""))


async def test_what_was_told_one_viewer_is_not_told_another(both):
    for _ in range(3):
        assert "zorpCount" in (await both.with_zorp.ask("{ zorpCoun }", roles=["keeper"])).text
        assert "zorpCount" not in (await both.with_zorp.ask("{ zorpCoun }")).text
