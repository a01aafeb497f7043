"""The files: broken ones cost only themselves, the last good content stays, and nothing outside is ever opened."""

from __future__ import annotations

import asyncio
import gzip
import os
import shutil
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from callboard_cost.model import CostPeriod
from callboard_cost.plugin import plugin, store as store_resource
from callboard_cost.settings import SourceSettings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError


def state_of(store: Any, name: str) -> Any:
    return next(f for source in store.state.sources for f in source.files if f.export.name == name)


def rules_of(store: Any) -> list[str]:
    return [p.rule for source in store.state.sources for p in source.problems]


async def total(desk: Any, store: Any) -> Decimal:
    return (await desk.cost(store, None, CostPeriod.THIS_YEAR)).currencies[0].total.amount


HEADER = "BillingCurrency,ChargePeriodStart,EffectiveCost,Tags\n"


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("empty.csv", b"", "cost.unreadable"),
        ("binary.csv", bytes(range(256)) * 20, "cost.unreadable"),
        ("utf16.csv", HEADER.encode("utf-16"), "cost.unreadable"),
        ("other.csv", b"a,b\n1,2\n", "cost.missing-columns"),
        ("long.csv", b"x" * 1_000_000, "cost.unreadable"),
        ("wide.csv", b"c," * 2_000 + b"\n", "cost.unreadable"),
        ("empty.parquet", b"", "cost.unreadable"),
        ("text.parquet", b"PAR1 is what it should begin with", "cost.unreadable"),
        ("cut.csv.gz", gzip.compress((HEADER + "EUR,2024-10-01,1,\n" * 9_999).encode())[:200], "cost.unreadable"),
        ("no.csv.gz", b"not gzip", "cost.unreadable"),
    ],
)
async def test_a_file_that_can_not_be_read_is_a_problem_and_costs_only_itself(
    desk: Any, name: str, content: bytes, rule: str
) -> None:
    desk.csv("good.csv", [desk.charge(cost=5)])
    (desk.folder / name).write_bytes(content)
    store = desk.store()
    broken = state_of(store, name)
    assert [p.rule for p in broken.problems] == [rule]
    assert broken.problems[0].file == name
    assert broken.problems[0].remedy
    assert str(desk.folder) not in broken.problems[0].message, "no path of the machine"
    assert (await desk.cost(store, "component:web")).total.amount == 5


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(["x.csv", "x.parquet", "x.csv.gz"]), st.booleans())
async def test_no_bytes_stop_the_others(desk: Any, content: bytes, name: str, headed: bool) -> None:
    desk.csv("good.csv", [desk.charge(cost=5)])
    for old in desk.folder.glob("x.*"):
        old.unlink()
    (desk.folder / name).write_bytes(HEADER.encode() + content if headed and name == "x.csv" else content)
    store = desk.store(as_of="2024-10-31")
    assert (await desk.cost(store, "component:web")).total.amount == 5
    desk.close()


async def test_rows_that_can_not_be_counted_are_counted_as_bad_with_the_line_of_the_first(desk: Any) -> None:
    lines = [
        "EUR,2024-10-01,1,",
        "EUR,2024-10-01,one,",
        "EUR,soon,1,",
        "EUR,2024-10-01,,",
        "Euro,2024-10-01,1,",
        "EUR,2024-10-01,NaN,",
        "EUR,2024-10-01,1e30,",
        "EUR,9999-12-31,1,",
        "EUR,2024-10-01",
        "EUR,2024-10-01,1,,,extra",
        "EUR,2024-10-01,2,",
        "EUR,2024-10-01,x,",
    ]
    (desk.folder / "a.csv").write_text(HEADER + "\n".join(lines) + "\n")
    store = desk.store()
    state = state_of(store, "a.csv")
    assert (state.reading.rows, state.reading.bad_rows) == (2, 10)
    said = {(p.line, p.message.split(",")[0]) for p in state.problems}
    assert said == {
        (10, "2 lines do not have the header's columns or end inside a quoted text"),
        (3, "5 rows have no EffectiveCost that is a number below a trillion"),
        (4, "2 rows have no ChargePeriodStart that is a time"),
        (6, "1 row has no BillingCurrency of three letters"),
    }
    assert (await desk.cost(store, None)).total.amount == 3


