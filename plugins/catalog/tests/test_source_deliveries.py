"""Deliveries of webhooks are proved before they are read, and matter only where they are about something that is read."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from callboard_catalog.providers.deliveries import Forged, Malformed, items, prove
from callboard_catalog.providers.hooks import Hooks
from callboard_catalog.settings import CatalogSettings
from callboard_sdk import Delivery

SECRET = b"sixteen letters and more"
PAYLOADS = Path(__file__).parents[4] / "shared" / "data" / "upstreams" / "ci" / "github_webhook_examples.json"


def signature(body: bytes, secret: bytes = SECRET) -> str:
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def github(event: str, sent: Any, secret: bytes = SECRET) -> Delivery:
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return Delivery(headers={"x-github-event": [event], "x-hub-signature-256": [signature(body, secret)]}, body=body)


def gitlab(sent: Any) -> Delivery:
    return Delivery(
        headers={"x-gitlab-event": ["System Hook"], "x-gitlab-token": [SECRET.decode()]}, body=json.dumps(sent).encode()
    )


PROVED = {
    "a signature of the body": {"x-hub-signature-256": [signature(b"{}")]},
    "the token of GitLab": {"x-gitlab-token": [SECRET.decode()]},
    "a bearer token": {"authorization": [f"Bearer {SECRET.decode()}"]},
}
FORGED: dict[str, dict[str, list[str]]] = {
    "no proof": {},
    "an empty proof": {"x-gitlab-token": [""]},
    "a signature of another body": {"x-hub-signature-256": [signature(b"{ }")]},
    "a signature with another secret": {"x-hub-signature-256": [signature(b"{}", b"another")]},
    "a signature with no secret": {"x-hub-signature-256": [signature(b"{}", b"")]},
    "a signature by another hash": {"x-hub-signature-256": ["sha1=" + hmac.new(SECRET, b"{}", hashlib.sha1).hexdigest()]},
    "another token": {"x-gitlab-token": ["another"]},
    "a token that is longer": {"x-gitlab-token": [SECRET.decode() + "x"]},
    "a token that is no ASCII": {"x-gitlab-token": ["\u00e9\u20ac"]},
    "another scheme": {"authorization": [f"Basic {SECRET.decode()}"]},
    "one proof twice": {"x-hub-signature-256": [signature(b"{}")] * 2},
    "a good proof and a bad one": {"x-hub-signature-256": [signature(b"{}"), "sha256=0"]},
    "two proofs": {"x-hub-signature-256": [signature(b"{}")], "x-gitlab-token": [SECRET.decode()]},
}


@pytest.mark.parametrize("headers", PROVED.values(), ids=PROVED)
def test_a_delivery_is_proved_by_what_only_who_knows_the_secret_can_send(headers: dict[str, list[str]]) -> None:
    prove(Delivery(headers=headers, body=b"{}"), SECRET)
    with pytest.raises(Forged):
        prove(Delivery(headers=headers, body=b"{}"), b"another")


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
def test_a_delivery_that_is_not_proved_once_is_forged(headers: dict[str, list[str]]) -> None:
    with pytest.raises(Forged):
        prove(Delivery(headers=headers, body=b"{}"), SECRET)


def test_an_empty_secret_proves_nothing() -> None:
    for headers in ({"x-hub-signature-256": [signature(b"{}", b"")]}, {"x-gitlab-token": [""]}, {"authorization": ["Bearer "]}):
        with pytest.raises(Forged):
            prove(Delivery(headers=headers, body=b"{}"), b"")


def test_nothing_of_a_delivery_shows() -> None:
    assert SECRET.decode() not in repr(gitlab({"a": SECRET.decode()}))


SHOP = {"full_name": "acme/shop", "default_branch": "main"}
OF_GITHUB = {
    "a push": ("push", {"ref": "refs/heads/main", "repository": SHOP}, {"acme/shop"}),
    "a push to another branch": ("push", {"ref": "refs/heads/try", "repository": SHOP}, set()),
    "a rename": ("repository", {"repository": SHOP, "changes": {"repository": {"name": {"from": "old"}}}}, {"acme/shop", "acme/old"}),
    "a transfer": ("repository", {"repository": SHOP, "changes": {"owner": {"from": {"user": {"login": "ada"}}}}}, {"acme/shop", "ada/shop"}),
    "a deletion": ("repository", {"action": "deleted", "repository": SHOP}, {"acme/shop"}),
    "a team": ("team", {"organization": {"login": "acme"}}, {"@acme"}),
    "a ping": ("ping", {"zen": "Keep it simple."}, set()),
}  # fmt: skip


@pytest.mark.parametrize("case", OF_GITHUB)
def test_a_delivery_of_git_hub_says_what_it_is_about(case: str) -> None:
    event, sent, about = OF_GITHUB[case]
    assert items(github(event, sent)) == about


def test_a_push_is_about_the_branch_or_tag_that_is_read() -> None:
    for ref, about in (("refs/heads/v1", {"acme/shop"}), ("refs/tags/v1", {"acme/shop"}), ("refs/heads/main", set())):
        assert items(github("push", {"ref": ref, "repository": SHOP}), "v1") == about
        assert items(gitlab(PUSH | {"ref": ref, "event_name": "tag_push"}), "v1") == ({"acme/web"} if about else set())


@pytest.mark.parametrize("sent", [b"{", b"[]", b"\xff", {"ref": 1}, {"repository": SHOP}, b"[" * 100_000])
def test_a_proved_delivery_that_is_none_is_told(sent: Any) -> None:
    with pytest.raises(Malformed):
        items(github("push", sent))


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the vendor's example payloads are not here")
@pytest.mark.parametrize("event", ["push", "repository", "team", "membership"])
def test_the_vendors_own_payloads_are_understood(event: str) -> None:
    examples = next(one["examples"] for one in json.loads(PAYLOADS.read_text()) if one["name"] == event)
    assert examples
    for example in examples:
        assert items(github(event, example)) or event == "push"


PUSH = {"event_name": "push", "ref": "refs/heads/main", "project": {"path_with_namespace": "acme/web", "default_branch": "main"}}
RENAME = {"event_name": "project_rename", "path_with_namespace": "acme/a", "old_path_with_namespace": "acme/b"}


@pytest.mark.parametrize(
    ("sent", "about"),
    [
        (PUSH, {"acme/web"}),
        (PUSH | {"ref": "refs/heads/try"}, set()),
        (RENAME, {"acme/a", "acme/b"}),
        ({"event_name": "project_destroy", "path_with_namespace": "acme/a"}, {"acme/a"}),
        ({"event_name": "user_add_to_group", "group_path": "acme/platform"}, {"@acme"}),
        ({"event_name": "subgroup_create", "full_path": "acme/new"}, {"@acme"}),
        ({"event_name": "tag_push"}, set()),
    ],
)
def test_a_delivery_of_git_lab_says_what_it_is_about(sent: Any, about: set[str]) -> None:
    assert items(gitlab(sent)) == about


def test_a_push_of_git_lab_that_says_of_nothing_is_told() -> None:
    with pytest.raises(Malformed):
        items(gitlab({"event_name": "push"}))


def test_a_delivery_in_no_form_of_a_host_is_about_all() -> None:
    assert items(Delivery(headers=PROVED["a bearer token"])) is None


# which source a delivery matters to

ACME: dict[str, Any] = {"provider": "github", "organization": "Acme", "exclude": ["sandbox-*"]}
GROUP: dict[str, Any] = {"provider": "gitlab", "group": "acme/platform", "include": ["build/**"]}
GIT: dict[str, Any] = {"provider": "git", "repository": "https://git.acme.example/shop.git"}
FILES: dict[str, Any] = {"paths": ["catalog"]}


def pushed(name: str, ref: str = "refs/heads/main") -> Delivery:
    return github("push", {"ref": ref, "repository": {"full_name": name, "default_branch": "main"}})


def committed(path: str) -> Delivery:
    return gitlab(PUSH | {"project": {"path_with_namespace": path, "default_branch": "main"}})


TEAM = github("team", {"organization": {"login": "acme"}})
MEMBER = gitlab({"event_name": "user_add_to_group", "group_path": "acme/platform/build"})
PING = github("ping", {"zen": "Keep it simple."})
BEARER = Delivery(headers=PROVED["a bearer token"])


@pytest.mark.parametrize(
    ("source", "delivery", "matters"),
    [
        (ACME, pushed("acme/shop"), True),
        (ACME, pushed("acme/sandbox-1"), False),
        (ACME, pushed("other/shop"), False),
        (ACME, pushed("acme/shop", "refs/heads/try"), False),
        (ACME, github("repository", {"repository": SHOP, "changes": {"repository": {"name": {"from": "sandbox-2"}}}}), True),
        (ACME, TEAM, False),
        (ACME | {"teams": True}, TEAM, True),
        (ACME, PING, False),
        (ACME, BEARER, True),
        ({"provider": "github", "repositories": ["Acme/Shop"]}, pushed("acme/shop"), True),
        ({"provider": "github", "repositories": ["acme/shop"]}, pushed("acme/web"), False),
        (GROUP, committed("acme/platform/build/tool"), True),
        (GROUP, committed("acme/platform/web"), False),
        (GROUP, committed("acme/build/tool"), False),
        (GROUP, MEMBER, False),
        (GROUP | {"members": True}, MEMBER, True),
        (GIT, pushed("acme/shop"), True),
        (GIT, pushed("acme/shop", "refs/heads/try"), False),
        (GIT | {"ref": "try"}, pushed("acme/shop", "refs/heads/try"), True),
        (GIT | {"ref": "try"}, pushed("acme/shop"), False),
        (GIT, TEAM, False),
        (FILES, TEAM, True),
        (FILES, BEARER, True),
        (FILES, PING, False),
    ],
)
def test_a_delivery_matters_where_what_it_is_about_is_read(source: dict[str, Any], delivery: Delivery, matters: bool) -> None:
    [made] = CatalogSettings.model_validate({"sources": [{"name": "one", "hook_secret": SECRET.decode(), **source}]}).sources
    assert Hooks([made]).matters("one", delivery) is matters


def test_a_source_of_another_name_or_without_a_secret_takes_nothing(tmp_path: Path) -> None:
    given = [
        {"name": "none", **FILES},
        {"name": "absent", "hook_secret_file": str(tmp_path / "absent"), **FILES},
        {"name": "short", "hook_secret_file": str(tmp_path / "short"), **FILES},
    ]
    (tmp_path / "short").write_text("short")
    hooks = Hooks(CatalogSettings.model_validate({"sources": given}).sources)
    for name in ("none", "absent", "short", "unknown"):
        for secret in ("", "short"):
            with pytest.raises(Forged):
                hooks.matters(name, Delivery(headers={"x-gitlab-token": [secret]}))


def test_a_secret_in_a_file_is_read_again_for_each_delivery(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(SECRET + b"\n")
    hooks = Hooks(CatalogSettings.model_validate({"sources": [{"name": "one", "hook_secret_file": str(file), **FILES}]}).sources)
    assert hooks.matters("one", BEARER)
    file.write_bytes(b"another secret of this length")
    with pytest.raises(Forged):
        hooks.matters("one", BEARER)
