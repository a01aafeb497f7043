"""What the commands share: how they are given documents, and how they show results and mistakes."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

out = Console(emoji=False, soft_wrap=True)
err = Console(stderr=True, emoji=False, soft_wrap=True)

_WIDE = 10_000
"""Of a file or a pipe, which is no narrow window."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def show_table(table: Table) -> None:
    """Print it; into a file or a pipe every cell whole."""
    (out if out.is_terminal else Console(emoji=False, soft_wrap=True, width=_WIDE)).print(table)


def fail(mistakes: Sequence[str], code: int = 1) -> NoReturn:
    """List what is wrong and end."""
    for mistake in mistakes:
        err.print(Text.assemble(("✗", "bold red"), " ", mistake))
    sys.exit(code)


def fail_on(error: OSError) -> NoReturn:
    """End with what the operating system says of a file or a stream."""
    fail([f"{error.filename or 'the output'}: {error.strerror or type(error).__name__}"])


def document_text(document: str) -> str:
    """The text of a document that is given itself, by its file, or by - on standard input."""
    if "{" in document:
        return document
    if not document.strip():
        fail(["the document is empty: write one like '{ viewer { roles } }', or the path of a file"], 2)
    try:
        return sys.stdin.read() if document == "-" else Path(document).read_text(encoding="utf-8-sig")
    except OSError as error:
        fail([f"{document} is no document, and no file that can be read: {error.strerror}"], 2)
    except UnicodeError:
        fail([f"{document} is not UTF-8: save it as UTF-8"], 2)


def variables_of(text: str) -> dict[str, Any]:
    """The variables that an option gives as JSON."""
    try:
        values = json.loads(text)
    except ValueError as error:
        fail([f"--variables is not JSON: {error}"], 2)
    if not isinstance(values, dict):
        fail(['--variables is no JSON object: write {"name": value}'], 2)
    return values
