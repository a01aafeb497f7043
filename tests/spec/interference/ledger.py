"""An export of costs, for the gateway that has the plugin of costs: a charge for each entity that may be there, none like another.

It is the same in all worlds. So costs of what a viewer sees are too, and of what it doesn't see nothing may be in any sum.
"""

from __future__ import annotations

import csv
import json
from itertools import product
from pathlib import Path
from typing import Any

from .world import NAMES, NAMESPACES

_KINDS = ("component", "resource", "system", "domain", "group", "api")


def ledger(folder: Path) -> dict[str, Any]:
    """Write the export below this folder; the settings of the plugin that reads it."""
    file = folder / "costs.csv"
    refs = [f"{kind}:{place}/{name}" for kind, place, name in product(_KINDS, dict.fromkeys(NAMESPACES), NAMES)]
    with file.open("w", newline="", encoding="utf-8") as export:
        rows = [_charge(ref, number) for number, ref in enumerate(refs, start=1)]
        writer = csv.DictWriter(export, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return {"sources": [{"name": "exports", "path": str(file)}], "rules": [{"tag": "owner"}]}


def _charge(ref: str, number: int) -> dict[str, str]:
    cost = f"{number * number}.{number:03}"
    return {
        "BilledCost": cost, "BillingCurrency": "EUR", "ChargeCategory": "Usage", "ChargePeriodEnd": "2024-10-16 00:00:00",
        "ChargePeriodStart": "2024-10-15 00:00:00", "EffectiveCost": cost, "ResourceId": "", "ServiceCategory": "Compute",
        "ServiceName": "Machines", "SubAccountId": "100", "SubAccountName": "main", "Tags": json.dumps({"owner": ref}),
    }  # fmt: skip
