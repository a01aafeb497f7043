"""`callboard audit`, by hand and for scripts."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from gateway.cli.main import app
from gateway.configuration import read_configuration
from gateway.database import open_database
from resolvers.audit import AuditStore, Entry
from resolvers.migrating import make_ready
from resolvers.migrations import CORE, NAME
from sqlalchemy import text
from typer.testing import CliRunner

run = CliRunner().invoke


def with_records(settings: Path, *statements: str) -> None:
    async def make() -> None:
        database = open_database(read_configuration(settings, {}).settings.database.url)
        await make_ready(database, NAME, CORE)
        audit = AuditStore(database)
        for number in range(120):
            await audit.append(Entry("token.created", f"user{number % 3}", f"token{number}", {"n": [number]}))
        async with database.engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await database.engine.dispose()

    asyncio.run(make())


def with_entry(settings: Path, entry: Entry) -> None:
    async def make() -> None:
        database = open_database(read_configuration(settings, {}).settings.database.url)
        await AuditStore(database).append(entry)
        await database.engine.dispose()

    asyncio.run(make())


def test_verify_prints_a_head_to_note_and_takes_it_again(settings: Path) -> None:
    with_records(settings)
    result = run(app, ["audit", "verify", "-s", str(settings)])
    assert result.exit_code == 0 and "120 records are in order" in result.stdout
    head = result.stdout.split()[-1]
    assert run(app, ["audit", "verify", "-s", str(settings), "--head", head]).exit_code == 0
    said = json.loads(run(app, ["audit", "verify", "-s", str(settings), "--json"]).stdout)
    assert said == {"records": 120, "head": {"sequence": 120, "hash": head}, "broken": None, "reason": None, "removed": 0}


def test_verify_names_the_first_broken_record_and_ends_with_1(settings: Path) -> None:
    url = read_configuration(settings, {}).settings.database.url
    on = ("audit_record_kept_rows ON audit_record",) if url.startswith("postgresql") else ("audit_record_no_delete",)
    with_records(settings, *(f"DROP TRIGGER {one}" for one in on), "DELETE FROM audit_record WHERE sequence IN (40, 41, 99)")
    result = run(app, ["audit", "verify", "-s", str(settings)])
    assert result.exit_code == 1 and "records 40 to 41 are missing" in result.stderr.replace("\n", " ")
    said = run(app, ["audit", "verify", "-s", str(settings), "--json"])
    assert said.exit_code == 1 and json.loads(said.stdout)["broken"] == 40


def test_bytes_in_a_text_s_place_are_a_changed_record_and_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "callboard.yaml"
    file.write_text(f"auth: {{local: null}}\ndatabase: {{url: 'sqlite:///{tmp_path}/db.sqlite'}}\n")
    with_records(file, "DROP TRIGGER audit_record_no_update", "UPDATE audit_record SET details = x'ff' WHERE sequence = 40")
    result = run(app, ["audit", "verify", "-s", str(file)])
    assert result.exit_code == 1 and "record 40 was changed" in result.stderr
    listed = run(app, ["audit", "list", "-s", str(file), "--limit", "120", "--json"])
    assert json.loads(listed.stdout)[80]["details"] == r"b'\xff'"


@pytest.mark.parametrize("head", ["", "zz", "A" * 64])
def test_a_head_that_is_no_hash_is_told_and_no_chain_is_called_broken(settings: Path, head: str) -> None:
    with_records(settings)
    result = run(app, ["audit", "verify", "-s", str(settings), "--head", head])
    assert result.exit_code == 2 and f"--head {head!r} is no hash: give the 64 digits" in result.stderr


def test_list_shows_the_newest_first(settings: Path) -> None:
    with_records(settings)
    rows = json.loads(run(app, ["audit", "list", "-s", str(settings), "--limit", "110", "--json"]).stdout)
    assert [row["sequence"] for row in rows] == list(range(120, 10, -1))
    assert rows[0]["details"] == {"n": [119]}
    of_one = json.loads(run(app, ["audit", "list", "-s", str(settings), "--actor", "user1", "--json"]).stdout)
    assert {row["actor"] for row in of_one} == {"user1"} and len(of_one) == 40
    assert "token119" in run(app, ["audit", "list", "-s", str(settings), "--kind", "token.created"]).stdout
    assert "token119" in run(app, ["audit", "list", "-s", str(settings), "--kind", "token"]).stdout
    assert json.loads(run(app, ["audit", "list", "-s", str(settings), "--kind", "tok", "--json"]).stdout) == []


def test_a_kind_of_which_there_is_no_record_is_told_with_those_there_are(settings: Path) -> None:
    with_records(settings)
    told = run(app, ["audit", "list", "-s", str(settings), "--kind", "nope", "--kind", "token", "--json"])
    assert told.exit_code == 0 and len(json.loads(told.stdout)) == 50
    assert told.stderr == "! no record is of the kind 'nope'; there are records of token.created\n"


def test_a_list_in_a_pipe_is_cut_nowhere(settings: Path) -> None:
    with_records(settings)
    long = "x" * 300
    entry = f"token.created by {long}"
    with_entry(settings, Entry("token.revoked", long, entry, {"owner": long}))
    shown = run(app, ["audit", "list", "-s", str(settings), "--limit", "1"]).stdout
    assert entry in shown and f'{{"owner":"{long}"}}' in shown and len(shown.splitlines()) == 2


def test_nothing_was_recorded_yet(settings: Path) -> None:
    assert run(app, ["database", "migrate", "-s", str(settings)]).exit_code == 0
    assert "no records yet" in run(app, ["audit", "verify", "-s", str(settings)]).stdout
    assert json.loads(run(app, ["audit", "list", "-s", str(settings), "--json"]).stdout) == []


@pytest.mark.parametrize("url", ["sqlite:////proc/nowhere/db.sqlite", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_database_that_does_not_answer_is_told_without_a_traceback(tmp_path: Path, url: str) -> None:
    file = tmp_path / "callboard.yaml"
    file.write_text(f"auth: {{local: null}}\ndatabase: {{url: '{url}'}}\n")
    result = run(app, ["audit", "verify", "-s", str(file)])
    assert result.exit_code == 1 and "Traceback" not in result.stderr and "database.url" in result.stderr
