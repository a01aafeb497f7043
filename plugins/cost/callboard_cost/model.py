"""The graph's words for cost: what something costs, in which period, split how, and where the numbers come from."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Annotated, TypeVar

import strawberry
from callboard_sdk import EntityRef, Freshness, Money, Problem, computed, enum, field, input, value  # noqa: A004

READ = "cost.read"
UNATTRIBUTED_READ = "cost.unattributed.read"
SOURCES_READ = "cost.sources.read"
MAX_TOP = 100

T = TypeVar("T")

Top = Annotated[int, strawberry.argument(description=f"How many at most, the most expensive first; 0 to {MAX_TOP}.")]


@enum
class CostPeriod(Enum):
    """A period, counted back from the newest day of the exports (or the day the settings give). Days are UTC."""

    LAST_7_DAYS = "LAST_7_DAYS"
    """The newest 7 days, compared with the 7 days before."""
    LAST_30_DAYS = "LAST_30_DAYS"
    """The newest 30 days, compared with the 30 days before."""
    LAST_90_DAYS = "LAST_90_DAYS"
    """The newest 90 days, compared with the 90 days before."""
    THIS_MONTH = "THIS_MONTH"
    """The month of the newest day so far, compared with the same days of the month before."""
    LAST_MONTH = "LAST_MONTH"
    """The whole month before this one, compared with the month before it."""
    LAST_3_MONTHS = "LAST_3_MONTHS"
    """The three whole months before this one, compared with the three before them."""
    LAST_12_MONTHS = "LAST_12_MONTHS"
    """The twelve whole months before this one, compared with the twelve before them."""
    THIS_YEAR = "THIS_YEAR"
    """The year of the newest day so far, compared with the same days of the year before."""


@input
class CostDays:
    """A period of the asker's own choice; it is compared with as many days just before."""

    from_: date = field(name="from", description="The first day.")
    to: date
    """The last day."""


@enum
class CostGrouping(Enum):
    """What costs are shared out by."""

    ENTITY = "ENTITY"
    """The entity that a charge is attributed to."""
    SYSTEM = "SYSTEM"
    """The system that the entity is part of."""
    OWNER = "OWNER"
    """The group or user that owns the entity."""
    SERVICE = "SERVICE"
    """The provider's service, such as a database service."""
    CATEGORY = "CATEGORY"
    """The kind of service, such as Compute."""
    SUB_ACCOUNT = "SUB_ACCOUNT"
    """The sub-account that a charge is billed to."""


@enum
class UnattributedReason(Enum):
    """Why a charge can't be told to belong to an entity."""

    NO_TAG = "NO_TAG"
    """It has none of the tags that the rules look at, and no other rule fits."""
    UNUSABLE_TAG = "UNUSABLE_TAG"
    """It has such a tag, but the value can't be read as an entity's name or ref."""
    UNKNOWN_ENTITY = "UNKNOWN_ENTITY"
    """A rule names an entity that the catalog doesn't have."""
    UNKNOWN_SUB_ACCOUNT = "UNKNOWN_SUB_ACCOUNT"
    """It has no such tag, and no rule knows its sub-account."""


@value
class CurrencyCost:
    """What something costs in one currency."""

    currency: str
    """The currency's ISO 4217 code."""
    total: Money
    """The cost in the period."""
    previous: Money | None = None
    """The cost in the period compared with; null when the exports don't reach back to its first day."""
    change: float | None = None
    """By which ratio the cost changed: 0.18 for 18% more; null without a previous cost above zero."""


@value
class ServiceCost:
    """What one of the provider's services costs."""

    service: str
    """The service's name."""
    amount: Money
    """The cost in the period."""
    category: str | None = None
    """Its category, such as Compute."""
    previous: Money | None = None
    """The cost in the period compared with; null when the exports don't reach back to its first day."""
    change: float | None = None
    """By which ratio the cost changed; null without a previous cost above zero."""


@value
class MonthCost:
    """What something costs in one month."""

    month: date
    """The month's first day."""
    amount: Money
    """The cost of its days that the exports cover, at most to the period's end."""
    complete: bool
    """Whether all of its days are counted."""


@value
class EntityCost:
    """What one entity contributes."""

    ref: EntityRef
    """The entity, as charges are attributed to it; the catalog need not know it."""
    amount: Money
    """The cost in the period."""
    previous: Money | None = None
    """The cost in the period compared with; null when the exports don't reach back to its first day."""
    change: float | None = None
    """By which ratio the cost changed; null without a previous cost above zero."""


