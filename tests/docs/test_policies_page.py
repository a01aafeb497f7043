"""What docs/policies.md says of a denied field is what a viewer gets."""

from __future__ import annotations

import json
import re

from tests.cases.world import World
from tests.docs.reference import ROOT
from tests.docs.snippets import snippets
from tests.docs.tables import named

FILE = ROOT / "docs" / "policies.md"
_ID = re.compile(r"d-[0-9a-f]{12}")
SNIPPETS = {snippet.language: snippet.text for snippet in snippets(FILE)}


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
