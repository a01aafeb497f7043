"""`callboard policy versions`, `show`, `publish` and `revert`: the operator's way to the database's rules."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from callboard_sdk import Database
from click.testing import Result
from gateway.cli.main import app
from gateway.testing import running_gateway
from resolvers.audit import AuditStore, verify
from resolvers import following
from resolvers.policy import PolicyStore
from tests.spec.administration.person import Person
from typer.testing import CliRunner

FILES = "p, admin, *, read, allow\np, admin, *, mutate, allow\np, admin, *, administer, allow\n"
GOOD = "p, viewer, permission:core.viewer, read, allow\n"

Callboard = Callable[..., Result]


@pytest.fixture
def callboard(settings: Path, tmp_path: Path) -> Callboard:
    """Runs a command of `callboard policy` over the empty database, with rules of the settings' own."""
    (tmp_path / "own.csv").write_text(FILES)
    with settings.open("a") as file:
        file.write(f"policies: {{rules: '{tmp_path / 'own.csv'}'}}\n")

    def run(command: str, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["policy", command, "-s", str(settings), *arguments])

    return run


def written(tmp_path: Path, text: str, name: str = "rules.csv") -> str:
    (tmp_path / name).write_text(text)
    return str(tmp_path / name)


def test_where_nothing_was_published_there_is_nothing_to_show(callboard: Callboard, settings: Path) -> None:
    assert CliRunner().invoke(app, ["database", "migrate", "-s", str(settings)]).exit_code == 0
    assert "Nothing was published yet" in callboard("versions").stdout
    assert json.loads(callboard("versions", "--json").stdout) == []
    shown = callboard("show")
    assert shown.exit_code == 1 and "nothing was published yet" in shown.stderr


def test_rules_are_published_shown_listed_and_reverted(callboard: Callboard, tmp_path: Path, settings: Path) -> None:
    first = callboard("publish", written(tmp_path, f"# why\n{GOOD}"), "--expect", "0", "--note", "the [first]")
    assert first.exit_code == 0 and "version 1 is in effect" in first.stdout
    assert callboard("show").stdout == callboard("show", "1").stdout == GOOD
    yaml = written(tmp_path, "roles: {viewer: {rules: [{allow: 'permission:core.plugins'}]}}\n", "rules.yaml")
    second = json.loads(callboard("publish", yaml, "--expect", "1", "--json").stdout)
    assert (second["version"]["number"], second["version"]["parent"], second["errors"]) == (2, 1, [])
    assert callboard("show").stdout == "p, viewer, permission:core.plugins, read, allow\n"
    third = json.loads(callboard("revert", "1", "--expect", "2", "--json").stdout)
    assert (third["version"]["number"], third["version"]["reverts"]) == (3, 1)
    assert json.loads(callboard("show", "--json").stdout)["text"] == GOOD
    assert callboard("revert", "0", "--expect", "3").exit_code == 0 and callboard("show").stdout == ""
    listed = json.loads(callboard("versions", "--json").stdout)
    assert [one["number"] for one in listed] == [4, 3, 2, 1]
    assert {one["author"] for one in listed} == {"operator"} and not any(one["mistakes"] for one in listed)
    assert "the [first]" in callboard("versions").stdout and "as version 1" in callboard("versions").stdout
    assert len(json.loads(callboard("versions", "--json", "--limit", "2").stdout)) == 2
    recorded = json.loads(CliRunner().invoke(app, ["audit", "list", "-s", str(settings), "--json", "--kind", "policy"]).stdout)
    assert [one["kind"] for one in recorded] == [f"policy.{word}" for word in ("reverted", "reverted", "published", "published")]
    assert {one["actor"] for one in recorded} == {"operator"} and recorded[-1]["details"]["note"] == "the [first]"


def test_what_explains_decisions_goes_by_what_was_published_too(callboard: Callboard, tmp_path: Path, settings: Path) -> None:
    def explained() -> str:
        return CliRunner().invoke(app, ["explain", "{ viewer { subject } }", "-s", str(settings), "--role", "viewer"]).stdout

    why = ("why", "ann", "Query.viewer", "--role", "viewer")
    assert callboard(*why).exit_code == 1 and "deny" in explained()
    assert callboard("publish", written(tmp_path, GOOD), "--expect", "0").exit_code == 0
    answer = callboard(*why)
    assert answer.exit_code == 0 and "version 1:1" in answer.stdout and "deny" not in explained()
    assert callboard("publish", written(tmp_path, GOOD.replace("allow", "deny")), "--expect", "1").exit_code == 0
    assert callboard(*why).exit_code == 1


def test_where_the_database_can_t_be_asked_the_files_alone_are_gone_by_and_that_is_told(
    callboard: Callboard, tmp_path: Path, settings: Path
) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"no database at all " * 100)
    found = {**yaml.safe_load(settings.read_text()), "database": {"url": f"sqlite:///{broken}"}}
    settings.write_text(yaml.safe_dump(found))
    answer = callboard("why", "ann", "Query.viewer", "--role", "admin")
    assert answer.exit_code == 0 and "by the rules of the files alone" in answer.stderr


