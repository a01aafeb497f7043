"""How a plugin declares GraphQL types: Strawberry types whose docstrings are the graph's descriptions.

`value` marks an object that is guarded whole: permission attaches to the fields that lead to it, so its own fields
may be non-null. `node` marks an object whose every field can be denied alone, so all of them are nullable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeVar, dataclass_transform, get_type_hints, overload

import strawberry
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition

from .docs import attribute_docs, summary, where
from .errors import RegistrationError
from .filtering import Filters, set_member_filters

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, slots=True)
class Guard:
    """How a type's own fields are guarded: `permission` None means whole, by the fields that lead to it.

    `open_fields` (Python names) are readable whenever the object is: identity, and connection plumbing.
    """

    permission: str | None
    open_fields: frozenset[str] = frozenset()


_GUARD = "__callboard_guard__"
_TYPED = "__callboard_typed__"


def guard_of(cls: type) -> Guard | None:
    """The guard a declaration put on exactly this class; None for a type made with Strawberry alone."""
    found: Guard | None = cls.__dict__.get(_GUARD)
    return found


def is_typed(cls: type) -> bool:
    """Whether exactly this class was declared with `typed`."""
    return bool(cls.__dict__.get(_TYPED))


@dataclass_transform(field_specifiers=(strawberry.field,), kw_only_default=True)
def declare(
    *, guard: Guard, interface: bool = False, name: str | None = None, typed: bool = False
) -> Callable[[type[T]], type[T]]:
    """Turn a class into a described, guarded Strawberry type; the other decorators here end in this one.

    `typed` promises that every object of the class is made from a typed source (a msgspec decoder, SQL columns): its
    stored fields hold what their annotations say, and are answered unchecked, but in development mode.
    """
    make = strawberry.interface if interface else strawberry.type

    def decorate(cls: type[T]) -> type[T]:
        made = make(cls, name=name, description=_description(cls, "type"))
        _describe_fields(cls, get_object_definition(made, strict=True))
        setattr(made, _GUARD, guard)
        setattr(made, _TYPED, typed)
        return made

    return decorate


def _description(cls: type, what: str) -> str:
    text = summary(cls)
    if not text:
        raise RegistrationError(where(cls), f"{what} {cls.__name__} has no docstring", "Write one: it is its description.")
    return text


def _describe_fields(cls: type, definition: StrawberryObjectDefinition) -> None:
    docs = {name: text for base in reversed(cls.__mro__) for name, text in attribute_docs(base).items()}
    for field in definition.fields:
        if not field.description and field.base_resolver is not None:
            field.description = summary(field.base_resolver.wrapped_func)
        if not field.description:
            field.description = docs.get(field.python_name)


@overload
def value(cls: type[T], /) -> type[T]: ...
@overload
def value(*, typed: bool) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(field_specifiers=(strawberry.field,), kw_only_default=True)
def value(cls: type[T] | None = None, /, *, typed: bool = False) -> type[T] | Callable[[type[T]], type[T]]:
    """Declare a value object, guarded whole (Money, Container, ...): whoever may read the field may read all of it.

    `@value(typed=True)` promises what `declare` says of it.
    """
    decorate = declare(guard=Guard(permission=None), typed=typed)
    return decorate if cls is None else decorate(cls)


@dataclass_transform(field_specifiers=(strawberry.field,), kw_only_default=True)
def node(*, permission: str, open_fields: tuple[str, ...] = (), typed: bool = False) -> Callable[[type[T]], type[T]]:
    """Declare an object whose fields each need `permission` (or their own) and can be denied one by one.

    `open_fields` (Python names), and an `id`, are readable whenever their object is. `typed` promises what `declare`
    says of it.
    """
    return declare(guard=Guard(permission, frozenset({"id", *open_fields})), typed=typed)


@dataclass_transform(field_specifiers=(strawberry.field,), kw_only_default=True)
def input(cls: type[T]) -> type[T]:  # noqa: A001  the GraphQL word; used as `callboard_sdk.input`
    """Declare an input object; fields with a default are optional."""
    made = strawberry.input(cls, description=_description(cls, "input"))
    _describe_fields(cls, get_object_definition(made, strict=True))
    return made


@overload
def enum(cls: type[E], /) -> type[E]: ...
@overload
def enum(*, filters: Mapping[str, Filters]) -> Callable[[type[E]], type[E]]: ...
def enum(
    cls: type[E] | None = None, /, *, filters: Mapping[str, Filters] = MappingProxyType({})
) -> type[E] | Callable[[type[E]], type[E]]:
    """Declare an enum; the string below each member is that value's description.

    `filters` says of members by their names what a list is ordered or narrowed by where they are chosen.
    """

    def decorate(cls: type[E]) -> type[E]:
        made = _enum(cls)
        if filters:
            set_member_filters(made, filters)
        return made

    return decorate if cls is None else decorate(cls)


def _enum(cls: type[E]) -> type[E]:
    docs = attribute_docs(cls)
    made = strawberry.enum(cls, description=_description(cls, "enum"))
    for member in made.__strawberry_definition__.values:  # type: ignore[attr-defined]
        member.description = member.description or docs.get(member.name)
    return made


def field(
    *, name: str | None = None, description: str | None = None, permission: str | None = None, default: Any = strawberry.UNSET
) -> Any:
    """A field of a type's own with a GraphQL name, description or permission other than the type's."""
    extra: dict[str, Any] = {} if default is strawberry.UNSET else {"default": default}
    metadata = {"permission": permission} if permission else None
    return strawberry.field(name=name, description=description, metadata=metadata, **extra)


def computed(*, name: str | None = None, permission: str | None = None) -> Callable[[F], F]:
    """Make a method a field: computed from the object alone, without a batch or an upstream."""
    metadata = {"permission": permission} if permission else None
    decorate: Callable[[F], F] = strawberry.field(name=name, metadata=metadata)
    return decorate


def hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The evaluated annotations of a resolver, `Annotated` kept; the error names the missing name and its place."""
    try:
        return get_type_hints(function, include_extras=True)
    except NameError as error:
        raise RegistrationError(
            where(function),
            f"{error.name!r} in an annotation of {function.__name__} can't be found",
            "Import it at module level (not under TYPE_CHECKING): the graph's types are read from annotations.",
        ) from None
