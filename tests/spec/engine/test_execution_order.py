"""Mutations run one after the other, and whatever ends an operation leaves nothing running."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace as Thing

import pytest

from schema.resolution import Batched

from .schemas_by_hand import by_engine, by_graphql_core, schema_of, shown

SDL = """
    type Query { a: String b: String must: String! deep: Item! thing: Thing! items: [Item!] things: [Thing] }
    type Mutation { first: Item second: Item must: Item! last: String }
    type Item { name: String label: String must: String! inner: Item }
    type Other { label: String }
    union Thing = Item | Other
"""


class Log:
    """What ran, in order; a step gives the event loop away a few times, so that what can overlap does."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def step(self, name, value, times=3):
        async def resolve(*_):
            self.lines.append(f"{name} begins")
            for _ in range(times):
                await asyncio.sleep(0)
            self.lines.append(f"{name} ends")
            if isinstance(value, Exception):
                raise value
            return value

        return resolve

    def batch(self, name, give, times=3):
        async def load(_context, parents, _arguments):
            await self.step(name, None, times)()
            return [give(parent) for parent in parents]

        return Batched(load)


@pytest.fixture
def log():
    return Log()


def mutations(log, **values):
    item = Thing(name="n", must="m")
    return {
        "Mutation.first": log.step("first", values.get("first", item)),
        "Mutation.second": log.batch("second", lambda _: values.get("second", item)),
        "Mutation.must": log.step("must", values.get("must", item)),
        "Mutation.last": log.batch("last", lambda _: "last"),
        "Item.label": log.batch("label", lambda parent: f"label of {parent.name}"),
        "Item.must": log.batch("item's must", lambda parent: values.get("item_must", "m")),
    }


async def test_a_mutation_begins_when_all_of_the_one_before_has_ended(log):
    schema = schema_of(SDL, mutations(log))
    document = "mutation { second { name label } first { label inner { label } } last again: second { name } }"
    found = await by_engine(schema, document, Thing())
    assert found.data["last"] == "last" and list(found.data) == ["second", "first", "last", "again"]
    assert log.lines == [
        f"{step} {what}" for step in ["second", "label", "first", "label", "last", "second"] for what in ("begins", "ends")
    ]


async def test_queries_overlap_where_mutations_do_not(log):
    schema = schema_of(SDL, {"Query.a": log.step("a", "a"), "Query.b": log.batch("b", lambda _: "b")})
    await by_engine(schema, "{ a b }", Thing())
    assert log.lines == ["a begins", "b begins", "a ends", "b ends"]


FAILURES = {
    "one fails that may be null": ("mutation { first { name } last }", {"first": ValueError("no")}),
    "one is null that may be null": ("mutation { first { name } last }", {"first": None}),
    "one fails that may not be null": ("mutation { must { name } last }", {"must": ValueError("no")}),
    "one is null that may not be null": ("mutation { must { name } last }", {"must": None}),
    "one fails below, and may be null": ("mutation { first { must } last }", {"item_must": ValueError("no")}),
    "one fails below, and may not be null": ("mutation { must { must } last }", {"item_must": ValueError("no")}),
    "one is null below, and may not be": ("mutation { must { must label } last }", {"item_must": None}),
    "one of several fails below": ("mutation { first { name } must { must } last second { name } }", {"item_must": None}),
    "several fail": ("mutation { first { must } second { name } must { must } last }", {"item_must": ValueError("no")}),
}


@pytest.mark.parametrize("what", FAILURES)
async def test_after_a_failure_those_run_that_graphql_core_runs(log, what):
    document, values = FAILURES[what]
    schema = schema_of(SDL, mutations(log, **values))
    found = await by_engine(schema, document, Thing())
    ran, log.lines = log.lines, []
    expected = await by_graphql_core(schema, document, Thing())
    assert shown(found) == shown(expected)
    assert [line for line in ran if "label" not in line] == [line for line in log.lines if "label" not in line]


# Cancellation


