"""Webhooks: whether a delivery comes from who knows the source's secret, and which items of the source it is about.

A delivery only says what to read again: what is there, and what is gone, is proved by reading.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec
from callboard_sdk import Delivery


class Forged(Exception):
    """The delivery doesn't prove that it comes from who knows the secret: it is refused, with nothing said of why."""


class Malformed(Exception):
    """The delivery is proved, and can't be read."""


def prove(delivery: Delivery, secret: bytes) -> None:
    """Holds a delivery to its one proof. Raises Forged, also for an empty secret, for no proof, and for more than one.

    `X-Hub-Signature-256` is the HMAC of the whole body with the secret, as GitHub and many others send it; `X-Gitlab-Token`
    and `Authorization: Bearer` are the secret itself. All take the same time, whatever is wrong.
    """
    signed = "sha256=" + hmac.new(secret, delivery.body, hashlib.sha256).hexdigest()
    expected = {"x-hub-signature-256": signed.encode(), "x-gitlab-token": secret, "authorization": b"Bearer " + secret}
    sent = [(name, value) for name in expected for value in delivery.headers.get(name, ())]
    name, value = sent[0] if len(sent) == 1 else ("x-hub-signature-256", "")
    if not hmac.compare_digest(expected[name], value.encode("latin-1", "replace")) or not secret:
        raise Forged


def content(delivery: Delivery) -> dict[str, Any]:
    """What was sent; nothing for an empty body. Raises Malformed."""
    try:
        found: dict[str, Any] = msgspec.json.decode(delivery.body or b"{}", type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed from None
    return found


def items(delivery: Delivery, ref: str | None = None) -> frozenset[str] | None:
    """What a delivery in GitHub's form or GitLab's is about: `owner/name`, the path of a project, or `@owner` for people.

    A push is about anything only if it is to the branch or tag that is read: `ref`, or the default branch. None for a
    delivery in no such form. Raises Malformed.
    """
    sent = content(delivery)
    if event := delivery.headers.get("x-github-event"):
        return _github(event[0], sent, ref)
    return _gitlab(sent, ref) if "x-gitlab-event" in delivery.headers else None


def _github(event: str, sent: Mapping[str, Any], ref: str | None) -> frozenset[str]:
    """A repository that was renamed or moved is named by both names."""
    match event, sent:
        case "push", {"repository": {"full_name": str(name), "default_branch": str(branch)}, "ref": str(pushed)}:
            return frozenset({name}) if pushed in _read(ref, branch) else frozenset()
        case "repository", {"repository": {"full_name": str(name)}}:
            return frozenset({name, *_earlier(name, sent.get("changes"))})
        case "team" | "membership" | "organization" | "member", {"organization": {"login": str(owner)}}:
            return frozenset({f"@{owner}"})
        case "push" | "repository" | "team" | "membership" | "organization", _:
            raise Malformed
    return frozenset()


def _gitlab(sent: Mapping[str, Any], ref: str | None) -> frozenset[str]:
    match sent:
        case {
            "event_name": "push" | "tag_push",
            "ref": str(pushed),
            "project": {"path_with_namespace": str(path), "default_branch": str(branch)},
        }:
            return frozenset({path}) if pushed in _read(ref, branch) else frozenset()
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


def _read(ref: str | None, branch: str) -> tuple[str, ...]:
    """The full names of what is read."""
    return (f"refs/heads/{branch}",) if ref in (None, "HEAD") else (f"refs/heads/{ref}", f"refs/tags/{ref}")


def _earlier(name: str, changes: Any) -> list[str]:
    owner, _, own = name.partition("/")
    match changes:
        case {"repository": {"name": {"from": str(old)}}}:
            return [f"{owner}/{old}"]
        case {"owner": {"from": {"user": {"login": str(old)}} | {"organization": {"login": str(old)}}}}:
            return [f"{old}/{own}"]
    return []
