"""A desk to write exports at: FOCUS rows, files of them, stores over them, and a catalog made by hand that counts."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from callboard_cost.asking import Asked
from callboard_cost.model import Cost, CostPeriod
from callboard_cost.settings import CostSettings
from callboard_cost.store import Store
from callboard_sdk import EntityRef
from callboard_sdk.testing import make_component

COLUMNS = (
    "BilledCost",
    "BillingCurrency",
    "ChargeCategory",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "EffectiveCost",
    "ResourceId",
    "ServiceCategory",
    "ServiceName",
    "SubAccountId",
    "SubAccountName",
    "Tags",
)
SAMPLE = Path(__file__).parents[3].parent / "shared" / "data" / "upstreams" / "cost" / "focus_sample_1.0.csv"


def charge(day: str = "2024-10-15", cost: object = "1", component: str | None = "web", **more: Any) -> dict[str, Any]:
    """One row of an export: a charge of one day, tagged with a component unless that is None."""
    following = f"{day} 23:59:59" if len(day) == 10 else day
    row = {
        "BilledCost": cost,
        "BillingCurrency": "EUR",
        "ChargeCategory": "Usage",
        "ChargePeriodEnd": following,
        "ChargePeriodStart": f"{day} 00:00:00" if len(day) == 10 else day,
        "EffectiveCost": cost,
        "ResourceId": None,
        "ServiceCategory": "Compute",
        "ServiceName": "Machines",
        "SubAccountId": "100",
        "SubAccountName": "main",
        "Tags": {"component": component} if component is not None else None,
    }
    assert not set(more) - set(row), "a column this export doesn't have"
    return row | more


class HandmadeCatalog:
    """The entities and relations it is given; `asked` counts the questions."""

    def __init__(self, known: Sequence[str] = (), related: Mapping[str, Mapping[str, Sequence[str]]] | None = None) -> None:
        self.known = {EntityRef.parse(text) for text in known}
        self.relations = {
            (EntityRef.parse(ref), relation): [EntityRef.parse(text) for text in targets]
            for relation, edges in (related or {}).items()
            for ref, targets in edges.items()
        }
        self.asked: Counter[str] = Counter()

    async def get(self, refs: Sequence[EntityRef]) -> list[Any]:
        self.asked["get"] += 1
        return [make_component(ref.name, ref=ref) if ref in self.known else None for ref in refs]

    async def related(self, refs: Sequence[EntityRef], relation: str) -> Mapping[EntityRef, list[EntityRef]]:
        self.asked[relation] += 1
        return {ref: sorted(self.relations.get((ref, relation), [])) for ref in refs}


class Desk:
    """Files below one folder, and stores over them that are closed at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stores: list[Store] = []
        self.ticks = 0
        self.charge = charge
        self.catalog = HandmadeCatalog

    def csv(self, name: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = COLUMNS, null: str = "") -> Path:
        """A CSV export; tags become JSON text."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for row in rows:
                writer.writerow([_text(row.get(column), null) for column in columns])
        return path

    def parquet(self, name: str, rows: Sequence[Mapping[str, Any]], tags: str = "map") -> Path:
        """A Parquet export with real types: decimals, timestamps with a zone, tags as a map (or `text`)."""
        path = self.folder / name
        with duckdb.connect() as database:
            database.execute(
                "CREATE TABLE t (BilledCost DECIMAL(30, 12), BillingCurrency VARCHAR, ChargeCategory VARCHAR,"
                " ChargePeriodEnd TIMESTAMPTZ, ChargePeriodStart TIMESTAMPTZ, EffectiveCost DECIMAL(30, 12),"
                " ResourceId VARCHAR, ServiceCategory VARCHAR, ServiceName VARCHAR, SubAccountId VARCHAR,"
                f" SubAccountName VARCHAR, Tags {'MAP(VARCHAR, VARCHAR)' if tags == 'map' else 'VARCHAR'})"
            )
            for row in rows:
                values = dict(row)
                for column in ("ChargePeriodStart", "ChargePeriodEnd"):
                    values[column] = f"{values[column]}+00"
                if tags == "text" and values["Tags"] is not None:
                    values["Tags"] = json.dumps(values["Tags"])
                database.execute(f"INSERT INTO t VALUES ({', '.join('?' * 12)})", [values[column] for column in COLUMNS])
            database.execute(f"COPY t TO '{path}' (FORMAT parquet)")
        return path

    def settings(self, **given: Any) -> CostSettings:
        return CostSettings.model_validate({"sources": [{"path": str(self.folder), "name": "exports"}]} | given)

    def store(self, **given: Any) -> Store:
        """A store that has read what lies in the folder."""
        store = Store(self.settings(**given), self._clock)
        self.stores.append(store)
        store.load_now()
        return store

    async def cost(self, store: Store, ref: str | None, period: CostPeriod = CostPeriod.LAST_30_DAYS, **more: Any) -> Cost:
        """What an entity costs (None: everything)."""
        asked = Asked.checked(store, period, more.get("days"), more.get("currency"))
        if ref is None:
            return await asked.cost_of_all()
        (cost,) = await asked.costs_of([[EntityRef.parse(ref)]])
        assert cost is not None
        return cost

    def _clock(self) -> datetime:
        self.ticks += 1
        return datetime.fromtimestamp(1_700_000_000 + self.ticks, UTC)

    def close(self) -> None:
        for store in self.stores:
            store.close()
        self.stores.clear()


def _text(value: Any, null: str) -> str:
    if value is None:
        return null
    return json.dumps(value) if isinstance(value, dict) else str(value)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "exports")
    yield made
    made.close()


@pytest.fixture
def sample() -> Path:
    if not SAMPLE.exists():
        pytest.skip("the recorded FOCUS sample is not on this machine")
    return SAMPLE
