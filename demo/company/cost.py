"""Writes the company's cloud bill: FOCUS 1.0 rows a day, component and service, as Parquet and CSV files a month."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import duckdb

from demo.company.accounts import BILLING_ACCOUNT, SHARED_ACCOUNT, Account, account, account_of
from demo.company.dice import Dice, hexes
from demo.company.model import REGIONS, Company, Component, Resource, System, Trend

MONTHS = 6
TAG = "callboard/component"
_CLOUD = "Stratus Cloud"
_MONITOR = "Lanternwatch"
_SERVICES = {
    "compute": ("Stratus Compute", "Compute", "vcpu-hour", "Hours", 0.042),
    "database": ("Stratus Relational", "Databases", "db-instance-hour", "Hours", 0.115),
    "object-store": ("Stratus Objects", "Storage", "gb-day", "GB-Days", 0.0009),
    "message-queue": ("Stratus Queues", "Integration", "million-requests", "Requests", 0.40),
    "cache": ("Stratus Memory", "Databases", "cache-node-hour", "Hours", 0.068),
    "network": ("Stratus Network", "Networking", "gb-out", "GB", 0.051),
    "watch": ("Lanternwatch Traces", "Management and Governance", "million-spans", "Spans", 1.10),
}


@dataclass(frozen=True, slots=True)
class _Line:
    """What one component (or nobody) uses of one service in one account, day after day."""

    number: int
    service: str
    category: str
    sku: str
    unit: str
    price: float
    daily: float
    trend: float
    provider: str
    region: str
    account_id: str
    account_name: str
    resource_id: str
    resource_name: str
    tags: str | None


def write_cost(company: Company, folder: Path) -> int:
    """Write `focus-YYYY-MM.parquet` for the cloud and `monitoring-YYYY-MM.csv` for a second vendor; returns the rows.

    The export covers the six whole months before `as_of` and its own month up to, not including,
    `as_of`. Costs are in EUR. About one row in twelve has no tag: some of those can be told by their
    sub-account, those of the shared account by nothing. Raises OSError where it can't write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first, last = period(company.founding.as_of)
    with duckdb.connect(config={"threads": 1}) as database:
        _load(database, _lines(company))
        database.execute(_DAYS, {"first": first, "last": last})
        database.execute(_ROWS)
        for (month,) in database.execute("select distinct date_trunc('month', day) from days order by 1").fetchall():
            for provider, name, form in (
                (_CLOUD, "focus", "format parquet, compression zstd"),
                (_MONITOR, "monitoring", "format csv, header"),
            ):
                target = folder / f"{name}-{month:%Y-%m}.{form.split()[1].rstrip(',')}"
                period_of_file = f"BillingPeriodStart = timestamp '{month:%Y-%m-%d}'"
                chosen = f"select * from charges where ProviderName = '{provider}' and {period_of_file}"  # noqa: S608 - constants
                database.execute(f"copy ({chosen}) to '{_quoted(target)}' ({form})")
        row = database.execute("select count(*) from charges").fetchone()
    return int(row[0]) if row else 0


