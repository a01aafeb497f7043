"""The audit in the graph: its records, a page at a time, and the head that an operator notes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry
from callboard_sdk import Connection, Page, Plugin, input, value  # noqa: A004  the GraphQL word

from resolvers.numbered import shown

from .record import Record
from .store import AuditStore, Wanted

PERMISSIONS = {"core.audit.read": "Read the audit: who changed the policy, made tokens, or was denied what."}


@value
class AuditRecord:
    """One record of the audit."""

    sequence: int
    """Its place in the chain, from 1."""
    at: str
    """When it was recorded, in UTC, as it is hashed."""
    kind: str
    """What it tells, such as policy.published, token.created or reads.denied."""
    actor: str
    """Who did it: a viewer's subject."""
    subject: str
    """To what it was done: a version, a token, a viewer, a coordinate."""
    details: str
    """What else is known, as JSON with sorted keys, as it is hashed."""
    hash: str
    """The SHA-256 of the record together with the hash of the one before."""


@value
class AuditHead:
    """The last record's place and hash. Note the hash elsewhere: `callboard audit verify --head` tells if it is still there."""

    sequence: int
    """The last record's place."""
    hash: str
    """The last record's hash."""


@input
class AuditFilter:
    """Which records are asked for; all that is given must fit."""

    kinds: list[str] | None = None
    """One of these kinds, such as policy.published; policy stands for all that begin so."""
    actor: str | None = None
    """What this viewer did."""
    subject: str | None = None
    """What was done to this."""
    since: datetime | None = None
    """Recorded at this instant or later."""
    until: datetime | None = None
    """Recorded before this instant."""


_Filter = Annotated[AuditFilter | None, strawberry.argument(description="Which records; all when it is left out.")]


def add_audit(core: Plugin[Any]) -> None:
    """Give the core the fields that show the audit."""

    @core.query(permission="core.audit.read")
    async def audit_records(audit: AuditStore, page: Page, filter: _Filter = None) -> Connection[AuditRecord] | None:
        """The audit's records, the newest first."""
        wanted = filter or AuditFilter()
        found = await audit.page(Wanted(wanted.kinds, wanted.actor, wanted.subject, wanted.since, wanted.until), page)
        return shown(found, _shown)

    @core.query(permission="core.audit.read")
    async def audit_head(audit: AuditStore) -> AuditHead | None:
        """The last record's place and hash; null when there is none."""
        head = await audit.head()
        return AuditHead(sequence=head.sequence, hash=head.hash) if head else None


def _shown(record: Record) -> AuditRecord:
    return AuditRecord(
        sequence=record.sequence,
        at=record.at,
        kind=record.kind,
        actor=record.actor,
        subject=record.subject,
        details=record.details,
        hash=record.hash,
    )
