"""Each owner's tables are brought to its newest version: by one of those who start at once, whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from callboard_catalog.plugin import plugin as catalog
from callboard_sdk import Database, Migrations, Plugin
from gateway.configuration import read_configuration
from gateway.database import open_database
from gateway.testing import running_gateway
from resolvers import migrating
from resolvers.database import GatewayDatabase
from resolvers.migrating import make_ready, migrate, state_of
from resolvers.migrations import CORE, NAME
from resolvers.revising import differences, revise
from resolvers.versions import MigrationError, Versions
from sqlalchemy import Column, Integer, MetaData, String, Table, inspect, text
from structlog.testing import capture_logs

FIRST = """
import sqlalchemy as sa

revision = "0001"
down_revision = None


def upgrade(op):
    op.create_table("rota_turn", sa.Column("day", sa.String(), primary_key=True))
"""
FAILING = """
revision = "0002"
down_revision = "0001"


def upgrade(op):
    op.execute("INSERT INTO rota_turn VALUES ('monday')")
    op.execute("CREATE TABLE rota_other (day VARCHAR)")
    op.execute("SELECT secret FROM nowhere")
"""


class Package:
    """An outside plugin's package of versions, on the path."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.folder = folder / name
        self.folder.mkdir()
        self.add("__init__", "")

    def add(self, module: str, text: str) -> None:
        (self.folder / f"{module}.py").write_text(text)

    def declared(self, *columns: str) -> Migrations:
        table = Table("rota_turn", MetaData(), *[Column(name, String, primary_key=name == "day") for name in ("day", *columns)])
        return Migrations(self.name, [table])


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Package:
    monkeypatch.syspath_prepend(str(tmp_path))
    return Package(tmp_path, f"rota_versions_{abs(hash(request.node.name))}")


@pytest.fixture
async def other(empty: GatewayDatabase) -> AsyncIterator[GatewayDatabase]:
    """The same database, as another gateway reaches it."""
    made = open_database(empty.engine.url.render_as_string(hide_password=False))
    yield made
    await made.engine.dispose()


async def tables(database: GatewayDatabase) -> set[str]:
    async with database.engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


OWNERS = pytest.mark.parametrize(("owner", "migrations"), [(NAME, CORE), (catalog.name, catalog.migrations)])


@OWNERS
async def test_what_the_versions_make_is_what_the_code_wants(owner: str, migrations: Migrations, empty: GatewayDatabase) -> None:
    versions = Versions(owner, migrations)
    await migrate(empty, versions)
    await agree(empty, versions)


@OWNERS
async def test_what_they_make_of_a_released_database_is_the_same(
    owner: str, migrations: Migrations, released: GatewayDatabase
) -> None:
    versions = Versions(owner, migrations)
    await migrate(released, versions)
    async with released.engine.begin() as connection:
        others = {name for name in await tables(released) if not name.startswith("catalog_words")}
        for table in others - {one.name for one in migrations.tables} - {versions.table}:
            await connection.execute(text(f"DROP TABLE {table}"))
    await agree(released, versions)


async def agree(database: GatewayDatabase, versions: Versions) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(lambda sync: differences(versions, sync)) == []
    state = await state_of(database, versions)
    assert (state.now, state.pending, state.newer) == (versions.newest, (), False)


async def test_gateways_that_start_at_once_migrate_once(empty: GatewayDatabase, other: GatewayDatabase) -> None:
    with capture_logs() as logs:
        await asyncio.gather(*(make_ready(each, NAME, CORE) for each in [empty, other] * 3))
    assert [line["versions"] for line in logs if line["event"] == "the database was migrated"] == [("0001", "0002")]


async def test_a_version_that_fails_leaves_the_database_as_it_was(empty: GatewayDatabase, package: Package) -> None:
    package.add("v1", FIRST)
    package.add("v2", FAILING)
    with pytest.raises(MigrationError, match="rota could not be brought to version 0002, and stay as they were: .*nowhere"):
        await make_ready(empty, "rota", package.declared())
    assert await tables(empty) == set()


