"""Drafts from the first line to the version that they become."""

from __future__ import annotations

import asyncio

from callboard_sdk import Viewer

from policies import Rules
from resolvers.policy import Conflict, Draft, PolicyStore, TooMany, Version
from resolvers.policy.inputs import (
    ChangePolicyDraftInput,
    CreatePolicyDraftInput,
    PublishPolicyDraftInput,
    RevertPolicyInput,
)
from resolvers.policy.store import MAX_DRAFTS
from resolvers.policy.words import PolicyMistakeCode

from .standing import Standing
from .texts import Refused, changed, checked_text, not_empty, refused, told
from .trying import draft_key, no_draft

CONFLICT = PolicyMistakeCode.CONFLICT


class Drafting:
    """Makes, changes and publishes drafts. Raises Refused, with every mistake, for what can't be done: nothing is stored then."""

    def __init__(self, standing: Standing, store: PolicyStore) -> None:
        self._standing = standing
        self._store = store

    async def create(self, viewer: Viewer, given: CreatePolicyDraftInput) -> Draft:
        """A new draft of this viewer's."""
        if given.text is not None and given.version is not None:
            raise refused("both a version and a text are given: give one of them")
        if given.text is None:
            start = await self._version(given.version)
            text = start.text if start else ""
        else:
            text = await self.checked(given.text)
        latest = await self._store.latest()
        try:
            return await self._store.create_draft(viewer.subject, latest.number if latest else 0, text)
        except TooMany:
            raise refused(
                f"you have {MAX_DRAFTS} drafts, and may not have more: discard some", PolicyMistakeCode.TOO_MUCH
            ) from None

    async def change(self, viewer: Viewer, given: ChangePolicyDraftInput) -> Draft:
        """A draft of this viewer's, with another text."""
        draft = await self.found(given.draft)
        if draft.owner != viewer.subject:
            raise refused(
                f"the draft is {draft.owner}'s: make one of your own from its text, by createPolicyDraft",
                PolicyMistakeCode.NOT_YOURS,
            )
        if given.revision is not None and given.revision != draft.revision:
            raise _changed_since(draft)
        if given.text is not None and given.changes is not None:
            raise refused("both a text and changes are given: give one of them")
        if given.based_on is not None:
            await self._version(given.based_on or 0)
        text = draft.text if given.text is None else given.text
        edited = None if given.changes is None else await asyncio.to_thread(changed, text, given.changes)
        text = await self.checked(text, edited=edited)
        try:
            return await self._store.change_draft(draft, text, parent=given.based_on)
        except Conflict as conflict:
            raise _changed_since(conflict.current) from None

    async def discard(self, draft: str) -> Draft:
        """Forget a draft."""
        found = await self.found(draft)
        await self._store.discard_draft(found.key)
        return found

    async def publish(self, viewer: Viewer, given: PublishPolicyDraftInput) -> Version:
        """Put a draft into effect."""
        draft = await self.found(given.draft)
        note = told(given.note, "note")
        if draft.parent != given.expected_version:
            await self._expected(given.expected_version)
            raise refused(
                f"the draft started from version {draft.parent}, and {given.expected_version} is in effect: "
                f"take in what changed, and say so by changePolicyDraft(input: {{basedOn: {given.expected_version}}})",
                CONFLICT,
            )
        text = not_empty(await self.checked(draft.text))
        return await self._put(text, viewer, note, given.expected_version, draft=draft)

    async def publish_text(self, viewer: Viewer, text: str, note: str, expected: int) -> Version:
        """Put rules into effect that are no draft."""
        note = told(note, "note")
        return await self._put(not_empty(await self.checked(text)), viewer, note, expected)

    async def revert(self, viewer: Viewer, given: RevertPolicyInput) -> Version:
        """Put an old version's rules into effect again."""
        note = told(given.note, "note")
        old = await self._version(given.version)
        before = old.text if old else ""
        text = await self.checked(before, before)
        if given.version == given.expected_version:
            await self._expected(given.version)
            raise refused(f"version {given.version} is in effect already: name another, see policy {{ history }}")
        return await self._put(text, viewer, note, given.expected_version, reverts=given.version)

    async def found(self, given: str) -> Draft:
        """The draft with this id. Raises Refused where there is none."""
        draft = await self._store.draft(key) if (key := draft_key(given)) else None
        if draft is None:
            raise no_draft()
        return draft

    async def _put(
        self, text: str, viewer: Viewer, note: str, expected: int, *, draft: Draft | None = None, reverts: int | None = None
    ) -> Version:
        try:
            made = await self._store.publish(text, viewer.subject, note, expected=expected, draft=draft, reverts=reverts)
        except Conflict as conflict:
            if isinstance(conflict.current, Draft) or (draft is not None and conflict.current is None and expected == 0):
                raise _changed_since(conflict.current) from None
            raise _published_since(conflict.current, expected) from None
        await self._standing.refresh()
        return made

    async def _expected(self, number: int) -> None:
        latest = await self._store.latest()
        if number != (latest.number if latest else 0):
            raise _published_since(latest, number)

    async def _version(self, number: int | None) -> Version | None:
        """The version that is named, or the one in effect; None for 0, or where there is none."""
        if number is None:
            return await self._store.latest()
        if number == 0:
            return None
        if (found := await self._store.version(number)) is None:
            raise refused(f"there is no version {number}: see policy {{ history }}", PolicyMistakeCode.NOT_FOUND)
        return found

    async def checked(self, text: str, published: str | None = None, *, edited: Rules | None = None) -> str:
        """The canonical text of these rules, or of what they are `edited` to. Raises Refused with every mistake in it.

        `published` has the rules that may wait for what isn't in the schema now: those of the latest version when left out.
        """
        if published is None:
            latest = await self._store.latest()
            published = latest.text if latest else ""
        given = text if edited is None else edited
        return await checked_text(given, text, published, self._standing.files, self._standing.supergraph)


def _changed_since(current: object) -> Refused:
    if isinstance(current, Draft):
        return refused(f"the draft was changed since: it is at revision {current.revision}, look at that first", CONFLICT)
    return no_draft()


def _published_since(current: object, expected: int) -> Refused:
    if not isinstance(current, Version):
        return refused(f"version {expected} is expected, and none was ever published: expect 0", CONFLICT)
    who = f"version {current.number} is in effect, which {current.author} published at {current.at}"
    return refused(f"{who}, and not version {expected}: look at policyDiff, and publish after that", CONFLICT)
