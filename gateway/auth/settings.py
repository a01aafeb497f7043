"""Whose tokens the gateway takes, and what it reads from them."""

from __future__ import annotations

from pathlib import Path

from callboard_sdk import Settings
from pydantic import Field, field_validator

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class LocalIssuerSettings(Settings):
    """The gateway's own issuer, for `callboard token create`."""

    key_file: Path = Path(".callboard/local-key.pem")
    """Its Ed25519 private key, made at first use and readable by its owner alone."""
    issuer: str = "callboard:local"
    """The `iss` of its tokens."""


class IssuerSettings(Settings):
    """An OpenID Connect provider whose access tokens are taken."""

    issuer: str
    """The exact `iss` of its tokens."""
    jwks_uri: str
    """Where its public keys are."""
    audience: str | None = None
    """The `aud` its tokens must have; the gateway's own when left out."""
    algorithms: tuple[str, ...] = ("RS256",)
    """The signature algorithms taken; only asymmetric ones."""
    roles_claim: str = "roles"
    """Where the roles are, dots stepping into objects, such as `realm_access.roles`."""
    role_map: dict[str, str] = {}
    """The gateway's role for a provider's role; when given, others count for nothing."""
    groups_claim: str = "groups"
    """Where the groups are, as entity refs or names of groups."""

    @field_validator("algorithms")
    @classmethod
    def _asymmetric(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in ALGORITHMS:
                raise ValueError(f"{name!r} is not taken: a provider signs with one of {', '.join(ALGORITHMS)}")
        return value


class AuthSettings(Settings):
    """Whose tokens the gateway takes."""

    audience: str = "callboard"
    """The `aud` a token must have."""
    local: LocalIssuerSettings | None = LocalIssuerSettings()
    """The gateway's own issuer; null switches it off."""
    issuers: tuple[IssuerSettings, ...] = ()
    """The providers whose tokens are taken."""
    leeway_seconds: int = Field(default=60, ge=0, le=300)
    """How far a provider's clock may be off."""
    anonymous_roles: tuple[str, ...] = ("anonymous",)
    """The roles of a request without a token."""
