"""A cost in plain words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from callboard_cost.amounts import change, money
from callboard_cost.model import CostPeriod, CurrencyCost
from callboard_cost.periods import window
from callboard_cost.words import amount_words, cost_words
from hypothesis import given
from hypothesis import strategies as st

OCTOBER = window(CostPeriod.LAST_MONTH, date(2024, 11, 5))


def words(total: str, previous: str | None, **categories: str) -> str:
    now, before = Decimal(total), Decimal(previous) if previous is not None else None
    cost = CurrencyCost(
        currency="EUR",
        total=money(now, "EUR"),
        previous=money(before, "EUR") if before is not None else None,
        change=change(now, before),
    )
    named = {"" if name == "none" else name: Decimal(amount) for name, amount in categories.items()}
    return cost_words([cost], {"EUR": named}, OCTOBER, attributed=True)


@pytest.mark.parametrize(
    ("given", "categories", "expected"),
    [
        (
            ("1240", "1050.85"),
            {"Compute": "900", "Storage": "340"},
            "1,240 EUR in October 2024, 18% more than in September 2024; most of it Compute",
        ),
        (("80", "100"), {"Compute": "80"}, "80.00 EUR in October 2024, 20% less than in September 2024; all of it Compute"),
        (
            ("100", "100.2"),
            {"A": "40", "B": "35", "C": "25"},
            "100 EUR in October 2024, about as much as in September 2024; the largest part A (40%)",
        ),
        (("500", "100"), {"none": "500"}, "500 EUR in October 2024, 5.0 times as much as in September 2024"),
        (("5", "0"), {"A": "5"}, "5.00 EUR in October 2024, after nothing in September 2024; all of it A"),
        (("0", "0"), {}, "0 EUR in October 2024, as before"),
        (("0", "12.5"), {}, "0 EUR in October 2024, 100% less than in September 2024"),
        (
            ("5", None),
            {"A": "5"},
            "5.00 EUR in October 2024, with nothing to compare: the exports don't reach back further; all of it A",
        ),
        (("-3", "-4"), {"A": "-3"}, "-3.00 EUR in October 2024, after -4.00 EUR in September 2024"),
    ],
)
def test_a_summary_says_how_much_how_it_changed_and_for_what(given: Any, categories: dict[str, str], expected: str) -> None:
    assert words(*given, **categories) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("1234567.891", "1,234,568 EUR"),
        ("99.994", "99.99 EUR"),
        ("0.004", "less than 0.01 EUR"),
        ("-0.004", "a credit of less than 0.01 EUR"),
        ("0", "0 EUR"),
        ("-1500", "-1,500 EUR"),
    ],
)
def test_an_amount_for_people(amount: str, expected: str) -> None:
    assert amount_words(money(Decimal(amount), "EUR")) == expected


@given(st.decimals("-1e15", "1e15", places=15, allow_nan=False))
def test_money_keeps_ten_decimals_and_never_a_negative_zero(amount: Decimal) -> None:
    shown = money(amount, "EUR").amount
    assert abs(shown - amount) <= Decimal("0.5e-10")
    assert not (shown == 0 and shown.is_signed())
    assert -10 <= int(shown.as_tuple().exponent) <= -2
