"""What is wrong with a setting, in words that say what to write: pydantic names what it expected, seldom what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_NO_MAPPING = "is no mapping: write `key: value` lines below it"
_NO_LIST = "is no list: write `- ` lines below it"
_NO_WHOLE_NUMBER = "is no whole number"
_WORDS: Mapping[str, str] = {
    "missing": "is missing: write it",
    "int_parsing": _NO_WHOLE_NUMBER,
    "int_type": _NO_WHOLE_NUMBER,
    "int_from_float": _NO_WHOLE_NUMBER,
    "float_parsing": "is no number",
    "float_type": "is no number",
    "finite_number": "is no finite number",
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "string_type": "is no text: put it in quotes",
    "path_type": "is no path",
    "dict_type": _NO_MAPPING,
    "mapping_type": _NO_MAPPING,
    "model_type": _NO_MAPPING,
    "model_attributes_type": _NO_MAPPING,
    "list_type": _NO_LIST,
    "tuple_type": _NO_LIST,
    "set_type": _NO_LIST,
    "frozen_set_type": _NO_LIST,
    "greater_than": "is too small: write more than {gt}",
    "greater_than_equal": "is too small: write {ge} or more",
    "less_than": "is too large: write less than {lt}",
    "less_than_equal": "is too large: write {le} or less",
    "string_too_short": "is too short: write {min_length} characters or more",
    "string_too_long": "is too long: write {max_length} characters or fewer",
    "string_pattern_mismatch": "doesn't fit its form, {pattern}",
    "too_short": "has too few entries: write {min_length} or more",
    "too_long": "has too many entries: write {max_length} or fewer",
    "literal_error": "is none of what it may be: write {expected}",
    "enum": "is none of what it may be: write {expected}",
    "union_tag_invalid": "has an unknown {discriminator}: write one of {expected_tags}",
    "union_tag_not_found": "doesn't say what it is: write {discriminator}",
    "value_error": "{error}",
    "assertion_error": "{error}",
}
_AT_LEAST_ONE: Mapping[str, str] = {
    "string_too_short": "is empty: write at least one character",
    "too_short": "is empty: write at least one entry",
}
"""The words where the least is one."""


def explain(model: type[BaseModel], error: Any) -> str:
    """What is wrong with one value of a model, and what to write; `error` is one of pydantic's `errors()`."""
    if error["type"] == "extra_forbidden":
        return _unknown_key(model, error["loc"])
    context = error.get("ctx") or {}
    if error["type"] in _AT_LEAST_ONE and context.get("min_length") == 1:
        return _AT_LEAST_ONE[error["type"]]
    kind = f"string_{error['type']}" if context.get("field_type") == "Value" else error["type"]  # a secret is no list
    words = _WORDS.get(kind)
    return words.format_map(context) if words else str(error["msg"])


def _unknown_key(model: type[BaseModel], path: Sequence[str | int]) -> str:
    known = _keys(model, path[:-1])
    near = get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known)) or 'none'}"
    return f"unknown key; {hint}"


def _keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    current = _walked(model, path)[1]
    return [field.alias or name for name, field in current.model_fields.items()] if _is_model(current) else []


def untagged(model: type[BaseModel], path: Sequence[str | int]) -> tuple[str | int, ...]:
    """The path as the file has it: pydantic's names, besides, which of several models was chosen for a mapping."""
    return _walked(model, path)[0]


def _walked(model: type[BaseModel], path: Sequence[str | int]) -> tuple[tuple[str | int, ...], Any]:
    """The steps of the path that the file has, and the type at its end."""
    current: Any = model
    steps: list[str | int] = []
    for step in path:
        if (chosen := _members(current).get(step)) is not None:
            current = chosen
            continue
        steps.append(step)
        if isinstance(step, str) and _is_model(current):
            found = next((f for name, f in current.model_fields.items() if step in (name, f.alias)), None)
            current = _inner(found.annotation) if found else None
    return tuple(steps), current


def _inner(annotation: Any) -> Any:
    """The model, or the choice of models, that an annotation holds."""
    if _is_model(annotation) or _members(annotation):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner(part)) is not None), None)


def _members(annotation: Any) -> Mapping[str | int, type[BaseModel]]:
    """The models of a choice, by what their discriminator may be; none where the annotation is no such choice."""
    key = next((one.discriminator for one in getattr(annotation, "__metadata__", ()) if isinstance(one, FieldInfo)), None)
    if not isinstance(key, str):
        return {}
    members = get_args(get_args(annotation)[0])
    return {tag: member for member in members for tag in get_args(member.model_fields[key].annotation)}


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