async def test_a_database_that_is_newer_is_refused(empty: GatewayDatabase) -> None:
    await make_ready(empty, NAME, CORE)
    async with empty.engine.begin() as connection:
        await connection.execute(text("UPDATE migrations_core SET version_num = '9999'"))
    with pytest.raises(MigrationError, match="of version 9999, which is newer than this gateway knows .0002.: start the newer"):
        await make_ready(empty, NAME, CORE)


async def test_where_only_the_command_may_migrate_a_start_says_so(empty: GatewayDatabase) -> None:
    careful = GatewayDatabase(empty.engine, migrate=False)
    with pytest.raises(
        MigrationError, match="of core are of no version yet, and version 0002 is wanted: run `callboard database mig"
    ):
        await make_ready(careful, NAME, CORE)
    assert await tables(empty) == set()
    await migrate(careful, Versions(NAME, CORE))
    await make_ready(careful, NAME, CORE)


async def test_a_plugin_whose_migration_fails_costs_its_own_fields_alone(
    empty: GatewayDatabase, settings: Path, package: Package, tmp_path: Path
) -> None:
    package.add("v1", FIRST)
    package.add("v2", FAILING)
    plugin: Plugin[Any] = Plugin("rota", permissions={"rota.read": "See turns."}, migrations=package.declared())

    @plugin.resource
    async def turns(database: Database) -> AsyncIterator[Package]:
        """Whose turn it is."""
        yield package

    @plugin.query(permission="rota.read")
    async def turn(turns: Package) -> str | None:
        """Whose turn it is."""
        return "olaf"

    url = read_configuration(settings, {}).settings.database.url
    async with running_gateway(tmp_path, {"database": {"url": url}}, plugins=[plugin]) as harness:
        answer = await harness.ask("{ turn viewer { subject } plugins { name health { reason } } }")
    assert answer.data["turn"] is None and answer.data["viewer"] == {"subject": "tester"}
    [error] = answer.errors
    assert (error["path"], error["extensions"]["code"]) == (["turn"], "PLUGIN_UNAVAILABLE")
    assert "rota_turn" not in await tables(empty)


async def test_the_core_waits_for_a_database_that_is_away(empty: GatewayDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, asked = migrating.state_of, 0

    async def away(database: GatewayDatabase, versions: Versions) -> Any:
        nonlocal asked
        asked += 1
        if asked < 4:
            raise OSError("no database")
        return await whole(database, versions)

    monkeypatch.setattr(migrating, "state_of", away)
    monkeypatch.setattr(migrating, "RETRY_SECONDS", 0.01)
    async with migrating.core_ready(empty), asyncio.timeout(20):
        while "audit_record" not in await tables(empty):
            await asyncio.sleep(0.01)


async def test_the_next_version_is_written_from_what_the_tables_lack(empty: GatewayDatabase, package: Package) -> None:
    package.add("v0001_turns", FIRST)
    await make_ready(empty, "rota", package.declared())
    async with empty.engine.begin() as connection:
        await connection.execute(text("INSERT INTO rota_turn VALUES ('monday')"))
    changed = package.declared("person")
    changed.tables[0].c.person.nullable = True
    file = revise(Versions("rota", changed), "Who has the turn")
    assert file.name == "v0002_who_has_the_turn.py"
    versions = Versions("rota", changed)
    assert await migrate(empty, versions) == ("0002",)
    async with empty.engine.connect() as connection:
        assert (await connection.execute(text("SELECT day, person FROM rota_turn"))).all() == [("monday", None)]
        assert await connection.run_sync(lambda sync: differences(versions, sync)) == []
    with pytest.raises(MigrationError, match="there is nothing to write"):
        revise(versions, "again")


def test_versions_that_can_t_be_a_line_are_told(package: Package) -> None:
    package.add("v1", FIRST)
    package.add("v2", FIRST.replace("0001", "0002"))
    with pytest.raises(MigrationError, match="end in 0001, 0002"):
        Versions("rota", package.declared())
    with pytest.raises(MigrationError, match="there is no package rota_nowhere"):
        Versions("rota", Migrations("rota_nowhere", []))
