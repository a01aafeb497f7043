"""The files and folders that settings name: which of them aren't there."""

from __future__ import annotations

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
