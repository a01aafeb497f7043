"""A push is taken whole or not at all; deliveries of webhooks are proved before they are read."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from callboard_catalog.providers.deliveries import Forged, Malformed, github_items, gitlab_items
from callboard_catalog.providers.pushed import Refused, pushed, withdrawn
from callboard_catalog.settings.source import PushedSource
from callboard_sdk import EntityRef, Gone, Item, Part, Whole

SETTINGS = PushedSource(name="bots", provider="pushed", subjects=("bot",), max_entities=3)
PAYLOADS = Path(__file__).parents[4] / "shared" / "data" / "upstreams" / "ci" / "github_webhook_examples.json"


def entity(name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Component", "metadata": {"name": name, **more}, "spec": {}}


def test_a_push_names_each_entity_by_its_ref() -> None:
    web, api = entity("Web"), entity("api", namespace="shop")
    events = [Item("component:default/web", entities=[web]), Item("component:shop/api", entities=[api])]
    assert pushed(SETTINGS, [web, api], complete=False) == [*events, Part()]
    assert pushed(SETTINGS, [web, api], complete=True) == [*events, Whole()]


def test_a_push_with_anything_wrong_is_refused_whole_and_all_of_it_is_told() -> None:
    wrong = [entity("web"), "web", {"kind": "Component"}]
    with pytest.raises(Refused) as refused:
        pushed(SETTINGS, wrong, complete=True)
    assert [error.path for error in refused.value.errors] == [["entities", "1"], ["entities", "2"]]
    with pytest.raises(Refused, match="stands twice"):
        pushed(SETTINGS, [entity("web"), entity("WEB")], complete=True)
    with pytest.raises(Refused, match="more than the 3 of one push"):
        pushed(SETTINGS, [entity(str(number)) for number in range(4)], complete=True)
    with pytest.raises(Refused, match="can't be the name"):
        pushed(SETTINGS, [entity("a/b")], complete=True)


def test_a_withdrawal_takes_away_what_it_names_and_nothing_else() -> None:
    ref = EntityRef("component", "default", "web")
    assert withdrawn([ref, ref]) == [Gone("component:default/web"), Part()]


# webhooks

SECRET = b"s3cret"


def signed(event: str, delivery: Any, secret: bytes = SECRET) -> tuple[dict[str, str], bytes]:
    body = delivery if isinstance(delivery, bytes) else json.dumps(delivery).encode()
    signature = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    return {"X-GitHub-Event": event, "X-Hub-Signature-256": signature}, body


SHOP = {"full_name": "acme/shop", "default_branch": "main"}
DELIVERIES = {
    "a push": ("push", {"ref": "refs/heads/main", "repository": SHOP}, {"acme/shop"}),
    "a push to another branch": ("push", {"ref": "refs/heads/try", "repository": SHOP}, set()),
    "a rename": ("repository", {"repository": SHOP, "changes": {"repository": {"name": {"from": "old"}}}}, {"acme/shop", "acme/old"}),
    "a transfer": ("repository", {"repository": SHOP, "changes": {"owner": {"from": {"user": {"login": "ada"}}}}}, {"acme/shop", "ada/shop"}),
    "a deletion": ("repository", {"action": "deleted", "repository": SHOP}, {"acme/shop"}),
    "a team": ("team", {"organization": {"login": "acme"}}, {"@acme"}),
    "a ping": ("ping", {"zen": "Keep it simple."}, set()),
}  # fmt: skip


@pytest.mark.parametrize("case", DELIVERIES)
def test_a_delivery_of_git_hub_says_what_it_is_about(case: str) -> None:
    event, delivery, items = DELIVERIES[case]
    assert github_items(*signed(event, delivery), SECRET) == items


def test_a_delivery_that_is_not_signed_with_the_secret_is_forged() -> None:
    headers, body = signed("push", DELIVERIES["a push"][1])
    for sent, content, secret in (
        (headers, body + b" ", SECRET), (headers, body, b"another"), (headers, body, b""), ({"X-GitHub-Event": "push"}, body, SECRET),
        (headers | {"X-Hub-Signature-256": "sha256=\u00e9"}, body, SECRET), signed("push", {}, b"") + (b"",),
    ):  # fmt: skip
        with pytest.raises(Forged):
            github_items(sent, content, secret)


@pytest.mark.parametrize("delivery", [b"{", b"[]", b"\xff", {"ref": 1}, {"repository": SHOP}])
def test_a_proved_delivery_that_is_none_is_told(delivery: Any) -> None:
    with pytest.raises(Malformed):
        github_items(*signed("push", delivery), SECRET)


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the vendor's example payloads are not here")
@pytest.mark.parametrize("event", ["push", "repository", "team", "membership"])
def test_the_vendors_own_payloads_are_understood(event: str) -> None:
    examples = next(one["examples"] for one in json.loads(PAYLOADS.read_text()) if one["name"] == event)
    assert examples
    for example in examples:
        items = github_items(*signed(event, example), SECRET)
        assert items or event == "push"


PUSH = {"event_name": "push", "ref": "refs/heads/main", "project": {"path_with_namespace": "acme/web", "default_branch": "main"}}


@pytest.mark.parametrize(
    ("delivery", "items"),
    [
        (PUSH, {"acme/web"}),
        (PUSH | {"ref": "refs/heads/try"}, set()),
        (
            {"event_name": "project_rename", "path_with_namespace": "acme/a", "old_path_with_namespace": "acme/b"},
            {"acme/a", "acme/b"},
        ),
        ({"event_name": "project_destroy", "path_with_namespace": "acme/a"}, {"acme/a"}),
        ({"event_name": "user_add_to_group", "group_path": "acme/platform"}, {"@acme"}),
        ({"event_name": "subgroup_create", "full_path": "acme/new"}, {"@acme"}),
        ({"event_name": "tag_push"}, set()),
    ],
)
def test_a_delivery_of_git_lab_says_what_it_is_about(delivery: Any, items: set[str]) -> None:
    assert gitlab_items({"x-gitlab-token": "s3cret"}, json.dumps(delivery).encode(), SECRET) == items


def test_a_delivery_without_the_token_of_git_lab_is_forged() -> None:
    for headers, token in (({}, SECRET), ({"X-Gitlab-Token": "other"}, SECRET), ({"X-Gitlab-Token": ""}, b"")):
        with pytest.raises(Forged):
            gitlab_items(headers, json.dumps(PUSH).encode(), token)
    with pytest.raises(Malformed):
        gitlab_items({"X-Gitlab-Token": "s3cret"}, b'{"event_name": "push"}', SECRET)
