"""The portal's filters as the graph's: a key of an entity, and what it must be. What can't be asked here is refused, and said so.

A. text     `filter=kind=component,spec.type=service`: all of it; several filters are alternatives
B. query    `{"$all": [{"kind": "component"}, {"metadata.labels.tier": {"$in": [...]}}]}`, the portal's predicates
C. keys     which field of the graph's filter each key is
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callboard_sdk import BadArgument, EntityRef, HttpError, InvalidRef, decode_id

Filter = dict[str, Any]
"""An EntityFilter, as a variable has it."""

DEEPEST = 6
"""Levels of $all, $any and $not."""
NOTHING: Filter = {"or": []}
"""What no entity is."""
EVERYTHING: Filter = {}

_LABELS, _NOTES, _TAGS = "metadata.labels.", "metadata.annotations.", "metadata.tags."
_RELATION, _SPEC = "relations.", "spec."
_TIED = {"spec.owner": ("owner", "group"), "relations.ownedby": ("owner", "group"), "relations.partof": ("whole", "system")}
_PARTS = {"spec.system": "system", "spec.subcomponentof": "component", "spec.domain": "domain", "spec.subdomainof": "domain"}
_RELATED = {
    "spec.providesapis": ("providesApi", "api"), "spec.consumesapis": ("consumesApi", "api"), "spec.dependson": ("dependsOn", ""),
    "spec.dependencyof": ("dependencyOf", ""), "spec.memberof": ("memberOf", "group"), "spec.members": ("hasMember", "user"),
    "spec.parent": ("childOf", "group"), "spec.children": ("parentOf", "group"),
}  # fmt: skip
_VALUES = {
    "metadata.name": "name", "metadata.namespace": "namespaces", "metadata.title": "title", "spec.type": "types",
    "spec.lifecycle": "lifecycles",
}  # fmt: skip
_ALWAYS = frozenset({"kind", "metadata.name", "metadata.namespace", "metadata.uid", "apiversion"})
_KNOWN = (
    "kind, metadata.name, metadata.namespace, metadata.title, metadata.uid, metadata.tags, metadata.labels.KEY, "
    "metadata.annotations.KEY, spec.KEY and relations.TYPE"
)


@dataclass(frozen=True, slots=True)
class Must:
    """What the value under a key must be: one of these, or what begins so, or anything; or, with `exists` False, not that."""

    values: tuple[str, ...] | None = None
    prefix: str | None = None
    exists: bool = True


def every(parts: Iterable[Filter]) -> Filter:
    """All of these."""
    found = [part for part in parts if part]
    return found[0] if len(found) == 1 else {"and": found} if found else EVERYTHING


def some(parts: Sequence[Filter]) -> Filter:
    """At least one of these."""
    return parts[0] if len(parts) == 1 else {"or": list(parts)}


def read_filters(given: Sequence[str]) -> Filter:  # A
    """What any of these texts says; everything for none. Raises HttpError."""
    found = [one for one in map(_read_filter, given) if one is not None]
    return some(found) if found else EVERYTHING


def _read_filter(text: str) -> Filter | None:
    wanted: dict[str, list[str] | None] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        key, equals, value = part.partition("=")
        key = key.strip()
        if not key:
            raise HttpError(400, f"the filter {text[:80]!r} has a value without a key: write KEY=VALUE, or KEY for any value")
        if not equals:
            wanted.setdefault(key, None)
        else:
            wanted[key] = [*(wanted.get(key) or []), value.strip()]
    parts = [asked(key, Must() if values is None else Must(tuple(values))) for key, values in wanted.items()]
    return every(parts) if parts else None


def read_query(query: Any, depth: int = 1) -> Filter:  # B
    """What a predicate says. Raises HttpError."""
    if depth > DEEPEST:
        raise HttpError(400, f"`query` is more than {DEEPEST} levels of $all, $any and $not deep: write it flatter")
    if not isinstance(query, dict):
        raise HttpError(400, '`query` is no object: write it like {"kind": "component"}')
    return every([_part(key, value, depth) for key, value in query.items()])


def _part(key: str, value: Any, depth: int) -> Filter:
    match key:
        case "$all":
            return every([read_query(one, depth + 1) for one in _listed(key, value)])
        case "$any":
            return some([read_query(one, depth + 1) for one in _listed(key, value)] or [NOTHING])
        case "$not":
            return {"not": read_query(value, depth + 1)}
    if key.startswith("$"):
        raise HttpError(400, f"`query` has {key[:40]!r}, which is not known: use $all, $any and $not, or the key of a value")
    return asked(key, _must(key, value))


def _listed(key: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise HttpError(400, f"{key} in `query` is no list: give it a list of predicates")
    return value


def _must(key: str, value: Any) -> Must:
    match value:
        case str() | bool() | int() | float():
            return Must((_text(value),))
        case {"$exists": bool(there), **rest} if not rest:
            return Must(exists=there)
        case {"$in": list(values), **rest} if not rest and all(isinstance(v, str | bool | int | float) for v in values):
            return Must(tuple(map(_text, values)))
        case {"$hasPrefix": str(prefix), **rest} if not rest:
            return Must(prefix=prefix)
        case {"$contains": str(inside), **rest} if not rest:
            return Must((inside,))
        case {"$contains": {"type": str(kind), "targetRef": str(ref)}, **rest} if not rest and key == "relations":
            return Must((f"{kind}={ref}",))
    text = f"what `query` says of {key[:80]!r} is not known: give a value, or one of $in, $exists, $hasPrefix and $contains"
    raise HttpError(400, text)


def _text(value: str | bool | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def asked(key: str, must: Must) -> Filter:  # C
    """The filter that asks this of what is under a key. Raises HttpError for a key that can't be asked for."""
    found = _positive(key, Must(must.values, must.prefix))
    return found if must.exists else {"not": found} if found else NOTHING


