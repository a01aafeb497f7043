"""`callboard catalog`: takes the catalog out of a running gateway, as descriptors that are a source of the same graph."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from callboard_sdk import EntityRef, UpstreamError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from .asking import ADDRESS, Send, Token, Url, gateway_at
from .show import err, fail
from .yaml_text import yaml_text

app = typer.Typer(help="The entities of a running gateway.", no_args_is_help=True)

STDOUT = Path("-")
_PAGE = 100
_DOCUMENT = """query Export($first: Int!, $after: String, $filter: EntityFilter) {
  entities(first: $first, after: $after, filter: $filter) {
    totalCount pageInfo { hasNextPage endCursor } nodes { ref descriptor withheld }
  }
}"""
_FILE = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
"""What parts of a ref are that may name a file: a gateway is believed no path."""


class Form(StrEnum):
    """How descriptors are written."""

    YAML = "yaml"
    JSON = "json"


@app.command()
def export(
    url: Url = ADDRESS,
    token: Token = None,
    form: Annotated[Form, typer.Option("--format", help="How descriptors are written.")] = Form.YAML,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind, such as Component; may be given again.")] = None,
    out: Annotated[Path, typer.Option(help="A new or empty folder, for a file an entity; or - for standard output.")] = STDOUT,
) -> None:
    """Write the descriptors of all entities that the token's viewer sees, by name; exit 1 when that did not come to its end."""
    try:
        asyncio.run(run_export(url, token, form, kind or [], out))
    except UpstreamError as error:
        fail([f"{error.message}; what was written so far is not everything"])


async def run_export(url: str, token: str | None, form: Form, kinds: Sequence[str], out: Path) -> None:
    """What the command does; what the viewer may not read is left out, and said on standard error."""
    write = Stream(form, sys.stdout) if out == STDOUT else Folder(form, out)
    lacking: Counter[str] = Counter()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    async with gateway_at(url, token) as send:
        with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
            task = progress.add_task("entities", total=None)
            async for total, nodes in pages(send, kinds):
                for node in nodes:
                    write(node["ref"], node["descriptor"])
                    lacking.update(node["withheld"])
                progress.update(task, total=total, advance=len(nodes))
    write.end()
    if lacking:
        err.print(without(lacking), markup=False, highlight=False, soft_wrap=True)


def without(lacking: Counter[str]) -> str:
    """What to say of descriptors that lack what the viewer may not read: by field, how many."""
    said = ", ".join(f"{name} of {count}" for name, count in sorted(lacking.items()))
    return f"warning: the token's viewer may not read everything, so these are left out of what is written: {said}"


async def pages(send: Send, kinds: Sequence[str]) -> AsyncIterator[tuple[int, list[dict[str, Any]]]]:
    """Page after page of entities, each with how many there are in all. Ends the command where one could not be had whole."""
    variables: dict[str, Any] = {"first": _PAGE, "after": None, "filter": {"kinds": list(kinds)} if kinds else None}
    while True:
        answer = await send({"query": _DOCUMENT, "variables": variables})
        if errors := answer.get("errors"):
            fail([f"the gateway can't tell everything: {errors[0]['message']}"])
        found = answer["data"]["entities"]
        yield found["totalCount"], found["nodes"]
        if not found["pageInfo"]["hasNextPage"]:
            return
        variables["after"] = found["pageInfo"]["endCursor"]


def text_of(descriptor: Any, form: Form) -> str:
    """One descriptor, ended by a newline."""
    return yaml_text(descriptor) if form is Form.YAML else json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"


class Stream:
    """One text: documents of YAML, or an array of JSON."""

    def __init__(self, form: Form, file: TextIO) -> None:
        self._form = form
        self._file = file
        self._count = 0

    def __call__(self, _ref: str, descriptor: Any) -> None:
        """Write one more."""
        between = "---\n" if self._form is Form.YAML else ",\n" if self._count else "[\n"
        text = text_of(descriptor, self._form)
        self._file.write(between + (text if self._form is Form.YAML else text[:-1]))
        self._count += 1

    def end(self) -> None:
        """Write what comes after the last."""
        if self._form is Form.JSON:
            self._file.write("\n]\n" if self._count else "[]\n")
        self._file.flush()


class Folder:
    """A file for each entity: `KIND/NAMESPACE/NAME.yaml`."""

    def __init__(self, form: Form, folder: Path) -> None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            fail([f"--out {folder} is no empty folder: name a new one, so that nothing of an earlier export stays in it"], 2)
        self._form = form
        self._folder = folder

    def __call__(self, ref: str, descriptor: Any) -> None:
        """Write one more. Ends the command for a ref that can't name a file."""
        named = EntityRef.parse(ref)
        parts = named.kind, named.namespace, named.name
        if not all(_FILE.fullmatch(part) for part in parts):
            fail([f"{ref} can't name a file: export to standard output"])
        file = self._folder.joinpath(*parts[:2]) / f"{named.name}.{self._form.value}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(descriptor, self._form), encoding="utf-8")

    def end(self) -> None:
        """Make the folder of an empty catalog too."""
        self._folder.mkdir(parents=True, exist_ok=True)
