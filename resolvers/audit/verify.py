"""Walks the audit's chain and says which record is the first that isn't as it was written.

A. head     what the chain says of itself is read first: records are added while the walk goes on
B. start    it begins at the first record, or after the last that was removed for its age
C. walk     each record follows the one before, and has the hash that its parts give
D. end      the chain ends where its head says, tells itself what was removed, and has the record whose hash was noted
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from .record import GENESIS, SHORTENED, Head, Record
from .store import AuditStore

_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the walk found: how many records are in order, the last of them, and what is wrong after it, if anything is.

    `removed` is the last record that was removed for its age: what was before can't be verified any more. `broken` is the
    sequence of the first record that is missing, changed, or in another's place.
    """

    records: int
    head: Head | None
    broken: int | None = None
    reason: str | None = None
    removed: int = 0


async def verify(audit: AuditStore, noted: str | None = None) -> Verdict:
    """Walk the whole chain; `noted` is the hash of a head that someone kept elsewhere."""
    while True:
        start = await audit.removed()
        verdict = await _Walk(audit, start or Head(0, GENESIS), noted).verdict()
        if verdict.reason is None or await audit.removed() == start:  # else records were removed while it went on
            return verdict


class _Walk:
    """One walk, from the last record that was removed."""

    def __init__(self, audit: AuditStore, start: Head, noted: str | None) -> None:
        self._audit = audit
        self._start = self._last = start
        self._noted = None if noted == start.hash else noted
        self._told = 0, GENESIS
        """The last record that was removed, and its hash, as the chain tells."""

    async def verdict(self) -> Verdict:
        """What it finds."""
        said = await self._audit.head()  # A
        after: int | None = None  # B: whatever stands before the start is found, too
        while records := await self._audit.after(after, _CHUNK):  # C
            for record in records:
                if reason := self._wrong(record):
                    return self._verdict(*reason)
                self._take(record)
                if said is not None and record.sequence == said.sequence and record.hash != said.hash:
                    text = f"record {said.sequence} is not the one that the chain's head names: it was replaced"
                    return self._verdict(said.sequence, text)
            after = self._last.sequence
        return await self._ended(said)

    def _take(self, record: Record) -> None:
        self._last = Head(record.sequence, record.hash)
        if record.hash == self._noted:
            self._noted = None
        if record.kind == SHORTENED:
            self._told = _told(record)

    def _verdict(self, broken: int | None = None, reason: str | None = None) -> Verdict:
        start, last = self._start.sequence, self._last
        return Verdict(last.sequence - start, last if last.sequence else None, broken, reason, start)

    def _wrong(self, record: Record) -> tuple[int, str] | None:
        expected = self._last.sequence + 1
        if record.sequence < expected:
            return record.sequence, f"record {record.sequence} stands before the first: it was put there by something else"
        if record.sequence > expected:
            return expected, _missing(expected, record.sequence - 1)
        if not _as_sealed(record, self._last.hash):
            return expected, f"record {expected} was changed, or the one before it is not the one it was written after"
        return None

    async def _ended(self, said: Head | None) -> Verdict:  # D
        now, last = await self._audit.head(), self._last.sequence
        if now is None and last:
            return self._verdict(last, f"record {last} is the last, and the chain's head is missing")
        if said is not None and last < said.sequence:
            return self._verdict(last + 1, f"{_missing(last + 1, said.sequence)}: the end was cut off")
        if now is not None and last > now.sequence:
            first = now.sequence + 1
            return self._verdict(first, f"record {first} is not known to the chain's head: it was put there by something else")
        if self._start.sequence and self._told != (self._start.sequence, self._start.hash):
            first = self._told[0] + 1
            text = f"{_missing(first, self._start.sequence)}, and no record tells that they were removed for their age"
            return self._verdict(first, text)
        return self._verdict() if self._noted is None else self._unknown(self._noted)

    def _unknown(self, noted: str) -> Verdict:
        text = f"no record has the hash {noted[:64]!r} that was noted: the chain was cut before it, or written anew"
        if self._start.sequence:
            text += f"; or it is of one of the records up to {self._start.sequence}, which were removed for their age"
        return self._verdict(self._last.sequence + 1, text)


def _as_sealed(record: Record, previous: str) -> bool:
    """Whether it has the hash that it must have after a record with this one."""
    try:
        return record.sealed(previous) == record.hash
    except TypeError:  # SQLite keeps bytes where texts belong, which no record of ours has
        return False


def _told(record: Record) -> tuple[int, str]:
    """Up to which record, and which hash, the chain was removed; what none of ours wrote tells nothing."""
    match json.loads(record.details):
        case {"through": int(sequence), "hash": str(found)}:
            return sequence, found
    return 0, GENESIS


def _missing(first: int, last: int) -> str:
    return f"record {first} is missing" if first == last else f"records {first} to {last} are missing"
