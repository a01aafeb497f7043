"""Takes a token apart before anything in it is believed: small, three parts, strict base64url, strict JSON."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

from .errors import Unauthenticated

MAX_TOKEN = 8 * 1024
"""The longest token, in characters; more than any provider's headers allow to be useful."""

MAX_DEPTH = 16
"""How deep its JSON may nest."""

_PART = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class CompactToken:
    """A signed token's unverified content (RFC 7515, section 7.1): good for choosing a key, and for nothing else."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]


def take_apart(token: str) -> CompactToken:
    """Read the three parts; raises Unauthenticated for what no honest issuer writes."""
    if len(token) > MAX_TOKEN:
        raise Unauthenticated(f"the token is longer than {MAX_TOKEN} characters: send an access token, whole and alone")
    parts = token.split(".")
    if len(parts) != 3:
        raise Unauthenticated(
            "the token has no three parts with dots between, as a signed token has: send the access token unchanged"
        )
    header, claims, signature = (_decode(part, name) for part, name in zip(parts, ("header", "claims", "signature"), strict=True))
    del signature
    return CompactToken(token, _read_object(header, "header"), _read_object(claims, "claims"))


def _decode(part: str, name: str) -> bytes:
    if not part:
        raise Unauthenticated(f"the token's {name} part is empty: send a signed access token, unchanged")
    if not _PART.fullmatch(part) or len(part) % 4 == 1:
        raise Unauthenticated(f"the token's {name} part is not base64url without padding: send the token unchanged")
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _read_object(data: bytes, name: str) -> dict[str, Any]:
    value = _read_json(data, name)
    if not isinstance(value, dict):
        raise Unauthenticated(f"the token's {name} part is not a JSON object: send an access token of an OIDC provider")
    if _is_deep(value):
        raise Unauthenticated(f"the token's {name} part nests deeper than {MAX_DEPTH}: ask its issuer for a flatter one")
    return value


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _members(outer)]
    return bool(level)


def _members(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _read_json(data: bytes, name: str) -> Any:
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except _Duplicate:
        raise Unauthenticated(
            f"the token's {name} part names a key twice, so readers could disagree about it: ask its issuer for one without"
        ) from None
    except (ValueError, RecursionError):
        raise Unauthenticated(f"the token's {name} part is not readable JSON: send the token unchanged") from None


class _Duplicate(Exception):
    """A JSON object names a member twice (RFC 7515, section 4: refuse)."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Duplicate
    return made


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")
