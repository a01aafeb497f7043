"""A cost in plain words: how much, how it changed, and for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from callboard_sdk import Money

from .amounts import ZERO, ratio
from .model import CurrencyCost
from .periods import Window


def amount_words(money: Money) -> str:
    """An amount for people: `1,240 EUR`, `12.50 EUR`, `less than 0.01 EUR`."""
    size = abs(money.amount)
    if 0 < size < Decimal("0.01"):
        return f"less than 0.01 {money.currency}" if money.amount > 0 else f"a credit of less than 0.01 {money.currency}"
    digits = 0 if size >= 100 or not size else 2
    return f"{money.amount:,.{digits}f} {money.currency}"


def cost_words(
    costs: Sequence[CurrencyCost],
    categories: Mapping[str, Mapping[str, Decimal]],
    window: Window,
    *,
    attributed: bool,
) -> str:
    """One sentence a cost. `categories` gives, by currency, the amounts by category ("" for none named)."""
    if not attributed:
        return "No charge is attributed to it"
    if not costs:
        return f"No cost {window.words}"
    if len(costs) > 1:
        listed = [amount_words(cost.total) for cost in costs]
        return f"{', '.join(listed[:-1])} and {listed[-1]} {window.words}; not added up, since the currencies differ"
    cost = costs[0]
    parts = [
        f"{amount_words(cost.total)} {window.words}",
        _change(cost, window),
        _most(categories.get(cost.currency, {})),
    ]
    return ", ".join(part for part in parts[:2] if part) + (f"; {parts[2]}" if parts[2] else "")


def _change(cost: CurrencyCost, window: Window) -> str:
    if cost.previous is None:
        return "with nothing to compare: the exports don't reach back further"
    if cost.change is None:
        if cost.previous.amount == 0:
            return "as before" if cost.total.amount == 0 else f"after nothing {window.words_before}"
        return f"after {amount_words(cost.previous)} {window.words_before}"
    if abs(cost.change) < 0.005:
        return f"about as much as {window.words_before}"
    if cost.change >= 2:
        return f"{cost.change + 1:.1f} times as much as {window.words_before}"
    return f"{abs(cost.change):.0%} {'more' if cost.change > 0 else 'less'} than {window.words_before}"


def _most(categories: Mapping[str, Decimal]) -> str:
    """What the money goes to, where that can be said: a share of what costs, credits aside."""
    paid = {name: amount for name, amount in categories.items() if amount > 0}
    if not paid:
        return ""
    name, amount = max(paid.items(), key=lambda item: (item[1], item[0]))
    share = ratio(amount, sum(paid.values(), ZERO)) or 0.0
    if not name:
        return ""
    if len(paid) == 1:
        return f"all of it {name}"
    return f"most of it {name}" if share > 0.5 else f"the largest part {name} ({share:.0%})"
