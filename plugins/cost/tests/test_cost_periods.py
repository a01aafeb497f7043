"""What a period covers and what it is compared with: whole UTC days, months by the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from callboard_cost.model import CostDays, CostPeriod
from callboard_cost.periods import add_months, between, window
from callboard_sdk import BadArgument
from hypothesis import given
from hypothesis import strategies as st

days = st.dates(date(1990, 1, 1), date(2100, 1, 1))


def spans(period: CostPeriod, as_of: str) -> tuple[str, str, str, str]:
    found = window(period, date.fromisoformat(as_of))
    return tuple(str(d) for d in (found.now.first, found.now.last, found.before.first, found.before.last))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("period", "as_of", "expected"),
    [
        ("LAST_7_DAYS", "2024-03-01", ("2024-02-23", "2024-02-29", "2024-02-16", "2024-02-22")),
        ("LAST_30_DAYS", "2024-10-31", ("2024-10-01", "2024-10-30", "2024-09-01", "2024-09-30")),
        ("THIS_MONTH", "2024-10-21", ("2024-10-01", "2024-10-20", "2024-09-01", "2024-09-20")),
        ("THIS_MONTH", "2024-03-31", ("2024-03-01", "2024-03-30", "2024-02-01", "2024-02-29")),
        ("THIS_MONTH", "2023-03-31", ("2023-03-01", "2023-03-30", "2023-02-01", "2023-02-28")),
        ("THIS_MONTH", "2024-03-01", ("2024-02-01", "2024-02-29", "2024-01-01", "2024-01-31")),
        ("LAST_MONTH", "2024-03-15", ("2024-02-01", "2024-02-29", "2024-01-01", "2024-01-31")),
        ("LAST_MONTH", "2025-01-02", ("2024-12-01", "2024-12-31", "2024-11-01", "2024-11-30")),
        ("LAST_3_MONTHS", "2024-02-10", ("2023-11-01", "2024-01-31", "2023-08-01", "2023-10-31")),
        ("LAST_12_MONTHS", "2024-10-21", ("2023-10-01", "2024-09-30", "2022-10-01", "2023-09-30")),
        ("THIS_YEAR", "2024-03-01", ("2024-01-01", "2024-02-29", "2023-01-01", "2023-02-28")),
        ("THIS_YEAR", "2025-01-01", ("2024-01-01", "2024-12-31", "2023-01-01", "2023-12-31")),
    ],
)
def test_a_period_and_the_one_before_it(period: str, as_of: str, expected: tuple[str, ...]) -> None:
    assert spans(CostPeriod[period], as_of) == expected


@given(st.sampled_from(CostPeriod), days)
def test_the_period_before_ends_before_the_period_begins_and_neither_is_empty(period: CostPeriod, as_of: date) -> None:
    found = window(period, as_of)
    assert found.before.first < found.before.end <= found.now.first < found.now.end <= as_of
    assert len(found.months) == 12
    assert found.months[-1] == found.now.last.replace(day=1)


@given(st.sampled_from([CostPeriod.LAST_7_DAYS, CostPeriod.LAST_30_DAYS, CostPeriod.LAST_90_DAYS]), days)
def test_days_are_compared_with_as_many_days_just_before(period: CostPeriod, as_of: date) -> None:
    found = window(period, as_of)
    assert found.now.days == found.before.days
    assert found.before.end == found.now.first


@given(days, st.integers(-40, 40))
def test_adding_months_and_taking_them_away_gives_the_same_month(start: date, months: int) -> None:
    there = add_months(start, months)
    assert add_months(there, -months).replace(day=1) == start.replace(day=1)
    assert there.day <= start.day


@given(days, st.integers(0, 1_000))
def test_days_of_ones_own_choice_are_compared_with_as_many_before(start: date, more: int) -> None:
    found = between(CostDays(from_=start, to=start + timedelta(days=more)))
    assert (found.now.first, found.now.last) == (start, start + timedelta(days=more))
    assert (found.before.days, found.before.end) == (more + 1, start)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2024-10-02", "2024-10-01", "no later than"),
        ("2020-01-01", "2024-10-01", "at most 1100"),
        ("0001-01-01", "0001-01-02", "from the year 1900"),
        ("9999-12-31", "9999-12-31", "no later than"),
    ],
)
def test_days_that_are_none_or_too_many_are_refused_with_what_to_give(first: str, last: str, words: str) -> None:
    with pytest.raises(BadArgument, match=words):
        between(CostDays(from_=date.fromisoformat(first), to=date.fromisoformat(last)))


def test_words_name_the_month_and_say_when_it_is_under_way() -> None:
    whole, partial = (window(CostPeriod.THIS_MONTH, date(2024, 10, day)) for day in (1, 21))
    assert (whole.words, whole.words_before) == ("in September 2024", "in August 2024")
    assert (partial.words, partial.words_before) == ("in October 2024 so far", "in the same days of September 2024")
    march = window(CostPeriod.THIS_MONTH, date(2024, 3, 31))
    assert march.words == "in March 2024 so far", "all of February does not make March complete"


async def test_today_follows_the_newest_usage_not_charges_for_the_time_to_come(desk: Any) -> None:
    desk.csv(
        "a.csv",
        [
            desk.charge("2024-10-15"),
            desk.charge("2024-10-01", ChargeCategory="Purchase", ChargePeriodEnd="2025-10-01 00:00:00"),
        ],
    )
    assert (await desk.cost(desk.store(), None)).as_of == date(2024, 10, 16)


async def test_usage_to_midnight_ends_with_the_day_before(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge("2024-10-15", ChargePeriodEnd="2024-10-16T00:00:00Z")])
    assert (await desk.cost(desk.store(), None)).to == date(2024, 10, 15)


async def test_days_between_the_two_periods_count_for_neither(desk: Any) -> None:
    days = {
        "2024-08-01": 1,
        "2024-09-01": 2,
        "2024-09-20": 4,
        "2024-09-21": 8,
        "2024-09-30": 16,
        "2024-10-01": 32,
        "2024-10-20": 64,
    }
    desk.csv("a.csv", [desk.charge(day, amount) for day, amount in days.items()])
    cost = await desk.cost(desk.store(), "component:web", CostPeriod.THIS_MONTH)
    assert (cost.total.amount, cost.previous.amount) == (96, 6)


async def test_the_settings_may_say_which_day_it_is(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge("2024-10-15", 7), desk.charge("2024-11-15", 9)])
    cost = await desk.cost(desk.store(as_of="2024-11-01"), "component:web")
    assert (cost.as_of, cost.to, cost.total.amount) == (date(2024, 11, 1), date(2024, 10, 31), 7)


@pytest.mark.parametrize(
    ("start", "counted"),
    [
        ("2024-09-30T23:59:59.999Z", False),
        ("2024-10-01T00:00:00Z", True),
        ("2024-10-01T01:30:00+02:00", False),
        ("2024-09-30T23:30:00-01:00", True),
        ("2024-10-31 23:59:59", True),
        ("2024-11-01 00:00:00", False),
    ],
)
async def test_a_charge_counts_on_the_utc_day_that_it_begins(desk: Any, start: str, counted: bool) -> None:
    desk.csv("a.csv", [desk.charge("2024-08-01"), desk.charge(start, 5, "edge")])
    cost = await desk.cost(desk.store(as_of="2024-11-15"), "component:edge", CostPeriod.LAST_MONTH)
    assert cost.total.amount == (5 if counted else 0)
