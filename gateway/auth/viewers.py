"""Reads the Viewer from a verified token's claims, in the words that policies use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callboard_sdk import EntityRef, InvalidRef, Viewer, ViewerKind

from .claims import is_name
from .issuer import Issuer


def viewer_of(claims: Mapping[str, Any], issuer: Issuer) -> Viewer:
    """The token's bearer. What the claims say in an unreadable way counts for nothing: it never adds a right."""
    kind = ViewerKind.BOT if _is_bot(claims) else ViewerKind.PERSON
    return Viewer(
        subject=issuer.subject_prefix + claims["sub"],
        kind=kind,
        roles=_roles(claims, issuer),
        entity=_user(claims, issuer) if kind is ViewerKind.PERSON else None,
        groups=frozenset(ref for name in _names(claims, issuer.groups_claim) if (ref := _ref(name, "group")) is not None),
    )


def claim_at(claims: object, path: str) -> Any:
    """The claim of that very name, or the one that a dotted path leads to; None when there is none."""
    if not isinstance(claims, Mapping):
        return None
    if path in claims:
        return claims[path]
    steps = path.split(".")
    for cut in range(len(steps) - 1, 0, -1):
        found = claim_at(claims.get(".".join(steps[:cut])), ".".join(steps[cut:]))
        if found is not None:
            return found
    return None


def _roles(claims: Mapping[str, Any], issuer: Issuer) -> frozenset[str]:
    said = _names(claims, issuer.roles_claim)
    known = {issuer.role_map[role] for role in said if role in issuer.role_map} if issuer.role_map else set(said)
    return frozenset(known) | frozenset(issuer.base_roles)


def _is_bot(claims: Mapping[str, Any]) -> bool:
    """Whether a program asks for itself: our own claim, or how known providers mark the client credentials grant."""
    said = claims.get("callboard_kind")
    if isinstance(said, str) and said.upper() in ("BOT", "PERSON"):
        return said.upper() == "BOT"
    client = claims.get("azp") or claims.get("client_id")
    return (
        claims.get("gty") == "client-credentials"
        or claims.get("idtyp") == "app"
        or (isinstance(client, str) and client == claims["sub"])
        or (isinstance(client, str) and claims.get("preferred_username") == f"service-account-{client}")
    )


def _user(claims: Mapping[str, Any], issuer: Issuer) -> EntityRef | None:
    said = claim_at(claims, issuer.user_claim) if issuer.user_claim else None
    if not is_name(said) or not said.endswith(issuer.user_suffix):
        return None
    if issuer.user_claim == "email" and claims.get("email_verified") is False:
        return None
    name = said.removesuffix(issuer.user_suffix)
    if issuer.user_form == "name" and (":" in name or "/" in name):
        return None
    return _ref(name, "user")


def _ref(text: str, kind: str) -> EntityRef | None:
    try:
        ref = EntityRef.parse(text, kind=kind)
    except InvalidRef:
        return None
    return ref if ref.kind == kind else None


def _names(claims: Mapping[str, Any], path: str) -> list[str]:
    value = claim_at(claims, path)
    listed = value.split(" ") if isinstance(value, str) else value
    return [name for name in listed if is_name(name)] if isinstance(listed, list) else []
