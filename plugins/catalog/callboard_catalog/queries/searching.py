"""Entities by words: which are found, in which order, and where the words are. Part of the store.

Those with all words in the name come first, then those with all in name and title, then with tags, then with the description;
those that are equal in that are in the order of names. So an entity's place depends on nothing but itself: a rank that
weighs how rare a word is would tell of entities that a viewer may not see.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

import callboard_sdk as sdk
from callboard_sdk import BadArgument, Entity, Page, filters, value
from callboard_sdk.conditions import Says
from callboard_sdk.wording import Wording, places_of, words_of
from sqlalchemy import TextClause

from callboard_catalog.records.sorting import is_place

from .lists import VERSION_SQL, EntityList
from .writing import Form, Writer

_AROUND = 80
"""Characters of a long text that are shown before and after a word that was looked for."""


@sdk.enum(
    filters={
        "TITLE": filters("Entity.title"), "TAGS": filters("Entity.tags"), "DESCRIPTION": filters("Entity.description"),
    }
)  # fmt: skip
class SearchField(Enum):
    """A text of entities in which words are looked for."""

    NAME = "NAME"
    """The name."""
    TITLE = "TITLE"
    """The title."""
    TAGS = "TAGS"
    """The tags."""
    DESCRIPTION = "DESCRIPTION"
    """The description."""


@value
class HighlightPart:
    """A piece of a text."""

    text: str
    """The piece."""
    match: bool
    """Whether it is a word that was looked for."""


@value
class Highlight:
    """A text of an entity that has words that were looked for."""

    field: SearchField
    """Which text."""
    parts: list[HighlightPart]
    """The text in pieces; of a long one, what is around the first word that was found."""


@value
class SearchHit:
    """An entity that was found."""

    entity: Entity
    """The entity."""
    highlights: list[Highlight]
    """Where the words are."""


def wordings(where: Iterable[SearchField]) -> tuple[Wording, ...]:
    """The texts to look in, that which counts most first."""
    wanted = {Wording(one.value.lower()) for one in where}
    return tuple(one for one in Wording if one in wanted)


def search_query(listed: EntityList, where: tuple[Wording, ...], words: tuple[str, ...], page: Page, dialect: str) -> TextClause:
    """The page's rows and one more: the catalog's version, rank, sort key and body."""
    writer = Writer(dialect, Form.PROBES)
    tiers = [Says(frozenset(where[:size]), words) for size in range(1, len(where) + 1)]
    if dialect == "sqlite":
        says = [f"catalog_entity.id IN ({writer.having(tier)})" for tier in tiers]
        source = f"({writer.having(tiers[-1])}) AS found CROSS JOIN catalog_entity ON catalog_entity.id = found.id WHERE 1 = 1"
    else:
        says = list(map(writer.says, tiers))
        source = f"catalog_words JOIN catalog_entity ON catalog_entity.id = catalog_words.entity WHERE {says[-1]}"
    ranks = [f"WHEN {said} THEN {rank}" for rank, said in enumerate(says[:-1])]
    rank = f"CASE {' '.join(ranks)} ELSE {len(tiers) - 1} END" if ranks else "0"
    asked = "".join(f" AND ({writer.tree(part).text})" for part in listed.parts)
    ranked = f"SELECT catalog_entity.document, catalog_entity.sort, {rank} AS rank FROM {source}{asked}"
    way = "" if page.first else " DESC"
    within = [
        f"(rank {how} {at} OR (rank = {at} AND sort {how} {writer.name(sort)}))"
        for cursor, how in ((page.after, ">"), (page.before, "<"))
        if cursor is not None
        for at, sort in [_read(cursor)]
    ]
    bounds = f" WHERE {' AND '.join(within)}" if within else ""
    picked = f"SELECT document, rank, sort FROM ({ranked}) AS ranked{bounds} ORDER BY rank{way}, sort{way} LIMIT {page.size + 1}"
    return writer.statement(
        f"SELECT {VERSION_SQL}, rank, sort, catalog_document.body FROM ({picked}) AS picked"
        f" {writer.join} catalog_document ON catalog_document.id = picked.document ORDER BY rank{way}, sort{way}"
    )


def cursor_of(rank: int, sort: str) -> str:
    """What stands for the place of an entity that was found."""
    return json.dumps([rank, sort])


def _read(cursor: str) -> tuple[int, str]:
    try:
        found = json.loads(cursor)
    except ValueError:
        found = None
    match found:
        case [bool(), *_]:
            pass
        case [int(rank), str(sort)] if 0 <= rank < len(Wording) and is_place(sort):
            return rank, sort
    raise BadArgument("the cursor is not one of this search: use `endCursor` or `startCursor` unchanged")


def highlights(entity: Entity, where: tuple[Wording, ...], words: tuple[str, ...]) -> list[Highlight]:
    """Where in these texts of an entity the words are."""
    texts: Mapping[Wording, Iterable[str | None]] = {
        Wording.NAME: (entity.name,), Wording.TITLE: (entity.title,), Wording.TAGS: entity.tags or (),
        Wording.DESCRIPTION: (entity.description,),
    }  # fmt: skip
    made = [(one, list(_parts(text, words))) for one in where for text in texts[one] if text]
    return [Highlight(field=SearchField(one.value.upper()), parts=parts) for one, parts in made if any(p.match for p in parts)]


def _parts(text: str, words: tuple[str, ...]) -> Iterator[HighlightPart]:
    found = [(start, end) for start, end in places_of(text) if any(_meant(word, words) for word in words_of(text[start:end]))]
    if not found:
        return
    at, until = max(0, found[0][0] - _AROUND), min(len(text), found[0][1] + _AROUND)
    for start, end in found:
        if end > until:
            break
        if start > at:
            yield HighlightPart(text=text[at:start], match=False)
        yield HighlightPart(text=text[start:end], match=True)
        at = end
    if at < until:
        yield HighlightPart(text=text[at:until], match=False)


def _meant(word: str, words: tuple[str, ...]) -> bool:
    return word in words or word.startswith(words[-1])
