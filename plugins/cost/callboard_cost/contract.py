"""What the contract suite runs this plugin with: an export of one charge, and an object of each own type."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from callboard_sdk import EntityRef, Money
from callboard_sdk.testing import Samples

from .model import CostShare, CostSource, EntityCost

_EXPORT = """\
BillingCurrency,ChargePeriodStart,EffectiveCost,ServiceName,Tags
EUR,2024-10-15 00:00:00,1.50,Machines,"{""component"": ""component-0""}"
"""


def samples(folder: Path) -> Samples:
    """A charge of the first sample component."""
    exports = folder / "exports"
    exports.mkdir(exist_ok=True)
    (exports / "october.csv").write_text(_EXPORT, encoding="utf-8")
    refs = [EntityRef("component", "default", name) for name in ("a", "b", "c")]
    amount = Money(amount=Decimal(1), currency="EUR")
    return Samples(
        settings={"sources": [{"path": str(exports)}]},
        parents=[
            *(EntityCost(ref=ref, amount=amount) for ref in refs),
            *(CostShare(name=str(ref), amount=amount, ref=ref) for ref in refs),
            *(_source(name) for name in ("exports", "other", "third")),
        ],
    )


def _source(name: str) -> CostSource:
    return CostSource(
        name=name,
        file_count=1,
        row_count=1,
        bad_row_count=0,
        stale=False,
        problems=[],
        problem_count=0,
        checked_at=datetime.now(UTC),
    )
