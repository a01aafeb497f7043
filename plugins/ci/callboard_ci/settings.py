"""Which CI servers there are and how each is reached; checked when the gateway reads its settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from callboard_sdk import Secret, Settings
from pydantic import Field, field_validator, model_validator

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


class GitHubSettings(Settings):
    """GitHub, or one GitHub Enterprise server: where its API is, what proves who asks, how much it may be asked."""

    type: Literal["github"]
    """The kind of CI server; `github` for GitHub Actions."""
    name: str = "github"
    """What people call it; errors, metrics and a run's `provider` show it."""
    base_url: str = "https://api.github.com"
    """The REST API's address; `https://HOST/api/v3` for GitHub Enterprise Server."""
    token: Secret | None = None
    """A token with read access to Actions. Prefer `token_file`, which is read again for each request."""
    token_file: Path | None = None
    """A file that holds the token."""
    ca_file: Path | None = None
    """What signs the server's certificate, PEM; the public authorities without it."""
    plain_http: bool = False
    """Allow an http:// address that isn't this machine's: whoever listens on the way reads the token."""
    owners: tuple[str, ...] = ()
    """The users and organisations whose repositories it serves; all of them when none is named."""
    branch: str | None = None
    """The default branch where an answer doesn't say; without it `main`, `master` or the last one pushed to."""
    runs: Annotated[int, Field(ge=1, le=100)] = 30
    """How many of a repository's latest runs are read, in one request."""
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0
    """How long one request may take."""
    attempts: Annotated[int, Field(ge=1, le=5)] = 2
    """How often a read that failed is tried in all."""
    concurrency: Annotated[int, Field(ge=1, le=64)] = 16
    """How many requests may be under way at once."""
    fresh_seconds: Annotated[float, Field(ge=0, le=3600)] = 30.0
    """How long an answer is used again without asking."""

    @field_validator("name")
    @classmethod
    def _named(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("a provider's name has at most 40 lower-case letters, digits and `-`, like github")
        return name

    @field_validator("base_url")
    @classmethod
    def _address(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise ValueError("the address can't be read: write https://host[:port][/path]") from None
        if parts.scheme not in ("https", "http") or not host:
            raise ValueError("the address is not a web address: write https://host[:port][/path]")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("the address holds credentials, a query or a fragment: leave them out, and use token_file")
        return url

    @model_validator(mode="after")
    def _guarded_token(self) -> Self:
        if self.token is not None and self.token_file is not None:
            raise ValueError("token and token_file say the same: keep one")
        parts = urlsplit(self.base_url)
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.scheme == "http" and not (local or self.plain_http) and (self.token or self.token_file):
            raise ValueError("the token would travel in the clear: write https://, or allow it with plain_http: true")
        return self


class CiSettings(Settings):
    """The CI servers that are asked, in the order in which they may claim a component."""

    providers: tuple[GitHubSettings, ...] = ()
    """The CI servers; the first that claims a component answers for it."""
    job_runs: Annotated[int, Field(ge=1, le=200)] = 30
    """Of how many runs the jobs may be read for one field of a query: each is a request of its own."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [provider.name for provider in self.providers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two providers are named {name!r}: give each a name of its own")
        return self
