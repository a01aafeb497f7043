"""Walks the audit's chain and says which record is the first that isn't as it was written.

A. head     what the chain says of itself is read first: records are added while the walk goes on
B. walk     each record follows the one before, and has the hash that its parts give
C. end      the chain ends where its head says, and has the record whose hash was noted
"""

from __future__ import annotations

from dataclasses import dataclass

from .record import GENESIS, Head, Record
from .store import AuditStore

_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the walk found: the records that are in order, the last of them, and what is wrong after it, if anything is.

    `broken` is the sequence of the first record that is missing, changed, or in another's place.
    """

    records: int
    head: Head | None
    broken: int | None = None
    reason: str | None = None


async def verify(audit: AuditStore, noted: str | None = None) -> Verdict:
    """Walk the whole chain; `noted` is the hash of a head that someone kept elsewhere."""
    said = await audit.head()  # A
    last, seen = Head(0, GENESIS), noted is None
    after: int | None = None
    while records := await audit.after(after, _CHUNK):  # B
        for record in records:
            if reason := _wrong(record, last):
                return _verdict(last, *reason)
            last = Head(record.sequence, record.hash)
            seen = seen or last.hash == noted
            if said is not None and last.sequence == said.sequence and last.hash != said.hash:
                return _verdict(
                    last, last.sequence, f"record {last.sequence} is not the one that the chain's head names: it was replaced"
                )
        after = last.sequence
    return await _ended(audit, said, last, noted=None if seen else noted)


def _verdict(last: Head, broken: int | None = None, reason: str | None = None) -> Verdict:
    return Verdict(last.sequence, last if last.sequence else None, broken, reason)


def _wrong(record: Record, last: Head) -> tuple[int, str] | None:
    expected = last.sequence + 1
    if record.sequence < expected:
        return record.sequence, f"record {record.sequence} stands before the first: it was put there by something else"
    if record.sequence > expected:
        return expected, _missing(expected, record.sequence - 1)
    if record.sealed(last.hash) != record.hash:
        return expected, f"record {expected} was changed, or the one before it is not the one it was written after"
    return None


def _missing(first: int, last: int) -> str:
    return f"record {first} is missing" if first == last else f"records {first} to {last} are missing"


async def _ended(audit: AuditStore, said: Head | None, last: Head, noted: str | None) -> Verdict:  # C
    now = await audit.head()
    if now is None and last.sequence:
        return _verdict(last, last.sequence, f"record {last.sequence} is the last, and the chain's head is missing")
    if said is not None and last.sequence < said.sequence:
        return _verdict(last, last.sequence + 1, f"{_missing(last.sequence + 1, said.sequence)}: the end was cut off")
    if now is not None and last.sequence > now.sequence:
        first = now.sequence + 1
        return _verdict(last, first, f"record {first} is not known to the chain's head: it was put there by something else")
    return _noted(last, noted)


def _noted(last: Head, noted: str | None) -> Verdict:
    if noted is None:
        return _verdict(last)
    text = f"no record has the hash {noted[:64]!r} that was noted: the chain was cut before it, or written anew"
    return _verdict(last, last.sequence + 1, text)
