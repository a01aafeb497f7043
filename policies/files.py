"""Reads rules from files and folders: CSV by its lines, YAML by its roles."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .csv_form import read_csv
from .rules import Rules
from .yaml_form import read_yaml

DEFAULT_RULES = Path(__file__).with_name("default.csv")
TESTS = (".tests.yaml", ".tests.yml")
"""How the names of files of tests end, which are no rules."""
MAX_BYTES = 20_000_000
"""How large a file of rules may be."""
_FORMS = {".csv": read_csv, ".yaml": read_yaml, ".yml": read_yaml}


def read_rules(*paths: Path) -> Rules:
    """The rules of these files, and of all in these folders, as one; with every mistake of every file."""
    return Rules.joined(part for path in paths for part in _parts(path))


def _parts(path: Path) -> Iterable[Rules]:
    files = [path]
    if path.is_dir():
        names = sorted(file for file in path.iterdir() if file.suffix in _FORMS and not file.name.startswith("."))
        files = [file for file in names if not file.name.endswith(TESTS)]
        if not files:
            yield _lost(f"{path}: has no rules: put files into it that end in {' or '.join(_FORMS)}")
    for file in files:
        yield _read(file)


def _read(file: Path) -> Rules:
    try:
        if file.stat().st_size > MAX_BYTES:
            return _lost(f"{file}: is larger than {MAX_BYTES} bytes: split it")
        rules = _FORMS.get(file.suffix.lower(), read_csv)(file.name, file.read_text(encoding="utf-8-sig"))
        return rules if rules.roles or rules.mistakes else Rules(empty=(file.name,))
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except UnicodeError:
        reason = "it is not UTF-8"
    return _lost(f"{file}: can't be read ({reason}): give the path of a file of rules, or of a folder with such files")


def _lost(mistake: str) -> Rules:
    return Rules(mistakes=(mistake,), unread=("",))
