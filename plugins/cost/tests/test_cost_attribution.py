"""Whose a charge is: rules in order, the first that gives an entity decides; what fits none has a reason."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_cost.attribution import Attributor
from callboard_cost.model import UnattributedReason
from callboard_cost.patterns import Matches, Naming, PatternError
from callboard_cost.settings import CostSettings, RuleSettings
from callboard_sdk import EntityRef
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

NAMING = Naming("component", "default")


def attribute(rules: list[dict[str, Any]], **charge: str) -> str:
    """The ref, or the reason's name, for a charge with these values (`tags` by key)."""
    attributor = Attributor([RuleSettings(**rule) for rule in rules])
    tags = charge.pop("tags", {})
    values = {f"tag{n}": tags.get(key, "") for n, key in enumerate(attributor.tags)} | charge  # type: ignore[attr-defined]
    found = attributor.attribute([values.get(column, "") for column in attributor.columns])
    return str(found.entity) if found.entity else found.reason.name  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("value", "ref"),
    [
        ("web", "component:default/web"),
        ("Web", "component:default/web"),
        ("shop/web", "component:shop/web"),
        ("system:checkout", "system:default/checkout"),
        ("resource:shop/db", "resource:shop/db"),
    ],
)
def test_a_tag_holds_a_name_or_a_ref(value: str, ref: str) -> None:
    assert attribute([{"tag": "component"}], tags={"component": value}) == ref


def test_a_rule_says_which_kind_and_namespace_to_assume() -> None:
    rule = {"tag": "db", "kind": "resource", "namespace": "shop"}
    assert attribute([rule], tags={"db": "orders"}) == "resource:shop/orders"


@pytest.mark.parametrize("value", ["a:b:c", "/web", "web/", "x" * 301, "new\nline", "bell\x07", "\u202eweb"])
def test_a_tag_that_can_not_name_an_entity_is_unusable(value: str) -> None:
    assert attribute([{"tag": "component"}], tags={"component": value}) == "UNUSABLE_TAG"


def test_the_first_rule_that_gives_an_entity_decides() -> None:
    rules = [{"tag": "component"}, {"tag": "service"}, {"sub_account": {"100": "system:shop"}}]
    both = {"component": "web", "service": "api"}
    assert attribute(rules, tags=both, sub_account="100") == "component:default/web"
    assert attribute(rules[::-1], tags=both, sub_account="100") == "system:default/shop"
    assert attribute(rules, tags={"service": "api"}, sub_account="100") == "component:default/api"
    assert attribute(rules, tags={"component": "a:b:c", "service": "api"}) == "component:default/api", "unusable: go on"
    assert attribute(rules, sub_account="100") == "system:default/shop"


def test_a_sub_account_is_known_by_its_id_or_its_name() -> None:
    rule = {"sub_account": {"system-{name}": "system:{name}", "100": "group:platform"}}
    assert attribute([rule], sub_account="100", sub_account_name="system-shop") == "group:default/platform"
    assert attribute([rule], sub_account="7", sub_account_name="system-shop") == "system:default/shop"


def test_resources_and_services_are_told_by_patterns() -> None:
    rules = [
        {"resource": {"*:compute/{name}-????": "component:{name}"}},
        {"service": {"Support": "group:platform", "*Queues": "group:messaging"}},
    ]
    assert attribute(rules, resource="arn:eu:compute/seat-map-12ab", service="Support") == "component:default/seat-map"
    assert attribute(rules, resource="arn:eu:disk/x", service="Support") == "group:default/platform"
    assert attribute(rules, service="Cloud Queues") == "group:default/messaging"


def test_tag_values_of_other_shape_are_mapped() -> None:
    rule = {"tag": "app", "values": {"{name}-prod": "component:{name}", "legacy": "system:old"}}
    assert attribute([rule], tags={"app": "web-prod"}) == "component:default/web"
    assert attribute([rule], tags={"app": "legacy"}) == "system:default/old"
    assert attribute([rule], tags={"app": "web"}) == "UNUSABLE_TAG"