async def test_lines_after_torn_ones_are_named_as_an_editor_counts_them(desk: Any) -> None:
    (desk.folder / "a.csv").write_text(HEADER + "EUR\nEUR\nEUR,2024-10-01,1,\nEUR,2024-10-01,x,\n")
    problems = state_of(desk.store(), "a.csv").problems
    assert [p.line for p in problems] == [2, 5]


async def test_tags_that_are_no_json_cost_the_tags_and_not_the_charge(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge(cost=3, Tags="{broken"), desk.charge(cost=4), desk.charge(cost=5, Tags="[1]")])
    store = desk.store()
    (problem,) = state_of(store, "a.csv").problems
    assert (problem.rule, problem.line) == ("cost.bad-tags", 2)
    assert (await desk.cost(store, None)).total.amount == 12
    assert (await desk.cost(store, "component:web")).total.amount == 4


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
async def test_columns_may_stand_in_any_order_beside_unknown_ones(desk: Any, delimiter: str, start: str) -> None:
    text = [["x", "effectivecost", "Id", "BILLINGCURRENCY", "x", "ChargePeriodStart"], ["a", "7", "1", "eur", "b", "2024-10-01"]]
    (desk.folder / "a.csv").write_text(start + "\r\n".join(delimiter.join(row) for row in text))
    cost = await desk.cost(desk.store(), None)
    assert (cost.total.amount, cost.total.currency) == (7, "EUR")


async def test_gzipped_csv_and_quoted_line_breaks_are_read(desk: Any) -> None:
    rows = HEADER + 'EUR,2024-10-01,7,"{""component"":\n""web""}"\n'
    (desk.folder / "a.csv.gz").write_bytes(gzip.compress(rows.encode()))
    assert (await desk.cost(desk.store(), "component:web")).total.amount == 7


async def test_a_parquet_file_of_floats_counts_what_is_printed(desk: Any) -> None:
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE t AS SELECT 'EUR' AS BillingCurrency, DATE '2024-10-01' AS ChargePeriodStart, 0.1::DOUBLE AS EffectiveCost"
            " FROM range(10)"
        )
        database.execute(f"COPY t TO '{desk.folder}/a.parquet' (FORMAT parquet)")
    assert (await desk.cost(desk.store(), None)).total.amount == 1


async def test_a_changed_file_replaces_its_charges_and_a_removed_one_takes_them_along(desk: Any) -> None:
    a, b = desk.csv("a.csv", [desk.charge(cost=1)]), desk.csv("b.csv", [desk.charge(cost=10)])
    store = desk.store(as_of="2024-11-01")
    assert await total(desk, store) == 11
    desk.csv("a.csv", [desk.charge(cost=2), desk.charge(cost=3)])
    store.load_now()
    assert await total(desk, store) == 15
    b.unlink()
    store.load_now()
    assert await total(desk, store) == 5
    a.unlink()
    store.load_now()
    assert store.state.facts is None


