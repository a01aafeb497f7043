"""The tokens that the demo servers ask for: made once at random, kept in files that only their owner may read."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path


def token_file(folder: Path, server: str) -> Path:
    """The file with the token of `server`, written now if there is none; raises OSError where it can't be."""
    path = folder / "tokens" / server
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path


def is_bearer(header: str, token: str) -> bool:
    """Whether an Authorization header carries `token`, as `Bearer ...` or, as GitHub also takes it, `token ...`."""
    scheme, _, given = header.partition(" ")
    return scheme.lower() in ("bearer", "token") and hmac.compare_digest(given.strip().encode(), token.encode())
