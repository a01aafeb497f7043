"""How all costs are shared out: by entity, system, owner, service, category or sub-account; the parts make the whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from callboard_sdk import Catalog, EntityRef

from .amounts import ZERO, add, money, ratio
from .costs import Comparison, Pair
from .ledger import REASONS, Account, Ledger
from .model import CostGrouping, CostShare
from .questions import BY_ACCOUNTS, BY_ENTITIES, BY_SERVICES
from .rollup import nearest
from .unattributed import TITLES

Label = tuple[str, EntityRef | None]
Labelled = tuple[Label, str, Decimal | None, Decimal | None]

STATEMENTS = {
    CostGrouping.ENTITY: BY_ENTITIES,
    CostGrouping.SYSTEM: BY_ENTITIES,
    CostGrouping.OWNER: BY_ENTITIES,
    CostGrouping.SERVICE: BY_SERVICES,
    CostGrouping.CATEGORY: BY_SERVICES,
    CostGrouping.SUB_ACCOUNT: BY_ACCOUNTS,
}
"""The question for each grouping."""

_ABOVE = {
    CostGrouping.SYSTEM: ("partOf", ("system",), "(in no system)"),
    CostGrouping.OWNER: ("ownedBy", ("group", "user"), "(without owner)"),
}
_PLACES = 10**30
_ZEROS = 40


async def label_rows(by: CostGrouping, rows: Sequence[tuple[Any, ...]], ledger: Ledger, catalog: Catalog) -> list[Labelled]:
    """The rows of the grouping's statement, each under the name of the part it belongs to."""
    return await _LABELLERS[by](by, rows, ledger, catalog)


def shares(rows: Iterable[Labelled], compared: Comparison) -> list[CostShare]:
    """The parts, each with its ratio of its currency's whole; `place` sorts the most expensive first."""
    sums: dict[tuple[Label, str], Pair] = {}
    totals: dict[str, Decimal] = {}
    for label, currency, now, before in rows:
        first, second = sums.get((label, currency), (None, None))
        sums[label, currency] = (_plus(first, now), _plus(second, before))
        totals[currency] = add(totals.get(currency, ZERO), now or ZERO)
    return [_share(label, currency, pair, totals[currency], compared) for (label, currency), pair in sums.items()]


def _share(label: Label, currency: str, pair: Pair, total: Decimal, compared: Comparison) -> CostShare:
    name, ref = label
    rank = _PLACES - int((pair[0] or ZERO).scaleb(10))
    return CostShare(
        name=name,
        ref=ref,
        amount=money(pair[0], currency),
        previous=compared.previous(pair, currency),
        change=compared.change(pair),
        share=ratio(pair[0], total),
        place=f"{currency} {rank:0{_ZEROS}d} {name}{'' if ref else ' '}",
    )


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return add(one, other) if one is not None and other is not None else (other if one is None else one)


async def _by_entity(by: CostGrouping, rows: Sequence[tuple[Any, ...]], ledger: Ledger, catalog: Catalog) -> list[Labelled]:
    refs = {ledger.entities.name(row[0]) for row in rows if row[0] is not None}
    above = {ref: ref for ref in refs}
    nothing = ""
    if by in _ABOVE:
        relation, kinds, nothing = _ABOVE[by]
        above = await nearest(catalog, refs, relation, kinds)
    labelled = []
    for entity, reason, currency, now, before in rows:
        target = above.get(ledger.entities.name(entity)) if entity is not None else None
        unknown = nothing if entity is not None else f"(unattributed: {TITLES[REASONS[reason]]})"
        labelled.append(((str(target) if target else unknown, target), currency, now, before))
    return labelled


async def _by_service(by: CostGrouping, rows: Sequence[tuple[Any, ...]], ledger: Ledger, catalog: Catalog) -> list[Labelled]:
    def name(number: int) -> str:
        service = ledger.services.name(number)
        if by is CostGrouping.CATEGORY:
            return service.category or "(no category named)"
        return service.name or "(no service named)"

    return [((name(number), None), currency, now, before) for number, currency, now, before in rows]


async def _by_account(by: CostGrouping, rows: Sequence[tuple[Any, ...]], ledger: Ledger, catalog: Catalog) -> list[Labelled]:
    return [
        ((account_words(ledger.accounts.name(number)), None), currency, now, before) for number, currency, now, before in rows
    ]


def account_words(account: Account) -> str:
    """A sub-account for people: `Checkout (1234)`."""
    if not account.id:
        return account.name or "(no sub-account named)"
    return f"{account.name} ({account.id})" if account.name and account.name != account.id else account.id


_LABELLERS: dict[CostGrouping, Callable[..., Awaitable[list[Labelled]]]] = {
    CostGrouping.ENTITY: _by_entity,
    CostGrouping.SYSTEM: _by_entity,
    CostGrouping.OWNER: _by_entity,
    CostGrouping.SERVICE: _by_service,
    CostGrouping.CATEGORY: _by_service,
    CostGrouping.SUB_ACCOUNT: _by_account,
}
