"""What a source lost at once waits for a person, wherever in it that went; what moved isn't lost, and nothing else waits with it."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_sdk import Page
from callboard_sdk.sources import Files, Gone, Item, Part, Same, Unread, Whole
from sqlalchemy import text

from .conftest import migrated
from .told_sources import ALL, AWAY, PRINTER, Bench, Benched, Files_, benched, descriptor, item

__all__ = ["benched"]

MANY = Item("many.yaml", text="---\n".join(PRINTER % name for name in "abcdef"))


def cut(*names: str) -> Item:
    return Item("many.yaml", text="---\n".join(PRINTER % name for name in names))


async def titles(bench: Bench) -> dict[str, str | None]:
    return {entity.name: entity.title for entity in (await bench.store.entities(None, Page(first=100))).nodes()}


async def test_what_goes_inside_an_item_is_held_back_as_what_goes_with_one_is(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(MANY, item("x"), Whole())
        await bench.read(cut("a", "b"), item("x"), Whole())
        row = await bench.row()
        assert await bench.names() == set("abcdefx") and (row.held, row.held_of) == (4, 7)
        assert await bench.rules() == ["orphaned"] * 4 + ["removal-held"]
        for _ in range(2):  # it is the same text, and the hold stays
            await bench.read(cut("a", "b"), item("x"), Whole())
            assert await bench.names() == set("abcdefx") and (await bench.row()).held_key == row.held_key
        await bench.allow()
        await bench.read(cut("a", "b"), item("x"), Whole())
        assert await bench.names() == set("abx") and await bench.rules() == [] and (await bench.row()).held_key is None


async def test_what_is_back_inside_an_item_is_held_back_no_more(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(MANY, Whole())
        await bench.read(cut("a"), Whole())
        await bench.read(MANY, Whole())
        assert await bench.names() == set("abcdef") and await bench.rules() == [] and (await bench.row()).held == 0


async def test_a_few_that_go_inside_an_item_go_at_once(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(MANY, Whole())
        await bench.read(cut("a", "b", "c", "d"), Whole())
        assert await bench.names() == set("abcd") and await bench.rules() == []


async def test_losses_inside_and_with_items_count_together(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(MANY, item("x"), item("y"), Whole())
        await bench.read(cut("a", "b", "c", "d"), item("x"), Whole())
        assert await bench.names() == set("abcdefxy") and (await bench.row()).held == 3


async def test_what_goes_inside_an_item_is_an_orphan_first(benched: Benched) -> None:
    async with benched(keep_orphans_seconds=600.0) as bench:
        await bench.read(MANY, Whole())
        await bench.read(cut(*"abcde"), Whole())
        assert await bench.names() == set("abcdef") and await bench.rules() == ["orphaned"]
        bench.now += 599
        await bench.read(cut(*"abcde"), Whole())
        assert await bench.names() == set("abcdef")
        bench.now += 2
        await bench.read(cut(*"abcde"), Whole())
        assert await bench.names() == set("abcde") and await bench.rules() == []


async def test_what_a_person_let_go_is_an_orphan_till_its_time_is_over(benched: Benched) -> None:
    async with benched(removal_floor=2, keep_orphans_seconds=600.0) as bench:
        await bench.read(MANY, Whole())
        await bench.read(cut("a"), Whole())
        bench.now += 300
        await bench.allow()
        await bench.read(cut("a"), Whole())
        assert await bench.names() == set("abcdef") and await bench.rules() == ["orphaned"] * 5
        bench.now += 301
        await bench.read(cut("a"), Whole())
        assert await bench.names() == {"a"} and await bench.rules() == []


async def test_a_reading_that_fails_after_a_cut_item_loses_nothing(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(MANY, item("x"), Whole())
        await bench.read(cut("a"), RuntimeError("no"))
        assert await bench.names() == set("abcdefx") and "removal-held" not in await bench.rules()
        await bench.read(cut("a"), item("x"), Whole())
        assert await bench.names() == set("abcdefx") and (await bench.row()).held == 5


async def test_a_cut_item_that_can_t_be_read_afterwards_is_shown_as_it_was(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(MANY, Whole())
        await bench.read(cut("a"), Whole())
        await bench.read(Unread("many.yaml", AWAY), Whole())
        assert await bench.names() == set("abcdef") and (await bench.row()).held == 0
        assert await bench.rules() == ["kept"] * 6 + ["unanswered"]
        await bench.read(cut("a"), Whole())
        assert await bench.names() == set("abcdef") and (await bench.row()).held == 5


@pytest.mark.parametrize("text", ["", "\n", "  \n\n"])
async def test_an_item_with_nothing_in_it_keeps_what_it_had_and_says_so(benched: Benched, text: str) -> None:
    async with benched(removal_floor=100) as bench:
        await bench.read(MANY, Whole())
        await bench.read(Item("many.yaml", text=text), Whole())
        assert await bench.names() == set("abcdef") and await bench.rules() == ["empty"] + ["kept"] * 6


async def test_files_that_move_lose_nothing_and_say_what_they_say_now(benched: Benched) -> None:
    def told(folder: str, title: str) -> list[Item]:
        return [Item(f"{folder}{name}", entities=[descriptor(name, title=title)]) for name in "abcdef"]

    async with benched(removal_floor=2) as bench:
        await bench.read(*told("", "old"), item("x"), Whole())
        await bench.read(*told("zz/", "new"), item("x"), Whole())
        assert await titles(bench) == {**dict.fromkeys("abcdef", "new"), "x": None}
        assert await bench.rules() == [] and (await bench.row()).held == 0


async def test_what_moves_while_more_than_may_go_is_lost_says_what_it_says_now(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(*ALL, Whole())
        moved = [Item(f"zz/{name}", entities=[descriptor(name, title="new")]) for name in "abc"]
        await bench.read(*moved, Whole())
        assert await titles(bench) == {**dict.fromkeys("abc", "new"), **dict.fromkeys("def")}
        assert await bench.rules() == ["orphaned"] * 3 + ["removal-held"] and (await bench.row()).held == 3


async def test_what_another_source_says_too_is_not_lost(benched: Benched) -> None:
    async with benched("one", "two", removal_floor=2) as bench:
        await bench.read(*ALL, Whole())
        await bench.read(
            *(Item(f"x/{name}", entities=[descriptor(name, title="two's")]) for name in "abcd"), Whole(), source="two"
        )
        await bench.read(Whole())
        assert await titles(bench) == dict.fromkeys("abcd", "two's") and await bench.rules() == []


async def test_what_is_held_back_holds_up_nothing_else(benched: Benched) -> None:
    rest = [item(name) for name in "uvwxyz"]
    async with benched(removal_floor=2) as bench:
        await bench.read(*ALL, *rest, Whole())
        await bench.read(*rest, Whole())
        key = (await bench.row()).held_key
        assert key is not None
        await bench.read(*rest[1:], Whole())
        assert await bench.names() == set("abcdefvwxyz"), "one that goes by itself goes"
        renamed = [Item("w2", entities=[descriptor("w", title="new")]), Item("v2", entities=[descriptor("v", title="new")])]
        await bench.read(*renamed, *rest[3:], Whole())
        row = await bench.row()
        assert (row.held, row.held_key) == (6, key), "and the key is still for the same entities"
        assert (await titles(bench))["w"] == "new" and await bench.rules() == ["orphaned"] * 6 + ["removal-held"]
        await bench.read(Whole())
        assert (await bench.row()).held == 11 and await bench.names() == set("abcdefvwxyz")
        await bench.read(*renamed, *rest[3:], Whole())
        await bench.allow()
        await bench.read(*renamed, *rest[3:-1], Whole())
        assert await bench.names() == set("vwxy"), "what a person let go goes, though another went since"


async def test_a_hold_lives_on_through_readings_that_say_nothing_of_it(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(*(Item(f"r/{name}", entities=[descriptor(name)]) for name in "abcdef"), item("x"), Whole())
        await bench.read(Gone("r"), Part())
        key = (await bench.row()).held_key
        for events in ([Part()], [Same("r"), Part()], [Unread("", AWAY), Whole()], [item("x"), Whole()]):
            await bench.read(*events)
            assert (await bench.row()).held_key == key and await bench.names() == set("abcdefx"), events
        await bench.allow()
        await bench.read(Part())
        assert await bench.names() == {"x"} and await bench.rules() == []
        assert (await bench.store.counts())["files"] == 1, "its items are forgotten too"


async def test_what_another_source_says_stands_before_what_is_held_back(benched: Benched) -> None:
    async with benched("one", "two", removal_floor=2) as bench:
        await bench.read(*ALL, Whole())
        await bench.read(Whole())
        await bench.read(Item("x", entities=[descriptor("a", title="two's")]), Whole(), source="two")
        assert (await titles(bench))["a"] == "two's" and await bench.rules() == ["orphaned"] * 5 + ["removal-held"]


async def test_a_source_that_has_more_by_now_still_holds_back_what_it_lost_before(benched: Benched) -> None:
    async with benched(removal_floor=0, removal_share=0.5) as bench:
        await bench.read(*ALL, Whole())
        await bench.read(*ALL[:2], Whole())
        more = [item(f"more-{number}") for number in range(20)]
        await bench.read(*ALL[:2], *more, Whole())
        assert len(await bench.names()) == 26 and (await bench.row()).held == 4
        await bench.read(*ALL[:2], *more, Whole())
        assert len(await bench.names()) == 26
        await bench.read(*ALL[:3], *more, Whole())
        assert await bench.names() == {*"abc", *(one.name for one in more)}, "some are back, and the rest may go"


async def test_folders_of_a_tree_that_move_lose_nothing(benched: Benched) -> None:
    def tree(folder: str, title: str) -> dict[str, str]:
        return {f"{folder}/{name}/info.yaml": PRINTER.replace("%s", f"{name}, title: {title}") for name in "abcdef"}

    async with benched(removal_floor=2) as bench:
        await bench.read(Files("repo", Files_(tree("apps", "old")), ["**/*.yaml"], "1"), Whole())
        await bench.read(Files("repo", Files_(tree("services", "new")), ["**/*.yaml"], "2"), Whole())
        assert await titles(bench) == dict.fromkeys("abcdef", "new")
        assert await bench.rules() == [] and (await bench.row()).held == 0


async def test_an_item_that_is_the_same_after_all_is_there_again(benched: Benched) -> None:
    async with benched(removal_floor=2) as bench:
        await bench.read(*ALL, Whole())
        await bench.read(Whole())
        await bench.read(*(Same(name) for name in "abcdef"), Whole())
        assert await bench.names() == set("abcdef") and await bench.rules() == [] and (await bench.row()).held == 0


async def test_orphans_of_an_older_catalog_stay_so_and_what_it_held_back_is_read_anew(database: dict[str, str]) -> None:
    async with migrated(database["url"], "0006", BEFORE) as connection:

        async def rows(sql: str) -> list[Any]:
            return [tuple(row) for row in (await connection.execute(text(sql))).all()]

        documents = await rows("SELECT id, orphaned, leaving FROM catalog_document ORDER BY id")
        assert documents == [(1, None, False), (2, 50.5, True), (3, None, False)]
        assert await rows("SELECT id, version FROM catalog_item ORDER BY id") == [(1, "v"), (2, "v"), (3, None)]
        assert await rows("SELECT name, cursor FROM catalog_source ORDER BY name") == [("free", "c"), ("holds", None)]


def _source(name: str, key: str) -> str:
    columns = "name, rank, due, until, failures, held, held_of, held_key, cursor"
    return f"INSERT INTO catalog_source ({columns}) VALUES ('{name}', 0, 0, 0, 0, 0, 0, {key}, 'c')"


def _stored(number: int, source: str, orphaned: str) -> list[str]:
    item, document = (
        "id, source, name, digest, version, documents, unread, orphaned",
        "id, item, position, entity, kept, digest, content",
    )
    return [
        f"INSERT INTO catalog_item ({item}) VALUES ({number}, '{source}', 'i{number}', '', 'v', 1, false, {orphaned})",
        f"INSERT INTO catalog_document ({document}, body) VALUES ({number}, {number}, 0, {number}, false, '', '', '{{}}')",
    ]


BEFORE = [
    _source("free", "NULL"), _source("holds", "'k'"),
    *_stored(1, "free", "NULL"), *_stored(2, "free", "50.5"), *_stored(3, "holds", "NULL"),
]  # fmt: skip
