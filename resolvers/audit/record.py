"""One record of the audit, and the hash that ties it to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GENESIS = "0" * 64
"""What stands for the hash before the first record's."""
MAX_NAME = 500


POLICY_PUBLISHED = "policy.published"
POLICY_REVERTED = "policy.reverted"
EMERGENCY_GRANTED = "emergency.granted"
EMERGENCY_ENDED = "emergency.ended"
SHORTENED = "audit.shortened"
READS_DENIED = "reads.denied"
READS_NOTHING = "reads.nothing"
READS_DROPPED = "reads.dropped"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded: who did what kind of thing (`token.created`) to whom. `details` is JSON, without secrets."""

    kind: str
    actor: str
    subject: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The last record's place and hash; whoever keeps the hash can tell later that nothing up to there was changed."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it is stored; `at` is an instant in UTC as ISO 8601 writes it, `details` canonical JSON."""

    sequence: int
    at: str
    kind: str
    actor: str
    subject: str
    details: str
    hash: str

    def sealed(self, previous: str) -> str:
        """The hash that it must have after a record with this one: SHA-256 of the canonical JSON of all else."""
        parts = [previous, self.sequence, self.at, self.kind, self.actor, self.subject, self.details]
        return hashlib.sha256(canonical(parts).encode()).hexdigest()


def next_record(entry: Entry, at: str, head: Head) -> Record:
    """The record of this entry, after the head."""
    kind, actor, subject = name(entry.kind), name(entry.actor), name(entry.subject)
    record = Record(head.sequence + 1, at, kind, actor, subject, canonical(dict(entry.details)), "")
    return Record(record.sequence, at, record.kind, actor, subject, record.details, record.sealed(head.hash))


def canonical(value: Any) -> str:
    """The one JSON text of a value: keys sorted, nothing between tokens, ASCII alone, so that any database keeps it as it is."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def name(text: str) -> str:
    """A name that any database takes: bounded, without what PostgreSQL's text can't hold."""
    return text[:MAX_NAME].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
