"""The catalog's past: what an entity was, what differs between two instants, and why an entity is there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from gateway.testing import Harness

from .test_catalog_changes import again, component, served

AT = 'query ($at: DateTime!) { entityAt(ref: "component:default/a", at: $at) { name title tags } }'
DIFFERENCES = """query ($since: DateTime!, $until: DateTime!, $first: Int, $after: EntityRef) {
  entityDifferences(since: $since, until: $until, first: $first, after: $after) { ref kind before { title } after { title } } }"""
ORIGIN = '{ entity(ref: "component:default/a") { origin { source location line kept orphanedAt others { location line } } } }'


async def tick() -> str:
    """An instant that lies apart from all that is written before and after it."""
    await asyncio.sleep(0.02)
    now = datetime.now(UTC).isoformat()
    await asyncio.sleep(0.02)
    return now


async def title(harness: Harness, at: str, roles: tuple[str, ...] = ("admin",)) -> str | None:
    answer = await harness.ask(AT, variables={"at": at}, roles=roles)
    assert answer.errors == []
    return answer.data["entityAt"] and answer.data["entityAt"]["title"]


async def differences(harness: Harness, roles: tuple[str, ...] = ("admin",), **given: object) -> list[tuple[object, ...]]:
    answer = await harness.ask(DIFFERENCES, variables=given, roles=roles)
    assert answer.errors == []
    return [
        (
            one["ref"].rpartition("/")[2],
            one["kind"],
            one["before"] and one["before"]["title"],
            one["after"] and one["after"]["title"],
        )
        for one in answer.data["entityDifferences"]
    ]


async def test_an_entity_is_told_as_it_was_and_what_differs_between_two_instants(tmp_path, database, root):
    never = datetime(2000, 1, 1, tzinfo=UTC).isoformat()
    files = {"a.yaml": component("a", title="One"), "b.yaml": component("b"), "d.yaml": component("d", title="Same")}
    async with served(tmp_path, database, root, files) as harness:
        first = await tick()
        (root / "a.yaml").write_text(component("a", title="Two"))
        (root / "b.yaml").unlink()
        (root / "c.yaml").write_text(component("c", title="New"))
        (root / "d.yaml").write_text(component("d", title="Other"))
        await again(harness)
        second = await tick()
        (root / "a.yaml").unlink()
        (root / "d.yaml").write_text(component("d", title="Same"))
        await again(harness)
        third = await tick()
        assert [await title(harness, at) for at in (never, first, second, third)] == [None, "One", "Two", None]
        changes = [
            ("a", "CHANGED", "One", "Two"),
            ("b", "REMOVED", "T", None),
            ("c", "CREATED", None, "New"),
            ("d", "CHANGED", "Same", "Other"),
        ]
        assert await differences(harness, since=first, until=second) == changes
        assert await differences(harness, since=first, until=second, first=2) == changes[:2]
        assert await differences(harness, since=first, until=second, first=2, after="component:default/b") == changes[2:]
        assert await differences(harness, since=first, until=third) == [
            ("a", "REMOVED", "One", None), ("b", "REMOVED", "T", None), ("c", "CREATED", None, "New"),
        ]  # fmt: skip
        assert await differences(harness, since=third, until=third) == []
        for wrong in ({"since": second, "until": first}, {"since": first, "until": second, "first": 0}):
            answer = await harness.ask(DIFFERENCES, variables=wrong)
            assert [error["extensions"]["code"] for error in answer.errors] == ["BAD_ARGUMENT"]


async def test_what_a_viewer_may_not_see_then_or_now_has_no_past(tmp_path, database, root):
    roles = ("some", "past")
    files = {"a.yaml": component("a", "secret", "Hidden"), "b.yaml": component("b", "secret")}
    async with served(tmp_path, database, root, files) as harness:
        first = await tick()
        (root / "a.yaml").write_text(component("a", "open", "Shown"))
        (root / "b.yaml").write_text(component("b", "secret", "Still"))
        await again(harness)
        second = await tick()
        assert [await title(harness, at, roles) for at in (first, second)] == [None, "Shown"]
        assert await differences(harness, roles, since=first, until=second) == [("a", "CREATED", None, "Shown")]
        (root / "a.yaml").write_text(component("a", "secret", "Hidden"))
        await again(harness)
        assert await title(harness, second, roles) is None
        assert await differences(harness, roles, since=first, until=second) == []


async def test_why_an_entity_is_there_is_told_with_the_documents_that_would_stand_for_it(tmp_path, database, root):
    files = {"a.yaml": component("x") + "---\n" + component("a"), "b.yaml": component("a", title="B")}
    async with served(tmp_path, database, root, files) as harness:
        answer = await harness.ask(ORIGIN)
        assert answer.errors == []
        assert answer.data["entity"]["origin"] == {
            "source": "test", "location": "a.yaml", "line": 6, "kept": False, "orphanedAt": None,
            "others": [{"location": "test: b.yaml", "line": 1}],
        }  # fmt: skip
        (root / "a.yaml").write_text("a: b: c")
        (root / "b.yaml").unlink()
        await again(harness)
        origin = (await harness.ask(ORIGIN)).data["entity"]["origin"]
        assert (origin["location"], origin["kept"], origin["others"]) == ("a.yaml", True, [])
