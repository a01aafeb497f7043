"""A model as a schema of graphql-core, whose fields carry both an ordinary resolver and the equal resolution for the engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDefaultInput,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
)

from schema.resolution import RESOLUTION, Attribute, Batched, Method

from .model import MISSING, Composite, Field, InputValue, Model, is_list, is_required, item, named, nullable
from .values import World, claim, kept, pause


def _odd_out(value: Any) -> Any:
    if value == "bad":
        raise ValueError("Odd has no bad")
    return None if value == "none" else {"odd": value} if value == "map" else f"odd {value}"


def _odd_in(value: Any) -> Any:
    if value == "bad":
        raise ValueError("Odd takes no bad")
    return ("odd", value)


ODD = GraphQLScalarType("Odd", serialize=_odd_out, parse_value=_odd_in)
COLOUR = GraphQLEnumType("Colour", {"RED": 1, "GREEN": "g", "BLUE": 2.5})
SCALARS = {t.name: t for t in (GraphQLInt, GraphQLString, GraphQLBoolean, GraphQLFloat, GraphQLID, COLOUR, ODD)}


class Builder:
    """`lenient`: no output is required, so that every error there is shows up, and none hides another."""

    def __init__(self, model: Model, lenient: bool = False) -> None:
        self.model = model
        self.lenient = lenient
        self.types: dict[str, Any] = dict(SCALARS)

    def build(self) -> GraphQLSchema:
        model, types = self.model, self.types
        for name, made in model.inputs.items():
            fields = {v.name: GraphQLInputField(self._type(v.type), **_default(v)) for v in made.fields.values()}
            types[name] = GraphQLInputObjectType(name, fields, is_one_of=made.one_of)
        for name, made in model.interfaces.items():
            types[name] = GraphQLInterfaceType(name, **self._thunks(made), resolve_type=_resolve_type(made))
        for name, made in model.objects.items():
            types[name] = GraphQLObjectType(name, **self._thunks(made), is_type_of=_is_type_of(made))
        for name, made in model.unions.items():
            types[name] = GraphQLUnionType(name, [types[m] for m in made.members], resolve_type=_resolve_type(made))
        return GraphQLSchema(
            types["Query"], types.get("Mutation"), types=[types[n] for n in (*model.objects, *model.interfaces, *model.unions)]
        )

    def _thunks(self, made: Composite) -> dict[str, Any]:
        return {
            "fields": lambda: {name: self._field(made.name, field) for name, field in made.fields.items()},
            "interfaces": [self.types[name] for name in made.interfaces],
        }

    def _field(self, parent: str, field: Field) -> GraphQLField:
        args = {a.name: GraphQLArgument(self._type(a.type), **_default(a)) for a in field.args}
        resolve, resolution = RESOLUTIONS[field.kind](f"{parent}.{field.name}", field)
        extensions = {RESOLUTION: resolution} if resolution else None
        return GraphQLField(self._type(field.type, self.lenient), args, resolve, extensions=extensions)

    def _type(self, type_: str, lenient: bool = False) -> Any:
        if is_required(type_):
            inner = self._type(nullable(type_), lenient)
            return inner if lenient else GraphQLNonNull(inner)
        return GraphQLList(self._type(item(type_), lenient)) if is_list(type_) else self.types[named(type_)]


def _default(value: InputValue) -> dict[str, Any]:
    names = {"out_name": value.out_name} if value.out_name else {}
    if value.default is MISSING:
        return names
    if value.internal_default:
        return names | {"default_value": value.default}
    return names | {"default": GraphQLDefaultInput(value=value.default)}


def _resolve_type(made: Composite) -> Callable[..., Any] | None:
    return _by_claim(made.how, lambda value: claim(value))


def _is_type_of(made: Composite) -> Callable[..., Any] | None:
    return _by_claim(made.how, lambda value: claim(value) == made.name)


def _by_claim(how: str, tell: Callable[[Any], Any]) -> Callable[..., Any] | None:
    async def later(value: Any, info: Any, *_: Any) -> Any:
        await pause(info.context, 1)
        return tell(value)

    return {"none": None, "sync": lambda value, *_: tell(value), "async": later}[how]


def made_value(coordinate: str, source: Any, arguments: Mapping[str, Any]) -> Any:
    """What the source's recipe has for this field; its arguments as text where it has none, and an error for a foreign source."""
    memory = kept(source)
    if memory is None:
        raise LookupError(f"{coordinate} of something foreign")
    memory.world.called(coordinate, memory.node)
    recipe = memory.node.fields.get(coordinate.partition(".")[2])
    return repr(sorted(arguments.items())) if recipe is None else recipe.make(memory.world)


