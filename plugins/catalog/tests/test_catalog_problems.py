"""Problems reach their owners: found by source, told since when they are there, and counted for who has them to mend."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.queries.filters import ProblemFilter
from callboard_catalog.queries.problem_counts import ProblemField
from callboard_catalog.queries.store import CatalogStore
from callboard_sdk import Access, EntityRef
from callboard_sdk.conditions import Has, Mark, no
from gateway.testing import Answer, Harness, running_gateway
from sqlalchemy import text

from .conftest import migrated

OPEN = Access(no(Has(Mark.TAG, "secret")))
COMPONENT = (
    "apiVersion: a/v1\nkind: %s\nmetadata: {name: %s, title: %s, tags: [%s]}\n"
    "spec: {type: t, lifecycle: l, owner: %s, dependsOn: [component:nowhere]}\n"
)
RULES = """roles:
  admin:
    rules:
      - allow: "*"
  some:
    rules:
      - {allow: permission:catalog.read, when: {not: {hasTag: {tag: secret}}}}
      - allow: permission:catalog.problems.read
  ownerless:
    rules:
      - allow: permission:catalog.read
      - allow: permission:catalog.problems.read
      - deny: Component.owner
"""
FILES = {
    "one": {
        "a.yaml": COMPONENT % ("Component", "a", "1", "open", "ants"),
        "b.yaml": COMPONENT % ("Component", "b", "2", "open", "bees"),
        "h.yaml": COMPONENT % ("Resource", "h", "3", "secret", "bees"),
    },
    "two": {
        "c.yaml": COMPONENT % ("Component", "c", "fine", "open", "bees"),
        "broken.yaml": "kind: [broken\n",
        "team.yaml": "apiVersion: a/v1\nkind: Group\nmetadata: {name: bees}\nspec: {type: team, children: []}\n",
    },
}
COUNTS = "{ %s }" % " ".join(f"{one.value.lower()}: problemCounts(by: {one.value}) {{ value count }}" for one in ProblemField)
TITLES = '{ problems(first: 50, filter: {rule: "catalog.title"}) { nodes { file source since } } }'


@asynccontextmanager
async def served(tmp_path: Path, database: Mapping[str, str]) -> AsyncIterator[Harness]:
    for source, files in FILES.items():
        (tmp_path / source).mkdir(exist_ok=True)
        for name, content in files.items():
            (tmp_path / source / name).write_text(content)
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    sources = [{"name": name, "paths": [str(tmp_path / name)], "root": str(tmp_path / name)} for name in FILES]
    settings = {"plugins": {"catalog": {"sources": sources, "refresh_seconds": 0}}, "database": database}
    async with running_gateway(tmp_path, {**settings, "policies": {"rules": str(rules)}}) as harness:
        yield harness


def store_of(harness: Harness) -> CatalogStore:
    return harness.gateway.plugins.runtimes["catalog"].resources[CatalogStore]


async def again(harness: Harness) -> None:
    await harness.gateway.plugins.runtimes["catalog"].resources[Ingestion].run()


async def data(harness: Harness, document: str, role: str = "admin") -> Any:
    answer = await harness.ask(document, roles=(role,))
    assert answer.errors == []
    return answer.data


def pairs(counted: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(one["value"], one["count"]) for one in counted]


async def test_problems_are_found_by_their_source(tmp_path, database):
    async with served(tmp_path, database) as harness:
        found = await data(
            harness,
            '{ one: problems(first: 50, filter: {source: "one"}) { totalCount nodes { file source } }'
            ' two: problems(first: 50, filter: {source: "two"}) { totalCount nodes { file source } }'
            ' no: problems(first: 50, filter: {source: "\\u0000"}) { totalCount }'
            " all: problems(first: 50) { totalCount } }",
        )
        assert {node["source"] for node in found["one"]["nodes"]} == {"one"}
        assert {node["file"] for node in found["two"]["nodes"]} >= {"broken.yaml", "c.yaml"}
        assert found["one"]["totalCount"] + found["two"]["totalCount"] == found["all"]["totalCount"]
        assert found["no"]["totalCount"] == 0


async def test_problems_are_counted_by_each_of_their_fields(tmp_path, database):
    async with served(tmp_path, database) as harness:
        counts = await data(harness, COUNTS)
        listed = await data(harness, "{ problems(first: 100) { nodes { rule severity source entity } } }")
        nodes = listed["problems"]["nodes"]
        kinds = await data(harness, "{ entities(first: 50) { nodes { ref kind owner { ref } } } }")
        of = {node["ref"]: node for node in kinds["entities"]["nodes"]}
    about = [of[node["entity"]] for node in nodes if node["entity"] in of]
    expected = {
        "rule": [node["rule"] for node in nodes],
        "severity": [node["severity"] for node in nodes],
        "source": [node["source"] for node in nodes],
        "kind": [entity["kind"].lower() for entity in about],
        "owner": [entity["owner"]["ref"] for entity in about if entity["owner"]],
    }
    assert nodes and about
    for field, values in expected.items():
        most_first = sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))
        assert pairs(counts[field]) == most_first, field


async def test_a_team_is_counted_by_the_name_that_its_entities_have_for_it(tmp_path, database):
    async with served(tmp_path, database) as harness:
        found = await data(
            harness, "{ problemCounts(by: OWNER) { value count owner { ref entity { name } problem { message } } } }"
        )
        known = {one["value"]: one["owner"] for one in found["problemCounts"]}
        assert known["group:default/bees"]["entity"] == {"name": "bees"}
        assert known["group:default/ants"]["problem"] == {"message": "nothing is named group:default/ants"}
        few = await data(harness, "{ problemCounts(by: OWNER, first: 1) { value } }")
        assert few["problemCounts"] == [{"value": "group:default/bees"}]
        narrowed = await data(
            harness, '{ problemCounts(by: RULE, where: {source: "one", ownedBy: "group:default/ants"}) { value count } }'
        )
        rules = [("catalog.dangling-reference", 2), ("catalog.title", 1)]
        assert pairs(narrowed["problemCounts"]) == rules


@pytest.mark.parametrize("first", [0, 101, -1])
async def test_no_more_is_counted_than_fits_on_a_page(tmp_path, database, first):
    async with served(tmp_path, database) as harness:
        answer = await harness.ask(f"{{ problemCounts(by: RULE, first: {first}) {{ value }} }}")
        assert answer.errors[0]["message"] == f"`first` is {first}: give 1 to 100"


async def test_each_count_is_one_statement(tmp_path, database):
    async with served(tmp_path, database) as harness:
        store = store_of(harness)
        for by in ProblemField:
            for wanted in (
                None,
                ProblemFilter(source="one", owned_by=EntityRef("group", "default", "bees"), kinds=["component"]),
            ):
                before = store.statements
                await store.problem_counts(by, wanted, 20, OPEN)
                assert store.statements == before + 1
        before = store.statements
        await data(harness, "{ problemCounts(by: OWNER) { value owner { entity { name } } } }")
        assert store.statements == before + 2, "however many teams there are"


async def test_a_viewer_s_counts_are_those_without_what_it_may_not_see(tmp_path, database):
    async with served(tmp_path, database) as harness:
        seen = await data(harness, COUNTS, "some")
        one = await data(harness, '{ problemCounts(by: SOURCE, where: {source: "one"}) { value count } }', "some")
        assert pairs(one["problemCounts"]) == [("one", 2)], "the titles of a and b, and nothing of references"
        assert pairs(seen["kind"]) == [("component", 2)]
        assert pairs(seen["owner"]) == [("group:default/ants", 1), ("group:default/bees", 1)]
        assert pairs(seen["rule"]) == [("catalog.title", 2)]
        assert pairs(seen["source"]) == [("one", 2)], "what is wrong with a file is for who may see every entity"
        (tmp_path / "one" / "h.yaml").write_text("kind: [broken\n")
        (tmp_path / "one" / "more.yaml").write_text(COMPONENT % ("Component", "z", "5", "secret", "ants"))
        await again(harness)
        assert await data(harness, COUNTS, "some") == seen
        (tmp_path / "one" / "h.yaml").unlink()
        (tmp_path / "one" / "more.yaml").unlink()
        await again(harness)
        assert await data(harness, COUNTS, "some") == seen


async def test_who_may_not_read_owners_counts_nothing_by_them(tmp_path, database):
    async with served(tmp_path, database) as harness:
        answer = await harness.ask("{ problemCounts(by: OWNER) { value count } }", roles=("ownerless",))
        assert [error["extensions"]["code"] for error in answer.errors] == ["FORBIDDEN"]
        assert answer.data["problemCounts"] is None
        assert pairs((await data(harness, "{ problemCounts(by: KIND) { value count } }", "ownerless"))["problemCounts"])
        nobody = await harness.ask("{ problemCounts(by: RULE) { value } }", roles=("nobody",))
        assert [error["extensions"]["code"] for error in nobody.errors] == ["FORBIDDEN"]


async def test_since_when_a_problem_is_there_stays_while_it_does(tmp_path, database):
    async with served(tmp_path, database) as harness:
        first = {node["file"]: node["since"] for node in (await data(harness, TITLES))["problems"]["nodes"]}
        began = datetime.fromisoformat(first["a.yaml"])
        assert began <= datetime.now(UTC)
        (tmp_path / "one" / "a.yaml").write_text((COMPONENT % ("Component", "a", "1", "open", "ants")) + "# more\n")
        (tmp_path / "one" / "b.yaml").write_text(COMPONENT % ("Component", "b", "fine", "open", "bees"))
        await again(harness)
        second = {node["file"]: node["since"] for node in (await data(harness, TITLES))["problems"]["nodes"]}
        assert second["a.yaml"] == first["a.yaml"], "what was written beside it changes nothing of it"
        assert "b.yaml" not in second
        (tmp_path / "one" / "b.yaml").write_text(COMPONENT % ("Component", "b", "2", "open", "bees"))
        await again(harness)
        third = {node["file"]: node["since"] for node in (await data(harness, TITLES))["problems"]["nodes"]}
        assert datetime.fromisoformat(third["b.yaml"]) > datetime.fromisoformat(first["b.yaml"]), "it is a new one"


async def test_a_problem_that_went_tells_where_it_was_and_since_when(tmp_path, database):
    asked = "subscription { problemChanges { kind at problem { rule source since } } }"
    async with served(tmp_path, database) as harness, harness.listen(asked) as answers:
        (tmp_path / "two" / "d.yaml").write_text(COMPONENT % ("Component", "d", "4", "open", "ants"))
        await again(harness)
        (tmp_path / "two" / "d.yaml").write_text(COMPONENT % ("Component", "d", "fine", "open", "ants"))
        await again(harness)
        told = [one for one in [await next_of(answers) for _ in range(4)] if one["problem"]["rule"] == "catalog.title"]
    came, went = told
    assert (came["kind"], went["kind"]) == ("CREATED", "REMOVED")
    assert came["problem"] == went["problem"]
    assert (came["problem"]["source"], came["problem"]["since"]) == ("two", came["at"])


async def next_of(answers: AsyncIterator[Answer]) -> dict[str, Any]:
    async with asyncio.timeout(10):
        answer = await anext(answers)
    assert answer.errors == []
    return answer.data["problemChanges"]


async def test_problems_of_an_older_catalog_are_there_since_the_journal_says_so(database):
    begun = datetime.now(UTC).timestamp()
    async with migrated(database["url"], "0003", BEFORE) as connection:
        rows = (await connection.execute(text("SELECT key, since FROM catalog_problem ORDER BY key"))).all()
    known = {key: since for key, since in rows}  # noqa: C416  rows are no tuples
    assert known["told"] == 30.5, "it went and came again"
    assert begun <= known["untold"] <= datetime.now(UTC).timestamp()


def _problem(key: str) -> str:
    return f"INSERT INTO catalog_problem (key, source, rule, severity, body) VALUES ('{key}', 's', 'r', 'LOW', '[]')"


def _change(number: int, at: float, how: str, what: str = "problem") -> str:
    return f"INSERT INTO catalog_change (number, at, what, how, name) VALUES ({number}, {at}, '{what}', '{how}', 'told')"


BEFORE = [
    _problem("told"), _problem("untold"), _change(1, 10.0, "created"), _change(2, 20.0, "removed"), _change(3, 30.5, "created"),
    _change(4, 40.0, "created", "source"),
]  # fmt: skip
