"""The files and folders that settings name: which of them aren't there, and which can't be made."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from callboard_sdk.yaml import Path as YamlPath
from pydantic import BaseModel

_WILD = re.compile(r"[*?\[{]")


def missing(value: Any, at: YamlPath = ()) -> Iterator[tuple[YamlPath, Path]]:
    """Where below `at` a path is written that leads nowhere; of a glob, only what stands before its first wildcard counts."""
    if isinstance(value, Path):
        if not _fixed(value).exists():
            yield at, value
        return
    for key, part in _parts(value):
        yield from missing(part, (*at, key))


def hindrance(file: Path) -> str | None:
    """What keeps a file from being used here, or made with its folders, in the system's words; None for nothing. None is made."""
    try:
        if file.exists():
            return os.strerror(errno.EISDIR) if file.is_dir() else None
        folder = next(parent for parent in file.absolute().parents if parent.exists())
    except OSError as error:
        return error.strerror
    if not folder.is_dir():
        return os.strerror(errno.ENOTDIR)
    return None if os.access(folder, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)


def _parts(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, BaseModel):
        yield from ((field.alias or name, getattr(value, name)) for name, field in type(value).model_fields.items())
    elif isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from enumerate(value)


def _fixed(path: Path) -> Path:
    parts = path.parts
    first = next((number for number, part in enumerate(parts) if _WILD.search(part)), len(parts))
    return Path(*parts[:first])
