"""What resolvers give, as recipes: each run of a case makes the same values anew, so that none is used up by another run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError


ENDED = "the list ended by raising"


class World:
    """One run of a case: what was called, how often, and what is being waited for.

    Another `pace`, another order of waking. `lenient`: a list that ends by raising has the error as its last item instead,
    so that it does not hide what its other items do.
    """

    def __init__(self, pace: int = 0, lenient: bool = False) -> None:
        self.pace = pace
        self.lenient = lenient
        self.calls: Counter[tuple[str, int]] = Counter()
        self.loads: Counter[str] = Counter()
        self.places: set[tuple[str, tuple[Any, ...]]] = set()
        self.order: list[str] = []
        self.awaited_twice = 0
        self.shared: dict[int, Any] = {}

    def steps(self, usual: int) -> int:
        return (usual + self.pace) * 5 % 7 if self.pace else usual

    def called(self, coordinate: str, node: Node) -> None:
        self.calls[coordinate, node.serial] += 1
        root = node.root or coordinate
        if self.order[-1:] != [root]:
            self.order.append(root)


class Recipe:
    def make(self, world: World) -> Any:
        raise NotImplementedError


@dataclass(slots=True)
class Plain(Recipe):
    value: Any

    def make(self, world: World) -> Any:
        return self.value


@dataclass(slots=True)
class Raised(Recipe):
    """Raises where it is made. `extended`: as a GraphQLError with extensions."""

    message: str
    extended: bool = False

    def error(self) -> Exception:
        return GraphQLError(self.message, extensions={"why": self.message}) if self.extended else ValueError(self.message)

    def make(self, world: World) -> Any:
        raise self.error()


@dataclass(slots=True)
class Returned(Raised):
    """An exception as a value."""

    def make(self, world: World) -> Any:
        return self.error()


@dataclass(slots=True)
class Late(Recipe):
    """Something to await. `again`: it stands in a stored value, where two aliases may both await it."""

    steps: int
    then: Recipe
    again: bool = False

    def make(self, world: World) -> Any:
        return Later(self, world)


class Later:
    """Awaitable, but no coroutine: nobody minds if it is never awaited."""

    __slots__ = ("_awaited", "_recipe", "_world")

    def __init__(self, recipe: Late, world: World) -> None:
        self._recipe = recipe
        self._world = world
        self._awaited = False

    def __await__(self) -> Iterator[None]:
        if self._awaited and not self._recipe.again:
            self._world.awaited_twice += 1
        self._awaited = True
        for _ in range(self._world.steps(self._recipe.steps)):
            yield
        return self._recipe.then.make(self._world)


async def pause(world: World, steps: int) -> None:
    """Lets others go first, this many times."""
    for _ in range(world.steps(steps)):
        await asyncio.sleep(0)


@dataclass(slots=True)
class Many(Recipe):
    """A list in one of its forms; a generator and an async iterator may end by raising."""

    form: str
    items: list[Recipe]
    end: Raised | None = None

    def all(self, world: World) -> Iterator[Any]:
        for recipe in self.items:
            yield recipe.make(world)
        if self.end and world.lenient:
            yield self.end.error()
        elif self.end:
            raise self.end.error()

    def make(self, world: World) -> Any:
        match self.form:
            case "list":
                return [recipe.make(world) for recipe in self.items]
            case "tuple":
                return tuple(recipe.make(world) for recipe in self.items)
            case "iterable":
                return Again(self, world)
            case "generator":
                return iter(Again(self, world))
            case "async iterable":
                return AsyncAgain(self, world)
            case _:
                return aiter(AsyncAgain(self, world))


@dataclass(slots=True)
class Again:
    """An iterable that can be gone through again."""

    recipe: Many
    world: World

    def __iter__(self) -> Iterator[Any]:
        return self.recipe.all(self.world)


@dataclass(slots=True)
class AsyncAgain:
    recipe: Many
    world: World

    def __aiter__(self) -> AsyncIterator[Any]:
        return AsyncItems(self.recipe.all(self.world), self.world)


@dataclass(slots=True)
class AsyncItems:
    """Every second item comes at once, the others after a step."""

    items: Iterator[Any]
    world: World
    count: int = 0

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        self.count += 1
        if self.count % 2:
            await pause(self.world, 1)
        for item in self.items:
            return item
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.items = iter(())


@dataclass(slots=True)
class Node(Recipe):
    """An object. `claims` is the type it says it is; `fields` have what its resolvers give, `stored` what it holds itself.

    `root` is the coordinate of the root field that it stands below.
    """

    serial: int
    root: str
    claims: Any
    as_dict: bool
    named: bool
    shared: bool
    fields: dict[str, Recipe] = field(default_factory=dict)
    stored: dict[str, Recipe] = field(default_factory=dict)
    methods: dict[str, Callable[[Any], Callable[..., Any]]] = field(default_factory=dict)

    def make(self, world: World) -> Any:
        if self.shared and self.serial in world.shared:
            return world.shared[self.serial]
        made: Any = {} if self.as_dict else Obj()
        content = made if self.as_dict else vars(made)
        content["kept"] = Kept(self, world)
        if self.named:
            content["__typename" if self.as_dict else "_Obj__typename"] = self.claims
        for name, recipe in self.stored.items():
            content[name] = recipe.make(world)
        for name, method in self.methods.items():
            content[name] = method(made)
        if self.shared:
            world.shared[self.serial] = made
        return made


class Obj:
    """An object source; what it holds are its instance's attributes."""


@dataclass(slots=True)
class Kept:
    node: Node
    world: World

    def __repr__(self) -> str:
        return "kept"


def kept(source: Any) -> Kept | None:
    """What a made object remembers of its recipe; None for anything else that stands in an object's place."""
    return source.get("kept") if isinstance(source, dict) else getattr(source, "kept", None)


def claim(source: Any) -> Any:
    """The type that a source says it is. Raises for one that can't say."""
    memory = kept(source)
    claims = memory.node.claims if memory else None
    if claims == "!":
        raise ValueError("it can't say what it is")
    return claims
