"""One request's calls of plugin fields: who shares a call, who is the same parent, what is remembered, and what ends it."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass
from typing import Any

import pytest
from callboard_sdk import Batch, CallboardError, EntityRef, Plugin, Settings, UpstreamError, Viewer, ViewerKind
from callboard_sdk.entities import Component
from callboard_sdk.testing import make_component

from resolvers.batching import RequestContext
from resolvers.deadline import deadline, set_deadline
from resolvers.errors import DeadlineExceeded, InternalError, PluginUnavailable
from resolvers.plugins import PluginRuntime, Plugins

VIEWER = Viewer("tester", ViewerKind.PERSON, frozenset())


class Parent:
    """A parent that is no entity: it is itself, and equal to everything, which must not matter."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@dataclass
class World:
    """A request, the functions of one plugin, and what each call of them was given."""

    plugin: Plugin[Settings]
    runtime: PluginRuntime
    context: RequestContext
    calls: list[list[Any]]

    def field(self, function):
        """The function as a batch field."""
        self.plugin.field(on=Component, permission="p.read")(function)
        return self.plugin.fields[-1]

    def query(self, function):
        """The function as a field of Query."""
        self.plugin.query(permission="p.read")(function)
        return self.plugin.fields[-1]

    def names(self):
        """A batch field that gives each parent's name."""

        async def names(parents: Batch[Component], extra: str = "") -> list[str | None]:
            self.calls.append([parent.name for parent in parents])
            return [parent.name + extra for parent in parents]

        return self.field(names)


@pytest.fixture
def world():
    plugin: Plugin[Settings] = Plugin("p", permissions={"p.read": "Read."})
    runtime = PluginRuntime(plugin, Settings())
    database: Any = None
    return World(plugin, runtime, RequestContext(Plugins({"p": runtime}, database, {}), VIEWER), [])


def some(names: str) -> list[Parent]:
    return [Parent(name) for name in names]


