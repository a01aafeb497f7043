"""The audit's chain: what is recorded stays as it is, and whatever is done to it behind its back is found."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from callboard_sdk import Page
from gateway.configuration import read_configuration
from gateway.database import open_database
from resolvers.migrating import make_ready
from resolvers.migrations import CORE, NAME
from resolvers.audit import AuditStore, Entry, Wanted, verify
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

ROOT = Path(__file__).parents[3]


def entry(number: int, kind: str = "policy.published") -> Entry:
    return Entry(kind, f"user{number}", f"subject{number}", {"number": number, "text": "é\u0000\ud800 ☃"})


async def filled(audit: AuditStore, count: int = 10) -> str:
    for number in range(1, count + 1):
        await audit.append(entry(number))
    head = await audit.head()
    assert head is not None and head.sequence == count
    return head.hash


async def behind_its_back(audit: AuditStore, *statements: str) -> None:
    """What someone does who has the database's password, the triggers taken away first."""
    async with audit._engine.begin() as connection:
        for trigger in ("audit_record_kept", "audit_record_kept_rows", "audit_record_no_update", "audit_record_no_delete"):
            on = " ON audit_record" if connection.dialect.name == "postgresql" else ""
            await connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}{on}"))
        for statement in statements:
            await connection.execute(text(statement))


async def test_an_untouched_chain_is_in_order(audit: AuditStore) -> None:
    head = await filled(audit)
    verdict = await verify(audit, head)
    assert (verdict.records, verdict.broken, verdict.reason) == (10, None, None)
    assert verdict.head is not None and verdict.head.hash == head


async def test_an_empty_audit_is_in_order_but_has_no_record_that_was_noted(audit: AuditStore) -> None:
    assert (await verify(audit)).reason is None
    assert (await verify(audit, "a" * 64)).broken == 1


@pytest.mark.parametrize("column", ["at", "kind", "actor", "subject", "details", "hash"])
@pytest.mark.parametrize("place", [1, 5, 10])
async def test_a_changed_column_is_found(audit: AuditStore, column: str, place: int) -> None:
    await filled(audit)
    await behind_its_back(audit, f"UPDATE audit_record SET {column} = {column} || ' ' WHERE sequence = {place}")
    verdict = await verify(audit)
    assert verdict.broken == place and f"record {place} was changed" in str(verdict.reason)
    assert verdict.records == place - 1


@pytest.mark.parametrize("place", [1, 5, 10])
@pytest.mark.parametrize("new", [-3, 0, 100])
async def test_a_changed_sequence_is_found(audit: AuditStore, place: int, new: int) -> None:
    await filled(audit)
    await behind_its_back(audit, f"UPDATE audit_record SET sequence = {new} WHERE sequence = {place}")
    assert (await verify(audit)).broken == (new if new < 1 else place)


@pytest.mark.parametrize(
    ("deleted", "broken"), [("= 1", 1), ("= 5", 5), ("BETWEEN 5 AND 7", 5), ("= 10", 10), (">= 8", 8), ("> 0", 1)]
)
async def test_deleted_records_are_missed(audit: AuditStore, deleted: str, broken: int) -> None:
    await filled(audit)
    await behind_its_back(audit, f"DELETE FROM audit_record WHERE sequence {deleted}")
    verdict = await verify(audit)
    assert verdict.broken == broken and "missing" in str(verdict.reason)
    await audit.append(entry(11))
    assert (await verify(audit)).broken == broken, "what is added later doesn't hide it"


async def test_an_end_that_is_cut_off_with_its_head_is_missed_by_who_noted_the_head(audit: AuditStore) -> None:
    head = await filled(audit)
    await behind_its_back(
        audit,
        "DELETE FROM audit_record WHERE sequence > 7",
        "UPDATE audit_head SET sequence = 7, hash = (SELECT hash FROM audit_record WHERE sequence = 7)",
    )
    assert (await verify(audit)).reason is None
    assert (await verify(audit, head)).broken == 8
    await audit.append(entry(11), entry(12), entry(13), entry(14))
    verdict = await verify(audit, head)
    assert verdict.broken == 12 and "noted" in str(verdict.reason)


async def test_a_noted_head_stays_good_as_records_are_added(audit: AuditStore) -> None:
    head = await filled(audit)
    await audit.append(entry(11))
    assert (await verify(audit, head)).reason is None


async def test_records_that_changed_places_are_found(audit: AuditStore) -> None:
    await filled(audit)
    await behind_its_back(
        audit,
        "UPDATE audit_record SET sequence = 1000 WHERE sequence = 4",
        "UPDATE audit_record SET sequence = 4 WHERE sequence = 6",
        "UPDATE audit_record SET sequence = 6 WHERE sequence = 1000",
    )
    assert (await verify(audit)).broken == 4


