"""The line of versions of what one owner stores: the core, or a plugin. Read from its package, by Alembic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from callboard_sdk import Migrations
from sqlalchemy import Connection, MetaData


class MigrationError(Exception):
    """What an owner stores can't be brought to its newest version; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a database is. `now` is None where the owner's tables were never made, or before versions were kept.

    `pending` are the versions that are to come. A `newer` database has a version that this code doesn't know.
    """

    owner: str
    now: str | None
    newest: str | None
    pending: tuple[str, ...]
    newer: bool


class Versions:
    """One owner's line of versions, in the order they are run."""

    def __init__(self, owner: str, migrations: Migrations) -> None:
        self.owner = owner
        self.migrations = migrations
        self.folder = _folder(migrations.package)
        self._script = _script(self.folder)
        self.line = tuple(str(one.revision) for one in self._script.walk_revisions())[::-1]

    @property
    def newest(self) -> str | None:
        """The version that the code wants; None while there is none."""
        return self.line[-1] if self.line else None

    @property
    def table(self) -> str:
        """The table that has the version a database is of."""
        return f"migrations_{self.owner}"

    def state(self, connection: Connection) -> State:
        """How far this database is."""
        now = self.context(connection).get_current_revision()
        newer = now is not None and now not in self.line
        pending = () if newer else self.line[self.line.index(now) + 1 if now else 0 :]
        return State(self.owner, now, self.newest, pending, newer)

    def run(self, connection: Connection, until: str = "head") -> None:
        """Run what is pending, to this version, in the transaction that the connection has begun."""

        def steps(now: Any, _context: MigrationContext) -> Any:
            return self._script._upgrade_revs(until, now)  # as Alembic's own command does

        context = self.context(connection, fn=steps)
        context.run_migrations(op=Operations(context))

    @staticmethod
    def forget() -> None:
        """Read the versions again when they are asked for next: there are others."""
        _script.cache_clear()

    def context(self, connection: Connection, **options: Any) -> MigrationContext:
        """Alembic's view of the connection, on this owner's tables alone."""
        return MigrationContext.configure(connection, opts={"version_table": self.table, **options})

    def metadata(self) -> MetaData:
        """The owner's tables alone."""
        found = MetaData()
        for table in self.migrations.tables:
            table.to_metadata(found)
        return found

    def has_rows(self, table: str) -> bool:
        """Whether the owner's rows are in this table of its own: its version is not, and what is apart."""
        apart = any(table == one or table.startswith(f"{one}_") for one in self.migrations.apart)
        return table != self.table and not apart

    def owns(self) -> Callable[[Any, str | None, str, bool, Any], bool]:
        """Alembic's question, what to compare."""

        def include(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
            return kind != "table" or self.has_rows(str(name))

        return include


def stored(owners: dict[str, Migrations | None]) -> Sequence[Versions]:
    """The lines of those owners that store something."""
    return [Versions(owner, migrations) for owner, migrations in owners.items() if migrations is not None]


def _folder(package: str) -> Path:
    try:
        spec = find_spec(package)
    except ImportError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise MigrationError(f"there is no package {package}: the one that Migrations names has a module for each version")
    return Path(next(iter(spec.submodule_search_locations)))


@lru_cache(maxsize=64)
def _script(folder: Path) -> ScriptDirectory:
    script = ScriptDirectory(folder, version_locations=[folder])
    try:
        heads = script.get_heads()
    except CommandError as error:
        raise MigrationError(f"the versions in {folder} can't be read: {error}") from None
    if len(heads) > 1:
        said = ", ".join(sorted(heads))
        raise MigrationError(f"the versions in {folder} end in {said}: each but the first names the one before it")
    return script
