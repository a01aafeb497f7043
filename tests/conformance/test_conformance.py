"""graphql-core's own execution tests judge the engine; its executor, run by the same harness, judges the harness."""

from __future__ import annotations

import pytest

from tests import engine
from tests.conformance import sdist
from tests.conformance.run import TESTS, Verdict, judge

NOTHING_TO_EXECUTE = 24
"""Tests of coercion alone, of documents refused before execution, and of subscriptions that never begin."""
ANOTHER_DOOR = 3
"""Tests of mutations with defer, by experimental_execute_incrementally, and of a subscription with an executor of the test's own."""


def verdict_on(name: str) -> Verdict:
    try:
        return judge(name)
    except sdist.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.skipif(engine.NAME == engine.REFERENCE, reason="the engine under judgement is graphql-core itself")
def test_the_engine_passes_every_test_without_graphql_core():
    verdict = verdict_on(engine.NAME)
    assert verdict.failed == (), verdict.output
    assert verdict.passed == TESTS
    assert verdict.fallbacks == 0
    assert len(verdict.untouched) == NOTHING_TO_EXECUTE
    assert len(verdict.elsewhere) == ANOTHER_DOOR


def test_graphql_core_passes_and_every_operation_of_it_is_seen():
    verdict = verdict_on(engine.REFERENCE)
    assert verdict.failed == (), verdict.output
    assert verdict.passed == TESTS
    assert verdict.fallbacks > TESTS, "each operation that graphql-core ran for the engine counts as a fallback"
    assert verdict.executed > verdict.fallbacks, "some operations are refused before they run"
    assert len(verdict.untouched) == NOTHING_TO_EXECUTE
    assert len(verdict.elsewhere) == ANOTHER_DOOR


def test_an_engine_that_forgets_errors_does_not_pass():
    verdict = verdict_on("wrong")
    assert verdict.failed
    assert not verdict.good
