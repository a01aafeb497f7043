"""What the commands share: their options, how they read settings, and how they show results and mistakes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from gateway.configuration import Configuration, read_configuration
from gateway.logs import silence_logs

out = Console()
err = Console(stderr=True)

SettingsFile = Annotated[Path, typer.Option("--settings", "-s", envvar="CALLBOARD_SETTINGS", help="The settings file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

DEFAULT_FILE = Path("callboard.yaml")


def configuration(file: Path) -> Configuration:
    """The settings of this file, with the environment's placeholders filled. Logs stay silent until `serve` says how."""
    silence_logs()
    return read_configuration(file, os.environ)


def fail(mistakes: Sequence[str], code: int = 1) -> NoReturn:
    """List what is wrong and end."""
    for mistake in mistakes:
        err.print(f"[bold red]✗[/] {_plain(mistake)}", highlight=False)
    sys.exit(code)


def document_text(document: str) -> str:
    """The text of a document that is given itself, by its file, or by - on standard input."""
    if document == "-":
        return sys.stdin.read()
    if "{" not in document:
        try:
            return Path(document).read_text(encoding="utf-8")
        except OSError as error:
            fail([f"{document} is neither a document nor a file that can be read: {error}"], 2)
    return document


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
