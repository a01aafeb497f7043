"""Batch fields on the engine: one call a depth, side by side, and what goes wrong in one costs only what it must."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace as Thing

import pytest

from schema.resolution import Batched

from .schemas_by_hand import by_engine, by_graphql_core, schema_of, shown

SDL = """
    type Query { items: [Item!]! maybe: [Item] one: Item any: [Any] }
    type Mutation { first: Item! second: Item! third: String }
    type Item { name: String quick: Item slow: Item children: [Item!]! label: String must: String! }
    type Other { name: String quick: Other label: String }
    union Any = Item | Other
"""


class Loads:
    """Records each call of its loads: the field, the parents' names, and when it began and ended."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []
        self.log: list[str] = []

    def batch(self, name, give, wait=None):
        """A load that gives `give(parent)` for each parent, once `wait` has been awaited."""

        async def load(_context, parents, _arguments):
            self.calls.append((name, [getattr(parent, "name", "root") for parent in parents]))
            self.log.append(f"{name} begins")
            try:
                if wait is not None:
                    await wait()
                return [give(parent) for parent in parents]
            finally:
                self.log.append(f"{name} ends")

        return Batched(load, name)


def items(*names, under=""):
    return [Thing(name=under + name) for name in names]


@pytest.fixture
def loads():
    return Loads()


async def within_time(awaitable):
    """The result; the test fails when calls that should overlap wait for each other forever."""
    return await asyncio.wait_for(awaitable, 10)


def meeting(names):
    """For each name something to await that ends when all of them are awaited."""
    there = {name: asyncio.Event() for name in names}

    def wait_as(name):
        async def wait():
            there[name].set()
            for event in there.values():
                await event.wait()

        return wait

    return {name: wait_as(name) for name in names}


async def test_a_field_is_called_once_at_each_depth_for_all_parents(loads):
    schema = schema_of(SDL, {
        "Query.items": loads.batch("items", lambda _: items("a", "b")),
        "Item.children": loads.batch("children", lambda parent: items("1", "2", under=parent.name)),
        "Item.label": loads.batch("label", lambda parent: parent.name.upper()),
    })  # fmt: skip
    result = await by_engine(schema, "{ items { label children { children { label } } } }")
    assert result.errors is None
    assert sorted(loads.calls) == [
        ("children", ["a", "b"]),
        ("children", ["a1", "a2", "b1", "b2"]),
        ("items", ["root"]),
        ("label", ["a", "b"]),
        ("label", ["a11", "a12", "a21", "a22", "b11", "b12", "b21", "b22"]),
    ]
    assert result.data["items"][1]["children"][0] == {"children": [{"label": "B11"}, {"label": "B12"}]}


async def test_an_empty_list_calls_nothing_below_it(loads):
    schema = schema_of(SDL, {
        "Query.items": loads.batch("items", lambda _: []),
        "Item.label": loads.batch("label", lambda parent: parent.name),
    })  # fmt: skip
    assert (await by_engine(schema, "{ items { label } }")).data == {"items": []}
    assert loads.calls == [("items", ["root"])]


async def test_null_parents_are_not_asked_for(loads):
    schema = schema_of(SDL, {
        "Item.quick": loads.batch("quick", lambda parent: Thing(name=parent.name + "q") if parent.name != "b" else None),
        "Item.label": loads.batch("label", lambda parent: parent.name),
    })  # fmt: skip
    result = await by_engine(schema, "{ items { quick { label } } }", Thing(items=items("a", "b", "c")))
    assert result.data == {"items": [{"quick": {"label": "aq"}}, {"quick": None}, {"quick": {"label": "cq"}}]}
    assert loads.calls == [("quick", ["a", "b", "c"]), ("label", ["aq", "cq"])]


@pytest.mark.parametrize("document", ["{ one { quick { name } slow { name } label } }", "{ items { quick { name } slow { name } label } }"])  # fmt: skip
async def test_independent_fields_of_a_type_run_at_the_same_time(loads, document):
    all_there = meeting(["quick", "slow", "label"])
    schema = schema_of(SDL, {
        f"Item.{name}": loads.batch(name, (lambda p: p.name) if name == "label" else (lambda p: p), wait)
        for name, wait in all_there.items()
    })  # fmt: skip
    result = await within_time(by_engine(schema, document, Thing(one=Thing(name="a"), items=items("a", "b"))))
    assert result.errors is None
    assert loads.log[:3] == ["quick begins", "slow begins", "label begins"]


