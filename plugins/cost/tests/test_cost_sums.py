"""Amounts are exact: they equal a plain sum over the rows, whatever the file's format, and currencies stay apart."""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from callboard_cost.asking import Asked
from callboard_cost.model import CostDays, CostGrouping, CostPeriod
from callboard_cost.rollup import owned
from callboard_sdk import Access, BadArgument, EntityRef
from callboard_sdk.conditions import Column, Is, no
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from resolvers.visible_catalog import VisibleCatalog

END = date(2024, 10, 31)
DAYS = CostDays(from_=date(2024, 10, 2), to=END - timedelta(days=1))

amounts = st.decimals("-1000000", "1000000", places=10, allow_nan=False, allow_infinity=False)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "back": st.integers(0, 120),
            "cost": amounts,
            "component": st.sampled_from(["web", "api", "Web", None]),
            "ServiceName": st.sampled_from(["Machines", "Disks", None, "NULL", "it's; DROP TABLE charges; --"]),
            "BillingCurrency": st.sampled_from(["EUR", "USD"]),
        }
    ),
    min_size=1,
    max_size=30,
)


def day_of(row: dict[str, Any]) -> date:
    return END - timedelta(days=row["back"])


@pytest.mark.parametrize("form", ["csv", "parquet"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=rows)
async def test_every_sum_equals_a_plain_sum_over_the_rows(desk: Any, form: str, drawn: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory(dir=desk.folder.parent) as folder:
        bench = type(desk)(Path(folder))
        written = [
            bench.charge(
                day_of(r).isoformat(),
                r["cost"],
                r["component"],
                ServiceName=r["ServiceName"],
                BillingCurrency=r["BillingCurrency"],
            )
            for r in drawn
        ]
        (bench.csv if form == "csv" else bench.parquet)(f"a.{form}", written)
        store = bench.store(as_of=(END + timedelta(days=1)).isoformat())
        window = Asked.checked(store, CostPeriod.LAST_30_DAYS, DAYS, None).window
        web: dict[str, Decimal] = defaultdict(Decimal)
        before: dict[str, Decimal] = defaultdict(Decimal)
        services: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        months: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
        for r in drawn:
            if r["component"] is None or r["component"].lower() != "web":
                continue
            key = r["BillingCurrency"]
            if window.now.first <= day_of(r) < window.now.end:
                web[key] += r["cost"]
                services[key, r["ServiceName"] if r["ServiceName"] not in (None, "NULL") else "(no service named)"] += r["cost"]
            if window.before.first <= day_of(r) < window.before.end:
                before[key] += r["cost"]
            if day_of(r) < window.now.end:
                months[key, day_of(r).replace(day=1)] += r["cost"]
        cost = await bench.cost(store, "component:web", days=DAYS)
        assert {c.currency: c.total.amount for c in cost.currencies if c.currency in web} == web
        reaches_back = min(map(day_of, drawn)) <= window.before.first
        assert {c.currency: c.previous and c.previous.amount for c in cost.currencies if c.currency in before} == {
            currency: amount if reaches_back else None for currency, amount in before.items()
        }
        shown = {(s.amount.currency, s.service): s.amount.amount for s in cost.services}
        assert {key: amount for key, amount in shown.items() if key in services} == services
        shown_months = {(m.amount.currency, m.month): m.amount.amount for m in cost.by_month}
        assert {key: shown_months[key] for key in months} == months
        total = await bench.cost(store, None, days=DAYS)
        shares = await Asked.checked(store, CostPeriod.LAST_30_DAYS, DAYS, None).shares(CostGrouping.ENTITY, bench.catalog())
        for currency in total.currencies:
            parts = sum((s.amount.amount for s in shares if s.amount.currency == currency.currency), Decimal(0))
            assert parts == currency.total.amount, "what belongs to nobody is a part too"
        bench.close()


async def test_the_recorded_sample_adds_up_to_what_plain_python_says(desk: Any, sample: Path) -> None:
    store = desk.store(sources=[{"path": str(sample)}], rules=[{"tag": "application"}])
    with sample.open(newline="") as file:
        recorded = list(csv.DictReader(file))
    assert store.state.sources[0].files[0].reading.rows == len(recorded) == 1_000
    assert store.state.sources[0].files[0].problems == ()
    for column in ("EffectiveCost", "BilledCost"):
        other = desk.store(sources=[{"path": str(sample)}], cost=column)
        ((exact,),) = other.ledger.ask("SELECT sum(amount) FROM charges", {})
        assert exact == sum(Decimal(row[column]) for row in recorded)
    ((untagged,),) = store.ledger.ask("SELECT sum(amount) FROM charges WHERE reason IS NOT NULL", {})
    assert untagged == sum(Decimal(row["EffectiveCost"]) for row in recorded if '"application"' not in row["Tags"])
    cost = await desk.cost(store, None, CostPeriod.THIS_MONTH)
    assert (cost.from_, cost.to) == (date(2024, 9, 1), date(2024, 9, 30))
    assert cost.total is not None
    assert cost.total.currency == "USD"


async def test_amounts_of_a_billionth_are_kept(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge(cost="0.0000000004"), desk.charge(cost="4e-10"), desk.charge(cost="1000000.1")])
    cost = await desk.cost(desk.store(), "component:web")
    assert cost.total.amount == Decimal("1000000.1000000008")


async def test_a_sum_shows_at_least_two_decimals_and_no_idle_zeros(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge(cost="12.5000")])
    assert str((await desk.cost(desk.store(), "component:web")).total.amount) == "12.50"


