"""The policy's store: versions are added one after the other, and a draft is changed by who saw it last."""

from __future__ import annotations

import asyncio
import json

import pytest
from callboard_sdk import Page
from resolvers.audit import AuditStore, verify
from resolvers.policy import Conflict, PolicyStore, TooMany, Version, store as stores

ONE = "p, viewer, permission:core.viewer, read, allow\n"
TWO = ONE + "p, viewer, permission:core.plugins, read, allow\n"


async def test_nothing_was_published_at_first(store: PolicyStore) -> None:
    assert await store.latest() is None
    assert await store.version(1) is None
    assert (await store.history(Page(first=5))).total_count == 0


async def test_versions_follow_each_other_and_the_audit_tells(store: PolicyStore, audit: AuditStore) -> None:
    first = await store.publish(ONE, "alice", "the start", expected=0)
    second = await store.publish(TWO, "bob", "", expected=1)
    third = await store.publish(ONE, "alice", "back", expected=2, reverts=1)
    assert [(v.number, v.parent, v.reverts) for v in (first, second, third)] == [(1, 0, None), (2, 1, None), (3, 2, 1)]
    assert third.digest == first.digest != second.digest
    assert await store.latest() == third and await store.version(2) == second
    page = await store.history(Page(first=2))
    assert page.nodes() == [third, second] and page.page_info.has_next_page and page.total_count == 3
    assert (await store.history(Page(first=2, after="2"))).nodes() == [first]
    assert (await store.history(Page(last=2))).nodes() == [second, first]
    told = [(r.kind, r.actor, r.subject, json.loads(r.details)["note"]) for r in await audit.after(None, 10)]
    assert told == [
        ("policy.published", "alice", "1", "the start"),
        ("policy.published", "bob", "2", ""),
        ("policy.reverted", "alice", "3", "back"),
    ]
    assert (await verify(audit)).reason is None


async def test_who_comes_second_is_told_who_was_first_and_nothing_is_stored(store: PolicyStore, audit: AuditStore) -> None:
    await store.publish(ONE, "alice", "", expected=0)
    with pytest.raises(Conflict) as refused:
        await store.publish(TWO, "bob", "", expected=0)
    assert isinstance(refused.value.current, Version) and refused.value.current.author == "alice"
    assert (await store.history(Page(first=5))).total_count == 1
    assert len(await audit.after(None, 10)) == 1


async def test_of_many_who_publish_at_once_one_is_first(store: PolicyStore) -> None:
    tries = await asyncio.gather(*(store.publish(ONE, f"user{n}", "", expected=0) for n in range(6)), return_exceptions=True)
    assert sum(isinstance(one, Version) for one in tries) == 1
    assert sum(isinstance(one, Conflict) for one in tries) == 5


async def test_a_draft_is_changed_by_who_saw_it_last(store: PolicyStore) -> None:
    draft = await store.create_draft("alice", 0, ONE)
    assert await store.draft(draft.key) == draft and await store.drafts() == [draft]
    changed = await store.change_draft(draft, TWO)
    assert (changed.text, changed.revision, changed.parent) == (TWO, 2, 0)
    assert await store.draft(draft.key) == changed
    with pytest.raises(Conflict) as refused:
        await store.change_draft(draft, ONE)
    assert refused.value.current == changed
    with pytest.raises(Conflict):
        await store.publish(draft.text, "alice", "", expected=0, draft=draft)
    assert await store.latest() is None
    assert (await store.publish(changed.text, "alice", "", expected=0, draft=changed)).number == 1
    assert await store.drafts() == []
    with pytest.raises(Conflict) as gone:
        await store.change_draft(changed, ONE)
    assert gone.value.current is None


async def test_an_owner_has_so_many_drafts_and_no_more(store: PolicyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_DRAFTS", 2)
    drafts = [await store.create_draft("alice", 0, ONE) for _ in range(2)]
    with pytest.raises(TooMany):
        await store.create_draft("alice", 0, ONE)
    await store.create_draft("bob", 0, ONE)
    await store.discard_draft(drafts[0].key)
    await store.discard_draft("nothing")
    await store.create_draft("alice", 0, ONE)
    assert len(await store.drafts()) == 3
