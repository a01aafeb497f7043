"""A command is imported once it is used, and with it nothing that it doesn't need: the rest is what a user would wait for."""

from __future__ import annotations

import subprocess
import sys

import pytest
from gateway.cli.commands import COMMANDS, Later
from gateway.cli.main import app
from typer.testing import CliRunner

LARGE = ("alembic", "casbin", "callboard_sdk", "graphql", "sqlalchemy", "uvicorn")
RUN = """
import sys
from gateway.cli.__main__ import callboard
try:
    callboard()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def imported(folder, *arguments: str) -> set[str]:
    """Which of what takes long to import the program imports to do this."""
    done = subprocess.run([sys.executable, "-c", RUN, *arguments], cwd=folder, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return set(LARGE) & set(done.stderr.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_all_says_of_a_command_what_its_own_help_begins_with(name):
    assert Later(name).imported().help.split("\n\n")[0].replace("\n", " ") == COMMANDS[name]


def test_the_help_of_all_imports_no_command(tmp_path):
    assert imported(tmp_path, "--help") == set()


def test_a_command_that_asks_a_gateway_needs_no_database(tmp_path):
    assert imported(tmp_path, "catalog", "export", "--help") == {"callboard_sdk", "graphql"}


def test_a_token_is_made_without_a_database(tmp_path):
    (tmp_path / "callboard.yaml").write_text("plugins: {catalog: }\n")
    assert not {"alembic", "sqlalchemy"} & imported(tmp_path, "token", "create", "--role", "viewer", "--subject", "alice")


@pytest.mark.parametrize("arguments", [["serv"], ["token", "creat"]])
def test_a_command_that_is_almost_right_is_named(arguments):
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 2
    assert "Did you mean" in told.output