async def test_rules_that_wait_for_a_coordinate_are_told_by_both_checks(
    callboard: Callboard, database: Database, settings: Path, tmp_path: Path
) -> None:
    def checks() -> tuple[Any, Any]:
        whole = CliRunner().invoke(app, ["check", "-s", str(settings), "--json"])
        assert whole.exit_code == 0
        return json.loads(whole.stdout)["warnings"], json.loads(callboard("check", "--json").stdout)

    warnings, found = await asyncio.to_thread(checks)
    assert (warnings, found["findings"], found["mistakes"]) == ([], [], [])
    await PolicyStore(database, AuditStore(database)).publish(
        f"{GOOD}p, viewer, Query.gone, read, deny\n", "alice", "", expected=0
    )
    warnings, found = await asyncio.to_thread(checks)
    [warning] = warnings
    assert (warning["file"], warning["line"]) == ("version 1", 2) and warning["message"].startswith("Query.gone is not in")
    assert [one["message"].partition(",")[0] for one in found["findings"]] == ["version 1:2: Query.gone is not in the schema now"]
    assert found["mistakes"] == []
    alone = await asyncio.to_thread(callboard, "check", written(tmp_path, FILES), "--json")
    assert json.loads(alone.stdout)["findings"] == [], "files that are named are checked alone"
    [listed] = json.loads((await asyncio.to_thread(callboard, "versions", "--json")).stdout)
    assert listed["mistakes"] == [], "it fits"


def test_what_can_t_be_is_refused_as_a_whole_with_every_mistake(callboard: Callboard, tmp_path: Path) -> None:
    wrong = written(tmp_path, "p, viewer, Query.nothing, read, allow\ng, viewer, admin\ng, admin, viewer\n")
    answer = callboard("publish", wrong, "--expect", "0")
    assert answer.exit_code == 1 and answer.stdout == ""
    assert f"{wrong}:1: 'Query.nothing' is not in the schema" in answer.stderr and len(answer.stderr.splitlines()) >= 2
    told = json.loads(callboard("publish", wrong, "--expect", "0", "--json").stdout)
    assert told["version"] is None and len(told["errors"]) >= 2
    assert json.loads(callboard("versions", "--json").stdout) == []
    for place, why in [("absent.csv", "No such file or directory"), (".", "Is a directory")]:
        answer = callboard("publish", str(tmp_path / place), "--expect", "0")
        said = f"✗ {tmp_path / place} can't be read: {why}; give the path of a file of rules, CSV or YAML\n"
        assert (answer.exit_code, answer.stderr) == (2, said)
    (tmp_path / "odd.csv").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in callboard("publish", str(tmp_path / "odd.csv"), "--expect", "0").stderr


@pytest.mark.parametrize("text", ["", "# p, viewer, *, read, deny\n", "roles: {}\n"])
def test_a_text_without_any_rule_is_not_published(callboard: Callboard, tmp_path: Path, text: str) -> None:
    callboard("publish", written(tmp_path, GOOD), "--expect", "0")
    answer = callboard("publish", written(tmp_path, text, "empty.yaml"), "--expect", "1")
    assert answer.exit_code == 1 and "no rule in it" in answer.stderr and "revert to version 0" in answer.stderr
    assert callboard("show").stdout == GOOD


def test_who_looked_before_another_published_is_refused(callboard: Callboard, tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    assert callboard("publish", file, "--expect", "0").exit_code == 0
    late = callboard("publish", file, "--expect", "0")
    assert late.exit_code == 1 and "version 1 is in effect, which operator published" in late.stderr
    assert callboard("revert", "1", "--expect", "0").exit_code == 1
    absent = callboard("revert", "7", "--expect", "1")
    assert absent.exit_code == 1 and "there is no version 7" in absent.stderr
    assert "no such version" in callboard("show", "7").stderr
    assert "no such version" in callboard("show", "9" * 30).stderr
    assert callboard("publish", file).exit_code == 2, "the version that is expected must be said"


def test_the_version_in_effect_is_not_put_into_effect_again(callboard: Callboard, tmp_path: Path) -> None:
    callboard("publish", written(tmp_path, GOOD), "--expect", "0")
    answer = callboard("revert", "1", "--expect", "1")
    assert (answer.exit_code, answer.stderr) == (1, "✗ version 1 is in effect already: name another, see policy { history }\n")
    assert len(json.loads(callboard("versions", "--json").stdout)) == 1
    assert callboard("revert", "0", "--expect", "1").exit_code == 0
    late = callboard("revert", "1", "--expect", "1")
    assert "version 2 is in effect, which operator published" in late.stderr, "it isn't in effect any more"


async def test_when_no_version_fits_the_operator_makes_one_that_does(
    callboard: Callboard, database: Database, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SQLITE_SECONDS", 0.02)
    store = PolicyStore(database, AuditStore(database))
    await store.publish("p, viewer, permission:core.gone, read, deny\n", "alice", "", expected=0)
    own: dict[str, Any] = {
        "database": {"url": database.engine.url.render_as_string(hide_password=False)},
        "policies": {"rules": str(tmp_path / "own.csv")},
    }
    (tmp_path / "gateway").mkdir()
    async with running_gateway(tmp_path / "gateway", own) as harness:
        alice = Person(harness, "alice", ["admin"])
        assert (await alice.answer("{ viewer { subject } }"))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        [listed] = json.loads((await asyncio.to_thread(callboard, "versions", "--json")).stdout)
        [mistake] = listed["mistakes"]
        assert mistake.startswith("version 1:1: 'permission:core.gone' is not in the schema")
        assert "✗" in (await asyncio.to_thread(callboard, "versions")).stdout
        refused = await asyncio.to_thread(callboard, "revert", "1", "--expect", "1")
        assert refused.exit_code == 1 and "version 1:1: 'permission:core.gone'" in refused.stderr
        done = await asyncio.to_thread(callboard, "publish", written(tmp_path, GOOD), "--expect", "1")
        assert done.exit_code == 0
        async with asyncio.timeout(20):
            while "errors" in await alice.answer("{ viewer { subject } }"):
                await asyncio.sleep(0.02)
    assert (await verify(AuditStore(database))).reason is None
