"""Global ids: opaque to clients, stable across restarts and databases, and typed (Relay global object identification).

An id is `v1:` + the node's GraphQL type + `:` + its stable key, in URL-safe base64 without padding.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from .errors import BadArgument

_VERSION = "v1"


class NodeKey(NamedTuple):
    """What an id says: the type that loads it, and that type's own key (for entities the ref)."""

    type: str
    key: str


def encode_id(type_name: str, key: str) -> str:
    """The id of the object of this type with this key."""
    return base64.urlsafe_b64encode(f"{_VERSION}:{type_name}:{key}".encode()).rstrip(b"=").decode()


def decode_id(text: str) -> NodeKey:
    """What `encode_id` packed. Raises BadArgument for anything else, saying where ids come from."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        version, type_name, key = raw.split(":", 2)
    except (binascii.Error, UnicodeError, ValueError):
        version = ""
    if version != _VERSION:
        raise BadArgument(f"{text[:80]!r} is not an id of this graph: use the value of a node's `id` field unchanged")
    return NodeKey(type_name, key)
