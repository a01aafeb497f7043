"""Entity names of accounts and groups: what an identity provider calls somebody, as the descriptor format allows it."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 63
_DIGEST = 8
_OTHER = re.compile(r"[^a-z0-9_.-]+")


def entity_name(text: str) -> str:
    """A valid name made of this one: in lower case, without accents, other characters as `-`; a long one ends with a digest.

    Empty when nothing is left of it. Two texts may come to the same name: who makes names looks at that.
    """
    parts = unicodedata.normalize("NFKD", text.strip())
    if any(one.isascii() and one.isalnum() for one in parts):
        plain = parts.encode("ascii", "ignore")
    else:
        plain = unicodedata.normalize("NFC", text.strip()).encode("ascii", "backslashreplace")
    name = _OTHER.sub("-", plain.decode().lower()).strip("-_.")
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGEST]
    return f"{name[: LONGEST - _DIGEST - 1].rstrip('-_.')}-{digest}"
