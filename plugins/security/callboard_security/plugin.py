"""What is wrong with it: findings of every scanner on Component, across all entities, and the documents they are from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Annotated, Any

import strawberry
from callboard_sdk import Batch, Catalog, Connection, Entity, EntityRef, Page, Plugin, Problem, filters
from callboard_sdk.entities import Component

from .affected import affected_entities, vulnerability_of
from .identity import read_key
from .model import (
    EVIDENCE_READ,
    READ,
    SOURCES_READ,
    AffectedEntity,
    Finding,
    FindingFilter,
    SecurityDocument,
    SecuritySource,
    SecuritySummary,
    Vulnerability,
)
from .selection import cut, select
from .settings import SecuritySettings
from .showing import shown_document, shown_problems, shown_source
from .store import Store

plugin = Plugin(
    "security",
    settings=SecuritySettings,
    permissions={
        READ: "Read security findings and their summary, except where exactly they were seen.",
        EVIDENCE_READ: "Read where a finding was seen: document, file, line, and the scanner's message.",
        SOURCES_READ: "Read which security documents there are, whose they are, and what is wrong with them.",
    },
)

Filter = Annotated[FindingFilter | None, strawberry.argument(description="Which findings to show; all when left out.")]
WorstFirst = Annotated[Page, filters("Finding.severity", "Finding.identifier")]


@plugin.resource
async def store(settings: SecuritySettings) -> AsyncIterator[Store]:
    """The documents, read before the first request and again whenever their files change."""
    opened = Store(settings)
    await asyncio.to_thread(opened.load)
    watching = asyncio.create_task(opened.watch())
    try:
        yield opened
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


@plugin.field(on=Component, permission=READ, asks="nothing: reports are in memory")
async def security(components: Batch[Component], store: Store) -> list[SecuritySummary | None]:
    """How this component stands, counted and in plain words."""
    return [store.index.of(component).summary for component in components]


@plugin.field(on=Component, permission=READ, asks="nothing: reports are in memory")
async def findings(
    components: Batch[Component], page: WorstFirst, store: Store, filter: Filter = None
) -> list[Connection[Finding] | None]:
    """What is wrong with this component: the worst first, then by id."""
    index = store.index
    return [cut(select(index.of(component).findings, filter, index), page, _place) for component in components]


@plugin.query(permission=READ, name="findings")
async def all_findings(page: WorstFirst, store: Store, filter: Filter = None) -> Connection[Finding] | None:
    """Findings of all entities: the worst first, then by id."""
    index = store.index
    within = index.by_identifier(filter.identifier) if filter and filter.identifier else index.findings
    return cut(select(within, filter, index), page, _place)


def _place(finding: Finding) -> str:
    return finding.place


@plugin.query(permission=READ)
async def vulnerability(
    identifier: Annotated[str, strawberry.argument(description="The vulnerability's or rule's id, or an alias; without case.")],
    store: Store,
) -> Vulnerability | None:
    """One vulnerability across all entities; null when no document reports it."""
    return vulnerability_of(store.index.by_identifier(identifier))


@plugin.loader(Vulnerability, permission=READ)
async def load_vulnerabilities(keys: Batch[str], store: Store) -> list[Vulnerability | None]:
    """Vulnerabilities by their preferred ids."""
    return [vulnerability_of(store.index.by_identifier(key)) for key in keys]


@plugin.loader(Finding, permission=READ)
async def load_findings(keys: Batch[str], store: Store, catalog: Catalog) -> list[Finding | None]:
    """Findings by what their ids say: the entity, whose annotation says which documents count, and the thing itself."""
    parts = [read_key(key) for key in keys]
    entities = await _entities(catalog, [part[1] for part in parts if part])
    return [store.index.finding(*part, entities.get(part[1])) if part else None for part in parts]


@plugin.field(on=Vulnerability, permission=READ)
async def affected(
    vulnerabilities: Batch[Vulnerability], page: Page, store: Store, catalog: Catalog
) -> list[Connection[AffectedEntity] | None]:
    """The entities in which it was found, those in which it is open first, then by ref."""
    pages = [cut(affected_entities(store.index.by_identifier(one.identifier)), page, _order) for one in vulnerabilities]
    found = await _entities(catalog, [edge.node.ref for connection in pages for edge in connection.edges])
    for connection in pages:
        for edge in connection.edges:
            edge.node.entity = found.get(edge.node.ref)
    return list(pages)


def _order(affected: AffectedEntity) -> str:
    return f"{0 if affected.state.value == 'OPEN' else 1} {affected.ref}"


@plugin.field(on=Finding, permission=READ)
async def entity(findings: Batch[Finding], catalog: Catalog) -> list[Entity | None]:
    """The entity it was found in; null when the catalog has none by that ref."""
    found = await _entities(catalog, [finding.entity_ref for finding in findings if finding.entity_ref])
    return [found.get(finding.entity_ref) if finding.entity_ref else None for finding in findings]


async def _entities(catalog: Catalog, refs: Sequence[EntityRef]) -> dict[EntityRef, Entity | None]:
    """All at once, each ref asked for once; no refs ask nothing."""
    wanted = list(dict.fromkeys(refs))
    return dict(zip(wanted, await catalog.get(wanted), strict=True)) if wanted else {}


@plugin.query(permission=SOURCES_READ)
async def security_sources(store: Store) -> list[SecuritySource] | None:
    """The folders of reports, in the order of the settings, with what is wrong with them."""
    return [shown_source(source, store.index) for source in store.sources]


@plugin.field(on=SecuritySource, permission=SOURCES_READ)
async def documents(
    sources: Batch[SecuritySource],
    page: Page,
    store: Store,
    catalog: Catalog,
    unmatched: Annotated[
        bool | None, strawberry.argument(description="Only those that do, or don't, belong to nothing known.")
    ] = None,
) -> list[Connection[SecurityDocument] | None]:
    """The source's documents by path; those that belong to no entity are among them, never dropped."""
    by_source = {source.name: [d for d in store.index.documents if d.source == source.name] for source in sources}
    owners = await _entities(catalog, [d.entity for found in by_source.values() for d in found if d.entity])
    shown: list[Any] = []
    for source in sources:
        found = [shown_document(d, known=bool(d.entity and owners.get(d.entity))) for d in by_source[source.name]]
        kept = [document for document in found if unmatched is None or document.unmatched is unmatched]
        shown.append(cut(sorted(kept, key=_path), page, _path))
    return shown


def _path(document: SecurityDocument) -> str:
    return document.path


@plugin.field(on=SecuritySource, permission=SOURCES_READ)
async def problems(sources: Batch[SecuritySource], page: Page, store: Store) -> list[Connection[Problem] | None]:
    """What is wrong with the source and its documents, each with file and remedy."""
    states = {state.name: state for state in store.sources}
    return [shown_problems(states[source.name], page) if source.name in states else None for source in sources]
