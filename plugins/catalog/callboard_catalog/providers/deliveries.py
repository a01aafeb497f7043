"""Webhooks: whether a delivery comes from the host that it says, and which items of a source it is about.

A delivery only says what to read again: what is there, and what is gone, is proved by reading.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec


class Forged(Exception):
    """The delivery doesn't prove that it comes from its host: it is refused, with nothing said of why."""


class Malformed(Exception):
    """The delivery is proved, and can't be read."""


def github_items(headers: Mapping[str, str], body: bytes, secret: bytes) -> frozenset[str]:
    """The items of a GitHub source that a delivery is about, as `owner/name`, or `@owner` for teams and members; none for others.

    `X-Hub-Signature-256` is the HMAC of the whole body. A repository that was renamed or moved is named by both names.
    Raises Forged, and Malformed.
    """
    sent = _headers(headers)
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(expected.encode(), sent.get("x-hub-signature-256", "").encode("utf-8", "replace")):
        raise Forged
    event, delivery = sent.get("x-github-event", ""), _decoded(body)
    match event, delivery:
        case "push", {"repository": {"full_name": str(name), "default_branch": str(branch)}, "ref": str(ref)}:
            return frozenset({name}) if ref == f"refs/heads/{branch}" else frozenset()
        case "repository", {"repository": {"full_name": str(name)}}:
            return frozenset({name, *_earlier(name, delivery.get("changes"))})
        case "team" | "membership" | "organization" | "member", {"organization": {"login": str(owner)}}:
            return frozenset({f"@{owner}"})
        case "push" | "repository" | "team" | "membership" | "organization", _:
            raise Malformed
    return frozenset()


def gitlab_items(headers: Mapping[str, str], body: bytes, token: bytes) -> frozenset[str]:
    """The items of a GitLab source that a delivery is about, as the project's path, or `@group` for groups and members.

    `X-Gitlab-Token` is the webhook's token itself. Raises Forged, and Malformed.
    """
    sent = _headers(headers)
    if not token or not hmac.compare_digest(token, sent.get("x-gitlab-token", "").encode("utf-8", "replace")):
        raise Forged
    delivery = _decoded(body)
    match delivery:
        case {
            "event_name": "push",
            "ref": str(ref),
            "project": {"path_with_namespace": str(path), "default_branch": str(branch)},
        }:
            return frozenset({path}) if ref == f"refs/heads/{branch}" else frozenset()
        case {
            "event_name": "project_rename" | "project_transfer",
            "path_with_namespace": str(path),
            "old_path_with_namespace": str(old),
        }:
            return frozenset({path, old})
        case {"event_name": "project_create" | "project_destroy" | "project_update", "path_with_namespace": str(path)}:
            return frozenset({path})
        case {"event_name": str(name), "group_path": str(path)} if name.startswith("user_") and name.endswith("_group"):
            return frozenset({f"@{path.partition('/')[0]}"})
        case {"event_name": str(name), "full_path": str(path)} if name.startswith(("group_", "subgroup_")):
            return frozenset({f"@{path.partition('/')[0]}"})
        case {"event_name": "push" | "project_rename" | "project_transfer" | "project_create" | "project_destroy"}:
            raise Malformed
    return frozenset()


def _earlier(name: str, changes: Any) -> list[str]:
    owner, _, own = name.partition("/")
    match changes:
        case {"repository": {"name": {"from": str(old)}}}:
            return [f"{owner}/{old}"]
        case {"owner": {"from": {"user": {"login": str(old)}} | {"organization": {"login": str(old)}}}}:
            return [f"{old}/{own}"]
    return []


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed from None
    return found
