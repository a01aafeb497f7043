"""The snippets of the repository's pages: what stands between fences, with its language, and indented lines, which are shell."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"(?P<indent> *)(?P<fence>```+|~~~+)(?P<language>\S*).*")
_INDENTED = re.compile(r"    \S")
_LIST = re.compile(r" *([-*]|\d+\.) ")


@dataclass(frozen=True, slots=True)
class Snippet:
    """One snippet: where it begins, in which language, and its text."""

    file: Path
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, as a test's name."""
        return f"{self.file.relative_to(ROOT)}:{self.line}"


_SPAN = re.compile(r"`(callboard [^`]+)`")


def pages() -> list[Path]:
    """The pages of the repository."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True)
    return sorted(ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists())


def snippets(file: Path) -> Iterator[Snippet]:
    """The snippets of a page, in order."""
    lines = file.read_text(encoding="utf-8").splitlines()
    number, listed = 0, False
    while number < len(lines):
        start = number
        if fence := _FENCE.fullmatch(lines[number]):
            number += 1
            while number < len(lines) and lines[number].strip() != fence["fence"]:
                number += 1
            body = [line.removeprefix(fence["indent"]) for line in lines[start + 1 : number]]
            yield Snippet(file, start + 1, fence["language"], "\n".join(body) + "\n")
        elif _INDENTED.match(lines[number]) and not listed and not (lines[number - 1].strip() if number else ""):
            while number + 1 < len(lines) and (lines[number + 1].startswith("    ") or not lines[number + 1].strip()):
                number += 1
            yield Snippet(file, start + 1, "sh", "\n".join(line[4:] for line in lines[start : number + 1]).strip() + "\n")
        elif lines[number].strip():
            listed = bool(_LIST.match(lines[number])) or (listed and lines[number].startswith(" "))
        number += 1


def spans(file: Path) -> Iterator[Snippet]:
    """The commands of `callboard` that a page's sentences and tables mention."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        for command in _SPAN.findall(line):
            yield Snippet(file, number, "sh", command + "\n")
