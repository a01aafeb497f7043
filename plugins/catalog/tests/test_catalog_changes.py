"""Subscriptions to the catalog: what changes is told in order, as far as the viewer sees it, and again from a cursor on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.queries.changes import Changes
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.tables import ChangeRow
from callboard_sdk import decode_cursor, encode_cursor
from gateway.testing import Answer, Harness, running_gateway
from sqlalchemy import update

COMPONENT = (
    "apiVersion: a/v1\nkind: Component\nmetadata: {name: %s, tags: [%s], title: %s}\nspec: {type: t, lifecycle: l, owner: %s}\n"
)
ENTITIES = "subscription ($after: String) { entityChanges(after: $after) { cursor kind ref entity { name title } } }"
PROBLEMS = "subscription { problemChanges { kind problem { rule entity } } }"
SINCE = "subscription { problemChanges { kind at problem { since } } }"
LISTED = '{ problems(first: 9, filter: {rule: "catalog.title"}) { nodes { since } } }'
SOURCES = "subscription { sourceChanges { kind source { name lastError } } }"
RULES = """roles:
  admin:
    rules:
      - allow: "*"
  some:
    rules:
      - {allow: permission:catalog.read, when: {hasTag: {tag: open}}}
      - allow: permission:catalog.problems.read
  sources:
    rules:
      - allow: permission:catalog.sources.read
  past:
    rules:
      - allow: permission:catalog.history.read
  partly:
    rules:
      - allow: permission:catalog.read
      - {deny: Component.title, when: {hasTag: {tag: secret}}}
      - {deny: Component.owner, when: {hasTag: {tag: secret}}}
      - {deny: Component.relations, when: {hasTag: {tag: secret}}}
      - {deny: Component.tags}
      - allow: Query.entityAt
      - allow: Query.entityDifferences
