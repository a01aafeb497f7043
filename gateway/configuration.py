"""Reads the settings file: placeholders filled, every mistake reported at once with its place and remedy.

A. read      the YAML, with positions
B. fill      ${NAME} and ${NAME:-default} from the environment
C. check     against the models; unknown keys get the nearest known one
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from callboard_sdk import Settings
from callboard_sdk.yaml import Document, YamlError, read_documents
from callboard_sdk.yaml import Path as YamlPath
from pydantic import BaseModel, ValidationError

from .settings import GatewaySettings

S = TypeVar("S", bound=Settings)

_PLACEHOLDER = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with the settings: where (file, line, path) and what to write instead."""

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class SettingsError(Exception):
    """The settings can't be used; `mistakes` has all of them."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True)
class Configuration:
    """A settings file that was read: the gateway's own settings, and the document to check plugins' against."""

    file: Path
    settings: GatewaySettings
    document: Document
    values: Mapping[str, Any]

    def plugin_settings(self, name: str, model: type[S]) -> S:
        """The plugin's part of the file, checked. Raises SettingsError with every mistake in it."""
        raw = (self.values.get("plugins") or {}).get(name) or {}
        return _validated(model, raw, self.file, self.document, ("plugins", name))


def read_configuration(file: Path, environment: Mapping[str, str]) -> Configuration:
    """Read and check the file. Raises SettingsError with all mistakes of the gateway's own topics."""
    document = _read(file)  # A
    mistakes: list[Mistake] = []
    values = _fill(document.value, (), environment, file, document, mistakes)  # B
    if mistakes:
        raise SettingsError(mistakes)
    return Configuration(file, _validated(GatewaySettings, values, file, document, ()), document, values)  # C


def _read(file: Path) -> Document:
    try:
        documents = list(read_documents(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeError) as error:
        raise SettingsError([Mistake(str(file), None, "", f"can't be read: {error}")]) from None
    except YamlError as error:
        raise SettingsError([Mistake(file.name, error.mark.line if error.mark else None, "", f"is not YAML: {error}")]) from None
    if len(documents) > 1 or (documents and not isinstance(documents[0].value, dict)):
        raise SettingsError([Mistake(file.name, 1, "", "must be one mapping of topics: server, limits, auth, plugins, ...")])
    if not documents:
        return Document({}, mark=next(iter(read_documents("a: 1"))).mark, marks={})
    for path, mark in documents[0].duplicates:
        raise SettingsError([Mistake(file.name, mark.line, _dotted(path), "stands twice: keep one")])
    return documents[0]


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
            text = f"environment variable {name} is not set: set it, or write ${{{name}:-default}}"
            mistakes.append(Mistake(file.name, document.at(path).line, _dotted(path), text))
        return environment.get(name, default or "")

    return _PLACEHOLDER.sub(replace, value)


def _validated(model: type[S], raw: Any, file: Path, document: Document, at: YamlPath) -> S:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        mistakes = [
            Mistake(file.name, document.at((*at, *e["loc"])).line, _dotted((*at, *e["loc"])), _explain(model, e))
            for e in error.errors(include_url=False, include_input=False)
        ]
        raise SettingsError(sorted(mistakes, key=lambda mistake: mistake.line or 0)) from None


def _explain(model: type[BaseModel], error: Any) -> str:
    if error["type"] != "extra_forbidden":
        return str(error["msg"])
    known = _keys(model, error["loc"][:-1])
    near = get_close_matches(str(error["loc"][-1]), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known)) or 'none'}"
    return f"unknown key; {hint}"


def _keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    current: Any = model
    for step in path:
        if (
            isinstance(step, str)
            and isinstance(current, type)
            and issubclass(current, BaseModel)
            and step in current.model_fields
        ):
            current = _model_in(current.model_fields[step].annotation)
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join(map(str, path))
