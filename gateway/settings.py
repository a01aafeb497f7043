"""The gateway's settings: one frozen model per topic, read from one YAML file by `gateway.configuration`."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from callboard_sdk import Settings
from pydantic import Field, field_validator

from policies import DEFAULT_RULES

from .auth.settings import AuthSettings

_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:]+\])(?::\d{1,5})?")

DRIVERS = {"sqlite": "aiosqlite", "postgresql": "asyncpg"}
"""The databases that plugins may count on, each with its driver."""


class CorsSettings(Settings):
    """Which browser applications of other origins may ask; they send tokens, and browsers send no cookies from there."""

    origins: tuple[str, ...] = ()
    """Their origins, each exactly as browsers write it, such as `https://portal.example.com`; none when left out."""
    max_age_seconds: int = Field(default=600, ge=0, le=86_400)
    """How long a browser may remember that it may ask."""

    @field_validator("origins")
    @classmethod
    def _exact(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} is no origin: write https://HOST or https://HOST:PORT, in lower case, without a path"
                )
        return origins


class ServerSettings(Settings):
    """Where the gateway listens."""

    host: str = "127.0.0.1"
    """The address to listen on; loopback unless said otherwise."""
    port: int = Field(default=8080, ge=0, le=65535)
    """The port to listen on; 0 picks a free one."""
    development: bool = False
    """Check every value that plugins give, also those of types that they declare typed; slower."""
    lane: bool = True
    """Run a second process that answers large queries, so that they don't hold up small ones. It takes as much memory again."""
    lane_nodes: int = Field(default=500, ge=1)
    """How many objects the result of a small query may hold, by the sizes of its pages, as `rateLimit` counts."""
    cors: CorsSettings = CorsSettings()
    """Which browser applications of other origins may ask."""


class LimitSettings(Settings):
    """What one request may ask for at most."""

    body_bytes: int = Field(default=256 * 1024, ge=1024)
    """The size of a request's body."""
    tokens: int = Field(default=5_000, ge=10)
    """The lexical tokens of a document."""
    depth: int = Field(default=20, ge=1)
    """How deep fields may nest."""
    fields: int = Field(default=1_000, ge=1)
    """How many field selections a document may have, fragments counted at each use."""
    aliases: int = Field(default=50, ge=0)
    """How many fields of a document may be renamed."""
    merges: int = Field(default=10_000, ge=0)
    """How many pairs of selections a document may have that fall on one field; each pair is compared before it runs."""
    fragments: int = Field(default=200, ge=0)
    """How many fragments a document may define."""
    nodes: int = Field(default=500_000, ge=1)
    """How many objects a result may hold, by the sizes of its pages before it runs, and counted while it runs."""
    response_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)
    """The size of a response."""
    points: int | None = Field(default=100_000, ge=1)
    """What a viewer may spend in an hour, in points as `rateLimit` counts them; null for as much as they like."""
    seconds: float = Field(default=10.0, gt=0)
    """How long a request may take; what has not answered by then is null, with an error."""


class SubscriptionSettings(Settings):
    """How many subscriptions there may be, and how much of each is kept; in one gateway's process."""

    connections: int = Field(default=2_000, ge=1)
    """The websockets that may be open."""
    streams: int = Field(default=5_000, ge=1)
    """The subscriptions that may be open, of all viewers."""
    viewer_streams: int = Field(default=100, ge=1)
    """The subscriptions that one viewer may have open. All without a token are one viewer."""
    connection_operations: int = Field(default=50, ge=1)
    """The operations that may be under way on one websocket."""
    message_bytes: int = Field(default=256 * 1024, ge=1024)
    """The size of a message that a client sends by websocket."""
    queue: int = Field(default=100, ge=1)
    """The events that may wait for one subscriber; its source stands still while they do."""
    patience_seconds: float = Field(default=10.0, gt=0)
    """How long a subscriber may take none of the events that wait for it; then its subscription ends."""
    init_seconds: float = Field(default=10.0, gt=0)
    """How long a client may take to say who it is, after it opened a websocket."""
    keep_alive_seconds: float = Field(default=15.0, gt=0)
    """How often a quiet connection is shown to be alive: a ping by websocket, a comment in an event stream."""


