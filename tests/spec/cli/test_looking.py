"""Commands that only look write nothing: what a gateway makes at its start isn't there before that, and files are as they were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from gateway.cli.main import main

Callboard = Callable[[str], "Done"]

PLAIN = "plugins: {catalog: }\n"
RULES = "p, viewer, permission:core.viewer, read, allow\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings and rules, where nothing was started yet."""
    (tmp_path / "callboard.yaml").write_text(PLAIN)
    (tmp_path / "rules.csv").write_text(RULES)
    (tmp_path / "rules.tests.yaml").write_text("tests: [{viewer: {roles: [viewer]}, allowed: [Query.viewer]}]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture
def callboard(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callboard:
    """Runs a command, given as one line."""

    def run(line: str) -> Done:
        monkeypatch.setattr("sys.argv", ["callboard", *line.split()])
        try:
            main()
        except SystemExit as ended:
            return Done(int(ended.code or 0), *capsys.readouterr())
        return Done(0, *capsys.readouterr())

    return run


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize(
    "line",
    [
        "check",
        "check --json",
        "schema",
        "explain {viewer{roles}} --role viewer",
        "policy check",
        "policy test rules.tests.yaml",
        "policy diff rules.csv rules.csv",
        "policy why alice Query.viewer --role viewer",
    ],
)
def test_what_can_be_checked_without_running_makes_neither_database_nor_key(
    folder: Path, callboard: Callboard, line: str
) -> None:
    before = below(folder)
    done = callboard(line)
    assert done.code == 0, done.err
    assert below(folder) == before


@pytest.mark.parametrize(
    "line",
    [
        "audit verify",
        "audit list",
        "token list",
        "token revoke 0123456789abcdef",
        "policy versions",
        "policy show",
        "policy revert 0 --expect 0",
        "database status",
        "database backup all.backup",
    ],
)
def test_a_database_that_is_not_there_yet_is_told_and_not_made(folder: Path, callboard: Callboard, line: str) -> None:
    before = below(folder)
    told = "✗ there is no database at .callboard/callboard.sqlite yet: a gateway's start makes it; see database.url in callboard.yaml\n"
    assert callboard(line) == Done(1, "", told)
    assert below(folder) == before


def test_rules_may_be_published_before_the_first_start(folder: Path, callboard: Callboard) -> None:
    assert callboard("policy publish rules.csv --expect 0").code == 0
    assert (folder / ".callboard" / "callboard.sqlite").exists()
    assert callboard("policy show").out == RULES


@pytest.mark.parametrize("command", ["check", "policy check", "explain {viewer{roles}}", "policy versions", "serve --port 0"])
@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"no key", 0o600, "is no private key in PEM form: delete it to make a new one"),
        (b"no key", 0o644, "is open to others: run `chmod 600` on it, or delete it to make a new key"),
        (None, 0o700, "can't be used: Is a directory; name a file that this user may write"),
    ],
    ids=["no key", "open to others", "a folder"],
)
def test_a_key_file_that_can_not_be_used_is_a_mistake_of_the_settings(
    folder: Path, callboard: Callboard, command: str, content: bytes | None, mode: int, said: str
) -> None:
    (folder / "callboard.yaml").write_text(PLAIN + "auth:\n  local: {key_file: own.pem}\n")
    key = folder / "own.pem"
    key.mkdir() if content is None else key.write_bytes(content)
    key.chmod(mode)
    assert callboard(command) == Done(1, "", f"✗ callboard.yaml:3: auth.local.key_file: own.pem {said}\n")


def test_a_database_that_is_a_folder_is_a_mistake_of_the_settings(folder: Path, callboard: Callboard) -> None:
    (folder / "callboard.yaml").write_text(PLAIN + "database:\n  url: sqlite:///.\n")
    told = "callboard.yaml:3: database.url: . can't be used: Is a directory; name a file that this user may write"
    assert told in callboard("check").err
