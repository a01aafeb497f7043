"""When a source is read, by which gateway, and how long what it has stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.ingestion.schedule import LEASE, Timing
from callboard_catalog.ingestion.sources import Said
from callboard_sdk.sources import Known, Whole

from .told_sources import ALL, LIMITS, Benched, benched, item

__all__ = ["benched"]


async def test_a_source_is_read_when_it_is_due_or_by_chance_later_and_never_earlier(benched: Benched) -> None:
    async with benched() as bench:
        bench.ingestion.sources["one"] = replace(bench.sources[0], timing=Timing(60.0, 1.0))
        waits = []
        for _ in range(20):
            await bench.read(Whole())
            waits.append((await bench.row()).due - bench.now)
        assert all(60 <= wait <= 120 for wait in waits) and len(set(waits)) > 1


async def test_a_source_is_read_when_it_is_due_and_after_a_failure_sooner_each_time_later(benched: Benched) -> None:
    async with benched() as bench:
        schedule, timings = bench.ingestion.schedule, {"one": Timing(60.0, 0.0)}

        async def due() -> bool:
            async with bench.store.reading() as connection:
                return await schedule.next(connection, timings) is not None

        assert await due()
        await bench.read(Whole())
        assert not await due()
        bench.now += 61
        assert await due()
        for wait in (10, 20, 40, 60, 60):
            await bench.read(RuntimeError("no"))
            bench.now += wait - 1
            assert not await due(), wait
            bench.now += 2
            assert await due(), wait
        row = await bench.row()
        assert (row.failures, row.error) == (5, "RuntimeError: no")
        bench.now -= 1_000_000
        assert await due(), "a clock that jumped back doesn't hold a source up"


async def test_who_is_not_heard_of_loses_a_source_and_can_write_nothing_more(benched: Benched) -> None:
    async with benched() as bench:
        other = Ingestion(bench.sources, LIMITS, bench.store, lambda: bench.now)
        timings = {"one": Timing(60.0, 0.0)}
        async with bench.store.writing() as connection:
            assert await bench.ingestion.schedule.claim(connection, timings, anyhow=True) == "one"
        async with bench.store.writing() as connection:
            assert await other.schedule.claim(connection, timings, anyhow=True) is None
        assert await other.run(["one"]) is False
        bench.now += LEASE + 1
        bench.places["one"].events = [*ALL, Whole()]
        assert await other.run(["one"]) is True
        assert await bench.names() == set("abcdef")

        reached, going = asyncio.Event(), asyncio.Event()

        async def slow(known: Known) -> AsyncIterator[Said]:
            yield item("late")
            reached.set()
            await going.wait()
            yield Whole()

        slowly = Ingestion([replace(bench.sources[0], read=slow)], LIMITS, bench.store, lambda: bench.now)
        reading = asyncio.create_task(slowly.run(["one"]))
        await reached.wait()
        bench.now += LEASE + 1
        assert await other.run(["one"]) is False
        going.set()
        await reading
        assert await bench.names() == set("abcdef"), "the slow one had lost the source, and its reading with it"


async def test_a_first_reading_whose_reader_was_killed_is_another_s_once_the_claim_ends(benched: Benched) -> None:
    async with benched(at_hand=True) as bench:
        dead = Ingestion(bench.sources, LIMITS, bench.store, lambda: bench.now)
        async with bench.store.writing() as connection:
            assert await dead.schedule.claim(connection, {"one": Timing(60.0, 0.0)}, anyhow=True) == "one"
        bench.places["one"].events = [*ALL, Whole()]
        heir = Ingestion(bench.sources, LIMITS, bench.store, lambda: bench.now, tick=0.05)

        async def started() -> None:
            async with heir.running():
                assert await bench.names() == set("abcdef")

        starting = asyncio.create_task(started())
        await asyncio.sleep(0.2)  # it looks, and leaves the source to who has it
        assert await bench.names() == set()
        bench.now += LEASE + 1
        await asyncio.wait_for(starting, 10)


async def test_a_source_that_is_in_no_settings_keeps_what_it_has_till_it_is_removed(benched: Benched) -> None:
    async with benched("one", "two") as bench:
        await bench.read(item("a"), item("b"), Whole(), source="one")
        await bench.read(item("b"), Whole(), source="two")
        less = Ingestion(bench.sources[1:], LIMITS, bench.store, lambda: bench.now)
        await less._declare()
        assert await bench.names() == {"a", "b"}
        assert await less.remove("one") and not await less.remove("one")
        assert await bench.names() == {"b"} and await bench.rules() == []
