"""What an access token looks like: a prefix that says what it is, chance, and a checksum that tells typing mistakes.

`cbt_` + 36 characters of chance (214 bits) + 6 of a checksum, all letters and digits, so that a double click selects
it and scanners for lost secrets can tell it from other text. Only its SHA-256 is stored: with that much chance in it, a
slow hash would protect nothing more.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from hashlib import sha256

PREFIX = "cbt_"
"""What every access token begins with."""

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHANCE, _CHECK = 36, 6
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_CHANCE + _CHECK}}}", re.ASCII)


def new_token() -> str:
    """A token that nobody has."""
    chance = "".join(secrets.choice(_DIGITS) for _ in range(_CHANCE))
    return f"{PREFIX}{chance}{_checksum(chance)}"


def is_token(text: str) -> bool:
    """Whether it can be one of ours: its form and its checksum are right."""
    return _FORM.fullmatch(text) is not None and text[-_CHECK:] == _checksum(text[len(PREFIX) : -_CHECK])


def digest(token: str) -> str:
    """What is stored of a token."""
    return sha256(token.encode()).hexdigest()


def _checksum(chance: str) -> str:
    number, digits = zlib.crc32(chance.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
