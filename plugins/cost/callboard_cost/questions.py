# ruff: noqa: S608 - statements are made of this package's own texts; every value is bound
"""The statements that the ledger is asked: fixed texts, every value bound.

All keep to one shape: charges of the period and of the one compared with are summed side by side, by currency.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from .periods import Window

BY_SERVICE, BY_ENTITY, BY_MONTH, IN_ALL = 3, 5, 6, 7
"""What GROUPING(service, entity, month) gives for each of the sums that a cost question is answered with."""

_SUMS = (
    "sum(amount) FILTER (WHERE day >= $first) AS now, sum(amount) FILTER (WHERE day < $before_end AND day >= $before) AS before"
)
_WITHIN = "day >= $since AND day < $end AND ($currency::VARCHAR IS NULL OR currency = $currency)"
_SETS = """
    SELECT GROUPING(service, entity, month) AS sums, parent, service, entity, month, currency, {sums},
        sum(amount) FILTER (WHERE day >= $months) AS monthly
    FROM asked_charges
    GROUP BY GROUPING SETS (
        (parent, currency, service), (parent, currency, entity), (parent, currency, month), (parent, currency)
    )
""".replace("{sums}", _SUMS)

COST_OF = f"""
    WITH asked AS (SELECT unnest($parents::INTEGER[]) AS parent, unnest($entities::INTEGER[]) AS entity),
    asked_charges AS (
        SELECT parent, service, entity, date_trunc('month', day)::DATE AS month, currency, day, amount
        FROM charges JOIN asked USING (entity) WHERE {_WITHIN}
    ) {_SETS}
"""
"""What each of several parents costs: `parents` and `entities` are pairs, one for each entity a parent adds up.

Rows: sums, parent, service, entity, month, currency, now, before, monthly.
"""

COST_OF_ALL = f"""
    WITH asked_charges AS (
        SELECT 0 AS parent, service, entity, date_trunc('month', day)::DATE AS month, currency, day, amount
        FROM charges WHERE {_WITHIN}
    ) {_SETS}
"""
"""What everything costs, attributed or not, as parent 0. Rows as of COST_OF."""

BY_ENTITIES = f"""
    SELECT entity, reason, currency, {_SUMS} FROM charges WHERE {_WITHIN} GROUP BY ALL
"""
"""All charges by entity, or by why there is none. Rows: entity, reason, currency, now, before."""

BY_SERVICES = f"SELECT service, currency, {_SUMS} FROM charges WHERE {_WITHIN} GROUP BY ALL"
"""All charges by service. Rows: service, currency, now, before."""

BY_ACCOUNTS = f"SELECT account, currency, {_SUMS} FROM charges WHERE {_WITHIN} GROUP BY ALL"
"""All charges by sub-account. Rows: account, currency, now, before."""

ENTITIES = """
    SELECT DISTINCT entity FROM charges
    WHERE entity IS NOT NULL AND day >= $first AND day < $end AND ($currency::VARCHAR IS NULL OR currency = $currency)
"""
"""The entities with a charge in the period. Rows: entity."""

UNATTRIBUTED = """
    WITH unknown AS (SELECT unnest($unknown::INTEGER[]) AS entity, true AS is_unknown),
    judged AS (
        SELECT coalesce(reason, CASE WHEN is_unknown THEN $unknown_reason::TINYINT END) AS reason,
            CASE WHEN is_unknown THEN charges.entity END AS entity, service, account, currency, amount
        FROM charges LEFT JOIN unknown ON unknown.entity = charges.entity
        WHERE day >= $first AND day < $end AND ($currency::VARCHAR IS NULL OR currency = $currency)
    )
    SELECT GROUPING(reason, service, account, entity) AS sums, reason, service, account, entity, currency, sum(amount)
    FROM judged
    GROUP BY GROUPING SETS (
        (currency), (reason, currency), (reason, service, currency), (reason, account, currency), (reason, entity, currency)
    )
"""
"""What has no entity, or one of those given as `unknown`, and everything for comparison (a reason of null: attributed).

Rows: sums, reason, service, account, entity, currency, amount.
"""
TOTAL, REASON, REASON_SERVICE, REASON_ACCOUNT, REASON_ENTITY = 15, 7, 3, 5, 6
"""What GROUPING(reason, service, account, entity) gives for each of the sums of UNATTRIBUTED."""


def compared(window: Window, currency: str | None) -> dict[str, Any]:
    """The values for a question that compares two periods."""
    return {
        "since": min(window.before.first, window.now.first),
        "before": window.before.first,
        "before_end": window.before.end,
        "first": window.now.first,
        "end": window.now.end,
        "currency": currency,
    }


def with_months(window: Window, currency: str | None) -> dict[str, Any]:
    """The values for a question that lists months too."""
    months: date = window.months[0]
    values = compared(window, currency)
    return {**values, "months": months, "since": min(values["since"], months)}
