"""What a reference that leads nowhere may mean: looked up when somebody reads of it, so that it is never out of date."""

from __future__ import annotations

import json
import string
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import Any

from callboard_sdk import EntityRef
from sqlalchemy import ARRAY, Select, Text, bindparam, text

MOST = 5
"""Names of which the neighbours one edit away are looked up in one go; each has some fifty for each of its letters."""
_SHORTEST = 4
_LETTERS = string.ascii_lowercase + string.digits + "-_."
_SQLITE = """SELECT entity.sort FROM json_each(:asked) AS asked JOIN catalog_entity AS entity
  ON entity.sort >= json_extract(asked.value, '$[0]') AND entity.sort < json_extract(asked.value, '$[1]')"""
_POSTGRESQL = """SELECT entity.sort FROM unnest(:lows, :highs) AS asked(low, high) JOIN catalog_entity AS entity
  ON entity.sort >= asked.low COLLATE "C" AND entity.sort < asked.high COLLATE "C\""""

Run = Callable[[Select[*tuple[Any, ...]]], Awaitable[Sequence[Any]]]


async def suggested(run: Run, dialect: str, missing: Collection[EntityRef]) -> dict[EntityRef, EntityRef]:
    """For each missing ref one that is there and may be meant: of the same name elsewhere, or one edit away in the same kind."""
    asked = [(f"{ref.name}/", f"{ref.name}0") for ref in missing]  # whatever follows the name and its slash
    for ref in islice(missing, MOST):
        asked += ((f"{name}/{ref.kind}:", f"{name}/{ref.kind};") for name in near(ref.name))
    if not asked:
        return {}
    if dialect == "sqlite":
        query = text(_SQLITE).bindparams(asked=json.dumps(asked))
    else:
        lows, highs = zip(*asked, strict=True)
        kind = ARRAY(Text())
        query = text(_POSTGRESQL).bindparams(bindparam("lows", list(lows), kind), bindparam("highs", list(highs), kind))
    known = [_ref(sort) for (sort,) in await run(query)]  # type: ignore[arg-type]
    return {ref: best for ref in missing if (best := _best(ref, known)) is not None}


def near(name: str) -> Iterator[str]:
    """The names that are one edit away: a letter more, less, another, or two that changed places."""
    if len(name) < _SHORTEST:
        return
    for at in range(len(name) + 1):
        head, tail = name[:at], name[at:]
        yield from (head + letter + tail for letter in _LETTERS)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in _LETTERS if letter != tail[0])
        if len(tail) > 1 and tail[0] != tail[1]:
            yield head + tail[1] + tail[0] + tail[2:]


def _ref(sort: str) -> EntityRef:
    name, _, rest = sort.partition("/")
    kind, _, namespace = rest.partition(":")
    return EntityRef(kind, namespace, name)


def _best(wanted: EntityRef, known: Sequence[EntityRef]) -> EntityRef | None:
    close = frozenset(near(wanted.name))
    ranked = [
        (1 if ref.name == wanted.name and ref.kind == wanted.kind else 2 if ref.kind == wanted.kind else 3, ref)
        for ref in known
        if ref.name == wanted.name or (ref.kind == wanted.kind and ref.name in close)
    ]
    return min(ranked)[1] if ranked else None
