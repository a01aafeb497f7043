"""The benchmarks' runner: found by being there, shown as tables or JSON, kept with the machine they ran on."""

from __future__ import annotations

import json
import types

import pytest
import typer
from bench import __main__ as runner
from bench import results
from bench.table import Table, tables
from rich.console import Console
from typer.testing import CliRunner


def made(name: str, ratio: float) -> types.ModuleType:
    module = types.ModuleType(name, f"What {name} measures.\n\nMore about it.")
    module.name = name
    module.run = lambda *, quick: [{"side": "ours", "ratio": ratio}, {"side": "theirs", "ratio": 1.0 if quick else 2.0}]
    return module


@pytest.fixture
def bench(monkeypatch, tmp_path):
    """Runs the command with two made-up benchmarks; gives its result and the file of kept numbers."""
    known = {"first": made("first", 0.123456), "second": made("second", 12345.6)}
    monkeypatch.setattr(runner, "tables", lambda: known)
    monkeypatch.setattr(runner, "out", Console(width=80))
    monkeypatch.setattr(runner, "keep", lambda found: results.keep(found, tmp_path / "results.json"))
    app = typer.Typer()
    app.command()(runner.main)
    return lambda *arguments: CliRunner().invoke(app, arguments), tmp_path / "results.json"


def test_every_module_of_the_folder_is_a_benchmark_with_a_title():
    assert all(isinstance(table, Table) and table.__doc__ for table in tables().values())


def test_all_are_run_shown_and_kept_with_their_machine(bench):
    run, file = bench
    shown = run()
    assert shown.exit_code == 0
    assert "What first measures." in shown.stdout and "0.123" in shown.stdout and "12,346" in shown.stdout
    kept = json.loads(file.read_text())
    assert list(kept) == ["first", "second"]
    assert kept["first"]["rows"][0] == {"side": "ours", "ratio": 0.123456}
    assert {"processor", "cores", "python", "at"} <= set(kept["first"]["machine"])


def test_one_can_be_run_alone_and_leaves_what_was_kept_of_the_others(bench):
    run, file = bench
    file.write_text('{"second": "measured before"}')
    shown = run("first", "--json")
    assert list(json.loads(shown.stdout)) == ["first"]
    assert json.loads(file.read_text())["second"] == "measured before"


def test_a_quick_run_keeps_nothing(bench):
    run, file = bench
    assert json.loads(run("--quick", "--json").stdout)["first"]["rows"][1]["ratio"] == 1.0
    assert not file.exists()


def test_an_unknown_name_is_answered_with_the_known_ones(bench):
    shown = bench[0]("third")
    assert shown.exit_code == 2
    assert "no benchmark is named third; there are: first, second" in shown.stderr


@pytest.mark.parametrize("table", tables().values(), ids=lambda table: table.name)
def test_each_benchmark_runs(table):
    rows = table.run(quick=True)
    assert rows
    assert all(list(row) == list(rows[0]) for row in rows)
