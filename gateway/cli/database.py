"""`callboard database`: which versions its tables are of, and how they get to the newest; and its backups."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway.database import open_database
from gateway.loading import load
from resolvers.backup import BackupError
from resolvers.backup import backup as write_backup
from resolvers.backup import restore as fill
from resolvers.database import GatewayDatabase
from resolvers.migrating import migrate as run_pending
from resolvers.migrating import state_of
from resolvers.migrations import CORE, NAME
from resolvers.revising import revise
from resolvers.versions import MigrationError, State, Versions, stored

from .settings_file import DEFAULT_FILE, SettingsFile, configuration
from .show import AsJson, fail, out, show_table
from .stored import with_database

app = typer.Typer(help="The tables of the core and of each plugin, and their versions.", no_args_is_help=True)


@app.command()
def status(settings: SettingsFile = DEFAULT_FILE, as_json: AsJson = False) -> None:
    """Show which version the tables of the core and of each plugin are of; exit 1 unless they are what this gateway wants."""
    database, owners = _found(settings)

    async def ask(database: GatewayDatabase) -> list[State]:
        return [await state_of(database, versions) for versions in owners]

    states = with_database(settings, lambda: database, ask)
    if as_json:
        print(json.dumps([asdict(state) for state in states]))
    else:
        _show(states)
    if any(state.newer or state.pending for state in states):
        raise typer.Exit(1)


@app.command()
def migrate(settings: SettingsFile = DEFAULT_FILE, as_json: AsJson = False) -> None:
    """Bring all tables to the newest version, each owner's whole or not at all; gateways that start meanwhile wait."""
    database, owners = _found(settings)

    async def ask(database: GatewayDatabase) -> tuple[dict[str, tuple[str, ...]], list[str]]:
        done, failed = dict[str, tuple[str, ...]](), list[str]()
        for versions in owners:
            try:
                done[versions.owner] = await run_pending(database, versions)
            except MigrationError as error:
                failed.append(str(error))
        return done, failed

    done, failed = with_database(settings, lambda: database, ask, makes=True)
    if as_json:
        print(json.dumps({"migrated": done, "failed": failed}))
    else:
        for owner, versions in done.items():
            said = f" {owner}: {', '.join(versions) if versions else 'nothing to do'}"
            out.print(Text.assemble(("✓", "green"), said))
    if failed:
        fail(failed)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; there is none of this name yet.")],
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Write all that is stored into one file, as it is now, while gateways go on."""
    database, owners = _found(settings)
    rows = _backed(settings, database, file, lambda database: write_backup(database, owners, file), makes=False)
    out.print(Text.assemble(("✓", "green"), f" {file} has {rows} rows"))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `callboard database backup` wrote.")],
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Fill an empty database with a backup, of whichever database that was made, and migrate it."""
    database, owners = _found(settings)

    async def ask(database: GatewayDatabase) -> int:
        rows = await fill(database, owners, file)
        for versions in owners:
            await run_pending(database, versions)
        return rows

    rows = _backed(settings, database, file, ask, makes=True)
    out.print(Text.assemble(("✓", "green"), f" {rows} rows are restored"))


def _backed(
    settings: Path, database: GatewayDatabase, file: Path, work: Callable[[GatewayDatabase], Awaitable[int]], *, makes: bool
) -> int:
    try:
        return with_database(settings, lambda: database, work, makes=makes)
    except BackupError as error:
        fail([str(error)])
    except FileExistsError:
        fail([f"{file} is there already: name another file"])


@app.command()
def revision(
    owner: Annotated[str, typer.Argument(help="Whose tables: core, or a plugin's name.")],
    message: Annotated[str, typer.Argument(help="What changes, as a sentence.")],
) -> None:
    """Write the next version into the owner's package: what its tables have and the last version has not. Read it first."""
    loaded = load([] if owner == NAME else [owner])
    if owner in loaded.failed:
        fail([f"plugin {owner}: {loaded.failed[owner]}"])
    migrations = CORE if owner == NAME else loaded.plugins[owner].migrations
    if migrations is None:
        fail([f"{owner} stores nothing: declare what it stores by Plugin({owner!r}, migrations=Migrations(...))"])
    try:
        print(revise(Versions(owner, migrations), message))
    except MigrationError as error:
        fail([str(error)])


def _found(settings: Path) -> tuple[GatewayDatabase, list[Versions]]:
    """The database of these settings, and who stores in it: the core, and their plugins."""
    found = configuration(settings).settings
    loaded = load(found.plugins)
    if loaded.failed:
        fail([f"plugin {name}: {reason}" for name, reason in loaded.failed.items()])
    try:
        owners = stored({NAME: CORE, **{name: plugin.migrations for name, plugin in loaded.plugins.items()}})
    except MigrationError as error:
        fail([str(error)])
    return open_database(found.database.url), list(owners)


def _show(states: list[State]) -> None:
    table = Table("tables of", "version", "newest", "", box=None)
    for state in states:
        if state.newer:
            told = Text("✗ newer than this gateway knows", "red")
        elif state.pending:
            told = Text(f"to migrate: {', '.join(state.pending)}", "yellow")
        else:
            told = Text("✓", "green")
        table.add_row(Text(state.owner), Text(state.now or "none"), Text(state.newest or "none"), told)
    show_table(table)