@value
class Cost:
    """What something costs in a period. Days are UTC; a charge counts whole on the day that it begins.

    Amounts in different currencies are never added up: `total` is null where there is more than one, and
    `currencies` has each.
    """

    from_: date = field(name="from", description="The period's first day.")
    to: date
    """The period's last day."""
    previous_from: date
    """The first day of the period compared with."""
    previous_to: date
    """The last day of the period compared with."""
    summary: str
    """The cost in plain words: how much, how it changed, and for what."""
    attributed: bool
    """False when no charge of any day is attributed to it: a cost of zero then means that nothing is known."""
    currencies: list[CurrencyCost]
    """The cost in each currency, by code."""
    by_month: list[MonthCost]
    """The twelve months to the period's last day, oldest first, as far back as the exports reach; each currency apart."""
    freshness: Freshness
    """When the exports were read, and whether some can't be read at present."""
    as_of: date
    """The first day that is not covered: it stands for today."""
    total: Money | None = None
    """The cost; null when it is in several currencies (see `currencies`)."""
    previous: Money | None = None
    """The cost in the period compared with; null as `total` is, or when the exports don't reach back that far."""
    change: float | None = None
    """By which ratio the cost changed: 0.18 for 18% more; null without a previous cost above zero."""
    services: strawberry.Private[list[ServiceCost]]
    entities: strawberry.Private[list[EntityCost]]

    @computed()
    def by_service(self, top: Top = 10) -> list[ServiceCost]:
        """The provider's services that it pays for, the most expensive first."""
        return first(self.services, top)

    @computed()
    def by_entity(self, top: Top = 10) -> list[EntityCost]:
        """The entities that make up this cost, the most expensive first; itself among them where it has charges."""
        return first(self.entities, top)


def first(items: list[T], top: int) -> list[T]:
    """At most `top` of them."""
    return items[: max(0, min(top, MAX_TOP))]


@value
class CostShare:
    """One part of all costs, in one currency."""

    name: str
    """What the part is called: a ref, a service, an account, or why it belongs to none."""
    amount: Money
    """The cost in the period."""
    ref: EntityRef | None = None
    """The entity that it stands for, where it stands for one."""
    previous: Money | None = None
    """The cost in the period compared with; null when the exports don't reach back to its first day."""
    change: float | None = None
    """By which ratio the cost changed; null without a previous cost above zero."""
    share: float | None = None
    """Its ratio of all costs in its currency; null when those are not above zero."""
    place: strawberry.Private[str] = ""


@value
class AccountCost:
    """What can't be attributed in one sub-account."""

    sub_account_id: str | None
    """The sub-account's id; null for charges without one."""
    name: str | None
    """The sub-account's name."""
    amount: Money
    """The cost in the period."""


@value
class UnattributedGroup:
    """What can't be attributed for one reason, in one currency."""

    reason: UnattributedReason
    """Why it can't be attributed."""
    explanation: str
    """The reason in words, and what to do about it."""
    amount: Money
    """The cost in the period."""
    services: strawberry.Private[list[ServiceCost]]
    accounts: strawberry.Private[list[AccountCost]]
    entities: strawberry.Private[list[EntityCost]]

    @computed()
    def by_service(self, top: Top = 10) -> list[ServiceCost]:
        """The services concerned, the most expensive first."""
        return first(self.services, top)

    @computed()
    def by_sub_account(self, top: Top = 10) -> list[AccountCost]:
        """The sub-accounts concerned, the most expensive first."""
        return first(self.accounts, top)

    @computed()
    def by_entity(self, top: Top = 10) -> list[EntityCost]:
        """For UNKNOWN_ENTITY the refs that the catalog doesn't have, the most expensive first; else empty."""
        return first(self.entities, top)


@value
class CurrencyShare:
    """How much of all costs in one currency can't be attributed."""

    currency: str
    """The currency's ISO 4217 code."""
    amount: Money
    """What can't be attributed."""
    total: Money
    """All costs, attributed or not."""
    share: float | None = None
    """Their ratio: 0.07 when 7% can't be attributed; null when the total is not above zero."""


@value
class UnattributedCost:
    """What can't be attributed to an entity of the catalog in a period."""

    from_: date = field(name="from", description="The period's first day.")
    to: date
    """The period's last day."""
    summary: str
    """How much it is, and for which reason most of it."""
    currencies: list[CurrencyShare]
    """How much it is in each currency, by code."""
    by_reason: list[UnattributedGroup]
    """The reasons, the most expensive first."""
    freshness: Freshness
    """When the exports were read, and whether some can't be read at present."""


@value
class CostFile:
    """One file of an export."""

    path: str
    """Its path within the source."""
    size: int
    """Its size in bytes."""
    rows: int
    """How many charges of it are counted."""
    bad_rows: int
    """How many rows of it can't be read and are not counted."""
    stale: bool
    """True when it can't be read at present, and its charges as read before are kept."""
    currencies: list[str]
    """The currencies that it has charges in."""
    problems: list[Problem]
    """What is wrong with it; at most 20."""
    from_: date | None = field(name="from", description="The first day with a charge.", default=None)
    to: date | None = None
    """The last day with a charge."""
    loaded_at: datetime | None = None
    """When its charges were read; null when they never could be."""


@value
class CostSource:
    """One place with exports."""

    name: str
    """The source's name."""
    file_count: int
    """How many files it has."""
    row_count: int
    """How many charges are counted."""
    bad_row_count: int
    """How many rows can't be read and are not counted."""
    stale: bool
    """True when a file can't be read at present, and its charges as read before are kept."""
    problems: list[Problem]
    """What is wrong with the place itself and its files; at most 100, those of the place first."""
    problem_count: int
    """How many problems there are in all."""
    checked_at: datetime
    """When it was looked at last."""