def _resolver(coordinate: str, field: Field) -> tuple[Any, None]:
    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        return made_value(coordinate, source, arguments)

    async def resolve_later(source: Any, info: Any, **arguments: Any) -> Any:
        await pause(info.context, field.later)
        return made_value(coordinate, source, arguments)

    return (resolve_later if field.later else resolve), None


def _attribute(coordinate: str, field: Field) -> tuple[Any, Attribute]:
    return (lambda source, info: getattr(source, field.name)), Attribute(field.name)


def _method(coordinate: str, field: Field) -> tuple[Any, Method]:
    return (lambda source, info: made_value(coordinate, source, {})), Method(lambda source: made_value(coordinate, source, {}))


def _default_resolver(coordinate: str, field: Field) -> tuple[None, None]:
    return None, None


def callable_of(coordinate: str, later: int) -> Callable[[Any], Callable[..., Any]]:
    """A function for a source to hold under the field's name, for the default resolver to call."""

    def bound(source: Any) -> Callable[..., Any]:
        async def answer_later(info: Any, **arguments: Any) -> Any:
            await pause(info.context, later)
            return made_value(coordinate, source, arguments)

        return answer_later if later else lambda info, **arguments: made_value(coordinate, source, arguments)

    return bound


def _batched(coordinate: str, field: Field) -> tuple[Any, Batched]:
    def one(source: Any, arguments: Mapping[str, Any]) -> Any:
        if field.broken:
            raise ValueError(f"{coordinate} broke")
        return made_value(coordinate, source, arguments)

    def each(world: World, parents: Sequence[Any], arguments: Mapping[str, Any]) -> list[Any]:
        world.loads[coordinate] += 1
        if field.broken:
            raise ValueError(f"{coordinate} broke")
        return [_caught(one, parent, arguments) for parent in parents]

    async def each_later(world: World, parents: Sequence[Any], arguments: Mapping[str, Any]) -> list[Any]:
        await pause(world, field.later)
        return each(world, parents, arguments)

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        info.context.places.add((coordinate, place(info.path)))
        return one(source, arguments)

    async def resolve_later(source: Any, info: Any, **arguments: Any) -> Any:
        await pause(info.context, field.later)
        return resolve(source, info, **arguments)

    load: Callable[..., Awaitable[Sequence[Any]] | Sequence[Any]] = each_later if field.later else each
    return (resolve_later if field.later else resolve), Batched(load)


def place(path: Any) -> tuple[Any, ...]:
    """Where in the operation: response names and the object types that they were asked of, without the lists' indexes."""
    steps = []
    while path:
        if isinstance(path.key, str):
            steps.append((path.typename, path.key))
        path = path.prev
    return tuple(steps)


def _caught(one: Callable[..., Any], parent: Any, arguments: Mapping[str, Any]) -> Any:
    try:
        return one(parent, arguments)
    except Exception as error:
        return error


RESOLUTIONS: dict[str, Callable[[str, Field], tuple[Any, Any]]] = {
    "resolver": _resolver,
    "attribute": _attribute,
    "method": _method,
    "default": _default_resolver,
    "callable": _default_resolver,
    "batched": _batched,
}
