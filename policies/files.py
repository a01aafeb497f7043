"""Reads rules from files and folders: CSV by its lines, YAML by its roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from .csv_form import read_csv
from .rules import PolicyError, Rules
from .yaml_form import read_yaml

DEFAULT_RULES = Path(__file__).with_name("default.csv")
TESTS = (".tests.yaml", ".tests.yml")
"""How the names of files of tests end, which are no rules."""
MAX_BYTES = 20_000_000
"""How large a file of rules may be."""
_FORMS = {".csv": read_csv, ".yaml": read_yaml, ".yml": read_yaml}


def read_rules(*paths: Path) -> Rules:
    """The rules of these files, and of all in these folders, as one. Raises PolicyError with every mistake of every file."""
    parts: list[Rules] = []
    mistakes: list[str] = []
    for path in paths:
        for file in _files(path, mistakes):
            try:
                rules = _form(file)(file.name, _text(file))
                parts.append(rules if rules.roles else Rules(empty=(file.name,)))
            except PolicyError as error:
                mistakes += error.mistakes
    if mistakes:
        raise PolicyError(mistakes)
    return Rules.joined(parts)


def _files(path: Path, mistakes: list[str]) -> Iterable[Path]:
    if not path.is_dir():
        return [path]
    names = sorted(file for file in path.iterdir() if file.suffix in _FORMS and not file.name.startswith("."))
    found = [file for file in names if not file.name.endswith(TESTS)]
    if not found:
        mistakes.append(f"{path}: has no rules: put files into it that end in {' or '.join(_FORMS)}")
    return found


def _form(file: Path) -> Callable[[str, str], Rules]:
    return _FORMS.get(file.suffix.lower(), read_csv)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise PolicyError([f"{file}: is larger than {MAX_BYTES} bytes: split it"])
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except UnicodeError:
        reason = "it is not UTF-8"
    raise PolicyError([f"{file}: can't be read ({reason}): give the path of a file of rules, or of a folder with such files"])
