"""Which media type a client reads its answer in."""

from __future__ import annotations

from functools import lru_cache

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"

_MOST_CHARACTERS = 1_000
"""How much of an Accept header is read: no client writes a longer one, and its length must not cost the others' time."""


@lru_cache(maxsize=256)  # clients of one kind all send the same
def negotiate(accept: str | None, offered: tuple[str, ...]) -> str | None:
    """The offered type that the client likes best: by q, then by its order (RFC 9110, section 12.5.1).

    `*/*` gets the last offered, which every client reads. None when it takes none of them.
    """
    best: tuple[float, int, str] | None = None
    for place, part in enumerate((accept or "*/*")[:_MOST_CHARACTERS].split(",")):
        media, *parameters = [piece.strip().lower() for piece in part.split(";")]
        quality = next((_quality(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
        found = offered[-1] if media in ("*/*", "application/*") else media
        if found in offered and quality > 0 and (best is None or (quality, -place) > best[:2]):
            best = (quality, -place, found)
    return best[2] if best else None


def _quality(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0
