"""Policy decisions for the README's query, by the number of rules; beside one question of Casbin's own.

Kept decisions are what every request pays. The first time is what a role set's first use of an operation pays. One
`enforce` is what Casbin would take for each field, were it asked on every request. Loading is what a policy version pays once:
its rules are checked, given to Casbin, and compiled from what Casbin holds. The longest hold is how long a
task that wakes every millisecond waited for its turn at most: while these rules are drafted and published through the graph,
while they are compared with those of before, and while nothing is done for as long; and the loop's own work the most that the
loop itself did meanwhile. Medians of the rounds.
"""

from __future__ import annotations

import itertools
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import uvloop
from callboard_sdk.fields import READ

from bench.holding import longest_holds
from bench.progress import steps
from bench.settled import as_a_gateway
from bench.table import Row
from gateway.testing import running_gateway
from policies import Policy, Rule, Rules
from policies.conditions import Any, Predicate, canonical
from schema import Supergraph

name = "policies"

RULES = (10, 100, 1_000, 10_000)
PLUGINS = ("catalog", "ci", "cost", "kubernetes", "security")
README = Path(__file__).parents[2] / "README.md"
_ROLES = frozenset({"role-0", "role-1"})
_CONDITION = Any((Predicate("isOwner"), Predicate("hasTag", canonical({"tag": "public"}))))


def run(*, quick: bool) -> list[Row]:
    """A row for each number of rules."""
    supergraph, coordinates = uvloop.run(_asked())
    counts = RULES[:2] if quick else RULES
    rows = [_row(supergraph, coordinates, count, quick=quick) for count in steps(counts, "sets of rules")]
    rounds = 1 if quick else 7
    with as_a_gateway():
        held = [uvloop.run(longest_holds(_rules(count, _read(supergraph)), rounds)) for count in steps(counts, "publishes")]
    return [{**row, **holds} for row, holds in zip(rows, held, strict=True)]


async def _asked() -> tuple[Supergraph, frozenset[str]]:
    """The built-in plugins' schema, and what the README's query reads of it."""
    found = re.search(r"```graphql\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    with tempfile.TemporaryDirectory() as folder:
        async with running_gateway(Path(folder), {"plugins": {name: {} for name in PLUGINS}}) as harness:
            pipeline = harness.gateway.pipeline
            document = await pipeline.documents.read(found[1], pipeline.visible(pipeline.policies.current, _ROLES))
            return harness.gateway.supergraph, pipeline.documents.choose(document, None).coordinates


def _row(supergraph: Supergraph, coordinates: frozenset[str], count: int, *, quick: bool) -> Row:
    rules = _rules(count, _read(supergraph))
    started = time.process_time()
    policy = Policy(rules, supergraph)
    loaded = time.process_time() - started
    decided = policy.decide(_ROLES, coordinates)
    rounds, times = (1, 10) if quick else (20, 2_000)
    others = (frozenset({f"role-{n % 7}", f"other-{n}"}) for n in itertools.count())
    kept = _microseconds(lambda: policy.decide(_ROLES, coordinates), rounds, times)
    first = _microseconds(lambda: policy.decide(next(others), coordinates), rounds, 10)
    asked = itertools.cycle(decided)
    once = _microseconds(lambda: policy.authority.ask(["role:role-0"], next(asked), READ, lambda condition: True), 5, 4)
    return {
        "rules": count,
        "load (ms)": loaded * 1000,
        "fields decided": len(decided),
        "on a condition": len(decided.conditional),
        "kept (us)": kept,
        "first time (us)": first,
        "one enforce (us)": once,
        "enforce for each, times first": once * len(decided) / first,
        "enforce for each, times kept": once * len(decided) / kept,
    }


def _read(supergraph: Supergraph) -> list[str]:
    """The coordinates of fields that are read."""
    return sorted(c for c in supergraph.guards if "." in c and not c.startswith("Mutation."))


def _rules(count: int, read: list[str]) -> Rules:
    """So many rules: roles that may each read some coordinates, among them those that ask; each third on a condition."""
    pairs = itertools.islice(((c, f"role-{n}") for n in itertools.count() for c in read), count)
    return Rules(
        tuple(Rule(role, c, READ, "allow", "bench", _CONDITION if n % 3 == 0 else None) for n, (c, role) in enumerate(pairs))
    )


def _microseconds(call: Callable[[], object], rounds: int, times: int) -> float:
    """CPU time of one call, the median of the rounds."""
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(times):
            call()
        spent.append((time.process_time() - started) / times * 1e6)
    return statistics.median(spent)
