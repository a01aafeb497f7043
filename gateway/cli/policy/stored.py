"""`callboard policy versions`, `show`, `publish` and `revert`: the database's rules, for when the graph lets nobody in.

They do what the graph's fields do, by the same code: checked against the schema of these settings, recorded in the audit, and
followed by every gateway of the database.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from callboard_sdk import Page, Viewer, ViewerKind
from rich.table import Table
from rich.text import Text

from gateway.administration import Office
from gateway.administration.texts import DRAFT
from gateway.app import build
from gateway.cli.settings_file import DEFAULT_FILE, SettingsFile, configuration
from gateway.cli.show import AsJson, err, fail, out, show_table
from gateway.cli.stored import OPERATOR, T, asked
from resolvers.policy.inputs import RevertPolicyInput
from resolvers.policy.types import PolicyMistake, PolicyVersion, PolicyVersionPayload

_OPERATOR = Viewer(OPERATOR, ViewerKind.PERSON, frozenset())
_Expected = Annotated[int, typer.Option("--expect", min=0, help="The version in effect, as you looked at it; 0 for none.")]
_Note = Annotated[str, typer.Option(help="Why; it is shown in the history.")]


def versions(
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, the newest first.")] = 20,
    settings: SettingsFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """List the versions of the database's rules, the newest first, and whether each fits the schema of these settings."""

    async def ask(office: Office) -> list[tuple[PolicyVersion, list[PolicyMistake]]]:
        found = (await office.history(Page(first=limit))).nodes()
        return [(one, await office.mistakes(one.text)) for one in found]

    found = _office(settings, ask)
    if as_json:
        print(json.dumps([_data(one) | {"mistakes": [_told(mistake, _named(one)) for mistake in wrong]} for one, wrong in found]))
        return
    table = Table("version", "at", "by", "note", "fits", box=None)
    for one, wrong in found:
        fits = Text("✓", "green") if not wrong else Text(f"✗ {_told(wrong[0], _named(one))}", "red")
        note = f"as version {one.reverts} {one.note}".rstrip() if one.reverts is not None else one.note
        table.add_row(Text(str(one.number)), Text(one.at.isoformat(timespec="seconds")), Text(one.author), Text(note), fits)
    if found:
        show_table(table)
    else:
        out.print("Nothing was published yet: the rules of the files count alone.")


def show(
    version: Annotated[int | None, typer.Argument(min=1, help="Which; the one in effect when left out.")] = None,
    settings: SettingsFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """Print a version's rules as CSV, to be kept, changed and published."""

    async def ask(office: Office) -> PolicyVersion | None:
        return await office.version(version) if version else next(iter((await office.history(Page(first=1))).nodes()), None)

    found = _office(settings, ask)
    if found is None:
        fail(["there is no such version: see `callboard policy versions`" if version else "nothing was published yet"])
    if as_json:
        print(json.dumps(_data(found) | {"text": found.text}))
    else:
        print(found.text, end="")


def publish(
    rules: Annotated[Path, typer.Argument(help="A file of rules, CSV or YAML: all of the database's, in the place of the old.")],
    expected: _Expected,
    note: _Note = "",
    settings: SettingsFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """Put a file's rules into effect as the next version; checked as a whole, together with the settings' own rules."""
    try:
        text = rules.read_text(encoding="utf-8-sig")
    except OSError as error:
        fail([f"{rules} can't be read: {error.strerror}; give the path of a file of rules, CSV or YAML"], 2)
    except UnicodeError:
        fail([f"{rules} is not UTF-8: save it as UTF-8"], 2)
    done = _office(settings, lambda office: office.publish(_OPERATOR, text, note, expected), makes=True)
    _end(done, str(rules), as_json=as_json)


def revert(
    version: Annotated[int, typer.Argument(min=0, help="To which; 0 for no rules but the settings' own.")],
    expected: _Expected,
    note: _Note = "",
    settings: SettingsFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """Put an old version's rules into effect again, as the next version."""
    given = RevertPolicyInput(version=version, expected_version=expected, note=note)
    _end(_office(settings, lambda office: office.revert(_OPERATOR, given)), f"version {version}", as_json=as_json)


def _office(settings: Path, ask: Callable[[Office], Awaitable[T]], *, makes: bool = False) -> T:
    gateway = build(configuration(settings))
    return asked(settings, lambda: gateway.plugins.database, lambda _database: ask(gateway.pipeline.office), makes=makes)


def _end(done: PolicyVersionPayload, source: str, *, as_json: bool) -> None:
    made = done.version
    if as_json:
        print(json.dumps({"version": made and _data(made), "errors": [_told(one, source) for one in done.errors]}))
        if made is None:
            raise typer.Exit(1)
    elif made is None:
        _refused(done.errors, source)
    else:
        out.print(Text.assemble(("✓", "green"), f" version {made.number} is in effect, on every gateway within seconds"))


def _refused(errors: Sequence[PolicyMistake], source: str) -> NoReturn:
    for one in errors:
        err.print(Text.assemble(("✗", "bold red"), " ", _told(one, source)))
    raise typer.Exit(1)


def _named(version: PolicyVersion) -> str:
    return f"version {version.number}"


def _told(mistake: PolicyMistake, source: str) -> str:
    place = source if mistake.file == DRAFT else mistake.file
    return mistake.message if mistake.line is None else f"{place}:{mistake.line}: {mistake.message}"


def _data(version: PolicyVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "parent": version.parent,
        "author": version.author,
        "at": version.at.isoformat(),
        "note": version.note,
        "digest": version.digest,
        "reverts": version.reverts,
    }