async def test_independent_fields_of_different_branches_run_at_the_same_time(loads):
    all_there = meeting(["below quick", "below slow"])

    def below(name):
        return loads.batch(name, lambda parent: parent.name.upper(), all_there[name])

    schema = schema_of(SDL, {
        "Item.quick": loads.batch("quick", lambda parent: parent),
        "Item.slow": loads.batch("slow", lambda parent: parent),
        "Item.label": below("below quick"),
        "Item.must": below("below slow"),
    })  # fmt: skip
    result = await within_time(by_engine(schema, "{ one { quick { label } slow { must } } }", Thing(one=Thing(name="a"))))
    assert result.data == {"one": {"quick": {"label": "A"}, "slow": {"must": "A"}}}


async def test_fields_of_different_types_of_one_list_run_at_the_same_time(loads):
    all_there = meeting(["of items", "of others"])
    schema = schema_of(SDL, {
        "Item.label": loads.batch("of items", lambda parent: parent.name, all_there["of items"]),
        "Other.label": loads.batch("of others", lambda parent: parent.name, all_there["of others"]),
    })  # fmt: skip
    things = [Thing(name=f"{kind}{n}", kind=kind) for n, kind in enumerate(["Item", "Other", "Item"])]
    document = "{ any { ... on Item { label } ... on Other { label } } }"
    found = by_engine(schema, document, Thing(any=things), type_resolver=lambda value, *_: value.kind)
    assert (await within_time(found)).data == {"any": [{"label": "Item0"}, {"label": "Other1"}, {"label": "Item2"}]}
    assert sorted(loads.calls) == [("of items", ["Item0", "Item2"]), ("of others", ["Other1"])]


@pytest.mark.parametrize("document", ["{ one { slow { name } quick { label } } }", "{ items { quick { label } slow { name } } }"])
async def test_what_is_below_a_quick_field_does_not_wait_for_its_slow_sibling(loads, document):
    asked_below = asyncio.Event()

    async def tell():
        asked_below.set()

    schema = schema_of(SDL, {
        "Item.quick": loads.batch("quick", lambda parent: parent),
        "Item.slow": loads.batch("slow", lambda parent: parent, asked_below.wait),
        "Item.label": loads.batch("label", lambda parent: parent.name, tell),
    })  # fmt: skip
    result = await within_time(by_engine(schema, document, Thing(one=Thing(name="a"), items=items("a", "b"))))
    assert result.errors is None
    assert loads.log.index("label ends") < loads.log.index("slow ends")


async def test_nor_does_it_wait_where_the_types_differ(loads):
    asked_below = asyncio.Event()

    async def tell():
        asked_below.set()

    schema = schema_of(SDL, {
        "Item.label": loads.batch("slow", lambda parent: parent.name, asked_below.wait),
        "Other.quick": loads.batch("quick", lambda parent: parent),
        "Other.label": loads.batch("label", lambda parent: parent.name, tell),
    })  # fmt: skip
    root = Thing(any=[Thing(name="i", kind="Item"), Thing(name="o", kind="Other")])
    document = "{ any { ... on Item { label } ... on Other { quick { label } } } }"
    result = await within_time(by_engine(schema, document, root, type_resolver=lambda value, *_: value.kind))
    assert result.data == {"any": [{"label": "i"}, {"quick": {"label": "o"}}]}


# What goes wrong

ROOT = Thing(items=items("a", "b", "c"))


@pytest.mark.parametrize("asynchronous", [True, False])
@pytest.mark.parametrize("field", ["label", "must"])
async def test_one_item_that_fails_fails_alone(field, asynchronous):
    def give(parents):
        return [ValueError("not b") if parent.name == "b" else parent.name for parent in parents]

    async def later(_context, parents, _arguments):
        return give(parents)

    schema = schema_of(SDL, {f"Item.{field}": Batched(later if asynchronous else lambda _c, parents, _a: give(parents))})
    document, root = "{ maybe { name %s } }" % field, Thing(maybe=items("a", "b", "c"))
    found = await by_engine(schema, document, root)
    assert shown(found) == shown(await by_graphql_core(schema, document, root))
    assert [error.path for error in found.errors] == [["maybe", 1, field]]
    assert found.data["maybe"][0] == {"name": "a", field: "a"}
    assert found.data["maybe"][1] == ({"name": "b", field: None} if field == "label" else None)


