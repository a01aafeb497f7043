"""Whatever a value is, the engine makes of it what graphql-core does: the same data, errors, paths and locations."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, UserString, deque
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from types import SimpleNamespace as Thing
from typing import Any

import pytest
from graphql import GraphQLError, Undefined

from schema.resolution import Batched

from .schemas_by_hand import by_engine, by_graphql_core, schema_of, shown

SDL = """
    type Query { things: [Thing]! }
    enum Colour { RED GREEN BLUE }
    scalar Odd
    type Inner { name: String! }
    type Told { name: String! }
    type Thing {
      name: String!
      int: Int float: Float string: String boolean: Boolean id: ID colour: Colour odd: Odd
      intMust: Int! floatMust: Float! stringMust: String! booleanMust: Boolean! idMust: ID! colourMust: Colour! oddMust: Odd!
      ints: [Int] intsMust: [Int!]! rows: [[String!]] inner: Inner innerMust: Inner! inners: [Inner] innersMust: [Inner!]!
      told: Told tolds: [Told!]
    }
"""


class Word(str):
    """A text of another class."""


class Number(int):
    """A number of another class."""


class Real(float):
    """A real number of another class."""


class Words(list):
    """A list of another class."""


class Size(IntEnum):
    SMALL = 1


class Hue(Enum):
    RED = "RED"
    GREEN = 2


class StringHue(str, Enum):
    RED = "RED"


class Raises:
    """An object whose every use raises."""

    def __str__(self):
        raise ValueError("not to be shown")

    __int__ = __float__ = __bool__ = __eq__ = __len__ = __iter__ = __str__
    __hash__ = None


class Pretends:
    """An object that says that it is a text."""

    __class__ = str

    def __str__(self):
        return "pretended"


class NoHash:
    __hash__ = None


class Later:
    """An awaitable that is no coroutine, and can be awaited often."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


VALUES: dict[str, Any] = {
    "null": None,
    "undefined": Undefined,
    "not implemented": NotImplemented,
    "ellipsis": ...,
    "zero": 0,
    "one": 1,
    "minus one": -1,
    "largest int": 2**31 - 1,
    "smallest int": -(2**31),
    "too large for Int": 2**31,
    "too small for Int": -(2**31) - 1,
    "huge": 10**400,
    "true": True,
    "false": False,
    "int subclass": Number(3),
    "int subclass too large": Number(2**31),
    "int enum": Size.SMALL,
    "whole float": 3.0,
    "float": 1.5,
    "minus zero": -0.0,
    "float subclass": Real(1.5),
    "not a number": math.nan,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "decimal": Decimal("1.5"),
    "whole decimal": Decimal(4),
    "decimal infinity": Decimal("Infinity"),
    "fraction": Fraction(1, 2),
    "complex": 1j,
    "text": "text",
    "empty text": "",
    "number as text": "12",
    "float as text": "1.5",
    "enum name": "RED",
    "another enum name": "GREEN",
    "text of another class": Word("RED"),
    "user string": UserString("RED"),
    "bytes": b"RED",
    "enum member": Hue.RED,
    "another enum member": Hue.GREEN,
    "text enum member": StringHue.RED,
    "one for odd": "raise",
    "another for odd": "nothing",
    "exception": ValueError("as a value"),
    "error of GraphQL": GraphQLError("as a value", extensions={"code": "X"}),
    "exception class": ValueError,
    "base exception": KeyboardInterrupt("as a value"),
    "object": object(),
    "raises": Raises(),
    "pretends": Pretends(),
    "no hash": NoHash(),
    "a class": Thing,
    "function": len,
    "list": [],
    "list of ints": [1, 2],
    "list with null": [1, None],
    "list with an exception": [1, ValueError("within")],
    "list of texts": ["a", "b"],
    "list of lists": [["a"], ["b", "c"]],
    "list of lists with nulls": [["a", None], None, []],
    "list of another class": Words([1]),
    "tuple": (1, 2),
    "nested tuples": (("a",), ("b", "c")),
    "range": range(3),
    "set": {7},
    "frozen set": frozenset({7}),
    "deque": deque([1, 2]),
    "view": {1: 2}.keys(),
    "mapping": {"name": "mapped"},
    "ordered mapping": OrderedDict(name="mapped"),
    "inner": Thing(name="in"),
    "inner without a name": Thing(),
    "inner of null": Thing(name=None),
    "inner of a number": Thing(name=5),
    "inner of an exception": Thing(name=ValueError("deep")),
    "inners": [Thing(name="a"), Thing(name="b")],
    "inners with null": [Thing(name="a"), None],
    "inners, one without a name": (Thing(name="a"), Thing()),
    "inners with an exception": [Thing(name="a"), ValueError("within")],
}
LATE: dict[str, Any] = {
    "late null": Later(None),
    "late int": Later(1),
    "late exception": Later(ValueError("late")),
    "late text": Later("RED"),
    "late list": Later([1, 2]),
    "list of late": [1, Later(2), Later(None)],
    "list of late texts": [["a"], Later(["b"]), [Later("c")]],
    "list with a late exception": [1, Later(ValueError("late"))],
    "late inner": Later(Thing(name="late")),
    "inner with a late name": Thing(name=Later("late")),
    "inner with a late exception": Thing(name=Later(ValueError("late"))),
    "inners with one late": [Thing(name="a"), Later(Thing(name="b"))],
    "late twice": Later(Later(1)),
}
OUTPUTS = [
    "int", "float", "string", "boolean", "id", "colour", "odd",
    "intMust", "floatMust", "stringMust", "booleanMust", "idMust", "colourMust", "oddMust",
    "ints", "intsMust", "rows", "inner { name }", "innerMust { name }", "inners { name }", "innersMust { name }",
    "told { name }", "tolds { name }", "inner { __typename }", "inners { again: name name }",
]  # fmt: skip


