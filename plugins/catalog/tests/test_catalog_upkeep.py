"""What nobody needs any more is forgotten, by one gateway, in batches; the catalog of now stays as it is, and its version too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.ingestion.upkeep import Upkeep
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.journal import VERSION
from callboard_catalog.records.tables import ChangeRow, TermRow
from callboard_sdk import decode_cursor
from gateway.testing import Harness
from sqlalchemy import select, text, update
from sqlmodel import col

from .test_catalog_changes import ENTITIES, again, component, served
from .test_catalog_history import AT, DIFFERENCES, differences, tick, title

DAY = 86_400.0
ALL = """{ entities(first: 50) { totalCount nodes { ref title tags owner { ref } relations { type ref } problems { rule } } }
  entityFacets(by: [{field: TAG}, {field: OWNER}]) { values { value count } } search(text: "t", first: 9) { nodes { entity { ref } } } }"""


def store_of(harness: Harness) -> CatalogStore:
    return harness.gateway.plugins.runtimes["catalog"].resources[CatalogStore]


def upkeep_of(harness: Harness, days: int | None = 100, *, ahead: float = 0.0, at_once: int = 2) -> Upkeep:
    """One that is so many seconds ahead, so that what was just written is as old for it."""
    return Upkeep(store_of(harness), days, lambda: datetime.now(UTC).timestamp() + ahead, at_once=at_once)


async def changes(harness: Harness) -> list[int]:
    return [number for (number,) in await store_of(harness).select(select(col(ChangeRow.number)).order_by(col(ChangeRow.number)))]


async def terms(harness: Harness) -> dict[str, int]:
    rows = await store_of(harness).select(select(col(TermRow.text), col(TermRow.id)))
    return {one: number for one, number in rows}  # noqa: C416  rows are no tuples


async def version(harness: Harness) -> int:
    return int((await store_of(harness).select(select(VERSION)))[0][0])


async def test_the_past_is_told_as_far_as_it_is_kept_and_an_error_says_since_when(tmp_path, database, root):
    async with served(tmp_path, database, root, {"a.yaml": component("a", title="One")}) as harness:
        long_ago = datetime.now(UTC) - timedelta(days=101)
        async with store_of(harness).writing() as connection:
            await connection.execute(update(ChangeRow).values(at=long_ago.timestamp()))
        (root / "a.yaml").write_text(component("a", title="Two"))
        await again(harness)
        two = await tick()
        (root / "a.yaml").write_text(component("a", title="Three"))
        await again(harness)
        asked, now, seen = (
            await title(harness, (long_ago + timedelta(hours=1)).isoformat()),
            await version(harness),
            await changes(harness),
        )
        assert asked == "One"
        before = await harness.ask(ALL)
        removed, _ = await upkeep_of(harness).run() or (0, 0)
        assert removed == len(seen) - len(await changes(harness)) > 0
        assert await version(harness) == now
        assert (await harness.ask(ALL)).data == before.data
        assert await title(harness, two) == "Two"
        for document, variables in (
            (AT, {"at": (long_ago + timedelta(hours=1)).isoformat()}),
            (DIFFERENCES, {"since": long_ago.isoformat(), "until": two}),
        ):
            [error] = (await harness.ask(document, variables=variables)).errors
            assert error["extensions"]["code"] == "BAD_ARGUMENT"
            since = datetime.fromtimestamp(await store_of(harness).known_from(), UTC).isoformat(timespec="seconds")
            assert error["message"].startswith(f"changes are known since {since}, and `")
        assert await differences(harness, since=two, until=await tick()) == [("a", "CHANGED", "Two", "Three")]


async def test_a_cursor_that_is_older_than_what_is_kept_is_told_so(tmp_path, database, root):
    async with served(tmp_path, database, root, {}) as harness:
        async with harness.listen(ENTITIES) as answers:
            for name in "abc":
                (root / f"{name}.yaml").write_text(component(name))
                await again(harness)
            cursors = [(await anext(answers)).data["entityChanges"]["cursor"] for _ in range(3)]
        old, new = [float(decode_cursor(cursor).partition("/")[0]) for cursor in cursors[:2]]
        middle = DAY + (old + new) / 2
        assert await Upkeep(store_of(harness), 1, lambda: middle).run() is not None
        async with harness.listen(ENTITIES, {"after": cursors[0]}) as answers:
            [error] = (await anext(answers)).errors
            assert error["extensions"]["code"] == "BAD_ARGUMENT"
            assert "and the cursor is older: ask for what there is now" in error["message"]
        async with harness.listen(ENTITIES, {"after": cursors[1]}) as answers:
            assert (await anext(answers)).data["entityChanges"]["ref"] == "component:default/c"


async def test_the_last_change_is_never_forgotten_so_no_version_comes_twice(tmp_path, database, root):
    async with served(tmp_path, database, root, {"a.yaml": component("a")}) as harness:
        now = await version(harness)
        assert len(await changes(harness)) > 1
        assert await upkeep_of(harness, ahead=1000 * DAY).run() is not None
        assert await changes(harness) == [now] and await version(harness) == now
        assert (await harness.ask("{ catalogStatus { changedAt } }")).data["catalogStatus"]["changedAt"] is not None
        (root / "b.yaml").write_text(component("b"))
        await again(harness)
        assert min(set(await changes(harness)) - {now}) == now + 1


async def test_nothing_of_the_past_is_forgotten_where_it_is_kept_for_ever(tmp_path, database, root):
    async with served(tmp_path, database, root, {"a.yaml": component("a")}) as harness:
        before = await changes(harness)
        removed, _ = await upkeep_of(harness, None, ahead=1000 * DAY).run() or (None, None)
        assert removed == 0 and await changes(harness) == before and await store_of(harness).known_from() == 0


async def test_one_of_all_gateways_has_the_turn_once_a_day(tmp_path, database, root):
    async with served(tmp_path, database, root, {"a.yaml": component("a")}) as harness:
        both = [upkeep_of(harness), upkeep_of(harness)]
        assert sorted(done is None for done in await asyncio.gather(*(one.run() for one in both))) == [False, True]
        assert await upkeep_of(harness, ahead=DAY / 2).run() is None
        assert await upkeep_of(harness, ahead=DAY + 60).run() is not None
        assert await upkeep_of(harness, ahead=-9 * DAY).run() is not None, "a clock was ahead"


async def test_texts_that_nothing_refers_to_are_forgotten_and_all_others_stay(tmp_path, database, root):
    files = {"a.yaml": component("a", "kept", title="Kept"), "b.yaml": component("b", "lost", title="Lost", owner="user:lost")}
    async with served(tmp_path, database, root, files) as harness:
        (root / "b.yaml").unlink()
        (root / "c.yaml").write_text(component("c", title="Last"))
        await again(harness)
        before, shown = await terms(harness), (await harness.ask(ALL)).data
        lost = {one for one in before if "lost" in one.lower()}
        assert len(lost) >= 3
        assert await upkeep_of(harness, None).run() is not None
        after = await terms(harness)
        assert not lost & after.keys()
        assert "component:default/b" in after, "the journal tells of it"
        assert before.items() >= after.items()
        assert (await harness.ask(ALL)).data == shown
        assert await referred(harness) <= set(after.values())
        assert max(after.values()) == max(before.values()), "no number is given twice"
        await upkeep_of(harness, 1, ahead=9 * DAY).run()
        assert "component:default/b" not in await terms(harness)
        assert await referred(harness) <= set((await terms(harness)).values())
        (root / "b.yaml").write_text(component("b", "lost", title="Lost", owner="user:lost"))
        await again(harness)
        found = (await harness.ask('{ entity(ref: "component:default/b") { title tags owner { ref } } }')).data["entity"]
        assert found == {"title": "Lost", "tags": ["lost"], "owner": {"ref": "user:default/lost"}}
        assert min(set((await terms(harness)).values()) - set(after.values())) > max(before.values())


COLUMNS = (
    "catalog_document.entity", "catalog_entity.id", "catalog_mark.term", "catalog_mark.entity", "catalog_relation.source",
    "catalog_relation.type", "catalog_relation.target", "catalog_change.entity", "catalog_unchecked.entity", "catalog_problem.follows",
)  # fmt: skip


async def referred(harness: Harness) -> set[int]:
    """All terms that rows refer to."""
    parts = " UNION ".join(f"SELECT {one.partition('.')[2]} AS term FROM {one.partition('.')[0]}" for one in COLUMNS)
    rows = await store_of(harness).select(text(f"SELECT term FROM ({parts}) AS parts WHERE term IS NOT NULL"))
    return {number for (number,) in rows}


async def test_it_goes_on_beside_writers_and_loses_nothing_of_theirs(tmp_path, database, root):
    files = {f"{n}.yaml": component(f"c{n}", f"tag{n}", f"T{n}", f"user:u{n}") for n in range(12)}
    async with served(tmp_path, database, root, files) as harness:
        ingestion = harness.gateway.plugins.runtimes["catalog"].resources[Ingestion]
        stop = asyncio.Event()

        async def write(names: Iterator[int]) -> None:
            for n in names:
                (root / f"{n % 12}.yaml").write_text(component(f"c{n % 12}", f"tag{n % 5}", f"T{n % 7}", f"user:u{n % 3}"))
                await ingestion.run()
            stop.set()

        async def forget() -> None:
            ahead = 0.0
            while not stop.is_set():
                ahead += 2 * DAY
                await upkeep_of(harness, 1, ahead=ahead, at_once=3).run()

        await asyncio.gather(write(iter(range(40))), forget())
        assert await referred(harness) <= set((await terms(harness)).values())
        answer = await harness.ask("{ entities(first: 50) { nodes { name tags title owner { ref } } } }")
    nodes = {node["name"]: node for node in answer.data["entities"]["nodes"]}
    assert nodes == {
        f"c{n % 12}": {
            "name": f"c{n % 12}",
            "tags": [f"tag{n % 5}"],
            "title": f"T{n % 7}",
            "owner": {"ref": f"user:default/u{n % 3}"},
        }
        for n in range(28, 40)
    }


@pytest.mark.parametrize("broken", [False, True])
async def test_it_begins_by_itself_and_a_failure_ends_nothing(tmp_path, database, root, monkeypatch, broken, caplog):
    import callboard_catalog.ingestion.upkeep as module

    monkeypatch.setattr(module, "_FIRST", 0.01)
    monkeypatch.setattr(module, "_LOOK", 0.01)
    turns = asyncio.Queue[int]()
    take: Callable[..., Awaitable[bool]] = module.take_turn

    async def counted(*given: Any) -> bool:
        await turns.put(1)
        if broken:
            raise RuntimeError("out of luck")
        return await take(*given)

    monkeypatch.setattr(module, "take_turn", counted)
    async with asyncio.timeout(30), served(tmp_path, database, root, {"a.yaml": component("a")}) as harness:
        for _ in range(3):
            await turns.get()
        assert (await harness.ask("{ entities(first: 1) { totalCount } }")).data["entities"]["totalCount"] == 1
        assert (await store_of(harness).known_from() > 0) is not broken
