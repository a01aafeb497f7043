"""Reads an issuer's published keys (a JWK Set) and keeps those that can verify its tokens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import OKPAlgorithm

MAX_DOCUMENT = 256 * 1024
"""The largest document taken from an issuer, in bytes."""
MAX_KEYS = 100
"""The most keys that one issuer may publish."""
MAX_KID = 256
"""The longest key id, in characters."""
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

_MEMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}


class BadDocument(Exception):
    """A document of the issuer is not what the specification asks for; the text says in which way."""


@dataclass(frozen=True, slots=True)
class Key:
    """One public key: `thumbprint` is its RFC 7638 digest, `algorithms` those that it may verify."""

    kid: str | None
    thumbprint: str
    algorithms: frozenset[str]
    public: PublicKey = field(compare=False, repr=False)


def read_key_set(data: bytes, algorithms: Sequence[str]) -> tuple[Key, ...]:
    """The keys of a JWK Set (RFC 7517) that may verify one of `algorithms`; unusable ones are left out.

    Raises BadDocument when it is not a JWK Set, is too large, or holds no usable key.
    """
    listed = read_document(data).get("keys")
    if not isinstance(listed, list):
        raise BadDocument("it has no list of keys")
    if len(listed) > MAX_KEYS:
        raise BadDocument(f"it lists more than {MAX_KEYS} keys")
    keys = tuple(key for jwk in listed if isinstance(jwk, dict) and (key := _read_key(jwk, algorithms)))
    if not keys:
        raise BadDocument(f"none of its {len(listed)} keys can verify {', '.join(algorithms)}")
    return keys


def read_document(data: bytes) -> dict[str, Any]:
    """A JSON object from an issuer; raises BadDocument for anything else."""
    if len(data) > MAX_DOCUMENT:
        raise BadDocument(f"it is larger than {MAX_DOCUMENT} bytes")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise BadDocument("it is not JSON") from None
    if not isinstance(document, dict):
        raise BadDocument("it is not a JSON object")
    return document


def key_of(public: Ed25519PublicKey) -> Key:
    """An Ed25519 key of this process; its id is its thumbprint."""
    name = thumbprint(OKPAlgorithm.to_jwk(public, as_dict=True))
    return Key(name, name, frozenset({"EdDSA"}), public)


def pick(keys: Iterable[Key], kid: str | None, algorithm: str) -> Key | None:
    """The key that `kid` names and that fits `algorithm`; without a `kid`, the only one that fits."""
    fitting = [key for key in keys if algorithm in key.algorithms and (kid is None or key.kid == kid)]
    return fitting[0] if fitting and (kid is not None or len(fitting) == 1) else None


def thumbprint(jwk: dict[str, Any]) -> str:
    """The key's SHA-256 thumbprint over its public members alone (RFC 7638)."""
    canonical = json.dumps(_public_members(jwk), sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()


def _read_key(jwk: dict[str, Any], algorithms: Sequence[str]) -> Key | None:
    if not _is_for_verifying(jwk):
        return None
    fits = frozenset(algorithms) & _fitting(jwk)
    kid = jwk.get("kid")
    if not fits or not (kid is None or (isinstance(kid, str) and len(kid) <= MAX_KID)):
        return None
    try:
        public = jwt.PyJWK(_public_members(jwk), algorithm=min(fits)).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    if isinstance(public, RSAPublicKey) and not MIN_RSA_BITS <= public.key_size <= MAX_RSA_BITS:
        return None
    return Key(kid, thumbprint(jwk), fits, public)


def _is_for_verifying(jwk: dict[str, Any]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return jwk.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _fitting(jwk: dict[str, Any]) -> frozenset[str]:
    """The algorithms that the key's type and curve allow, less all but `alg` where it says one."""
    kty, curve, said = jwk.get("kty"), jwk.get("crv"), jwk.get("alg")
    if kty == "RSA":
        fits = {family + size for family in ("RS", "PS") for size in ("256", "384", "512")}
    elif kty in ("EC", "OKP") and isinstance(curve, str) and curve in _CURVES:
        fits = {_CURVES[curve]} if (kty == "OKP") == (curve == "Ed25519") else set()
    else:
        fits = set()
    return frozenset(fits if said is None else {algorithm for algorithm in fits if algorithm == said})


def _public_members(jwk: dict[str, Any]) -> dict[str, Any]:
    return {member: jwk.get(member) for member in _MEMBERS.get(str(jwk.get("kty")), ())}
