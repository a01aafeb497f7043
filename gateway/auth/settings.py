"""Whose tokens the gateway believes, and what their claims mean in the graph's words."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from callboard_sdk import Secret, Settings
from pydantic import Field, field_validator, model_validator

ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Algorithms whose verifying key is public (RFC 7518, section 3.1; RFC 8037)."""

Name = Annotated[str, Field(min_length=1, max_length=200)]


class IssuerSettings(Settings):
    """One OpenID Connect provider whose access tokens are believed, and what their claims mean.

    A claim is named by its own name, or by a dotted path into nested claims, like `realm_access.roles`.
    """

    issuer: Annotated[str, Field(max_length=500)]
    """The issuer's URL, letter for letter as its tokens say it in `iss`."""
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=100)] = ""
    """Stands before every subject (`name:sub`), so that two issuers' subjects never meet. The URL's host when left out."""
    audience: Name | None = None
    """What `aud` must hold; the gateway's own audience when left out."""
    jwks_uri: Annotated[str, Field(max_length=500)] | None = None
    """Where the keys are; read from the discovery document when left out."""
    algorithms: Annotated[tuple[str, ...], Field(min_length=1)] = ("RS256", "PS256", "ES256", "EdDSA")
    """The signature algorithms that are taken."""
    insecure_http: bool = False
    """Take keys over plain HTTP from a host other than this one. Only inside a network that you trust."""
    refresh_seconds: Annotated[int, Field(ge=30, le=86_400)] = 60
    """How old the keys may be before they are fetched again, in the background."""
    keep_seconds: Annotated[int, Field(ge=60, le=604_800)] = 86_400
    """How long the last good keys are believed while the issuer doesn't answer."""
    roles_claim: Name = "roles"
    """The claim with the roles: a list, or words with spaces between, as `scope` has them."""
    role_map: dict[Name, Name] = {}
    """Our role for the issuer's role. When it is not empty, a role that it doesn't name counts for nothing."""
    base_roles: tuple[Name, ...] = ()
    """Roles that everyone with a good token of this issuer has."""
    groups_claim: Name = "groups"
    """The claim with the groups; each is a ref or a name. What can't be read as a group is left out."""
    user_claim: Name | None = None
    """The claim that names the viewer's own User entity. null: the viewer stands for no entity."""
    user_form: Literal["name", "ref"] = "name"
    """`name`: the claim is a bare name. `ref`: it may be `user:namespace/name`; only where people can't choose it."""
    user_suffix: str = ""
    """What the claim must end with, and is cut off, like `@acme.example`. Without that ending there is no entity."""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: object) -> object:
        if isinstance(data, dict) and not data.get("name") and isinstance(data.get("issuer"), str):
            return {**data, "name": _host(data["issuer"]).replace(":", "-")}
        return data

    @field_validator("algorithms")
    @classmethod
    def _asymmetric(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        for algorithm in algorithms:
            if algorithm not in ASYMMETRIC:
                raise ValueError(_why_not(algorithm))
        return algorithms

    @field_validator("name")
    @classmethod
    def _unreserved(cls, name: str) -> str:
        if name in ("user", "group", "bot"):
            raise ValueError(f"{name} as a name would make subjects look like refs or bots; choose another, like the company's")
        return name

    @model_validator(mode="after")
    def _addresses(self) -> IssuerSettings:
        for key, url in (("issuer", self.issuer), ("jwks_uri", self.jwks_uri)):
            if url is not None and (problem := url_problem(url, insecure_http=self.insecure_http)):
                raise ValueError(f"{key}: {problem}")
        if self.keep_seconds < self.refresh_seconds:
            raise ValueError("keep_seconds must be at least refresh_seconds, or there are times without any keys")
        return self


class LocalIssuerSettings(Settings):
    """The issuer inside the gateway: for a first try, for scripts, and where there is no provider."""

    key_file: Path = Path(".callboard/local-key.pem")
    """The signing key, made at first use, readable by its owner alone."""
    issuer: Name = "callboard:local"
    """What local tokens say in `iss`."""
    max_lifetime_seconds: Annotated[int, Field(ge=60, le=366 * 86_400)] = 90 * 86_400
    """The longest life that a local token may be given."""


class SignInSettings(Settings):
    """Sign-in of people with a browser, by authorization code with PKCE, for the page at `/graphql`."""

    issuer: Name
    """The `name` of one of `auth.issuers`; who signs in is read from its ID token as from its other tokens."""
    client_id: Name
    """What the provider knows this gateway as."""
    client_secret: Secret | None = None
    """The secret that goes with it, from a placeholder such as `${OIDC_CLIENT_SECRET}`; none for a public client."""
    public_url: Annotated[str, Field(max_length=500)]
    """Where browsers reach this gateway, like `https://callboard.acme.example`; the provider sends them back to
    `/auth/callback` there, and must be told so."""
    scopes: tuple[Name, ...] = ("openid", "profile", "email")
    """What is asked of the provider."""
    session_hours: Annotated[int, Field(ge=1, le=168)] = 12
    """How long a session lasts at most."""
    idle_minutes: Annotated[int, Field(ge=5, le=10_080)] = 60
    """How long a session lasts that nobody uses."""

    @field_validator("public_url")
    @classmethod
    def _origin(cls, url: str) -> str:
        if url_problem(url, insecure_http=False):
            raise ValueError("must be like https://callboard.acme.example; http:// is only for this very machine")
        parts = urlsplit(url)
        if parts.path not in ("", "/") or parts.query:
            raise ValueError("must be the gateway's origin alone, like https://callboard.acme.example")
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}" + (
            "" if parts.port in (None, {"https": 443, "http": 80}[parts.scheme]) else f":{parts.port}"
        )

    @field_validator("scopes")
    @classmethod
    def _openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("must have openid, or the provider sends no ID token")
        return scopes


