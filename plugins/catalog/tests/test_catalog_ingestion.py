"""Readings that fail, stop, lie or come twice: nothing is lost without proof, and what comes out is the same."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_sdk import Page
from callboard_sdk.sources import Files, Gone, Item, Part, Same, Unread, Whole

from .told_sources import ALL, AWAY, LIMITS, PRINTER, Bench, Benched, Files_, benched, descriptor, item

__all__ = ["benched"]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([*ALL[:2], RuntimeError("429 Too Many Requests")], id="an error half-way"),
        pytest.param([RuntimeError("500")], id="an error at once"),
        pytest.param([*ALL[:2], TimeoutError("it took too long")], id="a time-out half-way"),
        pytest.param([*ALL[:2]], id="an end that says nothing"),
        pytest.param([*ALL[:2], Part()], id="only what changed"),
        pytest.param([*ALL[:2], Unread("", AWAY), Whole()], id="a whole reading that could not read all"),
        pytest.param([Unread("", AWAY), Whole()], id="nothing could be read"),
        pytest.param([*ALL[:2], *(Unread(name, AWAY) for name in "cdef"), Whole()], id="items could not be read"),
        pytest.param([*(Same(name) for name in "abcdef"), Whole()], id="all is as it was"),
        pytest.param([Item("a", text="kind: [\n"), *(Same(name) for name in "bcdef"), Whole()], id="a text that is no YAML"),
        pytest.param([Item("a", text=""), *(Same(name) for name in "bcdef"), Unread("a", AWAY), Whole()], id="an empty text in doubt"),
    ],
)  # fmt: skip
async def test_what_does_not_prove_that_an_entity_is_gone_loses_none(benched: Benched, events: list[Any]) -> None:
    async with benched(removal_floor=0, removal_share=1.0) as bench:
        assert await bench.read(*ALL, Whole())
        await bench.read(*events)
        found = await bench.names()
        assert found >= set("bcdef")
        assert found == set("abcdef") or events[0].text == ""
        await bench.read(*ALL, Whole())
        assert await bench.names() == set("abcdef") and await bench.rules() == []


async def test_what_a_whole_reading_does_not_name_is_gone_and_what_is_gone_is_gone(benched: Benched) -> None:
    async with benched() as bench:
        await bench.read(*ALL, Whole())
        await bench.read(*ALL[1:], Whole())
        assert await bench.names() == set("bcdef")
        await bench.read(Gone("b"), Part())
        assert await bench.names() == set("cdef")
        await bench.read(*(Same(name) for name in "cdef"), Whole())
        assert await bench.names() == set("cdef") and await bench.rules() == []


async def test_an_empty_listing_removes_nothing_till_a_person_says_so(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(*ALL, Whole())
        await bench.read(Whole())
        row = await bench.row()
        assert await bench.names() == set("abcdef") and await bench.rules() == ["orphaned"] * 6 + ["removal-held"]
        assert (row.held, row.held_of) == (6, 6)
        await bench.read(*ALL, Whole())
        assert (await bench.row()).held_key is None and await bench.rules() == []
        await bench.read(*ALL[:3], Whole())
        await bench.allow()
        await bench.read(Whole())
        assert await bench.names() == set("abc") and "removal-held" in await bench.rules(), "the key was for the others alone"
        await bench.allow()
        await bench.read(Whole())
        assert await bench.names() == set() and await bench.rules() == []


async def test_what_is_held_back_stays_so_while_nothing_changes_till_it_is_let_go(benched: Benched) -> None:
    tree = {f"{name}.yaml": PRINTER % name for name in "abcdef"}
    less = {path: text for path, text in tree.items() if path > "d"}
    async with benched(removal_floor=2) as bench:
        await bench.read(Files("repo", Files_(tree), [""], "v1"), Whole())
        await bench.read(Files("repo", Files_(less), [""], "v2"), Whole())
        before = await bench.row()
        assert (before.held, before.held_of) == (3, 6)
        for events in (
            [Same("repo"), Whole()],
            [Part()],
            [Unread("", AWAY), Whole()],
            [item("other"), Unread("repo", AWAY), Whole()],
            [Gone("other"), Part()],
            [RuntimeError("500")],
            [Files("repo", Files_(less), [""], "v2"), Whole()],
        ):
            await bench.read(*events)
            row = await bench.row()
            assert (row.held, row.held_key) == (3, before.held_key), events
            assert await bench.names() - {"other"} == set("abcdef") and "removal-held" in await bench.rules()
        await bench.allow()
        await bench.read(Same("repo"), Whole())
        assert await bench.names() == set("def") and await bench.rules() == []
        assert (await bench.row()).held_key is None


@pytest.mark.parametrize("events", [[Unread("", AWAY), Whole()], [RuntimeError("500")], [Part()], []], ids=str)
async def test_what_is_let_go_goes_whatever_the_next_reading_says(benched: Benched, events: list[Any]) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(*ALL, Whole())
        await bench.read(*ALL[3:], Whole())
        await bench.allow()
        await bench.read(*events)
        assert await bench.names() == set("def") and "removal-held" not in await bench.rules()


async def test_what_comes_back_is_held_back_no_more_and_the_rest_is_judged_anew(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(*ALL, Whole())
        await bench.read(*ALL[5:], Whole())
        assert (await bench.row()).held == 5
        await bench.read(ALL[0], ALL[1], Part())
        assert (await bench.row()).held == 3
        await bench.read(Same("c"), Part())
        assert (await bench.row()).held_key is None and await bench.rules() == []
        assert await bench.names() == set("abcf"), "two may go without a person's word"


async def test_what_else_goes_leaves_what_is_held_back_and_a_person_s_word_on_it_alone(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(*ALL, Whole())
        await bench.read(*ALL[:3], Whole())
        key = (await bench.row()).held_key
        await bench.read(Gone("a"), item("g"), Part())
        row = await bench.row()
        assert await bench.names() == set("bcdefg") and (row.held, row.held_of, row.held_key) == (3, 6, key)


async def test_an_orphan_s_time_runs_out_while_nothing_changes(benched: Benched) -> None:
    tree = {f"{name}.yaml": PRINTER % name for name in "ab"}
    async with benched(keep_orphans_seconds=600.0) as bench:
        await bench.read(Files("repo", Files_(tree), [""], "v1"), Whole())
        await bench.read(Files("repo", Files_({"a.yaml": tree["a.yaml"]}), [""], "v2"), Whole())
        bench.now += 599
        await bench.read(Same("repo"), Whole())
        assert await bench.names() == set("ab") and await bench.rules() == ["orphaned"]
        bench.now += 2
        await bench.read(Same("repo"), Whole())
        assert await bench.names() == {"a"} and await bench.rules() == []


@pytest.mark.parametrize(
    ("events", "error"),
    [
        pytest.param([Unread("", AWAY), Whole()], "the source did not answer", id="the source"),
        pytest.param([Unread("", AWAY)], "the source did not answer", id="the source, and no end"),
        pytest.param([ALL[0], Unread("", AWAY)], "the source did not answer", id="the rest of the source"),
        pytest.param([*(Unread(name, AWAY) for name in "abcdef"), Whole()], "a did not answer", id="every item"),
        pytest.param([Files("", Files_({}), ["x.yaml"]), Whole()], "x.yaml names no file", id="a path that names nothing"),
    ],
)  # fmt: skip
async def test_where_nothing_can_be_read_the_reading_failed(benched: Benched, events: list[Any], error: str) -> None:
    async with benched() as bench:
        await bench.read(*ALL, Whole())
        read = (await bench.row()).succeeded
        for failures in (1, 2):
            bench.now += 100
            await bench.read(*events)
            row = await bench.row()
            assert (row.error, row.failures, row.succeeded) == (error, failures, read)
            assert (row.failed, row.due) == (read + 100, bench.now + 10 * failures), "since the first, and again before long"
        assert await bench.names() == set("abcdef") and await bench.told() == ["source"]
        await bench.read(*ALL, Whole())
        row = await bench.row()
        assert (row.error, row.failures, row.failed, row.succeeded) == (None, 0, None, bench.now)
        assert await bench.told() == ["source", "source"] and await bench.rules() == []


async def test_where_only_some_items_can_not_be_read_the_reading_came_to_its_end(benched: Benched) -> None:
    async with benched() as bench:
        await bench.read(*ALL, Whole())
        bench.now += 100
        await bench.read(*ALL[:5], Unread("f", AWAY), Whole())
        row = await bench.row()
        assert (row.error, row.failures, row.succeeded) == (None, 0, bench.now)
        assert await bench.rules() == ["kept", "unanswered"]


async def test_a_source_may_lose_a_share_of_what_it_has_at_once(benched: Benched) -> None:
    async with benched(removal_floor=0, removal_share=0.5) as bench:
        await bench.read(*ALL, Whole())
        await bench.read(*ALL[:3], Whole())
        assert await bench.names() == set("abc")
        await bench.read(ALL[0], Whole())
        assert await bench.names() == set("abc")


async def test_an_orphan_is_marked_and_goes_after_its_time_whatever_the_clock_does(benched: Benched) -> None:
    async with benched(keep_orphans_seconds=600.0) as bench:
        await bench.read(*ALL, Whole())
        await bench.read(*ALL[1:], Whole())
        assert await bench.names() == set("abcdef") and await bench.rules() == ["orphaned"]
        await bench.read(*ALL, Whole())
        assert await bench.rules() == []
        await bench.read(*ALL[1:], Whole())
        bench.now += 599
        await bench.read(*ALL[1:], Whole())
        assert await bench.names() == set("abcdef") and await bench.rules() == ["orphaned"]
        bench.now += 2
        await bench.read(*ALL[1:], Whole())
        assert await bench.names() == set("bcdef") and await bench.rules() == []


async def test_a_repository_that_is_renamed_loses_nothing(benched: Benched) -> None:
    async with benched(removal_floor=0) as bench:
        await bench.read(Item("old/x", entities=[descriptor("a"), descriptor("b")]), item("other"), Whole())
        await bench.read(Item("new/x", entities=[descriptor("a"), descriptor("b")]), item("other"), Whole())
        assert await bench.names() == {"a", "b", "other"}
        history = [row.how for row in await bench.store.select(_journal())]
        assert history == ["created"] * 3, "the same entities stand for it"


def _journal() -> Any:
    from callboard_catalog.records.tables import ChangeRow
    from sqlalchemy import select
    from sqlmodel import col

    return select(col(ChangeRow.how)).where(col(ChangeRow.what) == "entity").order_by(col(ChangeRow.number))


async def test_of_two_sources_with_one_entity_the_first_stands_whoever_came_first(benched: Benched) -> None:
    async with benched("one", "two") as bench:
        mine, theirs = descriptor("a", title="one's"), descriptor("a", title="two's")

        async def title() -> str | None:
            [entity] = (await bench.store.entities(None, Page(first=1))).nodes()
            return entity.title

        await bench.read(Item("x", entities=[theirs]), Whole(), source="two")
        assert await title() == "two's" and await bench.rules() == []
        await bench.read(Item("x", entities=[mine]), Whole(), source="one")
        assert await title() == "one's" and await bench.rules() == ["duplicate"]
        await bench.read(Whole(), source="one")
        assert await title() == "two's" and await bench.rules() == []


async def test_sources_in_another_order_give_precedence_anew(benched: Benched) -> None:
    async with benched("one", "two") as bench:
        for name in ("one", "two"):
            await bench.read(Item("x", entities=[descriptor("a", title=name)]), Whole(), source=name)
        again = Ingestion(bench.sources[::-1], LIMITS, bench.store, lambda: bench.now)
        await again._declare()
        [entity] = (await bench.store.entities(None, Page(first=1))).nodes()
        assert entity.title == "two"


async def test_what_is_as_it_was_writes_nothing(benched: Benched) -> None:
    async with benched() as bench:
        await bench.read(*ALL, Whole())
        before = await _tables(bench)
        assert await bench.read(*ALL, Whole()) is False
        assert await _tables(bench) == before


async def _tables(bench: Bench) -> list[Any]:
    from callboard_catalog.records.tables import TABLES
    from sqlalchemy import select

    return [
        sorted(map(tuple, await bench.store.select(select(table))), key=repr)
        for table in TABLES
        if table.name != "catalog_source"
    ]


async def test_versions_and_the_cursor_are_known_again(benched: Benched) -> None:
    async with benched() as bench:
        await bench.read(item("a", version="1"), item("b", version="2"), Part("then"))
        await bench.read(item("a", version="1"), item("b", version="3"), item("c"), RuntimeError("no"))
        assert (bench.places["one"].known, bench.places["one"].cursor) == ({"a": "1", "b": "2"}, "then")
        await bench.read(Item("b", text="a: b: c", version="4"), Part("later"))
        await bench.read(item("b", version="4"), Part("latest"))
        assert (bench.places["one"].known, bench.places["one"].cursor) == ({}, "later"), "what could not be read is read again"


async def test_a_tree_is_read_with_its_locations_and_what_it_lost_is_gone_even_in_part(benched: Benched) -> None:
    location = "apiVersion: a/v1\nkind: Location\nmetadata: {name: all}\nspec: {targets: ['./more/*.yaml', ../up.yaml]}\n"
    files = {"x/all.yaml": location, "x/more/a.yaml": PRINTER % "a", "x/more/b.yaml": PRINTER % "b", "up.yaml": PRINTER % "up"}
    async with benched() as bench:
        await bench.read(Files("repo", Files_(files), ["x/all.yaml"], "v1"), item("other"), Part())
        assert await bench.names() == {"all", "a", "b", "up", "other"} and await bench.rules() == []
        less = {path: text for path, text in files.items() if path != "x/more/b.yaml"}
        await bench.read(Files("repo", Files_(less), ["x/all.yaml"], "v2"), Part())
        assert await bench.names() == {"all", "a", "up", "other"}
        await bench.read(Files("repo", Files_({}), ["x/all.yaml"], "v3"), Part())
        assert await bench.names() == {"all", "a", "up", "other"}, "a path that names no file proves nothing"
        await bench.read(Gone("repo"), Part())
        assert await bench.names() == {"other"}


async def test_a_tree_that_leads_out_of_itself_is_told(benched: Benched) -> None:
    escape = "apiVersion: a/v1\nkind: Location\nmetadata: {name: l}\nspec: {target: ../../etc/passwd}\n"
    async with benched() as bench:
        await bench.read(Files("repo", Files_({"l.yaml": escape}), ["l.yaml", "../x.yaml"]), Whole())
        assert await bench.names() == {"l"} and await bench.rules() == ["outside-root", "source"]
