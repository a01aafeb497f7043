"""The catalog's sources in the graph: how they are told, and what mutations do, and refuse without storing anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from gateway.testing import Harness, running_gateway

PRINTER = "apiVersion: a/v1\nkind: Printer\nmetadata: {name: %s}\n"
STATUS = "{ catalogSources { name provider every readAt lastError failures entityCount held { entities of key } } }"
NAMES = "{ entities(first: 50) { nodes { name } } }"
PUSH = "mutation ($input: PushEntitiesInput!) { pushEntities(input: $input) { source { name } errors { message path } } }"
WITHDRAW = (
    "mutation ($input: WithdrawEntitiesInput!) { withdrawEntities(input: $input) { source { name } errors { message path } } }"
)
ALLOW = "mutation ($input: AllowRemovalInput!) { allowRemoval(input: $input) { source { name } errors { message path } } }"
REFRESH = "mutation ($input: SourceInput!) { refreshSource(input: $input) { source { name } errors { message path } } }"
REMOVE = "mutation ($input: SourceInput!) { removeSource(input: $input) { source { name } errors { message path } } }"


@asynccontextmanager
async def served(tmp_path, database, root, bot: dict[str, Any] | None = None, **common: Any) -> AsyncIterator[Harness]:
    root.mkdir(exist_ok=True)
    files = {"name": "files", "paths": [str(root)], "root": str(root), **common}
    open_ = {"name": "bot", "provider": "pushed", "subjects": ["tester"], **common, **(bot or {})}
    closed = {"name": "closed", "provider": "pushed", "subjects": ["somebody-else"]}
    plugins = {"catalog": {"sources": [files, open_, closed], "refresh_seconds": 0}}
    async with running_gateway(tmp_path, {"plugins": plugins, "database": database}) as harness:
        yield harness


async def done(harness: Harness, document: str, **given: Any) -> list[dict[str, Any]]:
    """The user errors of a mutation; there are no others."""
    answer = await harness.ask(document, variables={"input": given})
    assert answer.errors == []
    [payload] = answer.data.values()
    return payload["errors"]


async def names(harness: Harness) -> set[str]:
    return {node["name"] for node in (await harness.ask(NAMES)).data["entities"]["nodes"]}


async def gone(harness: Harness, left: set[str]) -> None:
    """Wait till these entities are all that is left: what a person lets go goes when a gateway looks next."""
    async with asyncio.timeout(30):
        while await names(harness) != left:  # noqa: ASYNC110  what removes it tells nobody but the catalog
            await asyncio.sleep(0.1)


async def sources(harness: Harness) -> dict[str, dict[str, Any]]:
    answer = await harness.ask(STATUS)
    assert answer.errors == []
    return {source["name"]: source for source in answer.data["catalogSources"]}


async def test_sources_are_told_in_order_with_how_they_are(tmp_path, database, root):
    root.mkdir()
    (root / "a.yaml").write_text(PRINTER % "a" + "---\n" + PRINTER % "b")
    async with served(tmp_path, database, root) as harness:
        found = await sources(harness)
    assert list(found) == ["files", "bot", "closed"]
    files = found["files"]
    assert (files["provider"], files["every"], files["entityCount"], files["failures"]) == ("files", 0, 2, 0)
    assert files["readAt"] is not None and (files["lastError"], files["held"]) == (None, None)
    assert (found["bot"]["provider"], found["bot"]["readAt"], found["bot"]["entityCount"]) == ("pushed", None, 0)


async def test_what_a_bot_pushes_is_there_and_what_it_withdraws_is_not(tmp_path, database, root):
    async with served(tmp_path, database, root) as harness:
        assert await done(harness, PUSH, source="bot", descriptors=PRINTER % "a" + "---\n" + PRINTER % "b") == []
        assert await names(harness) == {"a", "b"}
        assert (
            await done(
                harness, PUSH, source="bot", descriptors='{"apiVersion": "a/v1", "kind": "Printer", "metadata": {"name": "c"}}'
            )
            == []
        )
        assert await names(harness) == {"a", "b", "c"}
        assert await done(harness, PUSH, source="bot", descriptors=PRINTER % "a", complete=True) == []
        assert await names(harness) == {"a"}
        assert await done(harness, WITHDRAW, source="bot", refs=["printer:default/a", "printer:default/none"]) == []
        assert await names(harness) == set()


def printers(names: str) -> str:
    return "---\n".join(PRINTER % name for name in names)


async def test_a_complete_set_in_parts_removes_what_it_has_not_with_its_last_part_and_no_sooner(tmp_path, database, root):
    async with served(tmp_path, database, root) as harness:
        assert await done(harness, PUSH, source="bot", descriptors=printers("axyz")) == []
        for part in ("ab", "cd", "cd"):
            assert await done(harness, PUSH, source="bot", descriptors=printers(part), partOf="monday") == []
        assert await done(harness, PUSH, source="bot", descriptors=printers("bw")) == []
        assert await names(harness) == set("abcdwxyz")
        last = {"source": "bot", "descriptors": printers("e"), "partOf": "monday", "complete": True}
        [lost] = await done(harness, PUSH, **last, setSize=6)
        assert lost["path"] == ["input", "setSize"]
        assert lost["message"].startswith("with this part the set has 5 entities, and not 6: nothing is removed.")
        assert await names(harness) == set("abcdwxyz"), "and what is refused is not stored"
        assert await done(harness, PUSH, **last, setSize=5) == []
        assert await names(harness) == set("abcde")
        assert (await sources(harness))["bot"]["lastError"] is None
        [again] = await done(harness, PUSH, **last, setSize=5)
        assert again["message"].startswith("with this part the set has 1 entities, and not 5"), "nothing remains of a set"
        assert await names(harness) == set("abcde")


async def test_what_others_withdraw_of_a_set_meanwhile_is_missing_in_it(tmp_path, database, root):
    async with served(tmp_path, database, root) as harness:
        assert await done(harness, PUSH, source="bot", descriptors=printers("ab"), partOf="monday") == []
        assert await done(harness, WITHDRAW, source="bot", refs=["printer:default/b"]) == []
        [lost] = await done(harness, PUSH, source="bot", descriptors=printers("c"), partOf="monday", complete=True, setSize=3)
        assert lost["message"].startswith("with this part the set has 2 entities, and not 3")


@pytest.mark.parametrize(
    ("given", "argument", "message"),
    [
        ({"setSize": 1}, "setSize", "it is for the last part of a set"),
        ({"partOf": "x", "setSize": 1}, "setSize", "the last part of a set says `complete: true`"),
        ({"partOf": "x", "complete": True}, "setSize", "the last part of a set says `complete: true`"),
        ({"partOf": "", "complete": True, "setSize": 1}, "partOf", "it is no name of a set"),
        ({"partOf": "\0"}, "partOf", "it is no name of a set"),
        ({"partOf": "x" * 201}, "partOf", "it is no name of a set"),
    ],
)
async def test_a_part_that_names_no_set_or_no_size_is_refused(tmp_path, database, root, given, argument, message):
    async with served(tmp_path, database, root) as harness:
        [error] = await done(harness, PUSH, source="bot", descriptors=PRINTER % "a", **given)
        assert error["path"] == ["input", argument] and error["message"].startswith(message)
        assert await names(harness) == set()


async def test_a_set_has_no_more_entities_than_a_push_may_have(tmp_path, database, root):
    async with served(tmp_path, database, root, bot={"max_entities": 3}) as harness:
        assert await done(harness, PUSH, source="bot", descriptors=printers("abc"), partOf="monday") == []
        [error] = await done(harness, PUSH, source="bot", descriptors=printers("cd"), partOf="monday")
        assert error["message"].startswith("with this part the set has 4 entities, more than the source's `max_entities`: 3")
        assert error["path"] == ["input", "partOf"] and await names(harness) == set("abc")


@pytest.mark.parametrize(
    ("descriptors", "message"),
    [
        ("a: b: c", "line 1: the text is not YAML"),
        ("- a\n- b\n", "document 1: it is no descriptor: write apiVersion, kind, metadata and spec."),
        (PRINTER % "a" + "---\nkind: Printer\n", "document 2: it has no kind, or no metadata.name: write them."),
        (PRINTER % "a" + "---\n" + PRINTER % "A", "document 2: printer:default/a stands twice: push it once."),
        ("kind: Printer\nmetadata: {name: a}\n", "printer:default/a: apiVersion is missing. Write apiVersion: backstage.io/v1alpha1."),
        (PRINTER % "'-'", "printer:default/-: metadata.name is '-': only letters and digits"),
        ("!!python/object:os.system {}", "document 1"),
    ],
)  # fmt: skip
async def test_a_push_with_anything_that_is_no_entity_stores_nothing(tmp_path, database, root, descriptors, message):
    async with served(tmp_path, database, root) as harness:
        [error] = await done(harness, PUSH, source="bot", descriptors=descriptors)
        assert error["message"].startswith(message) and error["path"] == ["input", "descriptors"]
        assert await names(harness) == set()


@pytest.mark.parametrize("source", ["closed", "files", "none", "", "\0", "x" * 10_000])
async def test_who_may_not_push_learns_nothing_of_a_source(tmp_path, database, root, source):
    async with served(tmp_path, database, root) as harness:
        [push] = await done(harness, PUSH, source=source, descriptors=PRINTER % "a")
        [withdrawn] = await done(harness, WITHDRAW, source=source, refs=["printer:default/a"])
        assert push == withdrawn
        assert push["message"].startswith("no source of this name takes pushes from you") and push["path"] == ["input", "source"]
        assert await names(harness) == set()


async def test_too_much_at_once_goes_when_a_person_says_so_with_its_key(tmp_path, database, root):
    async with served(tmp_path, database, root, removal_floor=1) as harness:
        many = "---\n".join(PRINTER % name for name in "abcd")
        assert await done(harness, PUSH, source="bot", descriptors=many) == []
        assert await done(harness, PUSH, source="bot", descriptors=PRINTER % "a", complete=True) == []
        held = (await sources(harness))["bot"]["held"]
        assert (held["entities"], held["of"]) == (3, 4) and await names(harness) == set("abcd")
        [wrong] = await done(harness, ALLOW, source="bot", key="another")
        assert wrong["path"] == ["input", "key"]
        for source in ("files", "none", "\0"):
            [wrong] = await done(harness, ALLOW, source=source, key=held["key"])
            assert wrong["path"] == ["input", "source"]
        assert await done(harness, PUSH, source="bot", descriptors=PRINTER % "e") == []
        assert await done(harness, WITHDRAW, source="bot", refs=["printer:default/e"]) == []
        assert (await sources(harness))["bot"]["held"] == held and await names(harness) == set("abcd")
        assert await done(harness, ALLOW, source="bot", key=held["key"]) == []
        await gone(harness, {"a"})
        assert (await sources(harness))["bot"]["held"] is None


async def test_what_is_pushed_again_is_held_back_no_more(tmp_path, database, root):
    async with served(tmp_path, database, root, removal_floor=1) as harness:
        assert await done(harness, PUSH, source="bot", descriptors="---\n".join(PRINTER % name for name in "abcd")) == []
        assert await done(harness, PUSH, source="bot", descriptors=PRINTER % "a", complete=True) == []
        key = (await sources(harness))["bot"]["held"]["key"]
        assert await done(harness, PUSH, source="bot", descriptors=PRINTER % "b") == []
        held = (await sources(harness))["bot"]["held"]
        assert held["entities"] == 2 and held["key"] != key
        [wrong] = await done(harness, ALLOW, source="bot", key=key)
        assert wrong["path"] == ["input", "key"]
        assert await done(harness, ALLOW, source="bot", key=held["key"]) == []
        await gone(harness, {"a", "b"})


async def test_an_orphan_of_a_source_that_is_pushed_to_goes_when_its_time_is_over(tmp_path, database, root):
    async with served(tmp_path, database, root, keep_orphans_seconds=2) as harness:
        assert await done(harness, PUSH, source="bot", descriptors=PRINTER % "a" + "---\n" + PRINTER % "b") == []
        read = (await sources(harness))["bot"]["readAt"]
        assert await done(harness, WITHDRAW, source="bot", refs=["printer:default/b"]) == []
        withdrawn = (await sources(harness))["bot"]["readAt"]
        assert withdrawn > read
        await gone(harness, {"a"})
        assert (await sources(harness))["bot"]["readAt"] == withdrawn, "to look after it is not to hear of it"


async def test_a_source_that_is_not_read_has_no_time_of_reading(tmp_path, database, root):
    asked = "{ catalogStatus { readAt } catalogSources { name every nextAt } }"
    root.mkdir()
    (root / "b.yaml").write_text(PRINTER % "b")
    async with served(tmp_path, database, root, every=5) as harness:
        assert await done(harness, PUSH, source="bot", descriptors=PRINTER % "a") == []
        before = (await harness.ask(asked)).data
        assert [(one["every"], one["nextAt"]) for one in before["catalogSources"][1:]] == [(None, None)] * 2
        files = before["catalogSources"][0]
        assert files["every"] == 5 and files["nextAt"] > before["catalogStatus"]["readAt"]
        assert await done(harness, REFRESH, source="files") == []
        async with asyncio.timeout(30):
            while (now := (await harness.ask(asked)).data)["catalogStatus"] == before["catalogStatus"]:
                await asyncio.sleep(0.1)
        assert now["catalogStatus"]["readAt"] > before["catalogStatus"]["readAt"], "the source that is pushed to holds nothing up"


async def test_a_source_is_refreshed_when_it_is_read_at_all(tmp_path, database, root):
    async with served(tmp_path, database, root) as harness:
        (root / "a.yaml").write_text(PRINTER % "a")
        for source in ("bot", "none", "\0"):
            [wrong] = await done(harness, REFRESH, source=source)
            assert wrong["path"] == ["input", "source"]
        assert await done(harness, REFRESH, source="files") == []
        async with asyncio.timeout(30):
            while await names(harness) != {"a"}:  # noqa: ASYNC110  what reads it tells nobody but the catalog
                await asyncio.sleep(0.1)


async def test_a_source_that_is_in_the_settings_is_not_removed_and_another_is(tmp_path, database, root):
    async with served(tmp_path, database, root) as harness:
        assert await done(harness, PUSH, source="bot", descriptors=PRINTER % "a") == []
        for source in ("bot", "none", "\0"):
            [wrong] = await done(harness, REMOVE, source=source)
            assert wrong["path"] == ["input", "source"]
    (tmp_path / "later").mkdir()
    plugins = {"catalog": {"sources": [], "refresh_seconds": 0}}
    async with running_gateway(tmp_path / "later", {"plugins": plugins, "database": database}) as harness:
        assert await names(harness) == {"a"} and (await sources(harness))["bot"]["provider"] is None
        assert await done(harness, REMOVE, source="bot") == []
        assert await names(harness) == set() and "bot" not in await sources(harness)


async def test_who_may_only_read_changes_nothing(tmp_path, database, root):
    async with served(tmp_path, database, root) as harness:
        for document, given in ((PUSH, {"source": "bot", "descriptors": PRINTER % "a"}), (REMOVE, {"source": "bot"})):
            answer = await harness.ask(document, variables={"input": given}, roles=("viewer",))
            assert [error["extensions"]["code"] for error in answer.errors] == ["FORBIDDEN"]
        assert await names(harness) == set()
