"""The settings of the sources on other machines: where each is, what proves who asks, and how much it may be asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from callboard_sdk import Secret
from pydantic import AfterValidator, Field, field_validator, model_validator

from .source import NAMESPACE, SourceSettings

_LOCAL = ("localhost", "127.0.0.1", "::1")
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
_REF = re.compile(r"[A-Za-z0-9](?!.*(\.\.|//))[A-Za-z0-9._/+-]{0,250}")
_SLUG = r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_.-]+)*$"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the address can't be read: write https://host[:port][/path]") from None
    if parts.scheme not in ("https", "http") or not host or re.search(r"[\x00-\x20\x7f\\]", url):
        raise ValueError("the address is not a web address: write https://host[:port][/path]")
    if parts.username or parts.password or parts.fragment:
        raise ValueError("the address holds credentials or a fragment: leave them out, and use token_file")
    return parts


def _base(url: str) -> str:
    if _split(url).query:
        raise ValueError("the address holds a query: leave it out")
    return url


BaseUrl = Annotated[str, AfterValidator(_base)]
Slug = Annotated[str, Field(pattern=_SLUG, max_length=250)]
Pattern = Annotated[str, Field(min_length=1, max_length=500)]


class RemoteSource(SourceSettings):
    """What every source on another machine has besides: what proves who asks, and how much it may be asked."""

    name: str = Field(pattern=_NAME)
    """What messages, metrics and the health of plugins call it; letters, digits, `.`, `_` and `-`."""
    token: Secret | None = None
    """What proves who asks, sent as a bearer token. Prefer `token_file`, which is read again for each request."""
    token_file: Path | None = None
    """A file that holds the token."""
    ca_file: Path | None = None
    """What signs the server's certificate, PEM; the public authorities without it."""
    plain_http: bool = False
    """Allow an http:// address that isn't this machine's: whoever listens on the way reads the token and the descriptors."""
    timeout_seconds: float = Field(default=20.0, gt=0, le=300)
    """How long one request may take."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that are asked."""
        return ()

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.token is not None and self.token_file is not None:
            raise ValueError("token and token_file say the same: keep one")
        for address in self.addresses:
            parts = urlsplit(address)
            if parts.scheme == "http" and parts.hostname not in _LOCAL and not self.plain_http:
                raise ValueError("it would travel in the clear: write https://, or allow it with plain_http: true")
        return self


class RestSource(RemoteSource):
    """What every source with a REST API has besides."""

    attempts: int = Field(default=3, ge=1, le=5)
    """How often a request that failed is tried in all."""
    concurrency: int = Field(default=8, ge=1, le=64)
    """How many requests may be under way at once."""

    @property
    def base_address(self) -> str:
        """The one address below which everything lies."""
        raise NotImplementedError

    @property
    def addresses(self) -> tuple[str, ...]:
        """The one address."""
        return (self.base_address,)


class UrlsSource(RemoteSource):
    """Texts of YAML documents at web addresses, each read whole. Redirects are not followed."""

    provider: Literal["urls"]
    """The kind of source."""
    urls: tuple[str, ...] = Field(min_length=1, max_length=10_000)
    """The addresses; what stands in one is shown in messages, so a secret never belongs there."""
    allowed_hosts: tuple[str, ...] = Field(min_length=1)
    """The hosts that may be asked, as `host` or `host:port`; an address at another is a mistake of the settings."""
    missing_is_gone: bool = False
    """Whether 404 proves that a text is gone. Without it only 410 does, and taking the address out of `urls`."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses themselves."""
        return self.urls

    @model_validator(mode="after")
    def _allowed(self) -> Self:
        allowed = {host.lower() for host in self.allowed_hosts}
        for url in self.urls:
            parts = _split(url)
            if not {(parts.hostname or "").lower(), parts.netloc.lower()} & allowed:
                raise ValueError(f"{parts.netloc} is none of allowed_hosts: add it there, or take its addresses out")
        if twice := sorted({url for url in self.urls if self.urls.count(url) > 1}):
            raise ValueError(f"{twice[0]} stands twice: keep one")
        if (self.token or self.token_file) and len({urlsplit(url)[:2] for url in self.urls}) > 1:
            raise ValueError("the token would be sent to several hosts: make a source for each")
        return self


