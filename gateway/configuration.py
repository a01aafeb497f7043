"""Reads the settings file: placeholders filled, every mistake reported at once with its place and remedy.

A. read      the YAML, with positions
B. fill      ${NAME} and ${NAME:-default} from the environment
C. check     against the models; unknown keys get the nearest known one
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from callboard_sdk import Settings
from callboard_sdk.yaml import Document, YamlError, read_documents
from callboard_sdk.yaml import Path as YamlPath
from pydantic import ValidationError

from .settings import GatewaySettings
from .wording import explain, untagged

S = TypeVar("S", bound=Settings)
Models = Callable[[Sequence[str]], Mapping[str, type[Settings] | str]]
"""The settings model of each of the named plugins, or why it can't be loaded."""

_UNSET = "environment variable "
_PLACEHOLDER = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_TOLD = re.compile(r"(?P<file>[^:]+):(?:(?P<line>\d+):)? (?P<message>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with a file: where (file, line, path; empty where there is none) and what to write instead."""

    file: str
    line: int | None
    path: str
    message: str

    @classmethod
    def told(cls, text: str) -> Mistake:
        """A mistake from its text, `file:line: message`, as those of the rules are written."""
        match = _TOLD.fullmatch(text)
        return cls(match["file"], int(match["line"] or 0) or None, "", match["message"]) if match else cls("", None, "", text)

    def __str__(self) -> str:
        if not self.file:
            return self.message
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class SettingsError(Exception):
    """The settings can't be used; `mistakes` has all of them, in the order of the file."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line or 0))
        super().__init__("\n".join(map(str, self.mistakes)))


@dataclass(frozen=True)
class Configuration:
    """A settings file that was read: the gateway's own settings, and the document to check plugins' against."""

    file: Path
    settings: GatewaySettings
    document: Document
    values: Mapping[str, Any]

    def mistake(self, path: YamlPath, message: str) -> Mistake:
        """A mistake of the value at `path`."""
        return Mistake(self.file.name, self.document.at(path).line, _dotted(path), message)

    def plugin_settings(self, name: str, model: type[S]) -> S:
        """The plugin's part of the file, checked. Raises SettingsError with every mistake in it."""
        raw = (self.values.get("plugins") or {}).get(name) or {}
        return _validated(model, raw, self.file, self.document, ("plugins", name))


def read_configuration(file: Path, environment: Mapping[str, str], models: Models = lambda names: {}) -> Configuration:
    """Read and check the file. Raises SettingsError with all mistakes of the gateway's own topics.

    When there are any, those of the plugins are told with them, by what `models` knows of each.
    """
    document = _read(file)  # A
    mistakes: list[Mistake] = []
    values = _fill(document.value, (), environment, file, document, mistakes)  # B
    unset = {mistake.path for mistake in mistakes}
    settings: GatewaySettings | None = None
    try:  # C
        settings = _validated(GatewaySettings, values, file, document, ())
    except SettingsError as error:
        mistakes += error.mistakes
    if settings is not None and not mistakes:
        return Configuration(file, settings, document, values)
    for name, model in models(_names(values)).items():
        if isinstance(model, str):
            mistakes.append(Mistake(file.name, document.at(("plugins", name)).line, _dotted(("plugins", name)), model))
            continue
        try:
            _validated(model, values["plugins"][name] or {}, file, document, ("plugins", name))
        except SettingsError as error:
            mistakes += error.mistakes
    told = {(m.line, m.path, m.message): m for m in mistakes if m.path not in unset or m.message.startswith(_UNSET)}
    raise SettingsError(told.values())


def _names(values: Mapping[str, Any]) -> list[str]:
    plugins = values.get("plugins")
    return [name for name, raw in plugins.items() if raw is None or isinstance(raw, dict)] if isinstance(plugins, dict) else []


def _read(file: Path) -> Document:
    try:
        documents = list(read_documents(file.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        text = "there is no such file: write it, or name another with --settings"
        raise SettingsError([Mistake(str(file), None, "", text)]) from None
    except OSError as error:
        raise SettingsError([Mistake(str(file), None, "", f"can't be read: {error.strerror}")]) from None
    except UnicodeError:
        raise SettingsError([Mistake(str(file), None, "", "is not UTF-8: save it as UTF-8")]) from None
    except YamlError as error:
        line = error.mark.line if error.mark else None
        hint = "; inside { } and [ ] put ${...} in quotes" if line and "${" in _line(file, line) else ""
        remedy = f". {error.remedy}" if error.remedy else ""
        raise SettingsError([Mistake(file.name, line, "", f"is not YAML: {error}{hint}{remedy}")]) from None
    if len(documents) > 1 or (documents and not isinstance(documents[0].value, dict)):
        raise SettingsError([Mistake(file.name, 1, "", "must be one mapping of topics: server, limits, auth, plugins, ...")])
    if not documents:
        return Document({}, mark=next(iter(read_documents("a: 1"))).mark, marks={})
    if twice := documents[0].duplicates:
        raise SettingsError([Mistake(file.name, mark.line, _dotted(path), "stands twice: keep one") for path, mark in twice])
    return documents[0]


def _line(file: Path, number: int) -> str:
    return next(iter(file.read_text(encoding="utf-8-sig").splitlines()[number - 1 : number]), "")


def _fill(
    value: Any, path: YamlPath, environment: Mapping[str, str], file: Path, document: Document, mistakes: list[Mistake]
) -> Any:
    if isinstance(value, dict):
        return {k: _fill(v, (*path, k), environment, file, document, mistakes) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill(v, (*path, i), environment, file, document, mistakes) for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        name, default = match.groups()
        if name not in environment and default is None:
            text = f"{_UNSET}{name} is not set: set it, or write ${{{name}:-default}}"
            mistakes.append(Mistake(file.name, document.at(path).line, _dotted(path), text))
        return environment.get(name, default or "")

    return _PLACEHOLDER.sub(replace, value)


def _validated(model: type[S], raw: Any, file: Path, document: Document, at: YamlPath) -> S:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = [(e, (*at, *untagged(model, e["loc"]))) for e in error.errors(include_url=False, include_input=False)]
        raise SettingsError(Mistake(file.name, document.at(to).line, _dotted(to), explain(model, e)) for e, to in found) from None


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join(map(str, path))