class TokenSettings(Settings):
    """Access tokens that people make for themselves and for bots, in the graph."""

    max_days: Annotated[int, Field(ge=1, le=366)] = 90
    """The longest life that one may be given, in days."""
    max_tokens: Annotated[int, Field(ge=1, le=10_000)] = 50
    """How many one owner may have that have not ended."""
    known_owners: bool = False
    """Take a token only while the catalog has its owner's User entity, so that it ends with who leaves. An owner who was never
    seen with a user (a program) isn't looked up."""


class AuthSettings(Settings):
    """Everything about who may be believed to ask."""

    audience: Name = "callboard"
    """What `aud` must hold in every token, where an issuer doesn't say otherwise."""
    local: LocalIssuerSettings | None = LocalIssuerSettings()
    """The issuer inside the gateway; null switches it off."""
    issuers: Annotated[tuple[IssuerSettings, ...], Field(max_length=50)] = ()
    """The OpenID Connect providers."""
    tokens: TokenSettings = TokenSettings()
    """What access tokens may be at most."""
    sign_in: SignInSettings | None = None
    """Sign-in of people with a browser; null for none: the page then takes tokens alone."""
    leeway_seconds: Annotated[int, Field(ge=0, le=300)] = 60
    """How far an issuer's clock may differ from ours."""
    anonymous_roles: tuple[Name, ...] = ("anonymous",)
    """The roles of a request without a token."""

    @model_validator(mode="after")
    def _distinct(self) -> AuthSettings:
        issuers = [issuer.issuer for issuer in self.issuers]
        if self.local is not None:
            issuers.append(self.local.issuer)
        if again := _repeated(issuers):
            raise ValueError(f"issuer {again!r} stands twice; each issuer is configured once")
        if again := _repeated([issuer.name for issuer in self.issuers]):
            raise ValueError(f"two issuers are named {again!r}; give each a `name`, so that their subjects stay apart")
        if self.sign_in is not None and self.sign_in.issuer not in {issuer.name for issuer in self.issuers}:
            named = ", ".join(issuer.name for issuer in self.issuers) or "there are none"
            raise ValueError(f"sign_in.issuer: {self.sign_in.issuer!r} is not the name of one of auth.issuers: {named}")
        return self


def url_problem(url: str, *, insecure_http: bool) -> str | None:
    """Why keys must not be taken from `url`; None when they may: HTTPS, or this very host, or as allowed."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL: write it like https://login.acme.example"
    if parts.scheme not in ("https", "http") or not host or re.search(r"[\s\x00-\x1f\x7f]", url):
        return "is not an http(s) URL: write it like https://login.acme.example"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "must hold no user, password or fragment"
    if parts.scheme == "http" and not (insecure_http or _is_loopback(host)):
        return "would fetch keys unprotected: write https://, or set insecure_http: true inside a trusted network"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "issuer"
    except ValueError:
        return "issuer"


def _why_not(algorithm: str) -> str:
    if algorithm.lower() == "none":
        return "none means unsigned tokens, which anyone can write; take one of " + ", ".join(ASYMMETRIC)
    if algorithm.upper().startswith("HS"):
        return (
            f"{algorithm[:5]} signs with a secret that every verifier must hold, so whoever can check tokens can also"
            " make them; take one of " + ", ".join(ASYMMETRIC)
        )
    return f"{algorithm[:20]!a} is not a signature algorithm known here; take one of " + ", ".join(ASYMMETRIC)


def _repeated(names: list[str]) -> str | None:
    return next((name for index, name in enumerate(names) if name in names[:index]), None)
