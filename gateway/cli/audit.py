"""`callboard audit`: what was changed, granted and denied, and whether the record of it is whole."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from callboard_sdk import Page
from rich.table import Table
from rich.text import Text

from resolvers.audit import AuditStore, Record, Verdict, Wanted
from resolvers.audit import verify as walk

from .settings_file import DEFAULT_FILE, SettingsFile
from .show import AsJson, err, fail, out, show_table
from .stored import T, in_database

app = typer.Typer(help="What was changed, granted and denied.", no_args_is_help=True)

_PAGE = 100
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


@app.command()
def verify(
    settings: SettingsFile = DEFAULT_FILE,
    head: Annotated[str | None, typer.Option(help="The hash that an earlier run printed: it must still be in the chain.")] = None,
    as_json: AsJson = False,
) -> None:
    """Walk the chain of records; exit 1 and name the first one that is missing or was changed."""
    if head is not None and not _HASH.fullmatch(head):
        fail([f"--head {head[:64]!r} is no hash: give the 64 digits of the last line that `callboard audit verify` printed"], 2)
    verdict: Verdict = _run(settings, lambda audit: walk(audit, head))
    if as_json:
        print(json.dumps(asdict(verdict)))
    elif verdict.reason is None:
        _say(verdict)
    else:
        fail([f"{verdict.reason} ({verdict.records} records before it are in order)"])
    if verdict.reason is not None:
        raise typer.Exit(1)


def _say(verdict: Verdict) -> None:
    if verdict.head is None:
        out.print("The audit has no records yet.")
        return
    since = f" from {verdict.removed + 1} on; those before were removed for their age" if verdict.removed else ""
    said = f" {verdict.records} records are in order{since}. Note the last one's hash elsewhere:"
    out.print(Text.assemble(("✓", "green"), said))
    print(verdict.head.hash)


@app.command("list")
def list_records(
    settings: SettingsFile = DEFAULT_FILE,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind, such as policy.published, or policy for all; may be given again.")
    ] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this viewer did.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to this.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the records, the newest first."""
    records, kinds = _run(settings, lambda audit: _found(audit, Wanted(kind, actor, subject), limit))
    for nothing in (one for one in kind or () if not any(f"{known}.".startswith(f"{one}.") for known in kinds)):
        told = f" no record is of the kind {nothing!r}; there are records of {', '.join(kinds) or 'none'}"
        err.print(Text.assemble(("!", "yellow"), told))
    if as_json:
        print(json.dumps([asdict(record) | {"details": _details(record)} for record in records], default=repr))
        return
    table = Table("record", "at", "kind", "by", "to", "details", box=None)
    for record in records:
        cells = (str(record.sequence), record.at, record.kind, record.actor, record.subject, record.details)
        table.add_row(*(Text(str(cell)) for cell in cells))
    show_table(table)


async def _found(audit: AuditStore, wanted: Wanted, limit: int) -> tuple[list[Record], Sequence[str]]:
    """The newest that are wanted; and where kinds are, all those that there are."""
    return await _newest(audit, wanted, limit), await audit.kinds() if wanted.kinds else ()


async def _newest(audit: AuditStore, wanted: Wanted, limit: int) -> list[Record]:
    found: list[Record] = []
    after: str | None = None
    while len(found) < limit:
        page = await audit.page(wanted, Page(first=min(_PAGE, limit - len(found)), after=after))
        found += page.nodes()
        if not page.page_info.has_next_page:
            break
        after = str(found[-1].sequence)
    return found


def _details(record: Record) -> Any:
    try:
        return json.loads(record.details)
    except (TypeError, ValueError):
        return record.details


def _run(settings: Path, ask: Callable[[AuditStore], Awaitable[T]]) -> T:
    """Ask the audit of these settings' database."""
    return in_database(settings, lambda database: ask(AuditStore(database)))
