"""What can be known of a command without running it: that the program has such a command, with such options."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer
from gateway.cli.commands import Later
from gateway.cli.main import app

from tests.docs.snippets import ROOT

_TARGETS = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
_REDIRECTION = re.compile(r"\s+2?>>? ?[\w./-]+")
_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")


def check_shell(text: str, folder: Path) -> list[str]:
    """What is wrong with these commands, which a reader types in `folder`."""
    wrong: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(_REDIRECTION.sub("", line.removeprefix("$ ")), comments=True)
        while words and _ASSIGNMENT.fullmatch(words[0]):
            words.pop(0)
        if words:
            program, *arguments = words
            check = _PROGRAMS.get(program)
            wrong += (
                check(arguments, folder)
                if check
                else [f"{program}: tests/docs/shell.py can't check it: teach it, or fence it as text"]
            )
    return wrong


def _make(arguments: Sequence[str], folder: Path) -> list[str]:
    targets = _TARGETS.findall((ROOT / "Makefile").read_text(encoding="utf-8"))
    return [f"make has no {word}" for word in arguments if "=" not in word and not word.startswith("-") and word not in targets]


def check_mention(text: str) -> list[str]:
    """What is wrong with a command of `callboard` that a sentence mentions: it may leave out what it isn't about."""
    command, rest, wrong = _command(shlex.split(text)[1:])
    known = {option for parameter in getattr(command, "params", ()) for option in parameter.opts}
    return wrong + [f"{text}: no such option: {word}" for word in rest if word.startswith("-") and word not in {*known, "--help"}]


def _callboard(arguments: Sequence[str], folder: Path) -> list[str]:
    """The command line's own parser reads the arguments, and runs nothing."""
    command, rest, wrong = _command(arguments)
    if command is None or wrong:
        return wrong
    try:
        command.make_context(command.name, rest)
    except typer.Exit:
        return []
    except Exception as error:
        return [f"callboard {shlex.join(arguments)}: {error}"]
    return []


def _command(arguments: Sequence[str]) -> tuple[Any, list[str], list[str]]:
    """The command that the arguments lead to, what they leave for it, and what is wrong with the way; None for a group."""
    command, rest = typer.main.get_command(app), list(arguments)
    while commands := getattr(command, "commands", None):
        own = {option for parameter in command.params for option in parameter.opts}
        if not rest or rest[0] in {*own, "--help"}:
            return None, [], []
        if rest[0] not in commands:
            return None, [], [f"callboard has no {rest[0]}: {', '.join(commands)}"]
        command = commands[rest.pop(0)]
        command = command.imported() if isinstance(command, Later) else command
    return command, rest, []


def _python(arguments: Sequence[str], folder: Path) -> list[str]:
    if list(arguments[:1]) != ["-m"]:
        return [] if (folder / arguments[0]).exists() else [f"python {arguments[0]}: there is no such file"]
    name = arguments[1]
    missing = importlib.util.find_spec(name.partition(".")[0]) is None or importlib.util.find_spec(name) is None
    return [f"python -m {name}: there is no such module"] if missing else []


def _npm(arguments: Sequence[str], folder: Path) -> list[str]:
    scripts = json.loads((folder / "package.json").read_text(encoding="utf-8")).get("scripts", {})
    wanted = arguments[1] if arguments[0] == "run" else arguments[0]
    return [] if wanted in {"ci", "install", *scripts} else [f"npm has no script {wanted} here"]


def _docker(arguments: Sequence[str], folder: Path) -> list[str]:
    files = [after for word, after in zip(arguments, arguments[1:], strict=False) if word in ("-f", "--file")]
    return [f"docker: there is no {file}" for file in files if not (ROOT / file).exists()]


def _any(arguments: Sequence[str], folder: Path) -> list[str]:
    return []


_PROGRAMS: dict[str, Callable[[Sequence[str], Path], list[str]]] = {
    "make": _make,
    "callboard": _callboard,
    "python": _python,
    "npm": _npm,
    "docker": _docker,
    **dict.fromkeys((".", "pip", "pytest", "cd", "git", "curl"), _any),
}
