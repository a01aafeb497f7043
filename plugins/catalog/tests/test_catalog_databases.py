"""What several gateways that share one PostgreSQL rely on, and the order that both databases keep."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from callboard_catalog.records.tables import EntityRow, MarkRow, TermRow
from gateway.testing import running_gateway
from sqlalchemy.dialects import postgresql as dialect
from sqlalchemy.schema import CreateTable
from tests.postgresql import PostgreSQL

DESCRIPTOR = "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: s%d}\nspec: {owner: group:a}\n"


async def test_gateways_that_start_at_once_on_an_empty_database_share_one_catalog(postgresql: PostgreSQL, tmp_path: Path) -> None:
    url = postgresql.emptied()
    (tmp_path / "many.yaml").write_text("---\n".join(DESCRIPTOR % number for number in range(600)))
    source = {"name": "test", "paths": [str(tmp_path / "many.yaml")]}
    settings = {"plugins": {"catalog": {"sources": [source], "refresh_seconds": 0}}, "database": {"url": url}}

    async def answer(name: str) -> object:
        (tmp_path / name).mkdir()
        async with running_gateway(tmp_path / name, settings) as harness:
            asked = await harness.ask("{ catalogStatus { entities lastError } systems(first: 1) { totalCount } }")
            assert asked.errors == []
            return asked.data

    answers = await asyncio.gather(*(answer(name) for name in ("one", "two", "three")))
    assert answers == [{"catalogStatus": {"entities": 600, "lastError": None}, "systems": {"totalCount": 600}}] * 3


@pytest.mark.parametrize(("table", "column"), [(EntityRow, "sort"), (MarkRow, "sort"), (TermRow, "text")])
def test_lists_are_in_the_same_order_whatever_language_the_server_was_set_up_with(table: type, column: str) -> None:
    ddl = str(CreateTable(table.__table__).compile(dialect=dialect.dialect()))  # type: ignore[attr-defined]
    [line] = [line for line in ddl.splitlines() if line.strip().startswith(f"{column} ")]
    assert 'COLLATE "C"' in line