@pytest.mark.parametrize("asynchronous", [True, False])
async def test_a_load_that_raises_fails_for_every_parent(asynchronous):
    async def later(_context, parents, _arguments):
        raise ValueError("no labels today")

    def now(_context, parents, _arguments):
        raise ValueError("no labels today")

    schema = schema_of(SDL, {"Item.label": Batched(later if asynchronous else now)})
    found = await by_engine(schema, "{ items { name label } }", ROOT)
    assert shown(found) == shown(await by_graphql_core(schema, "{ items { name label } }", ROOT))
    assert [error.path for error in found.errors] == [["items", place, "label"] for place in range(3)]
    assert {error.message for error in found.errors} == {"no labels today"}


@pytest.mark.parametrize("asynchronous", [True, False])
@pytest.mark.parametrize("count", [0, 2, 4])
async def test_another_number_of_results_fails_for_every_parent_and_gives_none_anothers(count, asynchronous):
    async def later(_context, parents, _arguments):
        return ["x"] * count

    schema = schema_of(SDL, {"Item.label": Batched(later if asynchronous else lambda _c, _p, _a: ["x"] * count)})
    found = await by_engine(schema, "{ items { name label } }", ROOT)
    assert found.data == {"items": [{"name": name, "label": None} for name in "abc"]}
    assert {error.message for error in found.errors} == {f"Item.label gave {count} results for 3 parents"}
    assert [error.path for error in found.errors] == [["items", place, "label"] for place in range(3)]


@pytest.mark.parametrize("results", [None, 5, (name for name in "abc")])
async def test_results_that_are_no_sequence_fail_for_every_parent(results):
    schema = schema_of(SDL, {"Item.label": Batched(lambda _c, _p, _a: results)})
    found = await by_engine(schema, "{ items { name label } }", ROOT)
    assert found.data == {"items": [{"name": name, "label": None} for name in "abc"]}
    assert len(found.errors) == 3


async def test_arguments_that_do_not_fit_fail_for_every_parent_without_a_call(loads):
    called = []
    schema = schema_of(
        "type Query { items: [Item!]! } type Item { at(x: Int!): String }",
        {"Item.at": Batched(lambda _c, parents, arguments: called.append(arguments) or ["x"] * len(parents))},
    )
    document = "query ($x: Int) { items { at(x: $x) } }"
    found = await by_engine(schema, document, ROOT)
    assert shown(found) == shown(await by_graphql_core(schema, document, ROOT))
    assert len(found.errors) == 3 and called == []


@pytest.mark.parametrize("field", ["label", "must"])
async def test_a_load_that_ends_by_a_cancellation_of_its_own_fails_and_nothing_else_does(field):
    async def broken_off(_context, parents, _arguments):
        inner = asyncio.ensure_future(asyncio.Event().wait())
        inner.cancel()
        await inner

    schema = schema_of(SDL, {f"Item.{field}": Batched(broken_off)})
    found = await within_time(by_engine(schema, "{ one { name %s } }" % field, Thing(one=Thing(name="a"))))
    assert found.data == {"one": {"name": "a", "label": None} if field == "label" else None}
    assert [error.path for error in found.errors] == [["one", field]]


@pytest.mark.parametrize("field", ["label", "must"])
async def test_a_resolver_that_ends_by_a_cancellation_of_its_own_fails_and_nothing_else_does(field):
    async def broken_off(_parent, _info):
        raise asyncio.CancelledError

    schema = schema_of(SDL, {f"Item.{field}": broken_off})
    found = await within_time(by_engine(schema, "{ one { name %s } }" % field, Thing(one=Thing(name="a"))))
    assert found.data == {"one": {"name": "a", "label": None} if field == "label" else None}
    assert [error.path for error in found.errors] == [["one", field]]
