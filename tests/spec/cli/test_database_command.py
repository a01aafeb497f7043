"""`callboard database`: which versions the tables are of, and how they get to the newest."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from gateway.cli.main import app
from typer.testing import CliRunner, Result


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "callboard.yaml"
    made.write_text(f"database: {{url: 'sqlite:///{tmp_path}/db.sqlite', migrate: false}}\nplugins: {{catalog: , cost: }}\n")
    return made


def callboard(*arguments: str, file: Path) -> Result:
    return CliRunner().invoke(app, [*arguments, "-s", str(file)])


def test_the_tables_are_migrated_by_the_command_and_then_of_the_newest_version(file: Path) -> None:
    (file.parent / "db.sqlite").touch()
    before = callboard("database", "status", "--json", file=file)
    assert before.exit_code == 1
    assert [(one["owner"], one["now"], one["newer"]) for one in json.loads(before.stdout)] == [
        ("core", None, False),
        ("catalog", None, False),
    ], "plugins that store nothing are not told of"
    assert "to migrate: 0001, 0002" in callboard("database", "status", file=file).stdout
    refused = callboard("token", "list", file=file)
    assert refused.exit_code == 1 and "run `callboard database migrate`" in refused.stderr
    done = callboard("database", "migrate", "--json", file=file)
    assert done.exit_code == 0 and json.loads(done.stdout)["migrated"]["core"] == ["0001", "0002"]
    assert "nothing to do" in callboard("database", "migrate", file=file).stdout
    after = callboard("database", "status", file=file)
    assert after.exit_code == 0 and after.stdout.count("✓") == 2
    assert callboard("token", "list", file=file).exit_code == 0


def test_a_newer_database_is_told_and_left_alone(file: Path, tmp_path: Path) -> None:
    assert callboard("database", "migrate", file=file).exit_code == 0
    with sqlite3.connect(tmp_path / "db.sqlite") as connection:
        connection.execute("UPDATE migrations_catalog SET version_num = '9999'")
    connection.close()
    status = callboard("database", "status", file=file)
    assert status.exit_code == 1 and "newer than this gateway knows" in status.stdout
    refused = callboard("database", "migrate", file=file)
    assert refused.exit_code == 1 and "tables of catalog are of version 9999" in refused.stderr
    assert "core: nothing to do" in refused.stdout


def test_a_next_version_is_written_for_who_stores_something_that_changed(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert "come to its tables already" in run(app, ["database", "revision", "core", "nothing"]).stderr
    assert "cost stores nothing" in run(app, ["database", "revision", "cost", "x"]).stderr
    assert "plugin nobody" in run(app, ["database", "revision", "nobody", "x"]).stderr


def test_a_gateway_on_a_newer_database_ends_with_a_line(file: Path, tmp_path: Path) -> None:
    file.write_text(file.read_text().replace("migrate: false", "migrate: true"))
    assert callboard("database", "migrate", file=file).exit_code == 0
    with sqlite3.connect(tmp_path / "db.sqlite") as connection:
        connection.execute("UPDATE migrations_core SET version_num = '9999'")
    connection.close()
    refused = callboard("serve", "--port", "0", file=file)
    assert refused.exit_code == 1 and refused.stderr.count("\n") == 1
    assert "the tables of core are of version 9999, which is newer" in refused.stderr
