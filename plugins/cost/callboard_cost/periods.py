"""Periods in whole UTC days: what a period covers as of a day, and what it is compared with."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from callboard_sdk import BadArgument

from .model import CostDays, CostPeriod

MAX_DAYS = 1_100
MONTHS_SHOWN = 12

_DAYS = {CostPeriod.LAST_7_DAYS: 7, CostPeriod.LAST_30_DAYS: 30, CostPeriod.LAST_90_DAYS: 90}
_MONTHS = {CostPeriod.LAST_MONTH: 1, CostPeriod.LAST_3_MONTHS: 3, CostPeriod.LAST_12_MONTHS: 12}


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` up to, not including, `end`."""

    first: date
    end: date

    @property
    def days(self) -> int:
        """How many days."""
        return (self.end - self.first).days

    @property
    def last(self) -> date:
        """The last day that belongs to it."""
        return self.end - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A period, what it is compared with, and both in words: `in October 2024`, `in September 2024`."""

    now: Span
    before: Span
    words: str
    words_before: str

    @property
    def months(self) -> tuple[date, ...]:
        """The first days of the twelve months that end with the period's last."""
        last = self.now.last.replace(day=1)
        return tuple(add_months(last, -back) for back in reversed(range(MONTHS_SHOWN)))


def window(period: CostPeriod, as_of: date) -> Window:
    """What `period` covers when the days before `as_of` are known.

    Days are compared with as many days just before; whole months with as many whole months before; the month or year
    under way with the same days of the one before, at most to its end.
    """
    if period in _DAYS:
        return _last_days(Span(as_of - timedelta(days=_DAYS[period]), as_of))
    month = (as_of - timedelta(days=1)).replace(day=1)
    if period in _MONTHS:
        count = _MONTHS[period]
        now = Span(add_months(month, -count), month)
        return Window(now, Span(add_months(month, -2 * count), now.first), _months(now), _months_before(now, count))
    if period is CostPeriod.THIS_MONTH:
        return _under_way(Span(month, as_of), 1, _month(month))
    return _under_way(Span(month.replace(month=1), as_of), 12, str(month.year))


def between(days: CostDays) -> Window:
    """A window over days of the asker's own choice. Raises BadArgument when they are none or too many."""
    if not days.from_ <= days.to or days.to.year > 9000:
        raise BadArgument(f"`days` runs from {days.from_} to {days.to}: give `from` no later than `to`")
    span = Span(days.from_, days.to + timedelta(days=1))
    if span.days > MAX_DAYS or days.from_.year < 1900:
        raise BadArgument(f"`days` spans {span.days} days: ask for at most {MAX_DAYS}, from the year 1900 on")
    words = f"on {day(days.to)}" if span.days == 1 else f"from {day(span.first)} to {day(span.last)}"
    return Window(span, _just_before(span), words, _days_before(span))


def add_months(first: date, months: int) -> date:
    """The same day `months` later, or the month's last where it has no such day."""
    index = first.year * 12 + first.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def day(when: date) -> str:
    """A day in words, such as `3 October 2024`."""
    return f"{when.day} {_month(when)}"


def _last_days(now: Span) -> Window:
    return Window(now, _just_before(now), f"in the {now.days} days to {day(now.last)}", _days_before(now))


def _just_before(now: Span) -> Span:
    return Span(now.first - timedelta(days=now.days), now.first)


def _days_before(now: Span) -> str:
    return "on the day before" if now.days == 1 else f"in the {now.days} days before"


def _under_way(now: Span, months: int, name: str) -> Window:
    """The same days of the month or year before; all of it when this one is complete."""
    first = add_months(now.first, -months)
    earlier = _month(first) if months == 1 else str(first.year)
    if now.end == add_months(now.first, months):
        return Window(now, Span(first, now.first), f"in {name}", f"in {earlier}")
    end = min(add_months(now.last, -months) + timedelta(days=1), now.first)
    return Window(now, Span(first, end), f"in {name} so far", f"in the same days of {earlier}")


def _months(now: Span) -> str:
    first, last = _month(now.first), _month(now.last)
    return f"in {first}" if first == last else f"from {first} to {last}"


def _months_before(now: Span, count: int) -> str:
    return f"in {_month(add_months(now.first, -1))}" if count == 1 else f"in the {count} months before"


def _month(when: date) -> str:
    return f"{calendar.month_name[when.month]} {when.year}"
