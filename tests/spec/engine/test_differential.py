"""Random operations on random schemas: the engine answers as graphql-core does."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from random import Random

import pytest
from graphql import execute, validate
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests import engine

from .dice import Dice
from .differences import Case, Difference, compare, make_case
from .faults import FAULTS

# graphql-core leaves some of what it doesn't await to the garbage collector when a position turns null.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


CASES = 2_000
LONG = 100_000
SLICE = 5_000

UNTIDY = engine.NAME == engine.REFERENCE

patient = settings(deadline=None, suppress_health_check=list(HealthCheck), phases=set(Phase) - {Phase.explain})
randoms = st.randoms(use_true_random=False)


@settings(patient, max_examples=CASES, phases=[Phase.generate])
@given(randoms)
def test_the_engine_answers_as_graphql_core_does(random: Random):
    compare(make_case(Dice(random)), engine.load().execute, tidy=not UNTIDY)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(LONG // SLICE))
def test_the_engine_answers_as_graphql_core_does_at_length(part: int):
    @seed(part)
    @settings(patient, max_examples=SLICE, database=None)
    @given(randoms)
    def judge(random: Random) -> None:
        compare(make_case(Dice(random)), engine.load().execute, tidy=not UNTIDY)

    judge()


@settings(patient, max_examples=500)
@given(randoms, st.integers(1, 6))
def test_what_is_awaited_in_another_order_makes_no_difference(random: Random, pace: int):
    """graphql-core's errors do change then; the comparison must take only that for granted."""
    compare(make_case(Dice(random)), execute, tidy=False, pace=pace)


@settings(patient, max_examples=200)
@given(randoms)
def test_the_operations_are_valid(random: Random):
    case: Case = make_case(Dice(random))
    assert validate(case.schema, case.document) == [], case.operation.text


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str):
    @settings(patient, max_examples=CASES, phases=[Phase.generate], database=None, report_multiple_bugs=False, derandomize=True)
    @given(randoms)
    def judge(random: Random) -> None:
        compare(make_case(Dice(random)), FAULTS[fault], tidy=False)

    with pytest.raises(Difference):
        judge()