async def test_unchanged_files_are_not_read_again(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.csv("a.csv", [desk.charge()])
    desk.csv("b.csv", [desk.charge()])
    store = desk.store()
    read: list[str] = []
    before = store.ledger.read
    monkeypatch.setattr(store.ledger, "read", lambda number, export: (read.append(export.name), before(number, export))[1])
    store.load_now()
    assert read == []
    desk.csv("b.csv", [desk.charge(), desk.charge()])
    store.load_now()
    assert read == ["b.csv"]


async def test_the_last_good_content_stays_while_a_file_is_broken_and_says_so(desk: Any) -> None:
    path = desk.csv("a.csv", [desk.charge(cost=5)])
    store = desk.store()
    loaded_at = state_of(store, "a.csv").loaded_at
    path.write_bytes(b"\x00\xff garbage")
    desk.csv("b.csv", [desk.charge(cost=7)])
    store.load_now()
    cost = await desk.cost(store, "component:web")
    assert (cost.total.amount, cost.freshness.stale) == (12, True)
    broken = state_of(store, "a.csv")
    assert (broken.stale, broken.loaded_at) == (True, loaded_at)
    assert broken.problems[0].message.startswith("a.csv counts as it was before")
    store.load_now()
    assert (await desk.cost(store, "component:web")).total.amount == 12
    desk.csv("a.csv", [desk.charge(cost=1)])
    store.load_now()
    cost = await desk.cost(store, "component:web")
    assert (cost.total.amount, cost.freshness.stale) == (8, False)


async def test_when_a_load_can_not_be_put_in_place_all_stays_and_the_next_one_mends_it(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.csv("a.csv", [desk.charge(cost=5)])
    store = desk.store()
    desk.csv("a.csv", [desk.charge(cost=6)])
    with monkeypatch.context() as patch:
        patch.setattr(store.ledger, "commit", _out_of_memory(store.ledger))
        store.load_now()
    assert (await desk.cost(store, "component:web")).total.amount == 5
    assert rules_of(store) == ["cost.memory"]
    store.load_now()
    assert (await desk.cost(store, "component:web")).total.amount == 6
    assert rules_of(store) == []


def _out_of_memory(ledger: Any) -> Any:
    def commit(read: Any, gone: Any) -> Any:
        ledger._database.execute("DELETE FROM incoming")
        raise duckdb.OutOfMemoryException("no")

    return commit


async def test_questions_asked_during_loads_see_all_of_a_load_or_nothing(desk: Any) -> None:
    store = None
    for turn in range(12):
        for name in ("a.csv", "b.csv"):
            desk.csv(name, [desk.charge(cost=turn + 1)] * (turn + 1))
        if store is None:
            store = desk.store()
            continue
        loading = asyncio.ensure_future(store.load())
        while not loading.done():
            amount = (await desk.cost(store, "component:web")).total.amount
            assert amount in (2 * turn**2, 2 * (turn + 1) ** 2)
        await loading


async def test_links_that_lead_outside_hidden_files_and_pipes_are_left_out(desk: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(HEADER + "EUR,2024-10-01,100,\n")
    desk.csv("good.csv", [desk.charge(cost=5)])
    (desk.folder / "link.csv").symlink_to(secret)
    (desk.folder / "loop.csv").symlink_to(desk.folder / "loop.csv")
    (desk.folder / "folder.csv").mkdir()
    os.mkfifo(desk.folder / "pipe.csv")
    shutil.copy(secret, desk.folder / ".hidden.csv")
    store = desk.store()
    assert sorted(rules_of(store)) == ["cost.outside", "cost.unreadable", "cost.unreadable"]
    assert (await desk.cost(store, None)).total.amount == 5


@pytest.mark.parametrize(
    "name", ["a*.csv", "[ab].csv", "a?.csv", "it's;--.csv", 'q"uote.csv', "$x.csv", "ü {a,b}.csv", "a b.csv"]
)
async def test_a_file_name_means_itself(desk: Any, name: str) -> None:
    desk.csv("ab.csv", [desk.charge(cost=5)])
    desk.csv(name, [desk.charge(cost=7)])
    store = desk.store()
    assert rules_of(store) == []
    assert (await desk.cost(store, None)).total.amount == 12


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('{outside}')",
        "SELECT * FROM '{outside}'",
        "COPY (SELECT 1) TO '{outside}.copy'",
        "ATTACH '{outside}.db'",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "INSTALL httpfs",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    ],
)
def test_the_database_can_neither_reach_outside_nor_be_unlocked(desk: Any, tmp_path: Path, statement: str) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    store = desk.store()
    with pytest.raises(duckdb.Error):
        store.ledger.ask(statement.replace("{outside}", str(outside)), {})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["exports", "outside.csv"]


@pytest.mark.parametrize(("limit", "rule"), [({"max_files": 1}, "cost.too-many-files"), ({"max_bytes": 1_024}, "cost.too-large")])
async def test_what_is_beyond_a_limit_is_left_out_and_said(desk: Any, limit: dict[str, int], rule: str) -> None:
    desk.csv("a.csv", [desk.charge(cost=1)])
    desk.csv("b.csv", [desk.charge(cost=n) for n in range(20)])
    store = desk.store(**limit)
    assert rules_of(store) == [rule]
    assert (await desk.cost(store, None)).total.amount == 1


async def test_a_file_with_more_rows_than_allowed_is_not_counted_by_half(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge(cost=1)] * 3)
    desk.csv("b.csv", [desk.charge(cost=10)] * 2)
    store = desk.store(max_rows=2)
    assert [p.rule for p in state_of(store, "a.csv").problems] == ["cost.too-many-rows"]
    assert (await desk.cost(store, None)).total.amount == 20


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("exports", {"a.csv", "deep/b.csv"}),
        ("exports/a.csv", {"a.csv"}),
        ("exports/*/b.csv", {"deep/b.csv"}),
        ("exports/**/*.csv", {"a.csv", "deep/b.csv"}),
    ],
)
def test_a_source_is_a_folder_a_file_or_a_glob(desk: Any, tmp_path: Path, path: str, expected: set[str]) -> None:
    desk.csv("a.csv", [desk.charge()])
    desk.csv("deep/b.csv", [desk.charge()])
    store = desk.store(sources=[{"path": str(tmp_path / path)}])
    assert {f.export.name for f in store.state.sources[0].files} == expected


