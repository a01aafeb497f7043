"""Records that are older than the audit keeps are removed, and what is left is a chain that can be verified still."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from callboard_sdk import Database, Page
from gateway.testing import running_gateway
from resolvers.audit import AuditStore, Entry, Retention, Wanted, store, verify
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.spec.audit.test_audit_chain import behind_its_back

START = datetime.now(UTC) - timedelta(days=100)
DAY = timedelta(days=1)


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def audit(database: Database, clock: Clock) -> AuditStore:
    """Ten records, one a day, the last of them now."""
    made = AuditStore(database, clock)
    for number in range(1, 11):
        clock.now = START + number * DAY
        await made.append(Entry("token.created", "user", f"subject{number}", {"number": number}))
    return made


async def there(audit: AuditStore) -> list[int]:
    return [record.sequence for record in await audit.after(None, 1000)]


async def test_what_is_left_can_be_verified_from_where_it_begins(audit: AuditStore) -> None:
    noted = await audit.head()
    assert noted is not None
    assert await Retention(audit, 4).remove() == 5
    assert await there(audit) == [6, 7, 8, 9, 10, 11]
    verdict = await verify(audit, noted.hash)
    assert (verdict.records, verdict.removed, verdict.reason) == (6, 5, None)
    [told] = (await audit.after(10, 1))[:1]
    assert (told.kind, told.actor, told.subject) == ("audit.shortened", "gateway", "5")
    assert json.loads(told.details)["through"] == 5 and json.loads(told.details)["records"] == 5
    await audit.append(Entry("token.created", "user", "subject12"))
    assert (await verify(audit)).records == 7


async def test_it_goes_on_as_time_does_a_day_s_worth_at_once(audit: AuditStore, clock: Clock) -> None:
    retention = Retention(audit, 9)
    assert await retention.remove() == 0 and await there(audit) == list(range(1, 11))
    clock.now += timedelta(hours=1)
    assert await retention.remove() == 0, "none is a day older than it is kept"
    clock.now += DAY
    assert await retention.remove() == 2
    assert await retention.remove() == 0
    clock.now += 20 * DAY
    assert await retention.remove() == 9, "also what tells of the removal before"
    assert await there(audit) == [12]
    verdict = await verify(audit)
    assert (verdict.records, verdict.removed, verdict.reason) == (1, 11, None)


async def test_many_are_removed_in_parts(audit: AuditStore, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_REMOVED_AT_ONCE", 3)
    clock.now += 100 * DAY
    assert await Retention(audit, 1).remove() == 10
    assert await there(audit) == [11, 12, 13, 14]
    assert [json.loads(one.details)["through"] for one in await audit.after(None, 9)] == [3, 6, 9, 10]
    assert (await verify(audit)).reason is None


async def test_a_noted_head_that_was_removed_is_told_as_maybe_that(audit: AuditStore) -> None:
    records = await audit.after(None, 10)
    await Retention(audit, 4).remove()
    assert (await verify(audit, records[4].hash)).reason is None, "the last that was removed is known still"
    verdict = await verify(audit, records[3].hash)
    assert "removed for their age" in str(verdict.reason)


@pytest.mark.parametrize("statement", ["DELETE FROM audit_record WHERE sequence = 6", "UPDATE audit_record SET actor = 'x'"])
async def test_the_database_lets_nothing_else_be_removed(audit: AuditStore, statement: str) -> None:
    await Retention(audit, 4).remove()
    with pytest.raises(DBAPIError, match="append-only"):
        async with audit._engine.begin() as connection:
            await connection.execute(text(statement))
    assert (await verify(audit)).records == 6


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (["DELETE FROM audit_record WHERE sequence <= 7"], "records 6 to 7 are missing"),
        (
            [
                "UPDATE audit_head SET sequence = 7, hash = (SELECT hash FROM audit_record WHERE sequence = 7) WHERE id = 2",
                "DELETE FROM audit_record WHERE sequence <= 7",
            ],
            "records 6 to 7 are missing, and no record tells that they were removed for their age",
        ),
        (["DELETE FROM audit_head WHERE id = 2"], "records 1 to 5 are missing"),
        (["UPDATE audit_head SET hash = 'x' WHERE id = 2"], "record 6 was changed"),
        (["UPDATE audit_record SET sequence = 3 WHERE sequence = 8"], "record 3 stands before the first"),
        (["DELETE FROM audit_record WHERE sequence = 11"], "record 11 is missing: the end was cut off"),
    ],
)
async def test_what_is_removed_behind_its_back_is_found(audit: AuditStore, statements: list[str], reason: str) -> None:
    await Retention(audit, 4).remove()
    await behind_its_back(audit, *statements)
    assert reason in str((await verify(audit)).reason)


async def test_the_first_records_removed_with_a_mark_and_no_record_of_it_are_missed(audit: AuditStore) -> None:
    await behind_its_back(
        audit,
        "INSERT INTO audit_head SELECT 2, sequence, hash FROM audit_record WHERE sequence = 4",
        "DELETE FROM audit_record WHERE sequence <= 4",
    )
    assert "records 1 to 4 are missing, and no record tells" in str((await verify(audit)).reason)


async def test_records_that_are_removed_while_it_is_verified_are_not_missed(
    audit: AuditStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, removing = AuditStore.head, [True]

    async def head(self: AuditStore) -> object:
        if removing:
            removing.pop()
            await Retention(audit, 4).remove()
        return await whole(self)

    monkeypatch.setattr(AuditStore, "head", head)
    assert (await verify(audit)).reason is None


async def test_a_gateway_removes_what_its_settings_do_not_keep(settings: Path, tmp_path: Path, audit: AuditStore) -> None:
    own = {"database": yaml.safe_load(settings.read_text())["database"]}
    async with running_gateway(tmp_path, own):
        pass
    assert (await there(audit))[0] == 1, "for ever unless the settings say otherwise"
    async with running_gateway(tmp_path, own | {"audit": {"keep_days": 95}}), asyncio.timeout(20):
        while (await there(audit))[0] == 1:
            await asyncio.sleep(0.01)
    assert (await verify(audit)).reason is None
    assert (await audit.page(Wanted(kinds=["audit.shortened"]), Page(first=5))).total_count >= 1