def _positive(key: str, must: Must) -> Filter:
    small = key.lower()
    anything = must == Must()
    if small in _ALWAYS and anything:
        return EVERYTHING
    if small == "kind" and must.values is not None:
        return {"kinds": list(must.values)}
    if small == "metadata.uid" and must.values is not None:
        return some([_identity(uid) for uid in must.values] or [NOTHING])
    if small in _VALUES:
        return {_VALUES[small]: _value(must)}
    if small == "metadata.tags":
        return {"tags": _value(must)}
    if small == "relations" and must.values is not None:
        return some([_related(kind, [ref], "") for kind, _, ref in (value.partition("=") for value in must.values)])
    for before, make in _BY_KEY.items():
        if small.startswith(before) and len(key) > len(before):
            return make(key[len(before) :], small, must)
    raise HttpError(400, f"nothing can be asked of {key[:80]!r} here: filter by {_KNOWN}")


def _value(must: Must) -> Filter:
    if must.values is not None:
        return {"in": list(must.values)}
    return {"prefix": must.prefix} if must.prefix is not None else {"exists": True}


def _keyed(name: str) -> Callable[[str, str, Must], Filter]:
    return lambda key, _, must: {name: {"key": key, **_value(must)}}


def _tag(key: str, small: str, must: Must) -> Filter:
    if must.values not in (None, ("true",)) or must.prefix is not None:
        raise HttpError(400, f"{small[:80]!r} asks whether there is a tag: give no value, or ask by metadata.tags")
    return {"tag": key}


def _spec(key: str, small: str, must: Must) -> Filter:
    if small in _TIED or small in _PARTS:
        name, kind = _TIED.get(small) or ("whole", _PARTS[small])
        return _tied(small, name, kind, must)
    if small in _RELATED:
        relation, kind = _RELATED[small]
        return _related(relation, _several(small, must), kind)
    return {"spec": {"path": key, **({"in": list(must.values)} if must.values is not None else _value(must))}}


def _relation(key: str, small: str, must: Must) -> Filter:
    if small in _TIED:
        return _tied(small, *_TIED[small], must)
    return _related(key, _several(small, must), "")


def _several(small: str, must: Must) -> Sequence[str]:
    if must.values is None:
        raise HttpError(
            400, f"{small[:80]!r} needs the entities that are meant: write it like {small[:80]}=component:default/web"
        )
    return must.values


def _tied(small: str, name: str, kind: str, must: Must) -> Filter:
    if must == Must():
        return {name: {"exists": True}}
    return {name: {"in": _refs(_several(small, must), kind)}}


def _related(relation: str, values: Sequence[str], kind: str) -> Filter:
    return {"relatedTo": {"type": relation, "refs": _refs(values, kind)}}


def _refs(values: Sequence[str], kind: str) -> list[str]:
    """The refs that are meant; what is none names nothing, and so nothing is like it."""
    found: list[str] = []
    for value in values:
        try:
            found.append(str(EntityRef.parse(value, kind=kind)))
        except InvalidRef:
            continue
    return found


def _identity(uid: str) -> Filter:
    try:
        found = decode_id(uid)
        ref = EntityRef.parse(found.key) if found.type == "Entity" else None
    except BadArgument:
        ref = None
    return NOTHING if ref is None else named(ref)


def named(ref: EntityRef) -> Filter:
    """The entity with this ref."""
    return {"kinds": [ref.kind], "namespaces": {"eq": ref.namespace}, "name": {"eq": ref.name}}


_BY_KEY: Mapping[str, Callable[[str, str, Must], Filter]] = {
    _LABELS: _keyed("label"), _NOTES: _keyed("annotation"), _TAGS: _tag, _RELATION: _relation, _SPEC: _spec,
}  # fmt: skip