async def test_currencies_are_never_added_up(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge(cost=10), desk.charge(cost=20, BillingCurrency="USD"), desk.charge(cost=5, component="api")])
    store = desk.store()
    cost = await desk.cost(store, "component:web")
    assert (cost.total, cost.previous, cost.change) == (None, None, None)
    assert [(c.currency, c.total.amount) for c in cost.currencies] == [("EUR", 10), ("USD", 20)]
    assert "10.00 EUR and 20.00 USD" in cost.summary
    assert "not added up" in cost.summary
    only = await desk.cost(store, "component:web", currency="usd")
    assert only.total.amount == 20
    assert (await desk.cost(store, "component:api")).total.amount == 5, "one currency is enough for a total"


async def test_an_entity_without_charges_costs_zero_and_says_that_nothing_is_known(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge()])
    cost = await desk.cost(desk.store(), "component:silent")
    assert (cost.total.amount, cost.attributed) == (0, False)
    assert cost.summary == "No charge is attributed to it"


@pytest.mark.parametrize("currency", ["EURO", "", "1; --"])
async def test_a_currency_that_can_not_be_is_refused_with_an_example(desk: Any, currency: str) -> None:
    desk.csv("a.csv", [desk.charge()])
    with pytest.raises(BadArgument, match="ISO 4217"):
        await desk.cost(desk.store(), "component:web", currency=currency)


async def test_change_is_a_ratio_and_null_without_an_earlier_cost_above_zero(desk: Any) -> None:
    desk.csv(
        "a.csv",
        [
            desk.charge("2024-08-01", 1, "old"),
            desk.charge("2024-10-31", 118),
            desk.charge("2024-09-15", 100),
            desk.charge("2024-10-31", 5, "new"),
            desk.charge("2024-10-31", 5, "credited"),
            desk.charge("2024-09-15", -5, "credited"),
        ],
    )
    store = desk.store()
    assert (await desk.cost(store, "component:web")).change == 0.18
    new = await desk.cost(store, "component:new")
    assert (new.previous.amount, new.change) == (0, None)
    assert (await desk.cost(store, "component:credited")).change is None


async def test_a_period_before_the_exports_begin_is_not_compared_with(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge("2024-09-20", 50), desk.charge("2024-10-31", 100)])
    cost = await desk.cost(desk.store(), "component:web")
    assert cost.previous_from < date(2024, 9, 20) <= cost.previous_to
    assert (cost.total.amount, cost.previous, cost.change) == (100, None, None)
    assert "don't reach back" in cost.summary


async def test_months_are_listed_oldest_first_without_gaps_and_say_whether_they_are_complete(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge("2024-08-01", 1), desk.charge("2024-10-15", 3)])
    cost = await desk.cost(desk.store(), "component:web")
    assert [(m.month.month, m.amount.amount, m.complete) for m in cost.by_month] == [(8, 1, True), (9, 0, True), (10, 3, False)]


@pytest.mark.parametrize("column", ["EffectiveCost", "BilledCost"])
async def test_the_settings_say_which_cost_counts(desk: Any, column: str) -> None:
    desk.csv("a.csv", [desk.charge(EffectiveCost=1, BilledCost=2)])
    cost = await desk.cost(desk.store(cost=column), "component:web")
    assert cost.total.amount == {"EffectiveCost": 1, "BilledCost": 2}[column]


async def test_one_statement_answers_for_one_entity_and_for_a_hundred(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge(cost=n, component=f"c{n}") for n in range(1, 101)])
    store = desk.store()
    asked = Asked.checked(store, CostPeriod.LAST_30_DAYS, None, None)
    for count in (1, 100):
        before = store.ledger.statements
        costs = await asked.costs_of([[EntityRef("component", "default", f"c{n}")] for n in range(1, count + 1)])
        assert [cost.total.amount for cost in costs] == list(range(1, count + 1))
        assert store.ledger.statements - before == 1
    before = store.ledger.statements
    await asked.costs_of([[EntityRef("component", "default", "silent")]])
    assert store.ledger.statements == before, "nothing is asked about entities without charges"


async def test_what_a_viewer_may_not_see_is_in_no_sum_even_if_something_visible_declares_it(desk: Any) -> None:
    family = {"parentOf": {"group:default/all": ["group:inner/secret", "group:default/web", "group:default/gone"]}}
    refs = [EntityRef.parse(f"group:{name}") for name in ("default/all", "inner/secret", "default/web")]
    known = desk.catalog([str(ref) for ref in refs], family)
    outside = Access(no(Is(Column.NAMESPACE, frozenset({"inner"}))))
    assert await owned(VisibleCatalog(known, outside), refs[:1]) == [{refs[0], refs[2]}]
    assert await owned(known, refs[:1]) == [{*refs, EntityRef.parse("group:default/gone")}]