@pytest.mark.parametrize(
    ("rules", "charge", "reason"),
    [
        ([{"tag": "component"}], {"sub_account": "100"}, UnattributedReason.NO_TAG),
        ([{"tag": "component"}, {"sub_account": {"1": "system:a"}}], {}, UnattributedReason.NO_TAG),
        (
            [{"tag": "component"}, {"sub_account": {"1": "system:a"}}],
            {"sub_account": "2"},
            UnattributedReason.UNKNOWN_SUB_ACCOUNT,
        ),
        ([], {"sub_account": "2"}, UnattributedReason.NO_TAG),
    ],
)
def test_what_no_rule_fits_has_the_reason_that_says_what_to_mend(
    rules: list[dict[str, Any]], charge: dict[str, str], reason: UnattributedReason
) -> None:
    assert attribute(rules, **charge) == reason.name


@given(st.text(max_size=400), st.text(max_size=400))
def test_no_text_of_an_export_breaks_attribution(tag: str, account: str) -> None:
    rules = [{"tag": "component"}, {"sub_account": {"*{name}?x*": "system:{name}"}}, {"resource": {"{a}-{b}*": "system:{a}"}}]
    found = attribute(rules, tags={"component": tag}, sub_account=account, resource=account)
    assert found in UnattributedReason.__members__ or EntityRef.parse(found)


@pytest.mark.parametrize(
    ("text", "target", "words"),
    [
        ("", "system:a", "1 to 300 characters"),
        ("*" * 9, "system:a", "at most 8 wildcards"),
        ("{Name}", "system:a", "in lower case"),
        ("{a}{a}", "system:a", "once"),
        ("x-{name}", "system:{other}", "uses {other}"),
        ("x", "a:b:c", "no entity ref"),
        ("x", "system:{", "no entity ref"),
    ],
)
def test_a_pattern_that_can_not_work_is_refused_with_how_to_write_it(text: str, target: str, words: str) -> None:
    with pytest.raises(PatternError, match=words.replace("{", r"\{").replace("}", r"\}")):
        Matches({text: target}, NAMING)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "exactly one of"),
        ({"tag": "a", "service": {"x": "group:y"}}, "exactly one of"),
        ({"service": {}}, "is empty"),
        ({"service": {"x": "group:y"}, "values": {"a": "b"}}, "belongs to `tag`"),
        ({"tag": "a\x00b"}, "match pattern"),
        ({"sub_account": {"{x}": "{y}"}}, "add it there"),
    ],
)
def test_a_rule_that_can_not_work_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        CostSettings.model_validate({"rules": [rule]})


@pytest.mark.parametrize("tags", ["map", "text"])
async def test_tags_are_read_from_maps_and_from_json_text(desk: Any, tags: str) -> None:
    desk.parquet("a.parquet", [desk.charge(cost=3), desk.charge(cost=4, component=None)], tags=tags)
    assert (await desk.cost(desk.store(), "component:web")).total.amount == 3


@pytest.mark.parametrize("key", ["callboard/component", "a.b", "it's", "user:Component", "$.x", "*", "0", "~1", 'a"b', "ключ"])
async def test_any_tag_key_is_meant_as_it_is_written(desk: Any, key: str) -> None:
    desk.csv("a.csv", [desk.charge(cost=3, Tags={key: "web", "component": "other"})])
    assert (await desk.cost(desk.store(rules=[{"tag": key}]), "component:web")).total.amount == 3


@pytest.mark.parametrize(
    "value", ["x'; DROP TABLE charges; --", "x\"); ATTACH 'y'", "$entities", "?", "{name}", "%s", "' OR 1=1"]
)
async def test_a_hostile_tag_value_is_a_name_like_any_other(desk: Any, value: str) -> None:
    desk.csv("a.csv", [desk.charge(cost=3, Tags={"component": value}, ServiceName=value), desk.charge(cost=4)])
    store = desk.store()
    assert (await desk.cost(store, f"component:{value}")).total.amount == 3
    assert (await desk.cost(store, None)).total.amount == 7
    assert [s.service for s in (await desk.cost(store, f"component:{value}")).services] == [value]


async def test_null_written_as_text_is_no_value(desk: Any) -> None:
    row = desk.charge(Tags=None, ResourceId=None, SubAccountId=None, SubAccountName=None, ServiceCategory=None)
    desk.csv("a.csv", [row], null="NULL")
    cost = await desk.cost(desk.store(), None)
    assert [(s.service, s.category) for s in cost.services] == [("Machines", None)]
    assert desk.stores[0].ledger.accounts.name(0).id == ""
