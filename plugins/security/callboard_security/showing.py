"""Sources, documents and their problems as the graph shows them."""

from __future__ import annotations

from callboard_sdk import Connection, Edge, Page, Problem

from .index import Index, SourceState
from .model import SecurityDocument, SecurityFormat, SecuritySource
from .reports import Content, Document
from .selection import cut


def shown_source(state: SourceState, index: Index) -> SecuritySource:
    """A source with its counts."""
    documents = [document for document in index.documents if document.source == state.name]
    return SecuritySource(
        name=state.name,
        document_count=len(documents),
        unmapped_count=sum(document.entity is None for document in documents),
        stale_count=sum(document.stale for document in documents),
        problem_count=len(state.problems),
        checked_at=state.checked_at,
    )


def shown_document(document: Document, *, known: bool) -> SecurityDocument:
    """A document; `known` says whether the catalog has the entity its rules name."""
    content = document.content or Content(SecurityFormat.UNKNOWN, "")
    return SecurityDocument(
        path=document.path,
        format=content.format,
        unmatched=not known,
        stale=document.stale,
        findings=len(content.sightings),
        components=content.components,
        statements=len(content.statements),
        problems=list(document.problems),
        entity=document.entity,
        scanner=content.scanner or None,
        artifact=content.artifacts[0] if content.artifacts else None,
        created_at=content.created_at,
    )


def shown_problems(state: SourceState, page: Page) -> Connection[Problem]:
    """One page of a source's problems, in the order in which they were met."""
    whole = cut(list(enumerate(state.problems)), page, lambda numbered: f"{numbered[0]:09}")
    edges = [Edge(node=edge.node[1], cursor=edge.cursor) for edge in whole.edges]
    return Connection(edges=edges, page_info=whole.page_info, total_count=whole.total_count)
