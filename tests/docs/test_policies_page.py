"""What docs/policies.md says of a denied field is what a viewer gets."""

from __future__ import annotations

import json
import re

from policies.csv_form import read_csv
from policies.yaml_form import read_yaml
from resolvers.core import Whole, core_plugin
from resolvers.plugins import injected_types
from schema import stitch

from tests.cases.world import World
from tests.docs.reference import ROOT
from tests.docs.snippets import snippets
from tests.docs.tables import named

FILE = ROOT / "docs" / "policies.md"
_ID = re.compile(r"d-[0-9a-f]{12}")
SNIPPETS = {snippet.language: snippet.text for snippet in reversed(list(snippets(FILE)))}  # the first of each language


async def test_a_denied_field_is_answered_as_the_page_shows(world: World, tmp_path) -> None:
    async with world.gateway(tmp_path, world.servers()) as harness:
        answer = await harness.ask(SNIPPETS["graphql"], roles=["viewer"])
    [decision] = set(_ID.findall(str(answer.errors)))  # another whenever the rules are others
    assert {"data": answer.data, "errors": answer.errors} == json.loads(_ID.sub(decision, SNIPPETS["json"]))


def test_the_example_has_every_kind_of_object_that_the_page_explains() -> None:
    objects = {line.split(", ")[2] for line in SNIPPETS["csv"].splitlines() if line.startswith("p, ")}
    kinds = [re.sub(r":.*|.*\.\w+$", "", name) for name in named(FILE.read_text(encoding="utf-8"), "object")]
    assert len(kinds) == 5
    assert {re.sub(r":.*|.*\.\w+$", "", name) for name in objects} == set(kinds)


def test_every_predicate_has_a_row_with_its_parameters() -> None:
    core = core_plugin(Whole())
    known = stitch([core], {"core": injected_types(core)}).predicates
    rows = {name.strip("{").partition(":")[0]: name for name in named(FILE.read_text(encoding="utf-8"), "predicate")}
    assert rows.keys() == known.keys()
    for name, predicate in known.items():
        assert set(re.findall(r"(\w+):", rows[name])) - {name} == predicate.parameters.model_fields.keys()


def test_the_two_forms_of_rules_are_told_with_the_same_meaning() -> None:
    csv, yaml = read_csv("a", SNIPPETS["csv"]), read_yaml("b", SNIPPETS["yaml"])
    assert set(csv.inherits) == set(yaml.inherits)
    assert {rule for rule in csv.grants if rule.effect == "deny"} <= set(yaml.grants)
