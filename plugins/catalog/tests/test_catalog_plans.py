"""The plans of the main statements: each goes by an index, and none looks at a whole table; on both databases."""

from __future__ import annotations

import re

from callboard_catalog.queries.filters import (
    EntityFilter,
    EntityOrder,
    EntityOrderField,
    LabelFilter,
    NameFilter,
    OrderDirection,
    ProblemFilter,
)
from callboard_catalog.queries.problem_counts import ProblemField
from callboard_catalog.queries.searching import SearchField
from callboard_sdk import EVERYTHING, Access, EntityRef, Page
from callboard_sdk.conditions import Column, Has, Is, Mark, Tie, Tied, every, no, some
from sqlalchemy import event

from .test_catalog_expressions import stored  # noqa: F401  a fixture

PAGE = Page(first=5, counted=False)
DOCUMENTS = [
    {
        "apiVersion": "a/v1", "kind": "Component",
        "metadata": {"name": f"web-{n:04}", "title": f"Shop {n}", "tags": [f"t{n % 7}"], "labels": {"tier": str(n % 3)}},
        "spec": {"type": "service", "owner": [f"team-{n % 11}", "team-3"][: 1 + (n % 20 == 0)], "dependsOn": [f"component:web-{(n + 1) % 400:04}"]},
    }
    for n in range(400)
]  # fmt: skip
OWNED = Tied(Tie.OWNED_BY, frozenset({EntityRef("group", "default", "team-3")}))
SEVERAL = Tied(Tie.OWNED_BY, frozenset(EntityRef("group", "default", f"team-{number}") for number in range(4)))
MANY = Tied(Tie.OWNED_BY, frozenset(EntityRef("group", "default", f"team-{number}") for number in range(40)))
NESTED = some([SEVERAL, every([Has(Mark.TAG, "t2"), no(Is(Column.NAMESPACE, frozenset({"x"})))])])


def orders():
    for field in EntityOrderField:
        for direction in OrderDirection:
            order = EntityOrder(field=field, direction=direction)
            yield f"by {field.value} {direction.value}", lambda store, order=order: store.entities(None, PAGE, order=order)


ASKED = {
    "a page": lambda store: store.entities(None, PAGE),
    "a deep page": lambda store: store.entities(None, Page(first=5, after="web-0300 component default", counted=False)),
    "a last page of a kind": lambda store: store.entities(None, Page(last=5, counted=False), "component"),
    "with a tag": lambda store: store.entities(EntityFilter(tag="t1"), PAGE),
    "with a tag and a label": lambda store: store.entities(EntityFilter(tag="t1", label=LabelFilter(key="tier", value="1")), PAGE),
    "with a beginning": lambda store: store.entities(EntityFilter(name=NameFilter(prefix="web-03")), PAGE),
    "with words": lambda store: store.entities(EntityFilter(text="shop"), PAGE),
    "under a condition": lambda store: store.entities(None, Page(first=5, counted=False, access=Access(OWNED))),
    "under its opposite": lambda store: store.entities(None, Page(first=5, counted=False, access=Access(no(OWNED)))),
    "under one of many teams": lambda store: store.entities(None, Page(first=5, counted=False, access=Access(MANY))),
    "under one of several teams": lambda store: store.entities(None, Page(first=5, counted=False, access=Access(SEVERAL))),
    "a last page under a nested condition": lambda store: store.entities(None, Page(last=5, counted=False, access=Access(NESTED))),
    "a deep page under a nested condition, by a beginning": lambda store: store.entities(
        EntityFilter(name=NameFilter(prefix="web-0")), Page(first=5, after="web-0300 component default", counted=False, access=Access(NESTED))
    ),
    "in no namespace": lambda store: store.entities(None, Page(first=5, counted=False, access=Access(Is(Column.NAMESPACE, frozenset({"x"}))))),
    "by refs": lambda store: store.get([EntityRef("component", "default", f"web-{n:04}") for n in range(9)]),
    "a search": lambda store: store.search("shop", list(SearchField), None, PAGE),
    "a walk": lambda store: store.walk([EntityRef("component", "default", "web-0001")], ["dependsOn"], 3, 9, EVERYTHING),
    **{f"problems by {one.value}": lambda store, one=one: store.problem_counts(one, None, 9, EVERYTHING) for one in ProblemField},
    "problems of a source by rule": lambda store: store.problem_counts(ProblemField.RULE, ProblemFilter(source="test"), 9, EVERYTHING),
    "problems of a team": lambda store: store.problems(ProblemFilter(owned_by=EntityRef("group", "default", "team-3")), PAGE),
    **dict(orders()),
}  # fmt: skip
SCANNED = {
    "sqlite": re.compile(r"SCAN catalog_\w+(?:$|\s(?!USING|VIRTUAL))"),
    "postgresql": re.compile(r"Seq Scan on catalog_(?!source)"),
}  # fmt: skip
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}


async def planned(stored, statement, parameters, settings):
    """How the database would go about a statement, after these settings."""
    async with stored.store.database.engine.connect() as connection:
        for setting in settings:
            await connection.exec_driver_sql(setting)
        rows = await connection.exec_driver_sql(f"{EXPLAIN[stored.dialect]} {statement}", parameters)
        return [" ".join(map(str, row)) for row in rows.all()]


def test_no_main_statement_looks_at_a_whole_table(stored):
    stored.read(DOCUMENTS)
    engine, sent = stored.store.database.engine, []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *given: sent.append(given[2:4]))

    of_so_few_rows = ["SET enable_seqscan = off"] if stored.dialect == "postgresql" else []  # it would look at all

    for what, ask in ASKED.items():
        sent.clear()
        stored.run(ask(stored.store))
        statements, settings = list(sent), []
        assert statements, what
        for statement, parameters in statements:
            if "set_config" in statement:
                settings.append(statement)
                continue
            lines = stored.run(planned(stored, statement, parameters, [*settings, *of_so_few_rows]))
            assert not [line for line in lines if SCANNED[stored.dialect].search(line)], (what, lines)
            assert not settings or not [line for line in lines if "Sort  (" in line], (what, lines)
            settings.clear()


def test_what_is_owned_together_is_looked_up_row_by_row(stored):
    """Not all relations at once, of which a large catalog has many, for the few entities that have several owners."""
    stored.read(DOCUMENTS)
    sent = []
    event.listen(stored.store.database.engine.sync_engine, "before_cursor_execute", lambda *given: sent.append(given[2:4]))
    stored.run(stored.store.entities(None, Page(first=5, counted=False, access=Access(SEVERAL))))
    [(statement, parameters)] = [one for one in sent if "catalog_relation" in one[0]]
    lines = stored.run(planned(stored, statement, parameters, ["ANALYZE"]))
    assert not [line for line in lines if re.search(r"(SCAN|Scan on) catalog_relation$|Seq Scan on catalog_relation", line)], (
        lines
    )
