# ruff: noqa: S608 - statements are made of this package's own texts; every value is bound
"""All charges as day sums in a native DuckDB table in memory: files go in whole, questions come out exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import duckdb
from callboard_sdk import EntityRef

from .attribution import Attributor
from .columns import Unreadable
from .exports import Export
from .model import UnattributedReason
from .reading import Reader, Reading
from .settings import CostSettings

K = TypeVar("K")

REASONS = tuple(UnattributedReason)

_SCHEMA = """(
    file INTEGER, day DATE, entity INTEGER, reason TINYINT, account INTEGER, service INTEGER, currency VARCHAR,
    amount DECIMAL(38, 15)
)"""


class Names(Generic[K]):
    """Small numbers for names, given once and for good, so that the table holds and compares numbers only."""

    def __init__(self) -> None:
        self._numbers: dict[K, int] = {}
        self._names: list[K] = []

    def number(self, name: K) -> int:
        """The name's number, a new one if need be."""
        found = self._numbers.get(name)
        if found is None:
            self._names.append(name)
            found = self._numbers[name] = len(self._names) - 1
        return found

    def find(self, name: K) -> int | None:
        """The name's number where it has one."""
        return self._numbers.get(name)

    def name(self, number: int) -> K:
        """The name with this number."""
        return self._names[number]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the charges as a whole, as of the last load. `entities` are the numbers of those with a charge."""

    loaded_at: datetime
    first: date
    until: date
    currencies: tuple[str, ...]
    entities: frozenset[int]


@dataclass(frozen=True, slots=True)
class Account:
    """A sub-account; empty texts where a charge names none."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Service:
    """A provider's service; empty texts where a charge names none."""

    name: str
    category: str


class Ledger:
    """The table `charges`. One thread loads; any number ask at the same time and see either all of a load or nothing.

    DuckDB may open files of the given folders for reading and nothing else: external access and extensions are off
    and its settings locked before the first file is read. `statements` counts the questions asked.
    """

    def __init__(self, settings: CostSettings, folders: Sequence[Path]) -> None:
        self._database = _open(settings, folders)
        self._questions = self._database.cursor()
        self._database.execute(f"CREATE TABLE charges {_SCHEMA}")
        self._database.execute(f"CREATE TEMP TABLE incoming {_SCHEMA}")
        self._attributor = Attributor(settings.rules)
        self._reader = Reader(self._database, self._attributor, settings.cost, settings.max_rows)
        self.entities: Names[EntityRef] = Names()
        self.accounts: Names[Account] = Names()
        self.services: Names[Service] = Names()
        self.statements = 0

    def read(self, number: int, export: Export) -> Reading:
        """Read a file, to be counted as file `number` from the next `commit` on. Raises Unreadable."""
        reading = self._reader.read(export)
        try:
            self._attribute(number)
        except duckdb.Error:
            self._database.execute("DELETE FROM incoming WHERE file = ?", [number])
            raise Unreadable("memory", "it needs more memory than allowed", "Raise `memory_mb`, or split it.") from None
        return reading

    def commit(self, read: Sequence[int], gone: Sequence[int]) -> frozenset[int]:
        """Put what was read in the place of these files' charges, without those of the files that are gone, at once.

        Gives the entities that have a charge. When it fails, all stays as it was.
        """
        try:
            self._database.execute(
                "CREATE OR REPLACE TABLE charges AS SELECT * FROM charges WHERE NOT list_contains(?::INTEGER[], file) "
                "UNION ALL SELECT * FROM incoming",
                [[*read, *gone]],
            )
            found = self._database.execute("SELECT DISTINCT entity FROM charges WHERE entity IS NOT NULL").fetchall()
            return frozenset(number for (number,) in found)
        finally:
            self._database.execute("DELETE FROM incoming")
            self._database.execute("DROP TABLE IF EXISTS part")

    def ask(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows that a statement of this package gives; the values are bound, never written into it."""
        self.statements += 1
        with self._questions.cursor() as cursor:
            return cursor.execute(statement, dict(values)).fetchall()

    def close(self) -> None:
        """Let go of the memory."""
        self._questions.close()
        self._database.close()

    def _attribute(self, number: int) -> None:
        """Each distinct combination is judged once, however many charges it has."""
        columns = ", ".join(self._attributor.columns)
        run = self._database.execute
        run(
            "CREATE OR REPLACE TEMP TABLE keys AS "
            f"SELECT row_number() OVER () AS key, * FROM (SELECT DISTINCT {columns} FROM part WHERE bad IS NULL)"
        )
        keys: list[int] = []
        entities: list[int | None] = []
        reasons: list[int | None] = []
        accounts: list[int] = []
        at = self._attributor.columns.index("sub_account")
        for key, *charge in run("SELECT * FROM keys").fetchall():
            attribution = self._attributor.attribute(charge)
            keys.append(key)
            entities.append(self.entities.number(attribution.entity) if attribution.entity else None)
            reasons.append(REASONS.index(attribution.reason) if attribution.reason else None)
            accounts.append(self.accounts.number(Account(charge[at], charge[at + 1])))
        services = run("SELECT DISTINCT service, category FROM part WHERE bad IS NULL").fetchall()
        run(
            f"""
            INSERT INTO incoming
            WITH judged AS (
                SELECT unnest($keys::BIGINT[]) AS key, unnest($entities::INTEGER[]) AS entity,
                    unnest($reasons::TINYINT[]) AS reason, unnest($accounts::INTEGER[]) AS account
            ), named AS (
                SELECT unnest($names::VARCHAR[]) AS service, unnest($categories::VARCHAR[]) AS category,
                    unnest($numbers::INTEGER[]) AS number
            )
            SELECT $file, day, entity, reason, account, number, currency, sum(amount)
            FROM part JOIN keys USING ({columns}) JOIN judged USING (key)
                JOIN named ON named.service = part.service AND named.category = part.category
            WHERE bad IS NULL GROUP BY ALL
            """,
            {
                "file": number,
                "keys": keys,
                "entities": entities,
                "reasons": reasons,
                "accounts": accounts,
                "names": [name for name, _ in services],
                "categories": [category for _, category in services],
                "numbers": [self.services.number(Service(*service)) for service in services],
            },
        )


def _open(settings: CostSettings, folders: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(
        ":memory:",
        config={
            "threads": settings.threads,
            "memory_limit": f"{settings.memory_mb}MB",
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        },
    )
    database.execute("SET allowed_directories = ?", [[str(folder) for folder in folders]])
    database.execute("SET TimeZone = 'UTC'")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database
