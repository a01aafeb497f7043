"""What docs/operations.md says of health, plans, cost, limits and logs is what a gateway has and does."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import httpx
import pytest
from gateway.cli.main import app
from gateway.logs import configure_logs
from gateway.planning.cost import LIST
from gateway.settings import LimitSettings, LogSettings
from gateway.testing import running_gateway
from resolvers.plugins import FAILURES_BEFORE_QUARANTINE, QUARANTINE_SECONDS
from resolvers.usage import WINDOW_SECONDS
from typer.testing import CliRunner

from tests.docs.codes import error_codes
from tests.docs.reference import ROOT
from tests.docs.snippets import snippets
from tests.docs.tables import named, rows

FILE = ROOT / "docs" / "operations.md"
PAGE = FILE.read_text(encoding="utf-8")
SNIPPETS = list(snippets(FILE))
_VERSION = re.compile(r"under policy [0-9a-f]{12}")


async def test_every_path_is_there(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as harness:
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            found = {path: await client.get(path, params={"query": "{ __typename }"}) for path in named(PAGE, "path")}
    assert {path: answer.status_code for path, answer in found.items()} == dict.fromkeys(found, 200)
    assert set(found) == {"/healthz", "/readyz", "/metrics", "/graphql"}
    assert found["/healthz"].text == "ok\n"
    assert found["/readyz"].json() == {"ready": True, "quarantined": []}


def test_every_limit_has_a_row_and_says_what_it_is_answered_with() -> None:
    assert sorted(named(PAGE, "limit")) == sorted(LimitSettings.model_fields)
    assert {code for cells in rows(PAGE, "limit") for code in re.findall(r"`([A-Z_]+)`", cells[2])} <= error_codes()


def test_numbers_that_sentences_name_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    assert FAILURES_BEFORE_QUARANTINE == 5 and "five times in a row" in text
    assert QUARANTINE_SECONDS == 30 and "left out for half a minute" in text
    assert LIST == 10 and "a list without pages counted as ten" in text
    assert WINDOW_SECONDS == 3600 and "`limits.points` for an hour" in text


def test_the_plan_is_what_explain_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = next(s.text for s in SNIPPETS if s.text.startswith("callboard explain"))
    plan = next(s.text for s in SNIPPETS if s.language == "text")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "callboard.yaml").write_text("plugins: {catalog: , ci: , cost: , kubernetes: , security: }\n")
    printed = CliRunner().invoke(app, shlex.split(command)[1:])
    assert printed.exit_code == 0
    assert _VERSION.sub("", printed.stdout) == _VERSION.sub("", plan)


def test_a_backup_is_restored_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = next(s.text for s in SNIPPETS if s.text.startswith("callboard database backup")).splitlines()
    monkeypatch.chdir(tmp_path)
    for name in ("callboard", "elsewhere"):
        (tmp_path / f"{name}.yaml").write_text(f"database: {{url: 'sqlite:///{name}.sqlite'}}\nplugins: {{catalog: }}\n")
    run = CliRunner().invoke
    for command in next(s.text for s in SNIPPETS if s.text.startswith("callboard database status")).splitlines()[::-1]:
        assert run(app, shlex.split(command)[1:]).exit_code == 0
    (tmp_path / "rules.csv").write_text("p, viewer, permission:core.viewer, read, allow\n")
    assert run(app, ["policy", "publish", "rules.csv", "--expect", "0"]).exit_code == 0
    done = [run(app, shlex.split(command)[1:]) for command in commands]
    assert [one.exit_code for one in done] == [0, 0] and "rows are restored" in done[1].stdout
    assert run(app, ["policy", "show", "--settings", "elsewhere.yaml"]).stdout == (tmp_path / "rules.csv").read_text()
    again = run(app, shlex.split(commands[0])[1:])
    assert again.exit_code == 1 and again.stderr == "✗ callboard.backup is there already: name another file\n"
    filled = run(app, shlex.split(commands[1])[1:])
    assert filled.exit_code == 1 and "the database isn't empty" in filled.stderr
    (tmp_path / "callboard.backup").write_bytes((tmp_path / "callboard.backup").read_bytes()[:9000])
    (tmp_path / "elsewhere.sqlite").unlink()
    assert "callboard.backup is damaged" in run(app, shlex.split(commands[1])[1:]).stderr


async def test_a_request_s_line_is_as_the_page_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(next(s.text for s in SNIPPETS if s.language == "json"))
    configure_logs(LogSettings())
    async with running_gateway(tmp_path) as harness:
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"authorization": harness.bearer(["viewer"]), "x-request-id": shown["request_id"]}
            answer = await client.post("/graphql", json={"query": "query Page { viewer { roles } }"}, headers=headers)
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert answer.headers["x-request-id"] == shown["request_id"]
    own = {"viewer": "tester", **{name: line[name] for name in ("milliseconds", "timestamp")}}
    assert line == shown | own


async def test_a_response_tells_its_cost_to_who_asks_for_it(tmp_path: Path) -> None:
    told = re.search(r"gets (.*?) in the response's `extensions.cost`", " ".join(PAGE.split()))
    async with running_gateway(tmp_path) as harness:
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.post("/graphql", json={"query": "{ __typename }", "extensions": {"cost": True}})
    assert told and set(re.findall(r"`(\w+)`", told[1])) == set(answer.json()["extensions"]["cost"])
