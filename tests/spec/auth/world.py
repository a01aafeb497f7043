"""A provider in memory for the specification of tokens: it signs, publishes keys, and counts who asks for them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from gateway.auth.issuer import Issuer
from gateway.auth.issuers import issuers_of
from gateway.auth.settings import AuthSettings, IssuerSettings
from gateway.auth.verifier import Verifier

NOW = 1_800_000_000
ISSUER = "https://login.acme.example"
OTHER_ISSUER = "https://login.other.example"
KEYS = "https://login.acme.example/keys"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One RSA key for each name, made once in a run."""
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Clock:
    """The time, as the test sets it."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Provider:
    """What the gateway may fetch, by URL, and every URL it did fetch. An Exception as a document is raised."""

    documents: dict[str, Any] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    before_answer: Callable[[], Any] | None = None

    async def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if self.before_answer is not None:
            await self.before_answer()
        document = self.documents.get(url, LookupError("404"))
        if isinstance(document, Exception):
            raise document
        return document if isinstance(document, bytes) else json.dumps(document).encode()

    def publish(self, *jwks: dict[str, Any], url: str = KEYS) -> None:
        self.documents[url] = {"keys": list(jwks)}


def jwk(key: Any, kid: str | None = "k1", **more: Any) -> dict[str, Any]:
    """The public half of a key as a provider publishes it."""
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        made = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        made = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        made = OKPAlgorithm.to_jwk(public, as_dict=True)
    made.pop("key_ops", None)
    return {**made, **({"kid": kid} if kid is not None else {}), **more}


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims, with changes; None removes one."""
    good = {"iss": ISSUER, "aud": "callboard", "sub": "ann", "iat": NOW, "exp": NOW + 600, "roles": ["engineer"]}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def sign(payload: dict[str, Any], key: Any = None, *, algorithm: str = "RS256", **header: Any) -> str:
    """A token, signed with the provider's first key if no other is given."""
    headers = {"kid": "k1", **header}
    headers = {name: value for name, value in headers.items() if value is not None}
    return jwt.encode(payload, key or rsa_key("acme"), algorithm=algorithm, headers=headers)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign_raw(header: bytes, payload: bytes, key: Any = None) -> str:
    """A token of exactly these bytes, properly RS256-signed: only its content can be wrong."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    signed = f"{encode(header)}.{encode(payload)}"
    signature = (key or rsa_key("acme")).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{encode(signature)}"


def public_pem(key: Any) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@dataclass
class World:
    """A verifier with one provider (and another, whose keys are its own), a clock, and the provider's door."""

    verifier: Verifier
    provider: Provider
    clock: Clock


def world(kept: int = 10_000, **settings: Any) -> World:
    """A verifier over two providers; `settings` are those of the first."""
    provider, clock = Provider(), Clock()
    provider.publish(jwk(rsa_key("acme")))
    provider.publish(jwk(rsa_key("other")), url=f"{OTHER_ISSUER}/keys")
    auth = AuthSettings(
        local=None,
        issuers=(
            IssuerSettings(**{"issuer": ISSUER, "name": "acme", "jwks_uri": KEYS, **settings}),
            IssuerSettings(issuer=OTHER_ISSUER, name="other", jwks_uri=f"{OTHER_ISSUER}/keys"),
        ),
    )
    issuers: Sequence[Issuer] = issuers_of(auth, lambda issuer: provider.fetch, clock)
    return World(Verifier(issuers, leeway=auth.leeway_seconds, clock=clock, kept=kept), provider, clock)


def new_ed25519() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()
