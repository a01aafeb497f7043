"""Makes Cost values of the ledger's sums: one for each parent, all from one answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from callboard_sdk import Freshness, Money

from .amounts import ZERO, add, change, money
from .ledger import Facts, Ledger
from .model import Cost, CurrencyCost, EntityCost, MonthCost, ServiceCost
from .periods import Window, add_months
from .questions import BY_ENTITY, BY_MONTH, BY_SERVICE, IN_ALL
from .words import cost_words

T = TypeVar("T")
Pair = tuple[Decimal | None, Decimal | None]


@dataclass(slots=True)
class _Sums:
    """One parent's sums: (in the period, in the one compared with) by currency and more."""

    in_all: dict[str, Pair] = field(default_factory=dict)
    services: dict[tuple[str, int], Pair] = field(default_factory=dict)
    entities: dict[tuple[str, int], Pair] = field(default_factory=dict)
    months: dict[tuple[str, date], Decimal] = field(default_factory=dict)


class Costs:
    """What a question's rows say, ready to be made into Cost values."""

    def __init__(self, ledger: Ledger, facts: Facts, window: Window, as_of: date, *, currency: str | None, stale: bool) -> None:
        self._ledger = ledger
        self._facts = facts
        self._window = window
        self._as_of = as_of
        self._currency = currency
        self._stale = stale
        self._sums: dict[int, _Sums] = defaultdict(_Sums)
        self.compared = Comparison(facts, window)

    def take(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Sort the rows of COST_OF or COST_OF_ALL in."""
        for sums, parent, service, entity, month, currency, now, before, monthly in rows:
            of = self._sums[parent]
            if sums == BY_MONTH and monthly is not None:
                of.months[currency, month] = monthly
            if now is None and before is None:
                continue
            if sums == IN_ALL:
                of.in_all[currency] = (now, before)
            elif sums == BY_SERVICE:
                of.services[currency, service] = (now, before)
            elif sums == BY_ENTITY and entity is not None:
                of.entities[currency, entity] = (now, before)

    def cost(self, parent: int, *, attributed: bool) -> Cost:
        """The cost of one parent; zero where it has none and the currency is clear."""
        sums = self._sums.get(parent, _Sums())
        currencies = self._currencies(sums)
        single = currencies[0] if len(currencies) == 1 else None
        window = self._window
        return Cost(
            from_=window.now.first,
            to=window.now.last,
            previous_from=window.before.first,
            previous_to=window.before.last,
            summary=cost_words(currencies, self._categories(sums), window, attributed=attributed),
            attributed=attributed,
            currencies=currencies,
            by_month=self._months(sums, {cost.currency for cost in currencies}),
            freshness=Freshness(fetched_at=self._facts.loaded_at, stale=self._stale),
            as_of=self._as_of,
            total=single.total if single else None,
            previous=single.previous if single else None,
            change=single.change if single else None,
            services=_ranked(sums.services, self._service),
            entities=_ranked(sums.entities, self._entity),
        )

    def _currencies(self, sums: _Sums) -> list[CurrencyCost]:
        """Those it has charges in; without any the asked one, or the exports' only one."""
        found: Collection[str] = sums.in_all.keys() or {currency for currency, _ in sums.months}
        if not found:
            found = [self._currency] if self._currency else self._facts.currencies[:1]
            found = found if self._currency or len(self._facts.currencies) == 1 else ()
        return [self._in(currency, sums.in_all.get(currency, (None, None))) for currency in sorted(found)]

    def _in(self, currency: str, pair: Pair) -> CurrencyCost:
        return CurrencyCost(
            currency=currency,
            total=money(pair[0], currency),
            previous=self.compared.previous(pair, currency),
            change=self.compared.change(pair),
        )

    def _service(self, currency: str, number: int, pair: Pair) -> ServiceCost:
        service = self._ledger.services.name(number)
        return ServiceCost(
            service=service.name or "(no service named)",
            category=service.category or None,
            amount=money(pair[0], currency),
            previous=self.compared.previous(pair, currency),
            change=self.compared.change(pair),
        )

    def _entity(self, currency: str, number: int, pair: Pair) -> EntityCost:
        return EntityCost(
            ref=self._ledger.entities.name(number),
            amount=money(pair[0], currency),
            previous=self.compared.previous(pair, currency),
            change=self.compared.change(pair),
        )

    def _months(self, sums: _Sums, currencies: set[str]) -> list[MonthCost]:
        first = self._facts.first.replace(day=1)
        return [
            MonthCost(
                month=month,
                amount=money(sums.months.get((currency, month)), currency),
                complete=self._facts.first <= month and add_months(month, 1) <= min(self._window.now.end, self._facts.until),
            )
            for month in self._window.months
            if month >= first
            for currency in sorted(currencies | {currency for currency, _ in sums.months})
        ]

    def _categories(self, sums: _Sums) -> dict[str, dict[str, Decimal]]:
        found: dict[str, dict[str, Decimal]] = {}
        for (currency, number), (now, _) in sums.services.items():
            category = self._ledger.services.name(number).category
            there = found.setdefault(currency, {})
            there[category] = add(there.get(category, ZERO), now or ZERO)
        return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether there is something to compare with: a period that begins before the exports do is no fair measure."""

    facts: Facts
    window: Window

    def previous(self, pair: Pair, currency: str) -> Money | None:
        """The earlier amount, where the exports cover the period it is of."""
        return money(pair[1], currency) if self._covered else None

    def change(self, pair: Pair) -> float | None:
        """By which ratio the amount changed."""
        return change(pair[0], pair[1]) if self._covered else None

    @property
    def _covered(self) -> bool:
        return self.facts.first <= self.window.before.first


def _ranked(pairs: dict[tuple[str, int], Pair], make: Callable[[str, int, Pair], T]) -> list[T]:
    """The most expensive first, for each currency one after the other."""
    order = sorted(pairs.items(), key=lambda item: (item[0][0], -(item[1][0] or ZERO), item[0][1]))
    return [make(currency, number, pair) for (currency, number), pair in order]
