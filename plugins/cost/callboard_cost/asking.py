"""From a field's arguments to its answer: the period, one question to the ledger, and the values made of its rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from callboard_sdk import BadArgument, Catalog, EntityRef

from .costs import Comparison, Costs
from .ledger import Facts
from .model import Cost, CostDays, CostGrouping, CostPeriod, CostShare, UnattributedCost
from .periods import Window, between, window
from .questions import COST_OF, COST_OF_ALL, ENTITIES, UNATTRIBUTED, compared, with_months
from .shares import STATEMENTS, label_rows, shares
from .store import Store
from .unattributed import UNKNOWN, unattributed, unknown_entities

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a field's arguments ask for, checked against what is loaded."""

    store: Store
    facts: Facts
    window: Window
    as_of: date
    currency: str | None

    @classmethod
    def checked(cls, store: Store, period: CostPeriod, days: CostDays | None, currency: str | None) -> Asked:
        """`days` goes before `period`. Raises BadArgument, and UpstreamError when no charge could be read."""
        code = currency.strip().upper() if currency is not None else None
        if code is not None and not _CURRENCY.fullmatch(code):
            raise BadArgument(f"`currency` is {code[:20]!r}: give an ISO 4217 code of three letters, like EUR")
        facts = store.facts()
        as_of = store.settings.as_of or facts.until
        return cls(store, facts, between(days) if days else window(period, as_of), as_of, code)

    async def costs_of(self, members: Sequence[Collection[EntityRef]]) -> list[Cost | None]:
        """What each of these sets of entities costs: one statement for all, none when no entity has a charge."""
        known = [self._numbers(refs) for refs in members]
        pairs = [(parent, number) for parent, numbers in enumerate(known) for number in numbers]
        costs = self._costs()
        if pairs:
            values = with_months(self.window, self.currency)
            values |= {
                "parents": [parent for parent, _ in pairs],
                "entities": [number for _, number in pairs],
            }
            costs.take(await self.store.ask(COST_OF, values))
        return [costs.cost(parent, attributed=bool(numbers)) for parent, numbers in enumerate(known)]

    async def cost_of_all(self) -> Cost:
        """What everything costs, attributed or not."""
        costs = self._costs()
        costs.take(await self.store.ask(COST_OF_ALL, with_months(self.window, self.currency)))
        return costs.cost(0, attributed=True)

    async def shares(self, by: CostGrouping, catalog: Catalog) -> list[CostShare]:
        """All costs, shared out."""
        rows = await self.store.ask(STATEMENTS[by], compared(self.window, self.currency))
        labelled = await label_rows(by, rows, self.store.ledger, catalog)
        return shares(labelled, Comparison(self.facts, self.window))

    async def unattributed(self, catalog: Catalog) -> UnattributedCost:
        """What no entity of the catalog is charged with: two statements, and one question to the catalog."""
        values = {"first": self.window.now.first, "end": self.window.now.end, "currency": self.currency}
        unknown = await unknown_entities(await self.store.ask(ENTITIES, values), self.store.ledger, catalog)
        rows = await self.store.ask(UNATTRIBUTED, {**values, "unknown": unknown, "unknown_reason": UNKNOWN})
        return unattributed(rows, self.store.ledger, self.facts, self.window, stale=self.store.state.stale)

    def _numbers(self, refs: Collection[EntityRef]) -> list[int]:
        found = (self.store.ledger.entities.find(ref) for ref in refs)
        return [number for number in found if number is not None and number in self.facts.entities]

    def _costs(self) -> Costs:
        return Costs(
            self.store.ledger,
            self.facts,
            self.window,
            self.as_of,
            currency=self.currency,
            stale=self.store.state.stale,
        )
