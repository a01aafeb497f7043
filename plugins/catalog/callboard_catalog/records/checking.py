"""The problems that follow from what is stored of several entities: worked out when a reading ends. Part of the store.

A. dangling    references of the document that stands, to what no source has
B. duplicates  documents for an entity that don't stand
C. kept        documents that stand only because their file, or their place in it, can't be read or isn't there any more
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from callboard_sdk import Problem
from callboard_sdk.yaml import Mark
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from callboard_catalog.descriptors.descriptor import Place

from .documents import replace_problems
from .journal import Journal
from .rows import Body, Dangling, problem_rows, read_body
from .settling import documents_of
from .tables import DocumentRow, EntityRow, ProblemRow, UncheckedRow
from .terms import among, known_terms

AT_ONCE = 500
"""Entities of which the problems are worked out in one go."""


async def check_all(connection: AsyncConnection, journal: Journal) -> None:
    """Work out the problems of all entities that wait for it, in this one transaction."""
    while await check_some(connection, journal, AT_ONCE):
        pass


async def check_some(connection: AsyncConnection, journal: Journal, most: int) -> int:
    """Work out the problems of at most so many entities that wait for it; how many there were."""
    query = select(col(UncheckedRow.entity)).order_by(col(UncheckedRow.entity)).limit(most)
    ids = list((await connection.execute(query)).scalars())
    if not ids:
        return 0
    documents = await _documents(connection, ids)
    bodies = {number: read_body(found[0].body) for number, found in documents.items()}
    there = await _there(connection, {edge.target for body in bodies.values() for edge in body.edges})
    rows: dict[str, dict[str, Any]] = {}
    for number, found in documents.items():
        body = bodies[number]
        problems: list[Problem | Dangling] = [*_dangling(body, there), *_duplicates(body, found), *_kept(body, found[0])]
        rows |= problem_rows(problems, body.place[2], follows=number)
    await replace_problems(connection, among(col(ProblemRow.follows), ids, connection.dialect.name), rows, journal)
    await connection.execute(delete(UncheckedRow).where(among(col(UncheckedRow.entity), ids, connection.dialect.name)))
    return len(ids)


async def _documents(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, list[Any]]:
    """The documents of each of these entities, the one that stands first."""
    columns = (getattr(DocumentRow, name) for name in ("entity", "body", "kept", "orphaned", "leaving"))
    query = documents_of(*columns).where(among(col(DocumentRow.entity), ids, connection.dialect.name))
    found: dict[int, list[Any]] = {}
    for row in (await connection.execute(query)).all():
        found.setdefault(row.entity, []).append(row)
    return found


async def _there(connection: AsyncConnection, refs: set[str]) -> set[str]:
    terms = await known_terms(connection, refs)
    which = among(col(EntityRow.id), list(terms.values()), connection.dialect.name)
    known = set((await connection.execute(select(col(EntityRow.id)).where(which))).scalars()) if terms else set()
    return {ref for ref, number in terms.items() if number in known}


def _dangling(body: Body, there: set[str]) -> Iterator[Dangling]:  # A
    for edge in body.edges:
        if edge.target not in there:
            text = f"{edge.path} refers to {edge.target}, which no source has"
            remedy = "Add its descriptor to a source, or mend the name."
            yield Dangling(_problem(body, "dangling-reference", text, remedy, edge.line, edge.column), edge.target)


def _duplicates(standing: Body, documents: Sequence[Any]) -> Iterator[Problem]:  # B
    file, _, source = standing.place
    for row in documents[1:]:
        if not row.kept and row.orphaned is None:
            body = read_body(row.body)
            text = f"{body.ref} stands in {file} of source {source} already"
            yield _problem(body, "duplicate", text, "Keep one of them, or rename this one.", body.place[1], None)


def _kept(body: Body, row: Any) -> Iterator[Problem]:  # C
    ref, file = body.ref, body.place[0]
    if row.kept:
        text = f"{ref} is shown as it was last read: {file} could not be read to its end since"
        yield _problem(body, "kept", text, "Mend what the problems of its file or source say.", None, None)
    elif row.orphaned is not None:
        text = f"{ref} is shown as it was last read: its source doesn't have it in {file} any more"
        remedy = "wait till it is removed" if row.leaving else "let it go: its source holds it back till allowRemoval"
        yield _problem(body, "orphaned", text, f"Put it back, or {remedy}.", None, None)


def _problem(body: Body, rule: str, message: str, remedy: str, line: int | None, column: int | None) -> Problem:
    mark = Mark(line, column or 1) if line else None
    return Place(body.place[2], body.place[0]).problem(rule, message, remedy, mark=mark, entity=body.ref)
