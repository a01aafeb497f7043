"""What fails in one request's calls of plugin fields: what is remembered, who else is hit, and what ends a call."""

from __future__ import annotations

import asyncio

import pytest
from callboard_sdk import Batch, CallboardError, UpstreamError
from callboard_sdk.entities import Component

from resolvers.deadline import deadline, set_deadline
from resolvers.errors import DeadlineExceeded, InternalError, PluginUnavailable

from .field_calls import make_world, some


@pytest.fixture
def world():
    return make_world()


async def others_end() -> None:
    """Wait until no other task is left; fail when one goes on."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=5)
    assert not [task for task in others if not task.done()]


# What is remembered of failures


async def test_a_failure_is_remembered_and_not_tried_again(world):
    async def broken(parents: Batch[Component]) -> list[str | None]:
        world.calls.append([parent.name for parent in parents])
        raise UpstreamError("u", "TIMEOUT", "u did not answer")

    spec, (a, b, c) = world.field(broken), some("abc")
    first = await world.context.load(spec, [a, b], {})
    second = await world.context.load(spec, [b, c, a], {})
    assert [type(item) for item in [*first, *second]] == [UpstreamError] * 5
    assert first[0] is second[0] is second[2]
    assert second[1] is not first[0]
    assert world.calls == [["a", "b"], ["c"]]


async def test_an_item_that_fails_costs_no_other_and_is_remembered(world):
    async def partly(parents: Batch[Component]) -> list[str | None]:
        world.calls.append([parent.name for parent in parents])
        return [UpstreamError("u", "GONE", "gone") if parent.name == "b" else parent.name for parent in parents]

    spec, (a, b, c) = world.field(partly), some("abc")
    first = await world.context.load(spec, [a, b, c], {})
    assert [first[0], first[2]] == ["a", "c"] and isinstance(first[1], UpstreamError)
    assert (await world.context.load(spec, [b], {}))[0] is first[1]
    assert world.calls == [["a", "b", "c"]]


@pytest.mark.parametrize(
    "results", [[], ["one"], ["one", "two", "three"], None, "no list".split, 3, {"a": 1}.keys(), iter(["one", "two"])]
)
async def test_another_number_of_results_than_parents_fails_for_all_of_them(world, results):
    async def miscounted(parents: Batch[Component]) -> list[str | None]:
        return results

    found = await world.context.load(world.field(miscounted), some("ab"), {})
    assert [type(item) for item in found] == [InternalError] * 2
    assert found[0].extensions["plugin"] == "p"
    assert "miscounted gave" in world.runtime.health.errors()["miscounted"]


async def test_what_a_function_should_not_raise_is_masked_and_logged(world):
    async def leaky(parents: Batch[Component]) -> list[str | None]:
        raise ValueError("password=hunter2")

    (found,) = await world.context.load(world.field(leaky), some("a"), {})
    assert isinstance(found, InternalError)
    assert "hunter2" not in str(found.message)
    assert world.runtime.health.errors() == {"leaky": "leaky raised ValueError"}


async def test_an_item_that_should_not_be_is_masked(world):
    async def leaky(parents: Batch[Component]) -> list[str | None]:
        return [ValueError("password=hunter2"), CallboardError("for all to read")]

    found = await world.context.load(world.field(leaky), some("ab"), {})
    assert isinstance(found[0], InternalError) and "hunter2" not in found[0].message
    assert found[1].message == "for all to read"


async def test_a_function_that_was_cancelled_by_its_own_doing_fails_and_hangs_nobody(world):
    async def cancels(parents: Batch[Component]) -> list[str | None]:
        inner = asyncio.ensure_future(asyncio.Event().wait())
        inner.cancel()
        await inner
        return []

    spec = world.field(cancels)
    first, second = world.context.load(spec, some("a"), {}), world.context.load(spec, some("b"), {})
    found = [*await asyncio.wait_for(first, 5), *await asyncio.wait_for(second, 5)]
    assert [type(item) for item in found] == [InternalError] * 2
    assert world.runtime.health.errors() == {"cancels": "cancels raised CancelledError"}


async def test_a_field_of_the_root_that_was_cancelled_by_its_own_doing_fails(world):
    async def cancels() -> str | None:
        raise asyncio.CancelledError

    with pytest.raises(InternalError):
        await world.context.load(world.query(cancels), [None], {})


class Catastrophe(BaseException):
    """Something that no code expects."""


async def test_whatever_ends_a_call_nobody_waits_for_it_forever(world):
    async def catastrophic(parents: Batch[Component]) -> list[str | None]:
        await asyncio.sleep(0)
        raise Catastrophe

    spec, (a, b) = world.field(catastrophic), some("ab")
    first = world.context.load(spec, [a], {})
    task = next(iter(world.context._running))
    await asyncio.wait([task])
    second = world.context.load(spec, [a, b], {})
    await asyncio.wait([first, second], timeout=5)
    assert first.cancelled() and second.cancelled()
    assert isinstance(task.exception(), Catastrophe)
    await asyncio.gather(*world.context._running, return_exceptions=True)


async def test_a_field_that_is_left_out_is_not_called(world):
    names = world.names()
    world.runtime.health.broken = "it failed to start"
    (found,) = await world.context.load(names, some("a"), {})
    assert isinstance(found, PluginUnavailable)
    assert world.calls == world.context.calls == []


# What ends it


@pytest.fixture
def short_of_time():
    before = deadline.set(None)
    yield set_deadline
    deadline.reset(before)


@pytest.mark.parametrize("stubborn", [False, True])
async def test_a_call_ends_with_the_time_of_its_request(world, short_of_time, stubborn):
    ended = asyncio.Event()

    async def slow(parents: Batch[Component]) -> list[str | None]:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if stubborn:
                raise ValueError("not now") from None
            raise
        finally:
            ended.set()
        return []

    spec = world.field(slow)
    short_of_time(0.01)
    found = await world.context.load(spec, some("ab"), {})
    assert [type(item) for item in found] == [DeadlineExceeded] * 2
    assert ended.is_set()
    await others_end()


async def test_a_timeout_of_the_functions_own_is_not_the_requests(world, short_of_time):
    async def impatient(parents: Batch[Component]) -> list[str | None]:
        raise TimeoutError

    short_of_time(60)
    (found,) = await world.context.load(world.field(impatient), some("a"), {})
    assert isinstance(found, InternalError)


async def test_a_column_that_was_given_up_takes_none_with_it(world):
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(parents: Batch[Component]) -> list[str | None]:
        world.calls.append([parent.name for parent in parents])
        started.set()
        await go_on.wait()
        return [parent.name for parent in parents]

    spec, (a, b) = world.field(slow), some("ab")
    given_up, kept = world.context.load(spec, [a], {}), world.context.load(spec, [b, a], {})
    given_up.cancel()
    await started.wait()
    late = world.context.load(spec, [a], {})
    go_on.set()
    assert [await kept, await late] == [["b", "a"], ["a"]]
    assert given_up.cancelled()
    assert world.calls == [["a", "b"]]


async def test_the_first_column_alone_may_be_given_up_too(world):
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(parents: Batch[Component]) -> list[str | None]:
        world.calls.append([parent.name for parent in parents])
        started.set()
        await go_on.wait()
        return [parent.name for parent in parents]

    spec, (a, b) = world.field(slow), some("ab")
    given_up = world.context.load(spec, [a, b], {})
    await started.wait()
    given_up.cancel()
    late = world.context.load(spec, [b, a], {})
    go_on.set()
    assert await late == ["b", "a"]
    assert world.calls == [["a", "b"]]


async def test_closing_ends_what_runs_and_waits_for_its_end(world):
    ended: list[str] = []

    async def endless(parents: Batch[Component]) -> list[str | None]:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("batch")
        return []

    async def alone() -> str | None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("root")
        return None

    batch, root = world.field(endless), world.query(alone)
    waiting = [world.context.load(batch, some("a"), {}), world.context.load(root, [None], {})]
    await asyncio.sleep(0)
    behind = world.context.load(batch, some("b"), {})
    await asyncio.sleep(0)
    await world.context.aclose()
    assert sorted(ended) == ["batch", "batch", "root"]
    await others_end()
    assert all(one.cancelled() for one in [*waiting, behind])


async def test_closing_what_is_done_does_nothing(world):
    assert await world.context.load(world.names(), some("a"), {}) == ["a"]
    await world.context.aclose()
    await world.context.aclose()
