"""`callboard plugin`: list them, start a new one, and hold one against the contract."""

from __future__ import annotations

import json
import keyword
import subprocess
import sys
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from callboard_sdk import RegistrationError
from rich.table import Table

from gateway.fragments import fragment_file, written_fragment
from gateway.loading import imported, installed
from gateway.scaffold import make_plugin

from .show import AsJson, fail, out, show_table

app = typer.Typer(help="List plugins, start a new one, hold one against the contract.", no_args_is_help=True)


@app.command("list")
def list_plugins(as_json: AsJson = False) -> None:
    """List the installed plugins."""
    rows = [(name, point.dist.version if point.dist else "", point.value) for name, point in installed().items()]
    if as_json:
        print(json.dumps([{"name": name, "version": version, "object": value} for name, version, value in rows]))
        return
    if not rows:
        out.print("no plugin is installed", highlight=False)
        return
    table = Table("plugin", "version", "object", box=None)
    for row in rows:
        table.add_row(*row)
    show_table(table)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The plugin's name: lower-case letters, digits and underscores.")],
    folder: Annotated[Path, typer.Option("--in", help="Where to make its folder.")] = Path(),
) -> None:
    """Make a distribution with one field, its tests and its README; the tests pass at once."""
    if not name.isidentifier() or name != name.lower() or keyword.iskeyword(name):
        fail([f"{name!r} can't name a plugin: use lower-case letters, digits and underscores, like pager"], 2)
    if name == "core" or name in installed():
        fail([f"a plugin named {name} is there already: choose another name"])
    target = folder / f"callboard-{name.replace('_', '-')}"
    if target.exists():
        fail([f"{target} exists already: choose another name or folder"])
    make_plugin(name, target)
    print(f"Made {target}. Next:\n  pip install -e {target}\n  callboard plugin test {name}")
    print(f"Then add `{name}:` under `plugins:` in the settings.")


@app.command()
def schema(
    names: Annotated[list[str], typer.Argument(help="Installed plugins.")],
    write: Annotated[bool, typer.Option("--write", help="Write each into its plugin's package instead.")] = False,
) -> None:
    """Show what plugins add to the graph: the fragment that stands in for a plugin that can't be loaded."""
    for name in names:
        point = _installed(name)
        try:
            text = written_fragment(imported(point))
        except RegistrationError as error:
            fail([f"plugin {name!r} doesn't fit into the schema: {error}"])
        except Exception as error:
            fail([f"plugin {name!r} can't be imported: {type(error).__name__}: {error}"])
        if not write:
            print(text, end="")
            continue
        file = fragment_file(point)
        assert file is not None, "its package was imported just now"
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            fail([f"{file} can't be written: {error.strerror}"])
        print(f"Wrote {file}")


@app.command()
def test(name: Annotated[str, typer.Argument(help="An installed plugin.")]) -> None:
    """Run the contract suite against one installed plugin."""
    _installed(name)
    if missing := [package for package in ("pytest", "pytest_asyncio") if find_spec(package) is None]:
        fail(
            [f"the contract suite needs {' and '.join(missing)}: install what the extra `contract` of callboard names"],
            2,
        )
    here = Path(__file__).parent.parent
    suite = next(place for place in (here / "contract", here.parent / "tests" / "contract") if place.is_dir())
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        str(suite),
        f"--plugin={name}",
        f"--rootdir={suite}",
        "-c",
        str(suite / "pytest.ini"),
    ]
    sys.exit(subprocess.run(command, check=False).returncode)


def _installed(name: str) -> EntryPoint:
    found = installed()
    if name not in found:
        fail([f"plugin {name!r} is not installed; installed are: {', '.join(found) or 'none'}"], 2)
    return found[name]
