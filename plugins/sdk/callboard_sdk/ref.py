"""The printable name of an entity, `kind:namespace/name`, as descriptors, policies, ids and the graph write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from .errors import BadArgument

DEFAULT_NAMESPACE = "default"
_LONGEST = 300
"""Characters of a reference: kind, namespace and name have at most 63 each in the format, and some catalogs bend it."""


class InvalidRef(BadArgument, ValueError):
    """The text is not `[kind:][namespace/]name`; the message says which part is missing and shows an example."""


@dataclass(frozen=True, slots=True, order=True)
class EntityRef:
    """Names one entity. Compared without case: the parts are kept in lower case, so equal refs hash equally.
    What `str` gives, `parse` reads again.

    The form is the catalog descriptor format's: `[kind:][namespace/]name`, where each place that holds a
    reference knows the kind and namespace to assume when the text leaves them out.
    """

    kind: str
    namespace: str
    name: str

    def __post_init__(self) -> None:
        if not (self.kind and self.namespace and self.name):
            raise InvalidRef(f"an entity ref needs kind, namespace and name, like component:default/web, got {self!s:.200}")
        for field in ("kind", "namespace", "name"):
            part = getattr(self, field)
            if ":" in part or "/" in part or part != part.strip():
                raise InvalidRef(f"{part[:80]!r} can't be the {field} of an entity ref: leave out : and /, and spaces around it")
            if (lower := part.lower()) != part:
                object.__setattr__(self, field, lower)

    @classmethod
    def parse(cls, text: str, *, kind: str = "", namespace: str = DEFAULT_NAMESPACE) -> EntityRef:
        """Read `[kind:][namespace/]name`; `kind` and `namespace` stand in for parts the text leaves out.

        Raises InvalidRef when a part is empty, a separator stands twice, or no kind is known.
        """
        head, colon, rest = text.strip().rpartition(":")
        space, slash, name = rest.rpartition("/")
        if (colon and not head) or (slash and not space) or not name or ":" in head or "/" in head or "/" in space:
            raise InvalidRef(f"{text[:80]!r} is not an entity ref: write [kind:][namespace/]name, like group:default/payments")
        if not (head or kind):
            raise InvalidRef(f"{text[:80]!r} names no kind: write it in front, like component:{text[:80]}")
        return cls(head or kind, space or namespace, name)

    @classmethod
    def read(cls, raw: object, *, kind: str, namespace: str) -> EntityRef:
        """Read a reference as descriptors write it: a text, or a mapping of kind, namespace and name.

        Raises InvalidRef for anything else, and for what is too long or too odd to be stored.
        """
        if isinstance(raw, str):
            found = cls.parse(raw, kind=kind, namespace=namespace)
        elif isinstance(raw, Mapping):
            parts = [raw.get("kind") or kind, raw.get("namespace") or namespace, raw.get("name")]
            texts = [part for part in parts if isinstance(part, str) and part]
            if len(texts) != len(parts):
                raise InvalidRef(
                    "a reference written as a mapping needs a name, and a kind where the field assumes none, as texts"
                )
            found = cls(*texts)
        else:
            raise InvalidRef("a reference is a text like group:default/payments, or a mapping with a name")
        if len(str(found)) > _LONGEST or not str(found).isprintable():
            raise InvalidRef(f"a reference has at most {_LONGEST} characters, none of them a control character")
        return found

    def __str__(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """In settings, and in what rules give predicates, a ref is its text."""
        return core_schema.no_info_plain_validator_function(
            _from_text, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "entity-ref", "examples": ["component:default/web"]}


def _from_text(value: object) -> EntityRef:
    if isinstance(value, EntityRef):
        return value
    if not isinstance(value, str):
        raise ValueError("is no entity ref: write a text like component:default/web")  # noqa: TRY004  pydantic's word for it
    return EntityRef.parse(value)