def test_a_place_that_does_not_exist_or_is_empty_is_a_problem_until_it_is_filled(desk: Any, tmp_path: Path) -> None:
    later = tmp_path / "later"
    store = desk.store(sources=[{"path": str(later)}, {"path": str(desk.folder)}])
    assert rules_of(store) == ["cost.no-folder", "cost.no-files"]
    later.mkdir()
    shutil.copy(desk.csv("a.csv", [desk.charge()]), later / "a.csv")
    store.load_now()
    assert rules_of(store) == []
    assert [f.reading.rows for source in store.state.sources for f in source.files] == [1, 1]


@pytest.mark.parametrize(
    "given", [{"path": "x", "include": ["../*.csv"]}, {"path": "x", "include": ["/etc/*"]}, {"path": "a/b**"}]
)
def test_globs_that_lead_elsewhere_or_mean_nothing_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="write a glob|stands alone"):
        SourceSettings.model_validate(given)


async def test_the_resource_loads_before_it_is_used_and_again_when_files_change(desk: Any) -> None:
    desk.csv("a.csv", [desk.charge(cost=1)])
    assert plugin.resources == (store_resource,)
    running = store_resource(desk.settings().model_copy(update={"refresh_seconds": 0.01}))
    store = await anext(running)
    assert await total_of(store) == 1
    desk.csv("a.csv", [desk.charge(cost=2), desk.charge(cost=3)])
    async with asyncio.timeout(30):
        while await total_of(store) != 5:
            await asyncio.sleep(0.01)
    with pytest.raises(StopAsyncIteration):
        await anext(running)


async def test_a_look_that_fails_is_logged_and_the_next_one_comes(
    desk: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = desk.store(refresh_seconds=1)
    looks = 0

    async def load() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise RuntimeError("disk gone")
        raise asyncio.CancelledError

    async def at_once(seconds: float) -> None:
        assert seconds == 1

    monkeypatch.setattr(store, "load", load)
    monkeypatch.setattr("callboard_cost.store.asyncio", SimpleNamespace(sleep=at_once))
    with pytest.raises(asyncio.CancelledError):
        await store.watch()
    assert looks == 2
    assert "what was read before stays" in caplog.text


async def total_of(store: Any) -> Decimal:
    ((amount,),) = await store.ask("SELECT sum(amount) FROM charges", {})
    return amount