class EmergencySettings(Settings):
    """Which roles a viewer may be given for a while, past the policy, and for how long."""

    roles: tuple[str, ...] = ()
    """The roles; none when left out, so that nobody is given any."""
    minutes: int = Field(default=60, ge=1, le=24 * 60)
    """The longest that one may be given for."""


class PolicySettings(Settings):
    """Where the rules are."""

    rules: Path | tuple[Path, ...] | None = None
    """Files of rules, CSV or YAML, or folders with such files: one or a list; the built-in default roles when left out."""
    denied: Literal["answer", "hide"] = "answer"
    """What a valid use of a denied field comes to: `answer` makes it null, with an error that says so, and one document serves
    viewers of all roles; `hide` refuses the operation as if there were no such field."""

    emergency: EmergencySettings = EmergencySettings()
    """Which roles a viewer may be given for a while, past the policy, and for how long."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where rules are read from. An empty list has none: everything is denied."""
        if self.rules is None:
            return (DEFAULT_RULES,)
        return (self.rules,) if isinstance(self.rules, Path) else self.rules


class AuditSettings(Settings):
    """How long the audit is kept."""

    keep_days: int | None = Field(default=None, ge=1)
    """How many days a record of the audit is kept; for ever when left out. What is removed can't be looked up or verified any
    more; the rest can be, for the chain itself tells how far it was removed."""


class DatabaseSettings(Settings):
    """Where plugins store what they read."""

    url: str = Field(default="sqlite+aiosqlite:///.callboard/callboard.sqlite", validate_default=False, repr=False)
    """An SQLAlchemy URL: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`. PostgreSQL's password is better left out of it, and
    given by the environment variable `PGPASSWORD` or the file that `PGPASSFILE` names."""
    migrate: bool = True
    """Bring the tables to the version that this gateway wants at its start; if not, `callboard database migrate` alone does."""

    @field_validator("url")
    @classmethod
    def _known(cls, text: str) -> str:
        from sqlalchemy.engine import make_url  # once a file names one: a token is made without it
        from sqlalchemy.exc import ArgumentError

        try:
            backend = make_url(text).get_backend_name()
            driver = DRIVERS[backend]
        except (ArgumentError, KeyError, ValueError):
            raise ValueError("is no database: write sqlite:///FILE or postgresql://USER@HOST/NAME") from None
        if find_spec(driver) is None:
            raise ValueError(f"needs the driver {driver}: pip install {driver}")
        return f"{backend}+{driver}:{text.partition(':')[2]}"


class LogSettings(Settings):
    """How the gateway logs."""

    json_lines: bool = Field(default=True, alias="json")
    """One JSON object a line; false for people."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe level that is written."""


class GatewaySettings(Settings):
    """The whole file. `plugins` lists those to load, each with its own settings (or nothing)."""

    server: ServerSettings = ServerSettings()
    """Where the gateway listens."""
    limits: LimitSettings = LimitSettings()
    """What one request may ask for at most."""
    subscriptions: SubscriptionSettings = SubscriptionSettings()
    """How many subscriptions there may be, and how much of each is kept."""
    auth: AuthSettings = AuthSettings()
    """Whose tokens are taken."""
    policies: PolicySettings = PolicySettings()
    """Who may read what."""
    audit: AuditSettings = AuditSettings()
    """How long the audit is kept."""
    database: DatabaseSettings = DatabaseSettings()
    """Where plugins store what they read."""
    logs: LogSettings = LogSettings()
    """How the gateway logs."""
    plugins: dict[str, dict[str, Any] | None] = {}
    """The plugins to load, by name, each with its settings."""
