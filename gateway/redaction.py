"""Takes secrets out of log lines: the last line of defence, for what plugins and libraries write into theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

MASK = "***"

_NAMES = r"password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|authorization|credential|cookie"
_NAME = re.compile(rf"(?:{_NAMES})s?\Z", re.IGNORECASE)
_SECRET = re.compile(
    rf"""
    (?P<scheme> \bbearer\ +(?=\S{{8}}) | \bbasic\ +(?=\S{{20}})) [A-Za-z0-9._~+/=-]+  # an Authorization header's value
  | \beyJ[\w-]{{8,}}\.[\w-]+\.[\w-]*                                       # a JSON Web Token
  | (?<=://) [^/\s@]+ (?=@)                                                # a URL's user and password
  | (?P<name> (?:{_NAMES})s? (?:["']\ *:\ *b?["'] | =b?["']?)) [^\s"'&,;)}}]+  # name=value, "name": "value"
    """,
    re.IGNORECASE | re.VERBOSE,
)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: the same line with every value that looks like a secret masked."""
    for name, value in event.items():
        if not isinstance(value, int | float | None):
            event[name] = MASK if _NAME.search(name) and value else _without(value)
    return event


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET.sub(_masked, value)
    if isinstance(value, bytes):
        return _without(value.decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return {str(name): MASK if _NAME.search(str(name)) else _without(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without(one) for one in value]
    return value if isinstance(value, int | float | None) else _without(repr(value))


def _masked(found: re.Match[str]) -> str:
    return (found["scheme"] or found["name"] or "") + MASK