class Hanging:
    """Calls that never end by themselves, and what happened to them."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.ended: list[str] = []

    async def wait(self, name):
        self.began.append(name)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # tidying up takes a moment
            self.ended.append(name)

    def resolver(self, name):
        async def resolve(*_):
            await self.wait(name)

        return resolve

    def batch(self, name):
        return Batched(self.resolver(name))

    async def items(self, *_):
        """A list that stops coming."""
        yield Thing(name="first")
        await self.wait("list")


def hanging(kind):
    """A schema, a document, and the calls that hang when it runs."""
    held = Hanging()
    item = Thing(name="n", must="m")
    schemas = {
        "one batch": ({"Query.a": held.batch("a")}, "{ a }", ["a"]),
        "two batches": ({"Query.a": held.batch("a"), "Query.b": held.batch("b")}, "{ a b }", ["a", "b"]),
        "one resolver": ({"Query.a": held.resolver("a")}, "{ a }", ["a"]),
        "a resolver and a batch": ({"Query.a": held.resolver("a"), "Query.b": held.batch("b")}, "{ a b }", ["a", "b"]),
        "a resolver for each item": (
            {"Query.items": lambda *_: [item] * 3, "Item.label": held.resolver("label")},
            "{ items { name label } }",
            ["label"] * 3,
        ),
        "awaitables in a list": ({"Query.items": lambda *_: [held.wait("x"), held.wait("y")]}, "{ items { name } }", ["x", "y"]),
        "a list that stops coming": ({"Query.items": held.items}, "{ items { name } }", ["list"]),
        "calls of different types": (
            {
                "Query.things": lambda *_: [Thing(kind="Item"), Thing(kind="Other")],
                "Item.label": held.batch("item"),
                "Other.label": held.resolver("other"),
            },
            "{ things { ... on Item { label } ... on Other { label } } }",
            ["item", "other"],
        ),
        "something deep beside something shallow": (
            {"Query.items": lambda *_: [item], "Item.inner": lambda *_: item, "Item.label": held.batch("deep"), "Query.b": held.batch("b")},
            "{ items { inner { label } } b }",
            ["b", "deep"],
        ),
        "a mutation": ({"Mutation.first": held.batch("first"), "Mutation.second": held.batch("second")}, "mutation { first { name } second { name } }", ["first"]),
    }  # fmt: skip
    how, document, waited_for = schemas[kind]
    return held, schema_of(SDL, how), document, waited_for


KINDS = [
    "one batch", "two batches", "one resolver", "a resolver and a batch", "a resolver for each item", "awaitables in a list",
    "a list that stops coming", "calls of different types", "something deep beside something shallow", "a mutation",
]  # fmt: skip


async def until(condition):
    for _ in range(100):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


@pytest.mark.parametrize("kind", KINDS)
async def test_who_cancels_an_operation_leaves_nothing_running(kind):
    held, schema, document, waited_for = hanging(kind)
    running = asyncio.ensure_future(by_engine(schema, document, Thing(), type_resolver=lambda value, *_: value.kind))
    await until(lambda: sorted(held.began) == waited_for)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sorted(held.ended) == waited_for
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("kind", KINDS)
async def test_so_does_one_whose_time_is_over(kind):
    held, schema, document, waited_for = hanging(kind)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await by_engine(schema, document, Thing(), type_resolver=lambda value, *_: value.kind)
    assert sorted(held.ended) == sorted(held.began) == waited_for
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize(
    ("document", "how"),
    [
        ("{ must a }", {"Query.must": "fails", "Query.a": "hangs"}),
        ("{ a must }", {"Query.must": "fails", "Query.a": "hangs in a batch"}),
        ("{ a must b }", {"Query.must": "fails late", "Query.a": "hangs", "Query.b": "hangs in a batch"}),
        ("{ items { label must } }", {"Item.must": "fails late", "Item.label": "hangs"}),
        ("{ items { must } }", {"Item.must": "one fails, the others hang"}),
        ("{ deep { must } a }", {"Item.must": "fails late", "Query.a": "hangs"}),
        ("{ a thing { ... on Item { name must } } }", {"Item.must": "fails late", "Query.a": "hangs in a batch"}),
    ],
)
async def test_what_can_not_matter_any_more_is_ended_and_not_waited_for(document, how, log):
    held = Hanging()
    places = iter(range(100))

    async def one_fails(*_):
        if next(places) == 1:
            raise ValueError("no")
        await held.wait("other")

    ways = {
        "fails": lambda *_: ValueError("no"),
        "fails late": log.step("must", ValueError("no")),
        "hangs": held.resolver("hanging"),
        "hangs in a batch": held.batch("hanging batch"),
        "one fails, the others hang": one_fails,
    }
    resolvers = {coordinate: ways[way] for coordinate, way in how.items()}
    item = Thing(name="n", kind="Item")
    root = {
        "Query.items": lambda *_: [Thing(name=n) for n in "abc"],
        "Query.deep": lambda *_: item,
        "Query.thing": lambda *_: item,
    }
    schema = schema_of(SDL, root | resolvers)
    running = by_engine(schema, document, Thing(), type_resolver=lambda value, *_: value.kind)
    found = await asyncio.wait_for(running, 10)
    assert found.data in (None, {"items": None})
    assert [error.message for error in found.errors] == ["no"]
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
    assert sorted(held.began) == sorted(held.ended)