"""


def component(name: str, tag: str = "open", title: str = "T", owner: str = "user:x") -> str:
    return COMPONENT % (name, tag, title, owner)


@asynccontextmanager
async def served(tmp_path: Path, database: Mapping[str, str], root: Path, files: Mapping[str, str]) -> AsyncIterator[Harness]:
    root.mkdir()
    for name, text in files.items():
        (root / name).write_text(text)
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    source = {"name": "test", "paths": [str(root)], "root": str(root), "removal_share": 1.0}
    plugins = {"catalog": {"sources": [source], "refresh_seconds": 0}}
    settings = {"plugins": plugins, "database": database, "policies": {"rules": str(rules)}}
    async with running_gateway(tmp_path, settings) as harness:
        yield harness


async def again(harness: Harness) -> None:
    await harness.gateway.plugins.runtimes["catalog"].resources[Ingestion].run()


async def told(answers: AsyncIterator[Answer], count: int) -> list[Any]:
    found = []
    async with asyncio.timeout(10):
        while len(found) < count:
            answer = await anext(answers)
            assert answer.errors == []
            [value] = answer.data.values()
            found.append(value)
    return found


def brief(events: list[Any]) -> list[tuple[Any, ...]]:
    return [(event["kind"], event["ref"], event["entity"] and event["entity"]["title"]) for event in events]


async def test_changes_of_entities_are_told_in_order_and_again_from_a_cursor(tmp_path, database, root):
    async with served(tmp_path, database, root, {"a.yaml": component("a")}) as harness:
        async with harness.listen(ENTITIES) as answers:
            (root / "b.yaml").write_text(component("b"))
            await again(harness)
            (root / "a.yaml").write_text(component("a", title="New"))
            await again(harness)
            (root / "a.yaml").unlink()
            await again(harness)
            events = await told(answers, 3)
        ref = "component:default/%s"
        assert brief(events) == [("CREATED", ref % "b", "T"), ("CHANGED", ref % "a", "New"), ("REMOVED", ref % "a", None)]
        async with harness.listen(ENTITIES, {"after": events[0]["cursor"]}) as answers:
            assert await told(answers, 2) == events[1:]
        for wrong in ("azpub25l", "garbage", ""):
            async with harness.listen(ENTITIES, {"after": wrong}) as answers:
                [error] = (await anext(answers)).errors
            assert error["extensions"]["code"] == "BAD_ARGUMENT"
            assert "none of this subscription: give the `cursor` of one of its events" in error["message"]


async def test_what_a_viewer_does_not_see_changes_without_a_word(tmp_path, database, root):
    files = {"a.yaml": component("a"), "h.yaml": component("h", "secret")}
    ref = "component:default/h"
    async with served(tmp_path, database, root, files) as harness, harness.listen(ENTITIES, roles=("some",)) as answers:
        for text, event in (
            (component("h", "secret", "Other"), None),
            (component("h", "open"), ("CREATED", ref, "T")),
            (component("h", "open", "More"), ("CHANGED", ref, "More")),
            (component("h", "secret"), ("REMOVED", ref, None)),
        ):
            (root / "h.yaml").write_text(text)
            await again(harness)
            if event:
                assert brief(await told(answers, 1)) == [event]
        (root / "h.yaml").unlink()
        (root / "a.yaml").write_text(component("a", title="Last"))
        await again(harness)
        assert brief(await told(answers, 1)) == [("CHANGED", "component:default/a", "Last")]


async def test_of_what_is_gone_or_hidden_by_now_a_late_listener_is_told_nothing_but_that(tmp_path, database, root):
    files = {"a.yaml": component("a"), "b.yaml": component("b"), "c.yaml": component("c", title="First")}
    async with served(tmp_path, database, root, files) as harness, harness.listen(ENTITIES, roles=("some",)) as answers:
        (root / "a.yaml").write_text(component("a", title="Kept from you"))
        (root / "b.yaml").write_text(component("b", title="Gone"))
        await again(harness)
        (root / "a.yaml").write_text(component("a", "secret", "Kept from you"))
        (root / "b.yaml").unlink()
        (root / "c.yaml").write_text(component("c", title="Last"))
        await again(harness)
        ref = "component:default/%s"
        expected = [("REMOVED", ref % "a", None), ("REMOVED", ref % "b", None), ("CHANGED", ref % "c", "Last")]
        assert sorted(brief(await told(answers, 3)), key=lambda event: event[1]) == expected


async def test_a_change_of_what_may_not_be_read_is_told_to_who_reads_when_something_changed_alone(tmp_path, database, root):
    asks = "subscription { entityChanges { ref kind } }"
    async with served(tmp_path, database, root, {"a.yaml": component("a", "secret", "One")}) as harness:
        async with harness.listen(asks, roles=("partly",)) as some, harness.listen(asks, roles=("partly", "past")) as more:
            (root / "a.yaml").write_text(component("a", "secret", "Two"))
            await again(harness)
            (root / "b.yaml").write_text(component("b"))
            await again(harness)
            a, b = ({"ref": "component:default/a", "kind": "CHANGED"}, {"ref": "component:default/b", "kind": "CREATED"})
            assert await told(some, 1) == [b]
            assert await told(more, 2) == [a, b]


async def test_what_is_long_past_is_told_to_who_may_read_when_entities_change(tmp_path, database, root):
    asks = (
        "subscription ($after: String) { entityChanges(after: $after) { ref } }",
        "subscription ($after: String) { problemChanges(after: $after) { problem { entity } } }",
    )
    async with served(tmp_path, database, root, {"a.yaml": component("a")}) as harness:
        resources = harness.gateway.plugins.runtimes["catalog"].resources
        async with resources[CatalogStore].writing() as connection:
            await connection.execute(update(ChangeRow).values(at=ChangeRow.at - 7_200))
        resources[Changes]._last.clear()
        (root / "b.yaml").write_text(component("b"))
        await again(harness)
        a, b = ({"ref": f"component:default/{name}"} for name in "ab")
        for ask, old, new in ((asks[0], a, b), (asks[1], {"problem": {"entity": a["ref"]}}, {"problem": {"entity": b["ref"]}})):
            for roles, first in ((("partly", "some"), new), (("partly", "some", "past"), old)):
                async with harness.listen(ask, {"after": encode_cursor("0.0/")}, roles=roles) as answers:
                    assert await told(answers, 1) == [first]


async def test_a_cursor_of_a_hidden_change_is_taken_like_one_of_no_change(tmp_path, database, root):
    async with served(tmp_path, database, root, {}) as harness, harness.listen(ENTITIES, roles=("some",)) as answers:
        (root / "b.yaml").write_text(component("b"))
        (root / "h.yaml").write_text(component("h", "secret"))
        await again(harness)
        [event] = await told(answers, 1)
        at = decode_cursor(event["cursor"]).partition("/")[0]
        for name in ("component:default/a", "component:default/h", "component:default/x", "component:inner/b"):
            async with harness.listen(ENTITIES, {"after": encode_cursor(f"{at}/{name}")}, roles=("some",)) as again_:
                (root / "c.yaml").write_text(component("c", title=f"For {name}"))
                await again(harness)
                events = await told(again_, 2 if name < event["ref"] else 1)
                assert [one["ref"][-1] for one in events if one["ref"][-1] != "c"] == ["b"] * (name < event["ref"])


async def test_changes_of_one_instant_are_told_by_name_whatever_was_named_first(tmp_path, database, root):
    async with served(tmp_path, database, root, {"h.yaml": component("h", "secret", owner="component:z")}) as harness:
        async with harness.listen(ENTITIES, roles=("some",)) as answers:
            (root / "all.yaml").write_text("---\n".join(map(component, ("z", "m", "a"))))
            await again(harness)
            assert [event["ref"][-1] for event in await told(answers, 3)] == ["a", "m", "z"]


async def test_an_entity_that_comes_into_sight_brings_its_problems(tmp_path, database, root):
    files = {"h.yaml": component("h", "secret", "7"), "g.yaml": component("g", "secret")}
    async with served(tmp_path, database, root, files) as harness, harness.listen(PROBLEMS, roles=("some",)) as answers:
        (root / "g.yaml").write_text(component("g", "secret", "8"))
        await again(harness)
        for name in ("h", "g"):
            (root / f"{name}.yaml").write_text(component(name, "open", {"h": "7", "g": "8"}[name]))
            await again(harness)
            [event] = await told(answers, 1)
            assert (event["kind"], event["problem"]["entity"]) == ("CREATED", f"component:default/{name}")


async def test_an_entity_that_was_hidden_with_its_problem_is_told_as_one_that_was_not_there(tmp_path, database, root):
    async with served(tmp_path, database, root, {"h.yaml": component("h", "secret", "7")}) as harness:
        async with harness.listen(SINCE) as all_of_them, harness.listen(SINCE, roles=("some",)) as some:
            for name in ("h", "n"):
                (root / f"{name}.yaml").write_text(component(name, "open", "7"))
            await again(harness)
            came = await told(some, 2)
            assert [event["problem"]["since"] for event in came] == [event["at"] for event in came]
            assert (await harness.ask(LISTED, roles=("some",))).data["problems"]["nodes"] == [{"since": None}] * 2
            assert all(one["since"] for one in (await harness.ask(LISTED)).data["problems"]["nodes"])
            for name in ("h", "n"):
                (root / f"{name}.yaml").write_text(component(name))
            await again(harness)
            assert [event["problem"]["since"] for event in await told(some, 2)] == [None, None]
            assert all(event["problem"]["since"] for event in await told(all_of_them, 3))


async def test_problems_come_and_go_for_who_may_know_of_them(tmp_path, database, root):
    async with served(tmp_path, database, root, {"a.yaml": component("a"), "h.yaml": component("h", "secret")}) as harness:
        async with harness.listen(PROBLEMS) as all_of_them, harness.listen(PROBLEMS, roles=("some",)) as some:
            (root / "h.yaml").write_text(component("h", "secret", "7"))
            await again(harness)
            (root / "a.yaml").write_text(component("a", title="7"))
            await again(harness)
            (root / "a.yaml").write_text(component("a"))
            await again(harness)
            rule, a, h = "catalog.title", "component:default/a", "component:default/h"
            assert [(e["kind"], e["problem"]) for e in await told(all_of_them, 3)] == [
                ("CREATED", {"rule": rule, "entity": h}), ("CREATED", {"rule": rule, "entity": a}),
                ("REMOVED", {"rule": rule, "entity": a}),
            ]  # fmt: skip
            assert [(e["kind"], e["problem"]["entity"]) for e in await told(some, 2)] == [("CREATED", a), ("REMOVED", a)]


async def test_a_source_that_begins_to_fail_and_is_read_again_is_told(tmp_path, database, root, monkeypatch):
    import callboard_catalog.ingestion.visit as module

    def fail(*given: object) -> None:
        raise RuntimeError("out of luck")

    async with served(tmp_path, database, root, {"a.yaml": component("a")}) as harness, harness.listen(SOURCES) as answers:
        with monkeypatch.context() as patch:
            patch.setattr(module, "FilesReader", fail)
            await again(harness)
            assert await told(answers, 1) == [
                {"kind": "CHANGED", "source": {"name": "test", "lastError": "RuntimeError: out of luck"}}
            ]
        await again(harness)
        assert await told(answers, 1) == [{"kind": "CHANGED", "source": {"name": "test", "lastError": None}}]


async def test_what_keeps_a_source_failing_and_what_it_holds_back_is_told_to_who_sees_every_entity(
    tmp_path, database, root, monkeypatch
):
    import callboard_catalog.ingestion.visit as module

    luck = iter(("bad", "worse"))

    def fail(*given: object) -> None:
        raise RuntimeError(next(luck))

    async with served(tmp_path, database, root, {"a.yaml": component("a")}) as harness:
        async with harness.listen(SOURCES) as every, harness.listen(SOURCES, roles=("some", "sources")) as some:
            with monkeypatch.context() as patch:
                patch.setattr(module, "FilesReader", fail)
                await again(harness)
                await again(harness)
            await again(harness)
            assert [event["kind"] for event in await told(every, 3)] == ["CHANGED"] * 3
            assert [event["kind"] for event in await told(some, 2)] == ["CHANGED"] * 2


async def test_what_another_gateway_writes_is_told_too(tmp_path, postgresql, root):
    database = {"url": postgresql.emptied()}
    async with served(tmp_path, database, root, {"a.yaml": component("a")}) as one:
        (tmp_path / "two").mkdir()
        async with one.listen(ENTITIES) as answers:
            (root / "b.yaml").write_text(component("b"))
            source = {"name": "test", "paths": [str(root)], "root": str(root)}
            plugins = {"catalog": {"sources": [source], "refresh_seconds": 0}}
            async with running_gateway(tmp_path / "two", {"plugins": plugins, "database": database}):
                assert brief(await told(answers, 1)) == [("CREATED", "component:default/b", "T")]
