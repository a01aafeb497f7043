"""Value objects that more than one plugin answers with: problems, freshness, links, money."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum

from .ref import EntityRef
from .types import enum, value


@enum
class Severity(Enum):
    """How bad a problem or finding is, worst first."""

    CRITICAL = "CRITICAL"
    """Act now."""
    HIGH = "HIGH"
    """Act soon."""
    MEDIUM = "MEDIUM"
    """Plan to act."""
    LOW = "LOW"
    """Act when convenient."""
    INFO = "INFO"
    """Nothing to act on by itself."""
    UNKNOWN = "UNKNOWN"
    """The source does not say."""


@value
class Problem:
    """Something wrong, as data: what, where, and what to do about it."""

    rule: str
    """The rule that is broken, as a stable name such as `catalog.dangling-reference`."""
    message: str
    """What is wrong, in one sentence."""
    severity: Severity
    """How bad it is."""
    remedy: str | None = None
    """What to do instead."""
    file: str | None = None
    """The file it stands in, relative to its source's root."""
    line: int | None = None
    """The line in that file, counted from 1."""
    column: int | None = None
    """The column in that line, counted from 1."""
    entity: EntityRef | None = None
    """The entity it is about, where one could be read."""
    source: str | None = None
    """The source of the catalog that it was found in; null for what another plugin says is wrong."""
    since: datetime | None = None
    """Since when the catalog has it; told of what is there to who may see every entity."""


@value
class Freshness:
    """How old an answer is, and whether an older one stands in for one that could not be fetched."""

    fetched_at: datetime
    """When the upstream gave this answer."""
    stale: bool = False
    """True when the upstream failed and its last good answer is shown."""


@value
class KeyValue:
    """One entry of a map such as labels or annotations."""

    key: str
    """The entry's key."""
    value: str
    """The entry's value."""


@value
class SpecValue:
    """A scalar of an entity's spec."""

    path: str
    """The keys that lead to it, such as `deployment.region`."""
    value: str
    """The value; numbers and truth as JSON has them."""


@value
class Link:
    """A link that belongs to an entity."""

    url: str
    """Where it leads."""
    title: str | None = None
    """What to call it."""
    icon: str | None = None
    """The name of an icon for it."""
    type: str | None = None
    """What kind of link it is, such as `dashboard`."""


@value
class Money:
    """An amount in one currency."""

    amount: Decimal
    """The amount, exact."""
    currency: str
    """The currency's ISO 4217 code, such as `EUR`."""


@value
class UserError:
    """Why a mutation changed nothing: something in its input that the asker can mend."""

    message: str
    """What is wrong, and what to write instead."""
    path: list[str]
    """Where in the mutation's arguments, such as `["input", "roles"]`."""
