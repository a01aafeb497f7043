"""Nothing is computed twice: not even when something else of the same object is wrong, and its row is made again with care."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from types import SimpleNamespace as Thing
from typing import Any

import pytest
import strawberry
from graphql import GraphQLSchema
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission

from schema.binding import bind
from schema.resolution import RESOLUTION, Attribute, Batched, Method

from .schemas_by_hand import by_engine, by_graphql_core, schema_of, shown

calls: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def forget():
    calls.clear()


def counted(name: str, value: Any) -> Any:
    calls[name] += 1
    return value


class Computed:
    """A descriptor that computes, as some libraries' fields do."""

    def __get__(self, item: Any, owner: type | None = None) -> Any:
        return self if item is None else counted("descriptor", "d")


class Allowed(BasePermission):
    message = "no"

    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:
        return counted("permission", True)


class Louder(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        return counted("extension", next_(source, info, **arguments) + "!")


@strawberry.type
class Inner:
    name: str
    """Stored: what is wrong with it is found when a row is made."""

    @strawberry.field
    def shout(self) -> str:
        return counted("inner method", str(self.name).upper())


@strawberry.type
class Item:
    name: str
    slotted: str
    inner: Inner

    @strawberry.field
    def method(self) -> str:
        return counted("method", "m")

    @strawberry.field
    def given(self, times: int) -> str:
        return counted("method with an argument", "g" * times)

    @strawberry.field
    def told(self, info: strawberry.Info) -> str:
        return counted("method with info", info.field_name)

    @strawberry.field
    async def later(self) -> str:
        return counted("asynchronous method", "l")

    @strawberry.field(permission_classes=[Allowed])
    def guarded(self) -> str:
        return counted("guarded method", "p")

    @strawberry.field(extensions=[Louder()])
    def loud(self) -> str:
        return counted("extended method", "x")


@strawberry.type
class Computing:
    """Its fields look stored, and are computed."""

    name: str
    prop: str
    cached: str
    described: str

    def __init__(self, name: Any) -> None:
        self.name = name

    @property
    def prop(self) -> str:  # noqa: F811
        return counted("property", "p")

    @cached_property
    def cached(self) -> str:  # noqa: F811
        return counted("cached property", "c")

    described = Computed()  # type: ignore[assignment]


@strawberry.type
class Slotted:
    __slots__ = ("name",)
    name: str


@strawberry.type
class Query:
    items: list[Item]
    computing: list[Computing]
    slotted: Slotted


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    made = strawberry.Schema(Query)
    bind(made, {})
    return made._schema


METHODS = {
    "method": "method",
    "given(times: 2)": "method with an argument",
    "told": "method with info",
    "later": "asynchronous method",
    "guarded": "guarded method",
    "loud": "extended method",
    "inner { name shout }": "inner method",
}


def items(*names: Any) -> Thing:
    return Thing(items=[Item(name=name, slotted="s", inner=Inner(name="in")) for name in names])


async def alike(schema, document, root):
    """The engine's result, which is graphql-core's, and what was computed for it."""
    found = await by_engine(schema, document, root)
    ours = dict(calls)
    assert shown(found) == shown(await by_graphql_core(schema, document, root))
    return found, ours


@pytest.mark.parametrize("wrong", [None, 5, ValueError("wrong")])
@pytest.mark.parametrize("field", METHODS)
async def test_a_method_runs_once_for_each_parent_whatever_its_siblings_are(schema, field, wrong):
    root = items("a", wrong, "c")
    _, ours = await alike(schema, "{ items { name slotted %s } }" % field, root)
    assert ours[METHODS[field]] == 3


async def test_all_of_them_run_once_together(schema):
    _, ours = await alike(schema, "{ items { name %s } }" % " ".join(METHODS), items("a", None))
    assert ours == {name: 2 for name in METHODS.values()} | {"permission": 2, "extension": 2}


@pytest.mark.parametrize("wrong", [None, ValueError("deep")])
async def test_a_method_of_what_is_read_with_its_parent_runs_once_too(schema, wrong):
    root = Thing(items=[Item(name="a", slotted="s", inner=Inner(name=name)) for name in ("x", wrong)])
    _, ours = await alike(schema, "{ items { name inner { name shout } } }", root)
    assert ours == {"inner method": 2}


@pytest.mark.parametrize("wrong", [None, 5, ValueError("wrong")])
async def test_what_looks_stored_and_is_computed_is_computed_once(schema, wrong):
    root = Thing(computing=[Computing(name) for name in ("a", wrong, "c")])
    document = "{ computing { name prop cached described } }"
    _, ours = await alike(schema, document, root)
    assert ours == {"property": 3, "cached property": 3, "descriptor": 3}


def test_what_a_class_computes_is_a_method_and_what_it_stores_an_attribute(schema):
    def kinds(name):
        return {f: type(field.extensions.get(RESOLUTION)) for f, field in schema.type_map[name].fields.items()}

    assert kinds("Slotted") == {"name": Attribute}
    assert kinds("Computing") == {"name": Attribute, "prop": Method, "cached": Method, "described": Method}
    assert kinds("Item") == {
        "name": Attribute,
        "slotted": Attribute,
        "inner": Attribute,
        "method": Method,
        "given": Batched,
        **dict.fromkeys(["told", "later", "guarded", "loud"], type(None)),
    }


# The same on a schema by hand, for each way in which a row can be wrong

SDL = """
    type Query { items: [Item] }
    type Item { name: String! count: Int! tags: [String!]! inner: Inner must: String! batch: String method: String resolved: String }
    type Inner { name: String! }
"""
GOOD = {"name": "n", "count": 1, "tags": ["t"], "inner": Thing(name="i")}
WRONG = {
    "a wrong type": {"count": "x"},
    "a number out of range": {"count": 2**31},
    "null where it may not be": {"name": None},
    "an exception as a value": {"name": ValueError("n")},
    "null in a list": {"tags": ["t", None]},
    "no list": {"tags": 5},
    "null within": {"inner": Thing(name=None)},
    "an attribute too few within": {"inner": Thing()},
}


@pytest.mark.parametrize("what", [*WRONG, "an attribute too few"])
async def test_whatever_is_wrong_in_a_row_nothing_is_called_again(what):
    def resolve(_parent, _info):
        return counted("resolved", "r")

    schema = schema_of(SDL, {
        "Item.method": Method(lambda parent: counted("method", "m")),
        "Item.batch": Batched(lambda _c, parents, _a: [counted("batch", "b") for _ in parents]),
        "Item.resolved": resolve,
    })  # fmt: skip
    rows = [Thing(**GOOD), Thing(**GOOD | WRONG.get(what, {})), Thing(**GOOD)]
    if what == "an attribute too few":
        del rows[1].name
    document = "{ items { name count tags inner { name } method batch resolved } }"
    _, ours = await alike(schema, document, Thing(items=rows))
    assert ours == {"method": 3, "batch": 3, "resolved": 3}


@pytest.mark.parametrize("how", ["batch", "method", "resolved"])
async def test_when_a_called_field_is_null_where_it_may_not_be_nothing_is_called_again(how):
    values = iter(["a", None, "c", "a", None, "c"])

    def give(*_):
        return counted("must", next(values))

    must = {"batch": Batched(lambda _c, parents, _a: [give() for _ in parents]), "method": Method(give), "resolved": give}[how]
    schema = schema_of(SDL, {"Item.must": must, "Item.method": Method(lambda parent: counted("method", "m"))})
    found, ours = await alike(schema, "{ items { name must method } }", Thing(items=[Thing(name=n) for n in "xyz"]))
    assert ours == {"must": 3, "method": 3}
    assert [row and row["name"] for row in found.data["items"]] == ["x", None, "z"]


# Objects that say themselves what they are


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Person(Named):
    size: int = 1


class Row:
    name = "row"
    size = 2


@strawberry.type
class People:
    people: list[Person | None]
    named: list[Named | None]
    one: Person | None = None


def cast() -> Row:
    return strawberry.cast(Person, Row())


@pytest.mark.parametrize("field", ["people { name size }", "named { __typename name }"])
@pytest.mark.parametrize(
    "make", [lambda: [cast(), Row()], lambda: [Row(), cast()], lambda: [Person(name="p"), cast(), Row(), Person(name="q")]]
)
async def test_an_object_that_was_cast_speaks_for_itself_alone(field, make):
    made = strawberry.Schema(People, types=[Person])
    bind(made, {})
    name = field.split()[0]
    found, _ = await alike(made._schema, "{ %s }" % field, Thing(**{name: make()}))
    assert found.errors and None in found.data[name]


async def test_classes_made_for_each_object_are_not_all_remembered(monkeypatch):
    from gateway.planning import rows

    monkeypatch.setattr(rows, "MOST_CLASSES", 3)
    schema = schema_of(SDL)
    made = [type(f"Made{n}", (), {"name": "i"})() for n in range(50)]
    found, _ = await alike(schema, "{ items { inner { name } } }", Thing(items=[Thing(inner=one) for one in made]))
    assert found.errors is None and len(found.data["items"]) == 50
