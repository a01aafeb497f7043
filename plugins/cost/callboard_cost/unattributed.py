"""What can't be attributed: how much, why, and where to begin; kept apart from nothing, so that it adds up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from callboard_sdk import Catalog, Freshness

from .amounts import ZERO, money, ratio
from .ledger import REASONS, Account, Facts, Ledger
from .model import (
    AccountCost,
    CurrencyShare,
    EntityCost,
    ServiceCost,
    UnattributedCost,
    UnattributedGroup,
    UnattributedReason,
)
from .periods import Window
from .questions import REASON, REASON_ACCOUNT, REASON_ENTITY, REASON_SERVICE, TOTAL
from .words import amount_words

UNKNOWN = REASONS.index(UnattributedReason.UNKNOWN_ENTITY)

TITLES = {
    UnattributedReason.NO_TAG: "no tag",
    UnattributedReason.UNUSABLE_TAG: "unusable tag",
    UnattributedReason.UNKNOWN_ENTITY: "unknown entity",
    UnattributedReason.UNKNOWN_SUB_ACCOUNT: "unknown sub-account",
}
_EXPLANATIONS = {
    UnattributedReason.NO_TAG: "No rule fits these charges: tag what causes them, or add a rule for their service or "
    "sub-account to the settings.",
    UnattributedReason.UNUSABLE_TAG: "The tag's value is no entity's name: write the entity's name or ref there, or "
    "map the value in the rule's `values`.",
    UnattributedReason.UNKNOWN_ENTITY: "The catalog has no such entity: correct the tag or rule, or register the entity.",
    UnattributedReason.UNKNOWN_SUB_ACCOUNT: "Neither a tag nor a rule tells whose these sub-accounts are: tag what "
    "causes the charges, or add the sub-accounts to a rule.",
}

_Groups = dict[tuple[int, str], list[tuple[int, Decimal]]]


async def unknown_entities(rows: Sequence[tuple[int]], ledger: Ledger, catalog: Catalog) -> list[int]:
    """Those of the entities with charges (rows of ENTITIES) that the catalog doesn't have; one question to it."""
    numbers = [number for (number,) in rows]
    if not numbers:
        return []
    found = await catalog.get([ledger.entities.name(number) for number in numbers])
    return [number for number, entity in zip(numbers, found, strict=True) if entity is None]


class _Sorted:
    """The rows of UNATTRIBUTED, sorted into what they sum."""

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.totals: dict[str, Decimal] = {}
        self.reasons: dict[tuple[int, str], Decimal] = {}
        self.services: _Groups = defaultdict(list)
        self.accounts: _Groups = defaultdict(list)
        self.entities: _Groups = defaultdict(list)
        lists = {
            REASON_SERVICE: (self.services, 2),
            REASON_ACCOUNT: (self.accounts, 3),
            REASON_ENTITY: (self.entities, 4),
        }
        for row in rows:
            sums, reason, currency, amount = row[0], row[1], row[5], row[6]
            if sums == TOTAL:
                self.totals[currency] = amount
            elif reason is not None and sums == REASON:
                self.reasons[reason, currency] = amount
            elif reason is not None:
                groups, column = lists[sums]
                if row[column] is not None:
                    groups[reason, currency].append((row[column], amount))
        for groups, _ in lists.values():
            for found in groups.values():
                found.sort(key=lambda item: (-item[1], item[0]))


def unattributed(
    rows: Sequence[tuple[Any, ...]], ledger: Ledger, facts: Facts, window: Window, *, stale: bool
) -> UnattributedCost:
    """The value for the rows of UNATTRIBUTED."""
    found = _Sorted(rows)
    groups = [
        _group(reason, currency, amount, found, ledger)
        for (reason, currency), amount in sorted(found.reasons.items(), key=lambda item: (item[0][1], -item[1], item[0][0]))
    ]
    currencies = [_currency(currency, total, found) for currency, total in sorted(found.totals.items())]
    return UnattributedCost(
        from_=window.now.first,
        to=window.now.last,
        summary=_summary(currencies, groups, window),
        currencies=currencies,
        by_reason=groups,
        freshness=Freshness(fetched_at=facts.loaded_at, stale=stale),
    )


def _currency(currency: str, total: Decimal, found: _Sorted) -> CurrencyShare:
    amount = sum((a for (_, its), a in found.reasons.items() if its == currency), ZERO)
    return CurrencyShare(
        currency=currency,
        amount=money(amount, currency),
        total=money(total, currency),
        share=ratio(amount, total),
    )


def _group(reason: int, currency: str, amount: Decimal, found: _Sorted, ledger: Ledger) -> UnattributedGroup:
    why = REASONS[reason]
    key = (reason, currency)
    return UnattributedGroup(
        reason=why,
        explanation=_EXPLANATIONS[why],
        amount=money(amount, currency),
        services=[_service(ledger, number, part, currency) for number, part in found.services[key]],
        accounts=[_account(ledger.accounts.name(number), part, currency) for number, part in found.accounts[key]],
        entities=[
            EntityCost(ref=ledger.entities.name(number), amount=money(part, currency)) for number, part in found.entities[key]
        ],
    )


def _service(ledger: Ledger, number: int, amount: Decimal, currency: str) -> ServiceCost:
    service = ledger.services.name(number)
    return ServiceCost(
        service=service.name or "(no service named)",
        category=service.category or None,
        amount=money(amount, currency),
    )


def _account(account: Account, amount: Decimal, currency: str) -> AccountCost:
    return AccountCost(sub_account_id=account.id or None, name=account.name or None, amount=money(amount, currency))


def _summary(currencies: Sequence[CurrencyShare], groups: Sequence[UnattributedGroup], window: Window) -> str:
    if not groups:
        return f"Everything {window.words} is attributed to an entity of the catalog"
    texts = []
    for cost in currencies:
        share = f" ({cost.share:.0%} of all)" if cost.share is not None else ""
        texts.append(f"{amount_words(cost.amount)}{share}")
    words = f"{' and '.join(texts)} {window.words} can't be attributed"
    return f"{words}; most of it for {TITLES[groups[0].reason]}" if len(currencies) == 1 else words