class GitSource(RemoteSource):
    """Descriptors in one Git repository, as of the newest commit of one branch or tag."""

    provider: Literal["git"]
    """The kind of source."""
    repository: str | Path = Field(min_length=1, max_length=1000)
    """Where the repository is: `https://host/path.git`, or a folder of this machine."""
    ref: str | None = None
    """The branch or tag; the repository's own default branch when left out."""
    paths: tuple[Pattern, ...] = Field(default=("**/catalog-info.yaml",), min_length=1)
    """Files, folders and globs below the repository's root."""
    user: str = Field(default="x-access-token", pattern=r"^[^:\s]+$")
    """The user name beside the token, which Git sends by HTTP Basic; `oauth2` for GitLab."""
    folder: str = ".callboard/git"
    """The folder in which the fetched repositories are kept; made at first use."""
    timeout_seconds: float = Field(default=120.0, gt=0, le=3600)
    """How long one call of `git` may take."""

    @property
    def remote(self) -> bool:
        """Whether the repository is on another machine."""
        return isinstance(self.repository, str)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The repository's address, if it has one."""
        return (self.repository,) if isinstance(self.repository, str) else ()

    @field_validator("ref")
    @classmethod
    def _ref(cls, ref: str | None) -> str | None:
        if ref is not None and not _REF.fullmatch(ref):
            raise ValueError("the ref is no name of a branch or tag: write one like main or v1.2")
        return ref

    @field_validator("repository")
    @classmethod
    def _repository(cls, given: str | Path) -> str | Path:
        repository = str(given)
        if "://" in repository:
            return _base(repository)
        if "::" in repository or repository.startswith("-") or re.match(r"[^/]+:", repository) or not repository.isprintable():
            raise ValueError("the repository is neither https://host/path.git nor a folder: other protocols are not used")
        return Path(repository)


class GitHubSource(RestSource):
    """The repositories of an organisation or user on GitHub, and if wanted its teams and members."""

    provider: Literal["github"]
    """The kind of source."""
    base_url: BaseUrl = "https://api.github.com"
    """The REST API's address; `https://HOST/api/v3` for GitHub Enterprise Server."""
    organization: Slug | None = None
    """The organisation whose repositories are read; one of `organization`, `user` and `repositories` is written."""
    user: Slug | None = None
    """The user whose repositories are read."""
    repositories: tuple[Slug, ...] = ()
    """The repositories that are read, as `owner/name`."""
    include: tuple[Pattern, ...] = ("*",)
    """Globs that the name of a repository must fit, one of them; without regard to case."""
    exclude: tuple[Pattern, ...] = ()
    """Globs that it may not fit."""
    archived: bool = False
    """Whether archived repositories are read."""
    forks: bool = False
    """Whether forks are read."""
    paths: tuple[Pattern, ...] = Field(default=("catalog-info.yaml",), min_length=1)
    """Files, folders and globs with descriptors, below the root of each repository's default branch."""
    teams: bool = False
    """Whether the organisation's teams become Groups."""
    members: bool = False
    """Whether the organisation's members become Users, `memberOf` their teams where `teams` are read too."""
    namespace: str = Field(default="default", pattern=NAMESPACE)
    """The namespace of these Groups and Users."""

    @property
    def base_address(self) -> str:
        """The REST API's address."""
        return self.base_url

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(map(bool, (self.organization, self.user, self.repositories))) != 1:
            raise ValueError("write one of organization, user and repositories")
        if (self.teams or self.members) and not self.organization:
            raise ValueError("teams and members are an organization's: write organization, or leave them out")
        for repository in self.repositories:
            if repository.count("/") != 1:
                raise ValueError(f"{repository} is no repository: write owner/name")
        return self


class GitLabSource(RestSource):
    """The projects of a group on GitLab and of the groups below it, and if wanted these groups and their members."""

    provider: Literal["gitlab"]
    """The kind of source."""
    base_url: BaseUrl = "https://gitlab.com/api/v4"
    """The REST API's address; `https://HOST/api/v4` for a GitLab of your own."""
    group: Slug
    """The full path of the group, such as `acme` or `acme/platform`."""
    include: tuple[Pattern, ...] = ("**",)
    """Globs that the path of a project below the group must fit, one of them; without regard to case."""
    exclude: tuple[Pattern, ...] = ()
    """Globs that it may not fit."""
    archived: bool = False
    """Whether archived projects are read."""
    forks: bool = False
    """Whether forks are read."""
    paths: tuple[Pattern, ...] = Field(default=("catalog-info.yaml",), min_length=1)
    """Files, folders and globs with descriptors, below the root of each project's default branch."""
    groups: bool = False
    """Whether the group and those below it become Groups."""
    members: bool = False
    """Whether their members become Users, `memberOf` their groups where `groups` are read too."""
    namespace: str = Field(default="default", pattern=NAMESPACE)
    """The namespace of these Groups and Users."""

    @property
    def base_address(self) -> str:
        """The REST API's address."""
        return self.base_url


class BackstageSource(RestSource):
    """The entities of an existing portal, by its catalog's REST API; their relations are made anew from their specs."""

    provider: Literal["backstage"]
    """The kind of source."""
    base_url: BaseUrl
    """The portal's back end; the catalog is `/api/catalog` below it."""
    kinds: tuple[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]*$")], ...] = ()
    """Only entities of these kinds; of all but Location when left out, whose targets the portal has followed already."""
    page: int = Field(default=500, ge=1, le=10_000)
    """How many entities are asked for at once."""

    @property
    def base_address(self) -> str:
        """The portal's back end."""
        return self.base_url
