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


async def test_what_is_gone_has_no_past_for_who_does_not_see_everything_for_it_may_as_well_be_hidden(tmp_path, database, root):
    files = {"a.yaml": component("a", title="Was"), "b.yaml": component("b", title="Hides")}
    async with served(tmp_path, database, root, files) as harness:
        first = await tick()
        (root / "a.yaml").unlink()
        (root / "b.yaml").write_text(component("b", "secret", "Hides"))
        await again(harness)
        second = await tick()
        assert await title(harness, first) == "Was"
        assert await title(harness, first, ("some", "past")) is None
        assert await differences(harness, ("some", "past"), since=first, until=second) == []


async def test_a_field_of_the_past_is_read_by_what_the_entity_was_and_by_what_it_is(tmp_path, database, root):
    asks = 'query ($at: DateTime!) { entityAt(ref: "component:default/a", at: $at) { name title ... on Component { owner { ref } } } }'
    async with served(tmp_path, database, root, {"a.yaml": component("a", "open", "Then", "user:then")}) as harness:
        first = await tick()
        answer = await harness.ask(asks, {"at": first}, roles=("partly",))
        assert answer.data["entityAt"] == {"name": "a", "title": "Then", "owner": {"ref": "user:default/then"}}
        (root / "a.yaml").write_text(component("a", "secret", "Now", "user:now"))
        await again(harness)
        answer = await harness.ask(asks, {"at": first}, roles=("partly",))
        assert answer.data["entityAt"] == {"name": "a", "title": None, "owner": None}
        assert [error["extensions"]["code"] for error in answer.errors] == ["FORBIDDEN", "FORBIDDEN"]


async def test_a_change_of_what_may_not_be_read_is_no_difference_but_for_who_reads_when_something_changed(
    tmp_path, database, root
):
    files = {"a.yaml": component("a", "secret", "One"), "b.yaml": component("b", "open", "One")}
    async with served(tmp_path, database, root, files) as harness:
        first = await tick()
        (root / "a.yaml").write_text(component("a", "secret", "Two"))
        (root / "b.yaml").write_text(component("b", "open", "Two"))
        await again(harness)
        second = await tick()
        between = {"since": first, "until": second}
        found = await differences(harness, ("partly",), **between)
        assert found == [("b", "CHANGED", "One", "Two")]
        answer = await harness.ask(DIFFERENCES.replace("title", "name"), between, roles=("partly", "past"))
        assert [one["ref"] for one in answer.data["entityDifferences"]] == ["component:default/a", "component:default/b"]


async def test_an_entity_as_it_was_and_as_it_is_are_told_apart_in_one_request(tmp_path, database, root):
    asks = """query ($since: DateTime!, $until: DateTime!) {
      entityDifferences(since: $since, until: $until) { before { spec } after { spec } } entity(ref: "component:default/a") { spec } }"""
    async with served(tmp_path, database, root, {"a.yaml": component("a", owner="user:one")}) as harness:
        first = await tick()
        (root / "a.yaml").write_text(component("a", owner="user:two"))
        await again(harness)
        second = await tick()
        (root / "a.yaml").write_text(component("a", owner="user:three"))
        await again(harness)
        data = (await harness.ask(asks, {"since": first, "until": second})).data
        [difference] = data["entityDifferences"]
        specs = (difference["before"], difference["after"], data["entity"])
        assert [one["spec"]["owner"] for one in specs] == ["user:one", "user:two", "user:three"]


async def test_where_an_entity_stood_is_told_as_of_now_for_no_change_tells_of_a_move(tmp_path, database, root):
    asks = 'query ($at: DateTime!) { entityAt(ref: "component:default/a", at: $at) { title source { location } } }'
    async with served(tmp_path, database, root, {"a.yaml": component("a", title="One")}) as harness:
        first = await tick()
        (root / "a.yaml").rename(root / "b.yaml")
        (root / "b.yaml").write_text(component("a", title="Two"))
        await again(harness)
        answer = await harness.ask(asks, {"at": first})
        assert answer.data["entityAt"] == {"title": "One", "source": {"location": "b.yaml"}}


async def test_documents_that_a_viewer_would_not_see_if_they_stood_are_not_told(tmp_path, database, root):
    files = {"a.yaml": component("a"), "b.yaml": component("a", "secret"), "c.yaml": component("a", "open", "C")}
    async with served(tmp_path, database, root, files) as harness:
        told = {
            roles: (await harness.ask(ORIGIN, roles=(roles,))).data["entity"]["origin"]["others"] for roles in ("admin", "some")
        }
        assert [one["location"] for one in told["admin"]] == ["test: b.yaml", "test: c.yaml"]
        assert [one["location"] for one in told["some"]] == ["test: c.yaml"]


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


async def test_what_stays_of_a_source_that_can_not_be_read_is_told_with_its_age_and_why(tmp_path, database, root):
    asked = '{ entity(ref: "component:default/a") { origin { kept readAt lastError } } catalogStatus { readAt lastError } }'
    async with served(tmp_path, database, root, {"a.yaml": component("a")}) as harness:
        before = (await harness.ask(asked)).data
        assert before["entity"]["origin"] == {"kept": False, **before["catalogStatus"]}
        root.rename(root.with_name("away"))
        await again(harness)
        now = (await harness.ask(asked)).data
        assert now["entity"]["origin"] == {"kept": True, **now["catalogStatus"]}
        assert now["catalogStatus"]["readAt"] == before["catalogStatus"]["readAt"]
        assert "names no file" in now["catalogStatus"]["lastError"]
        [origin] = [(await harness.ask(asked, roles=("some",))).data["entity"]["origin"]]
        assert origin == {**now["entity"]["origin"], "lastError": None}
        root.with_name("away").rename(root)
        await again(harness)
        assert (await harness.ask(asked)).data["entity"]["origin"]["kept"] is False
