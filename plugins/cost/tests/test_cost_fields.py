"""The fields: what systems, domains and groups add up, how costs are shared out, and what belongs to nobody."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_cost.asking import Asked
from callboard_cost.model import CostGrouping, CostPeriod, UnattributedReason
from callboard_cost.plugin import (
    component_cost,
    cost,
    cost_entity,
    cost_shares,
    cost_sources,
    domain_cost,
    files,
    group_cost,
    resource_cost,
    share_entity,
    system_cost,
    unattributed_cost,
)
from callboard_cost.settings import CostSettings
from callboard_cost.store import Store
from callboard_sdk import Batch, Page, Readable, UpstreamError
from callboard_sdk.entities import Domain, Group, Resource, System
from callboard_sdk.testing import make_component, make_entity

PARTS = {
    "domain:sales": ["system:shop", "system:ads"],
    "system:shop": ["component:web", "component:api", "resource:db"],
    "component:web": ["component:cart"],
    "system:ads": ["component:ads"],
}


def charges(desk: Any, *pairs: tuple[str, int], **more: Any) -> None:
    desk.csv("a.csv", [desk.charge(cost=amount, component=ref, **more) for ref, amount in pairs])


async def test_a_component_and_a_resource_cost_what_is_attributed_to_themselves(desk: Any) -> None:
    charges(desk, ("web", 1), ("resource:db", 2), ("system:shop", 4))
    store = desk.store()
    (web,) = await component_cost(Batch([make_component("web")]), store)
    (db,) = await resource_cost(Batch([make_entity(Resource, "db")]), store)
    assert (web.total.amount, db.total.amount) == (1, 2)
    assert [(e.ref.name, e.amount.amount) for e in web.by_entity()] == [("web", 1)]


async def test_a_system_adds_up_itself_and_all_of_its_parts_and_theirs(desk: Any) -> None:
    charges(desk, ("system:shop", 1), ("web", 2), ("api", 4), ("resource:db", 8), ("cart", 16), ("ads", 32), ("other", 64))
    store, catalog = desk.store(), desk.catalog(related={"hasPart": PARTS})
    systems = [make_entity(System, name) for name in ("shop", "ads", "empty")]
    found = await system_cost(Batch(systems), store, catalog, Readable())
    assert [c.total.amount for c in found] == [31, 32, 0]
    (sales,) = await domain_cost(Batch([make_entity(Domain, "sales")]), store, catalog, Readable())
    assert sales.total.amount == 63
    assert [e.ref.name for e in sales.by_entity(top=2)] == ["ads", "cart"]
    assert store.ledger.statements == 2, "one for each field, however many parents"


async def test_a_page_of_systems_asks_the_catalog_once_a_level_and_the_ledger_once(desk: Any) -> None:
    charges(desk, *((f"c{n}", n) for n in range(1, 101)))
    store = desk.store()
    catalog = desk.catalog(related={"hasPart": {f"system:s{n}": [f"component:c{n}"] for n in range(1, 101)}})
    found = await system_cost(Batch([make_entity(System, f"s{n}") for n in range(1, 101)]), store, catalog, Readable())
    assert [c.total.amount for c in found] == list(range(1, 101))
    assert store.ledger.statements == 1
    assert dict(catalog.asked) == {"hasPart": 2}


async def test_a_group_adds_up_what_it_and_the_groups_below_it_own_each_once(desk: Any) -> None:
    charges(desk, ("group:dept", 1), ("web", 2), ("api", 4), ("ads", 8), ("system:shop", 16))
    store = desk.store()
    catalog = desk.catalog(
        related={
            "parentOf": {"group:dept": ["group:a", "group:b"], "group:b": ["group:dept"]},
            "ownerOf": {
                "group:a": ["component:web", "component:api"],
                "group:b": ["component:api", "system:shop"],
                "group:other": ["component:ads"],
            },
        }
    )
    groups = [make_entity(Group, name) for name in ("dept", "a", "other", "none")]
    found = await group_cost(Batch(groups), store, catalog, Readable())
    assert [c.total.amount for c in found] == [23, 6, 8, 0]
    assert store.ledger.statements == 1
    assert catalog.asked["ownerOf"] == 1


async def test_parts_that_form_a_circle_are_counted_once(desk: Any) -> None:
    charges(desk, ("a", 1), ("b", 2))
    catalog = desk.catalog(
        related={
            "hasPart": {"system:s": ["component:a"], "component:a": ["component:b"], "component:b": ["component:a", "system:s"]}
        }
    )
    (found,) = await system_cost(Batch([make_entity(System, "s")]), desk.store(), catalog, Readable())
    assert found.total.amount == 3


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_without_sources_every_entity_answers_null(count: int) -> None:
    store = Store(CostSettings())
    try:
        components = Batch([make_component(f"c{n}") for n in range(count)])
        assert await component_cost(components, store) == [None] * count
        assert await cost(store) is None
        assert await cost_sources(store) == []
    finally:
        store.close()


async def test_exports_of_which_nothing_can_be_read_answer_with_where_to_look(desk: Any) -> None:
    (desk.folder / "a.csv").write_text("nonsense")
    with pytest.raises(UpstreamError, match="costSources"):
        await component_cost(Batch([make_component("web")]), desk.store())


async def share_names(desk: Any, store: Any, by: CostGrouping, catalog: Any) -> list[tuple[str, int, float | None]]:
    connection = await cost_shares(by, Page(first=100), store, catalog)
    return [(s.name, s.amount.amount, s.share) for s in connection.nodes()]


async def test_costs_are_shared_out_by_system_owner_and_more_and_add_up(desk: Any) -> None:
    charges(desk, ("web", 50), ("cart", 10), ("alone", 25), (None, 15))
    store = desk.store()
    catalog = desk.catalog(
        related={
            "partOf": {"component:cart": ["component:web"], "component:web": ["system:shop"]},
            "ownedBy": {"component:web": ["group:a"], "component:cart": ["user:eve"]},
        }
    )
    assert await share_names(desk, store, CostGrouping.ENTITY, catalog) == [
        ("component:default/web", 50, 0.5),
        ("component:default/alone", 25, 0.25),
        ("(unattributed: no tag)", 15, 0.15),
        ("component:default/cart", 10, 0.1),
    ]
    assert await share_names(desk, store, CostGrouping.SYSTEM, catalog) == [
        ("system:default/shop", 60, 0.6),
        ("(in no system)", 25, 0.25),
        ("(unattributed: no tag)", 15, 0.15),
    ]
    assert await share_names(desk, store, CostGrouping.OWNER, catalog) == [
        ("group:default/a", 50, 0.5),
        ("(without owner)", 25, 0.25),
        ("(unattributed: no tag)", 15, 0.15),
        ("user:default/eve", 10, 0.1),
    ]
    assert await share_names(desk, store, CostGrouping.CATEGORY, catalog) == [("Compute", 100, 1.0)]
    assert await share_names(desk, store, CostGrouping.SUB_ACCOUNT, catalog) == [("main (100)", 100, 1.0)]


async def test_shares_are_paged_the_most_expensive_first_in_each_currency(desk: Any) -> None:
    rows = [desk.charge(cost=n, component=f"c{n}", BillingCurrency=c) for n in (9, 10, -3, 0.5) for c in ("USD", "EUR")]
    desk.csv("a.csv", rows)
    store, seen, after = desk.store(), [], None
    while True:
        page = await cost_shares(CostGrouping.ENTITY, Page.checked(3, after, None, None), store, desk.catalog())
        assert page.total_count == 8
        seen += [(s.amount.currency, float(s.amount.amount)) for s in page.nodes()]
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page:
            break
    assert seen == [(c, n) for c in ("EUR", "USD") for n in (10, 9, 0.5, -3)]


async def test_what_belongs_to_nobody_is_shown_by_reason_with_where_to_begin(desk: Any) -> None:
    desk.csv(
        "a.csv",
        [
            desk.charge(cost=60),
            desk.charge(cost=20, component="ghost"),
            desk.charge(cost=10, component="a:b:c"),
            desk.charge(cost=6, component=None, SubAccountId="77", SubAccountName="lab", ServiceName="Disks"),
            desk.charge(cost=3, component=None, SubAccountId="78", SubAccountName=None),
            desk.charge(cost=1, component=None, SubAccountId=None, SubAccountName=None),
        ],
    )
    store = desk.store(rules=[{"tag": "component"}, {"sub_account": {"1": "system:shop"}}])
    catalog = desk.catalog(known=["component:web"])
    found = await unattributed_cost(store, catalog)
    assert [(g.reason, g.amount.amount) for g in found.by_reason] == [
        (UnattributedReason.UNKNOWN_ENTITY, 20),
        (UnattributedReason.UNUSABLE_TAG, 10),
        (UnattributedReason.UNKNOWN_SUB_ACCOUNT, 9),
        (UnattributedReason.NO_TAG, 1),
    ]
    (share,) = found.currencies
    assert (share.amount.amount, share.total.amount, share.share) == (40, 100, 0.4)
    assert found.summary.startswith("40.00 EUR (40% of all) in the 30 days to 15 October 2024 can't be attributed")
    unknown, _, accounts, nothing = found.by_reason
    assert [str(e.ref) for e in unknown.by_entity()] == ["component:default/ghost"]
    assert [(a.sub_account_id, a.name, a.amount.amount) for a in accounts.by_sub_account()] == [("77", "lab", 6), ("78", None, 3)]
    assert [s.service for s in accounts.by_service(top=1)] == ["Disks"]
    assert [a.sub_account_id for a in nothing.by_sub_account()] == [None]
    assert store.ledger.statements == 2
    assert dict(catalog.asked) == {"get": 1}
    everything = await desk.cost(store, None)
    attributed = await desk.cost(store, "component:web")
    assert everything.total.amount == attributed.total.amount + share.amount.amount


async def test_when_everything_is_attributed_it_says_so(desk: Any) -> None:
    charges(desk, ("web", 1))
    found = await unattributed_cost(desk.store(), desk.catalog(known=["component:web"]))
    assert (found.by_reason, found.currencies[0].share) == ([], 0.0)
    assert found.summary == "Everything in the 30 days to 15 October 2024 is attributed to an entity of the catalog"


async def test_entities_are_looked_up_all_at_once_and_unknown_ones_are_null(desk: Any) -> None:
    charges(desk, ("web", 2), ("ghost", 1))
    store, catalog = desk.store(), desk.catalog(known=["component:web"])
    asked = Asked.checked(store, CostPeriod.LAST_30_DAYS, None, None)
    parts = (await asked.cost_of_all()).by_entity()
    assert [e and e.name for e in await cost_entity(Batch(parts), catalog)] == ["web", None]
    by_service = await asked.shares(CostGrouping.SERVICE, catalog)
    assert await share_entity(Batch(by_service), catalog) == [None]
    assert catalog.asked["get"] == 1, "no refs ask nothing"


async def test_a_list_is_cut_where_the_asker_says_and_never_beyond_a_hundred(desk: Any) -> None:
    charges(desk, *((f"c{n}", 1) for n in range(150)))
    found = await desk.cost(desk.store(), None)
    assert [len(found.by_entity(top=top)) for top in (-1, 0, 2, 1_000)] == [0, 0, 2, 100]


async def test_sources_list_their_files_with_what_is_counted(desk: Any) -> None:
    desk.csv("2024/09.csv", [desk.charge("2024-09-02"), desk.charge("2024-09-05", BillingCurrency="USD")])
    desk.csv("2024/10.csv", [desk.charge("2024-10-02"), desk.charge("2024-10-03", cost="many")])
    store = desk.store()
    sources = await cost_sources(store)
    assert [(s.name, s.file_count, s.row_count, s.bad_row_count, s.problem_count, s.stale) for s in sources] == [
        ("exports", 2, 3, 1, 1, False)
    ]
    (page,) = await files(Batch(sources), Page(first=10), store)
    first, second = page.nodes()
    assert (first.path, first.rows, first.currencies) == ("2024/09.csv", 2, ["EUR", "USD"])
    assert (str(first.from_), str(first.to)) == ("2024-09-02", "2024-09-05")
    (problem,) = second.problems
    assert (problem.rule, problem.file, problem.line) == ("cost.bad-rows", "2024/10.csv", 3)