def odd(value: Any) -> Any:
    if value == "raise":
        raise ValueError("Odd has no raise")
    return None if value == "nothing" else f"odd {type(value).__name__}"


def tell(value: Any, _info: Any) -> Any:
    name = getattr(value, "name", None)
    if name == "b":
        raise ValueError("who is b")
    return name == "a"


@pytest.fixture(scope="module", params=["stored", "given by a batch"])
def schema(request):
    how = {}
    if request.param != "stored":
        fields = {output.split()[0] for output in OUTPUTS}
        how = {
            f"Thing.{name}": Batched(lambda _c, parents, _a, name=name: [getattr(p, name) for p in parents]) for name in fields
        }
    schema = schema_of(SDL, how)
    schema.type_map["Odd"].coerce_output_value = odd
    schema.type_map["Told"].is_type_of = tell
    return schema


def things(output: str, *values: Any) -> Thing:
    return Thing(things=[Thing(**{"name": f"t{n}", output.split()[0]: value}) for n, value in enumerate(values)])


async def both(schema, output, root, *, in_order=True):
    """The engine's result and graphql-core's."""
    document = "{ things { name %s __typename } }" % output
    found, expected = [shown(await run(schema, document, root)) for run in (by_engine, by_graphql_core)]
    if not in_order:  # an item that fails at once is told before one that fails later, or in its place: both are right
        for result in (found, expected):
            result["errors"].sort(key=lambda error: str(error["path"]))
    return found, expected


async def differences(schema, output, values, **options):
    """The values of which the two make different things, with both results."""
    results = {name: await both(schema, output, things(output, value), **options) for name, value in values.items()}
    return {name: pair for name, pair in results.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("output", OUTPUTS)
async def test_every_value_is_what_graphql_core_makes_of_it(schema, output):
    assert await differences(schema, output, VALUES) == {}


@pytest.mark.parametrize("output", OUTPUTS)
async def test_and_so_it_is_beside_others(schema, output):
    found, expected = await both(schema, output, things(output, *VALUES.values()))
    assert found == expected


@pytest.mark.parametrize("output", OUTPUTS)
async def test_what_must_be_awaited_is_what_graphql_core_makes_of_it(schema, output):
    assert await differences(schema, output, LATE, in_order=False) == {}
