"""The bill keeps FOCUS 1.0, names real entities, and leaves something that nobody can be charged for."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from demo.company import Company
from demo.company.cost import period
from demo.company.model import Trend
from demo.tests.conftest import AS_OF

# The columns of FOCUS 1.0 (FinOps Open Cost and Usage Specification), chapter 2.
COLUMNS = """
AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart
ChargeCategory ChargeClass ChargeDescription ChargeFrequency ChargePeriodEnd ChargePeriodStart
CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName CommitmentDiscountStatus CommitmentDiscountType
ConsumedQuantity ConsumedUnit ContractedCost ContractedUnitPrice EffectiveCost InvoiceIssuerName ListCost
ListUnitPrice PricingCategory PricingQuantity PricingUnit ProviderName PublisherName RegionId RegionName ResourceId
ResourceName ResourceType ServiceCategory ServiceName SkuId SkuPriceId SubAccountId SubAccountName Tags
""".split()
CATEGORIES = {
    "Compute", "Databases", "Storage", "Integration", "Networking", "Management and Governance"
}  # fmt: skip


@pytest.fixture(scope="module")
def bill(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as database:
        cost = data / "cost"
        database.execute(
            f"create view bill as select * from '{cost}/focus-*.parquet'"
            f" union all by name select * from read_csv('{cost}/monitoring-*.csv')"
        )
        yield database


def column(bill: duckdb.DuckDBPyConnection, query: str) -> list[object]:
    return [row[0] for row in bill.execute(query).fetchall()]


def test_it_has_the_columns_of_focus_and_no_others(data: Path) -> None:
    files = sorted((data / "cost").iterdir())
    assert {file.suffix for file in files} == {".parquet", ".csv"}
    for file in files:
        assert duckdb.sql(f"select * from '{file}' limit 0").columns == COLUMNS


def test_it_covers_six_months_and_the_current_one_to_date(bill: duckdb.DuckDBPyConnection) -> None:
    assert period(AS_OF) == (dt.date(2026, 5, 1), dt.date(2026, 11, 23))
    (row,) = bill.execute("select min(ChargePeriodStart)::date, max(ChargePeriodEnd)::date from bill").fetchall()
    assert row == (dt.date(2026, 5, 1), AS_OF)


def test_on_the_first_of_a_month_the_export_ends_with_the_month_before() -> None:
    assert period(dt.date(2026, 3, 1)) == (dt.date(2025, 9, 1), dt.date(2026, 2, 28))


def test_a_file_holds_the_rows_of_its_month(data: Path) -> None:
    for file in (data / "cost").glob("*.parquet"):
        months = duckdb.sql(f"select distinct strftime(ChargePeriodStart, '%Y-%m') from '{file}'").fetchall()
        assert months == [(file.stem.removeprefix("focus-"),)]


def test_required_values_are_never_empty(bill: duckdb.DuckDBPyConnection) -> None:
    optional = {"AvailabilityZone", "ChargeClass", "Tags"}
    needed = [name for name in COLUMNS if not name.startswith("CommitmentDiscount") and name not in optional]
    counts = ", ".join(f"count({name})" for name in needed)
    (row,) = bill.execute(f"select count(*), {counts} from bill").fetchall()
    assert len(set(row)) == 1
    assert row[0] > 1000
    assert set(column(bill, "select distinct ServiceCategory from bill")) <= CATEGORIES
    assert column(bill, "select distinct BillingCurrency from bill") == ["EUR"]
    assert column(bill, "select count(*) from bill where BilledCost <= 0 or ListCost < BilledCost") == [0]


def test_tags_name_entities_that_exist(bill: duckdb.DuckDBPyConnection, company: Company) -> None:
    tags = [json.loads(str(text)) for text in column(bill, "select distinct Tags from bill where Tags is not null")]
    named = {tag["callboard/component"] for tag in tags if "callboard/component" in tag}
    assert named
    assert named <= {component.name for component in company.components}
    named = {tag["callboard/resource"] for tag in tags if "callboard/resource" in tag}
    assert named <= {resource.name for resource in company.resources}


def test_accounts_tell_whose_they_are_but_for_the_shared_one(bill: duckdb.DuckDBPyConnection, company: Company) -> None:
    names = {str(name) for name in column(bill, "select distinct SubAccountName from bill where Tags is null")}
    systems = {f"system-{system.name}" for system in company.systems if system.own_account}
    departments = {f"{domain}-{stage}" for domain in company.domains for stage in ("production", "staging")}
    assert "shared-services" in names
    assert names <= systems | departments | {"shared-services"}
    assert names & departments
    assert column(bill, "select count(distinct SubAccountId) = count(distinct SubAccountName) from bill") == [True]


def test_what_rises_has_at_least_doubled_and_what_is_steady_has_not(bill: duckdb.DuckDBPyConnection, company: Company) -> None:
    growth = dict(
        bill.execute(
            """
            select ResourceName,
                avg(EffectiveCost) filter (BillingPeriodStart = timestamp '2026-11-01')
                / avg(EffectiveCost) filter (BillingPeriodStart = timestamp '2026-05-01')
            from bill where ServiceName = 'Stratus Compute' and SubAccountName not like '%-staging' group by 1
            """
        ).fetchall()
    )
    ratios: dict[Trend, list[float]] = {trend: [] for trend in Trend}
    for component in company.components:
        if f"{component.name}-compute" in growth:
            ratios[component.trend].append(growth[f"{component.name}-compute"])
    assert ratios[Trend.RISING]
    assert min(ratios[Trend.RISING]) > 2
    assert all(0.9 < ratio < 1.1 for ratio in ratios[Trend.STEADY])