async def test_a_record_that_something_else_put_at_the_end_is_found(audit: AuditStore) -> None:
    await filled(audit)
    from resolvers.audit.record import next_record

    head = await audit.head()
    assert head is not None
    made = next_record(Entry("token.created", "x", "y"), "2026-01-01T00:00:00.000000Z", head)
    values = ", ".join(f"'{getattr(made, name)}'" for name in ("at", "kind", "actor", "subject", "details", "hash"))
    await behind_its_back(audit, f"INSERT INTO audit_record VALUES (11, {values})")
    assert (await verify(audit)).broken == 11


async def test_a_head_that_is_gone_or_names_another_record_is_found(audit: AuditStore) -> None:
    await filled(audit)
    await behind_its_back(audit, "UPDATE audit_head SET hash = 'x'")
    assert (await verify(audit)).broken == 10
    await behind_its_back(audit, "DELETE FROM audit_head")
    assert "head is missing" in str((await verify(audit)).reason)


async def test_the_database_itself_refuses_to_change_or_delete_a_record(audit: AuditStore) -> None:
    await filled(audit, 2)
    for statement in ("UPDATE audit_record SET actor = 'x'", "DELETE FROM audit_record"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with audit._engine.begin() as connection:
                await connection.execute(text(statement))
    assert (await verify(audit)).records == 2


async def test_many_writers_at_once_make_one_chain(settings: Path) -> None:
    url = read_configuration(settings, {}).settings.database.url
    databases = [open_database(url) for _ in range(3)]
    await make_ready(databases[0], NAME, CORE)
    audits = [AuditStore(database) for database in databases]

    async def write(audit: AuditStore) -> None:
        for number in range(8):
            await audit.append(entry(number), entry(number))

    await asyncio.gather(*(write(audit) for audit in audits for _ in range(2)))
    verdict = await verify(audits[0])
    assert (verdict.records, verdict.reason) == (3 * 2 * 8 * 2, None)
    for database in databases:
        await database.engine.dispose()


async def test_a_transaction_that_fails_leaves_no_record_of_what_it_did(audit: AuditStore) -> None:
    await filled(audit, 3)
    with pytest.raises(RuntimeError):
        async with audit._engine.begin() as connection:
            await audit.write(connection, entry(4))
            raise RuntimeError
    assert (await verify(audit)).records == 3


WRITER = """
import asyncio, sys
from gateway.database import open_database
from resolvers.audit import AuditStore, Entry

async def main():
    audit = AuditStore(open_database(sys.argv[1]))
    while True:
        head = await audit.append(*[Entry("token.created", "writer", str(n)) for n in range(3)])
        print(head.sequence, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("_again", range(3))
async def test_a_writer_that_is_killed_leaves_a_whole_chain_with_all_that_it_was_told_is_written(
    settings: Path, audit: AuditStore, _again: int
) -> None:
    url = read_configuration(settings, {}).settings.database.url
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, url],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert writer.stdout is not None
    for _ in range(5 + _again):
        told = int(writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    told = max([told, *map(int, writer.stdout.read().split())])
    writer.wait()
    writer.stdout.close()
    verdict = await verify(audit)
    assert verdict.reason is None
    assert verdict.records >= told and verdict.records % 3 == 0
    await audit.append(entry(1))
    assert (await verify(audit)).reason is None


async def test_pages_come_newest_first_and_by_what_is_wanted(audit: AuditStore) -> None:
    await filled(audit, 7)
    await audit.append(entry(8, "token.created"))
    page = await audit.page(Wanted(kinds=["policy.published"]), Page(first=3))
    assert [record.sequence for record in page.nodes()] == [7, 6, 5]
    assert (page.total_count, page.page_info.has_next_page, page.page_info.has_previous_page) == (7, True, False)
    following = await audit.page(Wanted(), Page(first=10, after="5"))
    assert [record.sequence for record in following.nodes()] == [4, 3, 2, 1]
    assert not following.page_info.has_next_page
    oldest = await audit.page(Wanted(), Page(last=2))
    assert [record.sequence for record in oldest.nodes()] == [2, 1] and oldest.page_info.has_previous_page
    assert [r.sequence for r in (await audit.page(Wanted(actor="user3"), Page(first=5))).nodes()] == [3]
    assert [r.subject for r in (await audit.page(Wanted(subject="subject8"), Page(first=5))).nodes()] == ["subject8"]