def period(as_of: dt.date) -> tuple[dt.date, dt.date]:
    """The first and the last day (inclusive) that an export of `as_of` covers."""
    last = as_of - dt.timedelta(days=1)
    months = as_of.year * 12 + as_of.month - 1 - MONTHS
    return dt.date(months // 12, months % 12 + 1, 1), last


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _load(database: duckdb.DuckDBPyConnection, lines: Iterator[tuple[object, ...]]) -> None:
    """Take the lines in through a CSV file: DuckDB reads one far faster than it executes inserts."""
    text = io.StringIO()
    csv.writer(text).writerows(["\\N" if value is None else value for value in line] for line in lines)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "lines.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        database.execute(_LINES)
        database.execute(f"copy lines from '{_quoted(path)}' (header false, nullstr '\\N')")


def _lines(company: Company) -> Iterator[tuple[object, ...]]:
    pen = _Pen(company)
    for component in company.components:
        yield from pen.component(component)
    for resource in company.resources:
        yield pen.resource(resource)
    for system in company.systems:
        yield pen.staging(system)
    for service in ("network", "object-store", "watch"):
        yield pen.shared(service)


class _Pen:
    """Numbers the lines as it writes them."""

    def __init__(self, company: Company) -> None:
        self._systems = company.system_by_name
        self._dice = Dice(company.founding.seed)
        self._number = 0

    def component(self, component: Component) -> Iterator[tuple[object, ...]]:
        """Compute in production; network and monitoring for some. Staging is billed by system, below."""
        throw = self._dice.of("cost", component.name)
        tagged = throw.random() < 0.9
        replicas = sum(place.replicas for place in component.placements if place.cluster != "staging")
        if not replicas:
            return
        whose = account_of(self._systems[component.system], production=True)
        for service, share, size in (
            ("compute", 1.0, throw.uniform(1.5, 9.0) * replicas),
            ("network", 0.35, throw.uniform(0.3, 2.0) * replicas),
            ("watch", 0.06, throw.uniform(0.5, 4.0)),
        ):
            if throw.random() < share:
                cluster = component.placements[0].cluster
                yield self._line(service, size, component.trend, whose, cluster, component.name, tagged=tagged)

    def staging(self, system: System) -> tuple[object, ...]:
        """All of a system's staging in one line, which only the account tells about."""
        throw = self._dice.of("cost", system.name, "staging")
        whose = account_of(system, production=False)
        size = throw.uniform(3.0, 12.0)
        return self._line("compute", size, Trend.STEADY, whose, "staging", system.name, tagged=False)

    def resource(self, resource: Resource) -> tuple[object, ...]:
        """A resource of a system, in the system's account, tagged with the resource's own name."""
        throw = self._dice.of("cost", resource.name)
        whose = account_of(self._systems[resource.system], production=True)
        return self._line(
            resource.type,
            throw.uniform(4.0, 30.0),
            Trend.STEADY,
            whose,
            "prod-eu",
            resource.name,
            tagged=throw.random() < 0.5,
            tag="callboard/resource",
        )

    def shared(self, service: str) -> tuple[object, ...]:
        """What nobody can be charged for."""
        whose = account(SHARED_ACCOUNT)
        return self._line(service, 60.0, Trend.STEADY, whose, "prod-eu", f"shared-{service}", tagged=False)

    def _line(
        self,
        kind: str,
        daily: float,
        trend: Trend,
        whose: Account,
        cluster: str,
        name: str,
        *,
        tagged: bool,
        tag: str = TAG,
    ) -> tuple[object, ...]:
        self._number += 1
        service, category, sku, unit, price = _SERVICES[kind]
        region = REGIONS[cluster]
        tags = {tag: name, "environment": "staging" if cluster == "staging" else "production"}
        return astuple(
            _Line(
                number=self._number,
                service=service,
                category=category,
                sku=sku,
                unit=unit,
                price=price,
                daily=round(daily, 4),
                trend={Trend.STEADY: 0.0, Trend.RISING: 2.5, Trend.FALLING: -0.6}[trend],
                provider=_MONITOR if kind == "watch" else _CLOUD,
                region=region,
                account_id=whose.id,
                account_name=whose.name,
                resource_id=f"stratus:{region}:{whose.id}:{kind}/{name}-{hexes(8, kind, cluster, name)}",
                resource_name=f"{name}-{kind}",
                tags=json.dumps(tags, separators=(",", ":")) if tagged else None,
            )
        )


_DAYS = """
create table days as
select
    day::date as day,
    epoch(day)::bigint // 86400 as day_number,
    greatest(0, 3.0 * (day::date - $first::date) / greatest(1, $last::date - $first::date) - 2) as climb,
    case isodow(day) when 5 then 1.15 when 6 then 1.25 when 7 then 0.9 else 1 end as weekday
from unnest(generate_series($first::date, $last::date, interval 1 day)) as series(day)
"""

_LINES = """
create table lines (
    number integer, service varchar, category varchar, sku varchar, unit varchar, price decimal(12, 6),
    daily decimal(12, 4), trend decimal(6, 3), provider varchar, region varchar,
    account_id varchar, account_name varchar, resource_id varchar, resource_name varchar, tags varchar
)
"""

# A rising line climbs over the last third of the period; the week has a shape; noise is whole-number
# arithmetic, so that every machine writes the same bytes.
_ROWS = f"""
create table charges as
with shaped as (
    select *,
        (daily * (1 + trend * climb) * weekday
            * (0.92 + ((number * 7919 + day_number * 104729) * 2654435761 % 4294967296) / 4294967296.0 * 0.16)
        )::decimal(14, 4) as cost
    from lines cross join days
)
select
    null::varchar as AvailabilityZone,
    (cost * 0.88)::decimal(14, 4) as BilledCost,
    '{BILLING_ACCOUNT[0]}' as BillingAccountId,
    '{BILLING_ACCOUNT[1]}' as BillingAccountName,
    'EUR' as BillingCurrency,
    (date_trunc('month', day) + interval 1 month)::timestamp as BillingPeriodEnd,
    date_trunc('month', day)::timestamp as BillingPeriodStart,
    'Usage' as ChargeCategory,
    null::varchar as ChargeClass,
    service || ', ' || sku as ChargeDescription,
    'Usage-Based' as ChargeFrequency,
    (day + interval 1 day)::timestamp as ChargePeriodEnd,
    day::timestamp as ChargePeriodStart,
    null::varchar as CommitmentDiscountCategory,
    null::varchar as CommitmentDiscountId,
    null::varchar as CommitmentDiscountName,
    null::varchar as CommitmentDiscountStatus,
    null::varchar as CommitmentDiscountType,
    (cost / price)::decimal(18, 4) as ConsumedQuantity,
    unit as ConsumedUnit,
    (cost * 0.88)::decimal(14, 4) as ContractedCost,
    (price * 0.88)::decimal(12, 6) as ContractedUnitPrice,
    (cost * 0.88)::decimal(14, 4) as EffectiveCost,
    provider as InvoiceIssuerName,
    cost as ListCost,
    price as ListUnitPrice,
    'Standard' as PricingCategory,
    (cost / price)::decimal(18, 4) as PricingQuantity,
    unit as PricingUnit,
    provider as ProviderName,
    provider as PublisherName,
    region as RegionId,
    region as RegionName,
    resource_id as ResourceId,
    resource_name as ResourceName,
    category as ResourceType,
    category as ServiceCategory,
    service as ServiceName,
    sku as SkuId,
    sku || '.' || region as SkuPriceId,
    account_id as SubAccountId,
    account_name as SubAccountName,
    tags as Tags
from shaped
order by day, number
"""  # noqa: S608 - the only values written in are this module's own constants
