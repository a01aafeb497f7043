"""Reads label and field selectors as the Kubernetes API does, and says which objects they choose."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_KEY = r"(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?"
_SET = re.compile(rf"^({_KEY})\s+(in|notin)\s*\(([^()]*)\)$")
_PRESENCE = re.compile(rf"^(!?)\s*({_KEY})$")
_EQUALITY = re.compile(rf"^({_KEY})\s*(==|=|!=)\s*({_VALUE})$")
_COMPARISON = re.compile(rf"^({_KEY})\s*([<>])\s*(-?\d+)$")
_FIELD = re.compile(r"^([A-Za-z.]+)\s*(==|=|!=)\s*(.*)$")
_SPLIT = re.compile(r",(?![^(]*\))")

Match = Callable[[Mapping[str, str]], bool]


class SelectorError(ValueError):
    """A selector that the API would refuse; the text is what the client is told."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Requirements that an object must all meet; with none, everything is chosen."""

    requirements: tuple[Match, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is required at all."""
        return bool(self.requirements)

    def matches(self, values: Mapping[str, str]) -> bool:
        """Whether `values`, an object's labels or its selectable fields, meet every requirement."""
        return all(requirement(values) for requirement in self.requirements)


def label_selector(text: str) -> Selector:
    """Read `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`, `a>1`, `a<1`, joined by commas.

    As in the API, `!=` and `notin` also choose what lacks the key. Raises SelectorError.
    """
    return Selector(tuple(_label_requirement(part.strip()) for part in _SPLIT.split(text) if part.strip()))


def field_selector(text: str, known: frozenset[str]) -> Selector:
    """Read `field=value` and `field!=value`, joined by commas; raises SelectorError for a field not in `known`."""
    requirements = []
    for part in filter(None, text.split(",")):
        found = _FIELD.match(part.strip())
        if not found:
            message = f"invalid selector: '{text}'; can't understand '{part}'"
            raise SelectorError(message)
        field, operator, value = found.groups()
        if field not in known:
            message = f"field label not supported: {field}"
            raise SelectorError(message)
        requirements.append(_equality(field, value, wanted=operator != "!="))
    return Selector(tuple(requirements))


def _label_requirement(part: str) -> Match:
    if found := _SET.match(part):
        key, operator, listed = found.groups()
        values = frozenset(value.strip() for value in listed.split(","))
        return _membership(key, values, wanted=operator == "in")
    if found := _EQUALITY.match(part):
        key, operator, value = found.groups()
        return _equality(key, value, wanted=operator != "!=")
    if found := _COMPARISON.match(part):
        key, operator, value = found.groups()
        return _comparison(key, int(value), greater=operator == ">")
    if found := _PRESENCE.match(part):
        absent, key = found.groups()
        return lambda labels: (key in labels) != bool(absent)
    message = f"unable to parse requirement: found '{part[:80]}', expected: a key, and '=', '!=', 'in' or 'notin'"
    raise SelectorError(message)


def _equality(key: str, value: str, *, wanted: bool) -> Match:
    return lambda values: (values.get(key) == value) is wanted


def _membership(key: str, values: frozenset[str], *, wanted: bool) -> Match:
    return lambda labels: (labels.get(key) in values) is wanted


def _comparison(key: str, bound: int, *, greater: bool) -> Match:
    def compare(labels: Mapping[str, str]) -> bool:
        value = labels.get(key, "")
        return value.lstrip("-").isdigit() and (int(value) > bound if greater else int(value) < bound)

    return compare
