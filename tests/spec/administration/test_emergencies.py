"""Break-glass: a role for a while, told in the audit, and gone when its time is over."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from callboard_sdk import Database, Viewer, ViewerKind
from resolvers.audit import AuditStore
from resolvers.policy import Emergencies, PolicyStore

ALICE = Viewer("alice", ViewerKind.PERSON, frozenset({"viewer"}))


class Clock:
    now = datetime(2026, 11, 26, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def emergencies(store: PolicyStore, audit: AuditStore, clock: Clock) -> Emergencies:
    return Emergencies(store.tables, audit, clock)


async def test_a_role_is_given_until_its_time_is_over(emergencies: Emergencies, audit: AuditStore, clock: Clock) -> None:
    assert emergencies.given(ALICE) is ALICE
    made = await emergencies.grant("alice", "oncall", "the site is down", by="alice", minutes=30)
    assert emergencies.given(ALICE).roles == {"viewer", "oncall"}
    assert await emergencies.active() == [made]
    clock.now += timedelta(minutes=30)
    assert emergencies.given(ALICE) is ALICE, "it ends by the clock, whatever the database does"
    assert await emergencies.active() == []
    [record] = await audit.after(None, 10)
    assert (record.kind, record.actor, record.subject) == ("emergency.granted", "alice", "alice")
    assert json.loads(record.details) == {
        "emergency": made.key, "expires": "2026-11-26T00:30:00.000000Z", "reason": "the site is down", "role": "oncall"
    }  # fmt: skip


async def test_it_can_be_ended_before(emergencies: Emergencies, audit: AuditStore) -> None:
    made = await emergencies.grant("alice", "oncall", "the site is down", by="bob", minutes=30)
    ended = await emergencies.end(made.key, by="carol")
    assert ended is not None and ended.ended_by == "carol"
    assert emergencies.given(ALICE) is ALICE
    assert await emergencies.end(made.key, by="dave") == ended, "it is over already"
    assert await emergencies.end("nothing", by="dave") is None
    assert [record.kind for record in await audit.after(None, 10)] == ["emergency.granted", "emergency.ended"]


async def test_another_process_sees_it_after_a_refresh(
    emergencies: Emergencies, database: Database, audit: AuditStore, clock: Clock
) -> None:
    await emergencies.grant("alice", "oncall", "the site is down", by="bob", minutes=30)
    other = Emergencies(PolicyStore(database, audit).tables, audit, clock)
    await other.refresh()
    assert "oncall" in other.given(ALICE).roles
