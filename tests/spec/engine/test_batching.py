"""One request's calls of plugin fields: who shares a call, and who is the same parent."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass

import pytest
from callboard_sdk import Batch, EntityRef
from callboard_sdk.entities import Component
from callboard_sdk.testing import make_component

from .field_calls import Parent, make_world, some


@pytest.fixture
def world():
    return make_world()


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
