"""Denied reads: counted by viewer, coordinate and minute; what there is no room for is counted too."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from resolvers.audit import AuditStore, Denials, denials
from sqlalchemy.exc import OperationalError


class Clock:
    seconds = 600_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True)
class Decided:
    id: str


def by(**decisions: str) -> dict[str, Decided]:
    return {name.replace("_", "."): Decided(decision) for name, decision in decisions.items()}


async def told(audit: AuditStore) -> list[tuple[str, str, str, dict[str, Any]]]:
    return [(r.kind, r.actor, r.subject, json.loads(r.details)) for r in await audit.after(None, 1000)]


async def test_a_minute_s_denied_reads_of_a_viewer_and_coordinate_are_one_record(audit: AuditStore) -> None:
    clock = Clock()
    noted = Denials(audit, clock)
    same = by(Component_cost="d-1")
    for _ in range(99):
        noted.note("alice", same)
    noted.note("alice", by(Component_cost="d-1"))
    noted.note("bob", by(Component_cost="d-2", Query_findings="d-3"))
    await noted.write()
    assert await told(audit) == [], "the minute is not over"
    clock.seconds += 60
    noted.note("alice", by(Component_cost="d-4"))
    await noted.write()
    minute = "1970-01-07T22:40:00.000000Z"
    denied = "reads.denied"
    first = [
        (denied, "alice", "Component.cost", {"minute": minute, "count": 100, "decision": "d-1"}),
        (denied, "bob", "Component.cost", {"minute": minute, "count": 1, "decision": "d-2"}),
        (denied, "bob", "Query.findings", {"minute": minute, "count": 1, "decision": "d-3"}),
    ]
    assert await told(audit) == first
    await noted.write(all_of_it=True)
    assert (await told(audit))[3][3]["count"] == 1


async def test_what_there_is_no_room_for_is_counted(audit: AuditStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denials, "MAX_A_VIEWER", 3)
    monkeypatch.setattr(denials, "MAX_COUNTED", 5)
    noted = Denials(audit, Clock())
    sent: Counter[str] = Counter()
    for viewer in ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"):
        for number in range(4):
            noted.note(viewer, by(**{f"T_f{number}": "d"}))
            sent[viewer] += 1
    await noted.write(all_of_it=True)
    rows = await told(audit)
    found: Counter[str] = Counter()
    for _, viewer, _, details in rows:
        found[viewer] += details["count"]
    assert found.total() == sent.total()
    assert found["a"] == 4 and len([row for row in rows if row[1] == "a"]) == 4, "three told, and one count of the rest"
    assert found["*"] > 0, "too many viewers to count each"
    assert len(rows) <= 5 + 5 + 1


async def test_what_can_t_be_written_waits_and_is_not_lost(audit: AuditStore, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = Denials(audit, Clock())
    noted.note("alice", by(T_f="d-1"))
    whole = audit.append

    async def broken(*_entries: object) -> object:
        noted.note("alice", by(T_f="d-2"))
        raise OperationalError("", {}, Exception("the disk is full"))

    monkeypatch.setattr(audit, "append", broken)
    with pytest.raises(OperationalError):
        await noted.write(all_of_it=True)
    monkeypatch.setattr(audit, "append", whole)
    await noted.write(all_of_it=True)
    assert [details["count"] for *_, details in await told(audit)] == [2]


async def test_the_rest_is_written_when_the_gateway_stops(audit: AuditStore) -> None:
    noted = Denials(audit)
    async with noted.running():
        noted.note("alice", by(T_f="d-1"))
    assert len(await told(audit)) == 1
