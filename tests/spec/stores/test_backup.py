"""A backup has all that is stored, as it was at one moment, and fills an empty database of either kind; or it is refused whole."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from callboard_catalog.plugin import plugin as catalog
from gateway.configuration import read_configuration
from gateway.database import open_database
from gateway.testing import Harness, running_gateway
from resolvers.audit import AuditStore, Entry, verify
from resolvers.backup import BackupError, backup, restore
from resolvers.database import GatewayDatabase
from resolvers.migrating import make_ready, migrate
from resolvers.migrations import CORE, NAME
from resolvers.policy import PolicyStore
from resolvers.versions import MigrationError, Versions
from sqlalchemy import select, text
from tests.postgresql import PostgreSQL

OWNERS = (Versions(NAME, CORE), Versions(catalog.name, catalog.migrations))


@pytest.fixture
async def filled(released: GatewayDatabase, settings: Path, tmp_path: Path) -> GatewayDatabase:
    """A released database that a gateway of now has gone on with, its catalog filled."""
    (tmp_path / "api.yaml").write_text(
        "\n---\n".join(
            f"apiVersion: v1\nkind: System\nmetadata: {{name: s{n}, tags: [ä]}}\nspec: {{owner: a}}" for n in range(60)
        )
    )
    own: dict[str, Any] = {
        "database": {"url": read_configuration(settings, {}).settings.database.url},
        "plugins": {"catalog": {"sources": [{"name": "x", "paths": [str(tmp_path / "api.yaml")]}]}},
    }
    async with running_gateway(tmp_path, own) as harness:
        assert (await harness.ask("{ systems(first: 1) { totalCount } }")).data == {"systems": {"totalCount": 60}}
    return released


@pytest.fixture(params=["sqlite", "postgresql"])
async def target(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[GatewayDatabase]:
    """Another database, with nothing in it."""
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        url = server.another().replace("postgresql:", "postgresql+asyncpg:")
    else:
        url = f"sqlite+aiosqlite:///{tmp_path / 'target.sqlite'}"
    made = open_database(url)
    yield made
    await made.engine.dispose()


async def everything(database: GatewayDatabase, owners: Sequence[Versions] = OWNERS) -> dict[str, list[Any]]:
    async with database.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, (await connection.execute(select(table))).all()))
            for versions in owners
            for table in versions.migrations.tables
        }


async def test_what_is_restored_is_what_was_stored(filled: GatewayDatabase, target: GatewayDatabase, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    rows = await backup(filled, OWNERS, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert await restore(target, OWNERS, file) == rows
    before, after = await everything(filled), await everything(target)
    assert after == before and sum(map(len, after.values())) == rows
    assert len(after["catalog_entity"]) == 60 and len(after["audit_record"]) >= 5
    audit = AuditStore(target)
    assert (await verify(audit)).reason is None
    assert (await PolicyStore(target, audit).publish("", "alice", "", expected=3)).number == 4


async def test_words_are_found_again_though_a_backup_has_no_index(
    filled: GatewayDatabase, target: GatewayDatabase, tmp_path: Path
) -> None:
    await backup(filled, OWNERS, tmp_path / "backup")
    await restore(target, OWNERS, tmp_path / "backup")
    for versions in OWNERS:
        await migrate(target, versions)
    (tmp_path / "other").mkdir()
    api = tmp_path / "api.yaml"
    own: dict[str, Any] = {
        "database": {"url": target.engine.url.render_as_string(hide_password=False)},
        "plugins": {"catalog": {"sources": [{"name": "x", "paths": [str(api)]}]}},
    }
    for title in ("Seven", "Sept"):  # of what it was told before, it can still forget
        async with running_gateway(tmp_path / "other", own) as harness:
            assert [await found(harness, word) for word in ("s7", "seven", "sept")] == [1, int(title == "Sept"), 0]
            api.write_text(api.read_text().replace("name: s7,", "name: s7, title: Seven,").replace("Seven", title))
            answer = await harness.ask('mutation { refreshSource(input: {source: "x"}) { errors { message } } }')
            assert answer.errors == []
            async with asyncio.timeout(20):
                while await found(harness, title) != 1:
                    await asyncio.sleep(0.02)
            assert await found(harness, "seven") == int(title == "Seven")


async def found(harness: Harness, words: str) -> int:
    answer = await harness.ask('{ search(first: 9, text: "%s") { nodes { entity { ref } } } }' % words)
    assert answer.errors == []
    return len(answer.data["search"]["nodes"])


async def test_it_is_of_one_moment_though_others_write(filled: GatewayDatabase, target: GatewayDatabase, tmp_path: Path) -> None:
    audit, writing = AuditStore(filled), asyncio.Event()

    async def write() -> None:
        while True:
            await audit.append(*[Entry("token.created", "alice", str(n)) for n in range(50)])
            writing.set()

    writer = asyncio.create_task(write())
    await writing.wait()
    for number in range(3):
        await backup(filled, OWNERS, tmp_path / f"backup{number}")
    writing.clear()
    await writing.wait()
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
    await restore(target, OWNERS, tmp_path / "backup2")
    verdict = await verify(AuditStore(target))
    assert verdict.reason is None and verdict.records % 50 == (await verify(audit)).records % 50
    assert verdict.records < (await verify(audit)).records


async def test_a_backup_of_before_a_migration_is_restored_and_migrated(empty: GatewayDatabase, tmp_path: Path) -> None:
    [core, _] = OWNERS
    async with empty.writing("x") as connection:
        await connection.run_sync(core.run, "0001")
    await AuditStore(empty)("token.created", "alice", "1", {})
    await backup(empty, [core], tmp_path / "backup")
    other = open_database(f"sqlite+aiosqlite:///{tmp_path / 'other.sqlite'}")
    assert await restore(other, [core], tmp_path / "backup") == 2
    assert await migrate(other, core) == ("0002",)
    assert (await verify(AuditStore(other))).records == 1
    await other.engine.dispose()


async def test_a_catalog_of_before_it_went_by_name_does_when_it_is_migrated_or_restored(
    empty: GatewayDatabase, target: GatewayDatabase, tmp_path: Path
) -> None:
    [_, ours] = OWNERS
    async with empty.writing("x") as connection:
        await connection.run_sync(ours.run, "0006")
        for number, name in enumerate(("stage-cli", "stage", "stage.x"), 1):
            sort = {"id": number, "sort": f"{name}/component:default"}
            await connection.execute(text(_ENTITY), sort)
            await connection.execute(text("INSERT INTO catalog_mark (term, sort, entity) VALUES (1, :sort, :id)"), sort)
    await backup(empty, [ours], tmp_path / "backup")
    assert await restore(target, [ours], tmp_path / "backup") == 6
    for database in (empty, target):
        assert (await migrate(database, ours))[0] == "0007"
        async with database.engine.connect() as connection:
            for query in ("SELECT id, sort FROM catalog_entity", "SELECT entity, sort FROM catalog_mark WHERE term = 1"):
                rows = [tuple(row) for row in await connection.execute(text(f"{query} ORDER BY sort"))]
                names = [(2, "stage"), (1, "stage-cli"), (3, "stage.x")]
                assert rows == [(number, f"{name} component default") for number, name in names]


async def test_a_catalog_of_before_entities_had_their_owner_is_told_it_when_it_is_migrated_or_restored(
    empty: GatewayDatabase, target: GatewayDatabase, tmp_path: Path
) -> None:
    [_, ours] = OWNERS
    terms = ["ownedBy", "group:default/a", "group:default/b", "partOf"]
    relations = [(11, 1, 3, False), (12, 1, 2, False), (12, 1, 3, False), (13, 1, 2, True), (13, 4, 2, False)]
    async with empty.writing("x") as connection:
        await connection.run_sync(ours.run, "0008")
        rows = [{"id": number, "text": term} for number, term in enumerate(terms, 1)]
        await connection.execute(text("INSERT INTO catalog_term (id, text) VALUES (:id, :text)"), rows)
        for number in (11, 12, 13):
            await connection.execute(text(_ENTITY), {"id": number, "sort": f"{number} component default"})
        await connection.execute(text(_RELATION), [dict(zip("stom", row, strict=True)) for row in relations])
    await backup(empty, [ours], tmp_path / "backup")
    assert await restore(target, [ours], tmp_path / "backup") == 12
    for database in (empty, target):
        assert (await migrate(database, ours))[0] == "0009"
        async with database.engine.connect() as connection:
            owners = await connection.execute(text("SELECT id, owner FROM catalog_entity ORDER BY id"))
            assert [tuple(row) for row in owners] == [(11, "group:default/b"), (12, "*"), (13, "")]


_RELATION = "INSERT INTO catalog_relation (source, type, target, mirrored) VALUES (:s, :t, :o, :m)"
_ENTITY = """INSERT INTO catalog_entity (id, sort, kind, namespace, document, content, titled, created, changed)
VALUES (:id, :sort, 'component', 'default', 1, '', '', 0, 0)"""


@pytest.fixture
async def made(empty: GatewayDatabase, tmp_path: Path) -> Path:
    """A backup of a small database."""
    await make_ready(empty, NAME, CORE)
    await AuditStore(empty).append(*[Entry("token.created", "alice", str(n)) for n in range(500)])
    await backup(empty, OWNERS, tmp_path / "backup")
    return tmp_path / "backup"


@pytest.mark.parametrize("harm", ["cut short", "cut to a page", "empty", "no database", "another database", "changed", "missing"])
async def test_what_is_no_whole_backup_is_refused_whole(harm: str, made: Path, tmp_path: Path) -> None:
    whole = made.read_bytes()
    if harm == "another database":
        made.unlink()
    if harm in ("another database", "changed"):
        with sqlite3.connect(made) as connection:
            connection.execute("CREATE TABLE x (y)" if harm != "changed" else "DROP TRIGGER audit_record_no_update")
            if harm == "changed":
                connection.execute("UPDATE audit_record SET actor = 'bob' WHERE sequence = 77")
        connection.close()
    elif harm == "missing":
        made.unlink()
    else:
        made.write_bytes({"cut short": whole[:-3000], "cut to a page": whole[:8192], "empty": b""}.get(harm, b"not SQL" * 999))
    target = open_database(f"sqlite+aiosqlite:///{tmp_path / 'target.sqlite'}")
    with pytest.raises(BackupError, match="nothing was restored|is no backup"):
        await restore(target, OWNERS, made)
    async with target.engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM sqlite_master"))).scalar() == 0
    await target.engine.dispose()
    assert made.exists() == (harm != "missing")


async def test_only_an_empty_database_is_filled(made: Path, empty: GatewayDatabase) -> None:
    before = await everything(empty, OWNERS[:1])
    with pytest.raises(BackupError, match="the database isn't empty: it has access_token"):
        await restore(empty, OWNERS, made)
    assert await everything(empty, OWNERS[:1]) == before


async def test_a_file_that_is_there_is_not_written_over(made: Path, empty: GatewayDatabase) -> None:
    before = made.read_bytes()
    with pytest.raises(FileExistsError):
        await backup(empty, OWNERS, made)
    assert made.read_bytes() == before


async def test_what_nobody_here_can_read_is_refused(made: Path, tmp_path: Path) -> None:
    target = open_database(f"sqlite+aiosqlite:///{tmp_path / 'target.sqlite'}")
    with pytest.raises(BackupError, match="has tables of core: name these plugins"):
        await restore(target, OWNERS[1:], made)
    with sqlite3.connect(made) as connection:
        connection.execute("UPDATE migrations_core SET version_num = '9999'")
    connection.close()
    with pytest.raises(MigrationError, match="version 9999, which is newer"):
        await restore(target, OWNERS, made)
    await target.engine.dispose()


async def test_tables_without_a_version_are_not_backed_up(released: GatewayDatabase, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="tables of core have no version yet: run `callboard database migrate`"):
        await backup(released, OWNERS, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