async def others_end() -> None:
    """Wait until no other task is left; fail when one goes on."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=5)
    assert not [task for task in others if not task.done()]


# Who shares a call


async def test_parents_that_ask_in_one_turn_are_one_call(world):
    names, context = world.names(), world.context
    first, second, third = (context.load(names, some(text), {}) for text in ("ab", "c", "de"))
    assert [await second, await first, await third] == [["c"], ["a", "b"], ["d", "e"]]
    assert world.calls == [["a", "b", "c", "d", "e"]]
    assert context.calls == ["p.names"]


async def test_other_arguments_are_another_call(world):
    names, context = world.names(), world.context
    parents = some("ab")
    plain, marked, again = (context.load(names, parents, given) for given in ({}, {"extra": "!"}, {"extra": "!"}))
    assert [await plain, await marked, await again] == [["a", "b"], ["a!", "b!"], ["a!", "b!"]]
    assert world.calls == [["a", "b"], ["a", "b"]]


async def test_the_order_of_arguments_means_nothing(world):
    async def sums(parents: Batch[Component], one: int, two: int) -> list[int | None]:
        world.calls.append([one, two])
        return [one + two for _ in parents]

    spec = world.field(sums)
    parents = some("a")
    answers = [world.context.load(spec, parents, given) for given in ({"one": 1, "two": 2}, {"two": 2, "one": 1})]
    assert [await answer for answer in answers] == [[3], [3]]
    assert world.calls == [[1, 2]]


@dataclass
class Secretive:
    word: str

    def __repr__(self) -> str:
        return "Secretive(...)"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Secretive("a"), Secretive("b")),
        ({"deep": [Secretive("a")]}, {"deep": [Secretive("b")]}),
        (1, True),
        (1, 1.0),
        ("1", 1),
        ([1, 2], [2, 1]),
        ([[1], 2], [1, [2]]),
        ({"a": 1}, {"b": 1}),
        ({1}, {2}),
        ({"a": None}, {}),
        (EntityRef("component", "default", "a"), "component:default/a"),
    ],
)
async def test_arguments_that_only_look_alike_are_another_call(world, one, other):
    async def echo(parents: Batch[Component], given: str) -> list[str | None]:
        world.calls.append([given])
        return [given for _ in parents]

    spec = world.field(echo)
    parents = some("a")
    answers = [world.context.load(spec, parents, {"given": given}) for given in (one, other)]
    assert [await answer for answer in answers] == [[one], [other]]
    assert len(world.calls) == 2


@pytest.mark.parametrize("make", [lambda: Secretive("a"), lambda: ["x", {"y": (1, None)}], lambda: EntityRef("group", "x", "y")])
async def test_arguments_that_mean_the_same_share_a_call(world, make):
    async def echo(parents: Batch[Component], given: str) -> list[str | None]:
        world.calls.append([given])
        return [given for _ in parents]

    spec = world.field(echo)
    parents = some("a")
    answers = [world.context.load(spec, parents, {"given": make()}) for _ in range(2)]
    assert [await answer for answer in answers] == [[make()], [make()]]
    assert len(world.calls) == 1


async def test_each_call_has_arguments_of_its_own(world):
    async def greedy(parents: Batch[Component], given: list[str]) -> list[str | None]:
        found = [f"{parent.name}{len(given)}" for parent in parents]
        given.append("more")
        return found

    spec, (a, b) = world.field(greedy), some("ab")
    assert await world.context.load(spec, [a], {"given": ["x"]}) == ["a1"]
    assert await world.context.load(spec, [b, a], {"given": ["x"]}) == ["b1", "a1"]


async def test_fields_do_not_share_calls(world):
    async def lengths(parents: Batch[Component]) -> list[int | None]:
        return [len(parent.name) for parent in parents]

    names, lengths_spec, parents = world.names(), world.field(lengths), some("ab")
    one, other = world.context.load(names, parents, {}), world.context.load(lengths_spec, parents, {})
    assert [await one, await other] == [["a", "b"], [1, 1]]


async def test_a_field_of_the_root_is_called_for_each_place_that_asks(world):
    async def number() -> int | None:
        world.calls.append([])
        return len(world.calls)

    spec = world.query(number)
    answers = [world.context.load(spec, [None], {}) for _ in range(2)]
    assert [await answer for answer in answers] == [[1], [2]]


async def test_a_function_need_not_be_asynchronous(world):
    def shout(parents: Batch[Component]) -> list[str | None]:
        return [parent.name.upper() for parent in parents]

    assert await world.context.load(world.field(shout), some("ab"), {}) == ["A", "B"]


# Who is the same parent


async def test_a_parent_that_was_asked_for_is_not_asked_for_again(world):
    names, context = world.names(), world.context
    a, b, c = some("abc")
    assert await context.load(names, [a, b], {}) == ["a", "b"]
    assert await context.load(names, [b, c, a], {}) == ["b", "c", "a"]
    assert await context.load(names, [c, c, b], {}) == ["c", "c", "b"]
    assert world.calls == [["a", "b"], ["c"]]


async def test_a_parent_that_is_being_asked_for_is_waited_for(world):
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(parents: Batch[Component]) -> list[str | None]:
        world.calls.append([parent.name for parent in parents])
        started.set()
        await go_on.wait()
        return [parent.name for parent in parents]

    spec, (a, b, c) = world.field(slow), some("abc")
    first = world.context.load(spec, [a, b], {})
    await started.wait()
    second = world.context.load(spec, [b], {})
    third = world.context.load(spec, [c, a], {})
    while len(world.calls) < 2:
        await asyncio.sleep(0)
    assert not second.done()
    go_on.set()
    assert [await first, await second, await third] == [["a", "b"], ["b"], ["c", "a"]]
    assert world.calls == [["a", "b"], ["c"]]


async def test_a_column_does_not_wait_for_what_only_another_waits_for(world):
    go_on = asyncio.Event()

    async def uneven(parents: Batch[Component]) -> list[str | None]:
        if any(parent.name == "slow" for parent in parents):
            await go_on.wait()
        return [parent.name for parent in parents]

    spec, slow, quick = world.field(uneven), Parent("slow"), Parent("quick")
    first = world.context.load(spec, [slow], {})
    await asyncio.sleep(0)
    again, other = world.context.load(spec, [slow], {}), world.context.load(spec, [quick], {})
    assert await asyncio.wait_for(other, 5) == ["quick"]
    assert not first.done() and not again.done()
    go_on.set()
    assert [await first, await again] == [["slow"], ["slow"]]


async def test_equal_entities_are_one_parent(world):
    names, context = world.names(), world.context
    entities = [make_component("a"), make_component("b"), make_component("a"), make_component("A")]
    first, b, *alike = await context.load(names, entities, {})
    assert b == "b" and alike == [first, first]
    assert [len(call) for call in world.calls] == [2]
    again = await context.load(names, [make_component("b"), make_component("c")], {})
    assert again == ["b", "c"]
    assert world.calls[1:] == [["c"]]


async def test_what_is_no_entity_is_only_the_same_as_itself(world):
    names, context = world.names(), world.context
    a, b = Parent("a"), Parent("b")
    assert a == b
    assert await context.load(names, [a, b, a], {}) == ["a", "b", "a"]
    assert await context.load(names, [Parent("c"), b], {}) == ["c", "b"]
    assert world.calls == [["a", "b"], ["c"]]


@pytest.mark.parametrize("size", [1, 3])
async def test_a_parent_is_never_taken_for_one_that_is_gone(world, size):
    """Python gives a new object the identity of one that was collected, often at once."""
    names, context = world.names(), world.context
    for number in range(200):
        parents = [Parent(f"{number}-{place}") for place in range(size)]
        assert await context.load(names, [*parents, parents[0]], {}) == [*(p.name for p in parents), parents[0].name]
        del parents
        gc.collect(0)
    assert len(world.calls) == 200


async def test_nor_for_one_of_the_first_column(world):
    names, context = world.names(), world.context
    first = [Parent(f"first {number}") for number in range(100)]
    assert await context.load(names, first, {}) == [parent.name for parent in first]
    del first
    gc.collect(0)
    second = [Parent(f"second {number}") for number in range(100)]
    assert await context.load(names, second, {}) == [parent.name for parent in second]


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
    assert "miscounted gave" in world.runtime.health.last_error


async def test_what_a_function_should_not_raise_is_masked_and_logged(world):
    async def leaky(parents: Batch[Component]) -> list[str | None]:
        raise ValueError("password=hunter2")

    (found,) = await world.context.load(world.field(leaky), some("a"), {})
    assert isinstance(found, InternalError)
    assert "hunter2" not in str(found.message)
    assert world.runtime.health.last_error == "leaky raised ValueError"


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
    assert world.runtime.health.last_error == "cancels raised CancelledError"


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
