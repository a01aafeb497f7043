"""clairvoyance guesses a schema from what a gateway answers: with every hidden name in its list, it finds none.

It needs another version of a library than the gateway does, so `make test` installs it apart.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.spec.http.connection import served

from .names import names
from .worlds import HIDDEN, World, visible_to

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = Path(__file__).parent
PYTHON = HERE / ".venv" / "bin" / "python"
INVENTED = [f"{word}{n}" for word in ("stageDoor", "Curtain", "prompt", "WING") for n in range(8)]
KNOWN = ["shows", "acts", "doors", "turns", "about", "title", "minutes", "genre", "name", "owner", "filter", "most", "first"]


@dataclass(frozen=True)
class Recovered:
    """What clairvoyance takes the schema for."""

    names: set[str]
    mutations: str | None


async def recovered(world: World, role: str, folder: Path, *options: str) -> Recovered:
    if not PYTHON.exists():
        pytest.skip("clairvoyance is not installed: `make test` installs it")
    whole = world.harness.gateway.supergraph.schema
    hidden = names(whole) - names(visible_to(world.harness, "guest"))
    assert len([name for name in hidden if HIDDEN.search(name)]) > 20
    words, out = folder / "words.txt", folder / "schema.json"
    words.write_text("\n".join([*sorted(hidden), *KNOWN, *INVENTED]))
    async with served(world.harness.gateway.asgi) as (host, port):
        process = await asyncio.create_subprocess_exec(
            *(PYTHON, HERE / "prober.py", *options, f"http://{host}:{port}/graphql", "-wv", "-c", "4", "-w", words, "-o", out),
            *("-H", f"Authorization: {world.harness.bearer([role])}"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    schema = json.loads(out.read_text())["data"]["__schema"]
    return Recovered(set(_named(schema)), (schema["mutationType"] or {}).get("name"))


def _named(schema: Any) -> set[str]:
    found = set()
    for kind in schema["types"]:
        fields = [*(kind.get("fields") or ()), *(kind.get("inputFields") or ())]
        found |= {kind["name"]} | {field["name"] for field in fields}
        found |= {argument["name"] for field in fields for argument in field.get("args", ())}
    return found


async def test_it_finds_nothing_hidden_where_what_is_denied_is_hidden(hiding, tmp_path):
    found = await recovered(hiding.with_zorp, "guest", tmp_path)
    assert found.names >= {"shows", "acts", "doors", "title", "genre"}
    assert not [name for name in found.names if HIDDEN.search(name)]
    assert found.mutations is None


async def test_it_finds_nothing_hidden_by_default_either_but_that_there_are_mutations(answering, tmp_path):
    """For `mutation { __typename }` is valid: test_messages has what else is."""
    found = await recovered(answering.with_zorp, "guest", tmp_path, "--queries")
    assert found.names >= {"shows", "acts", "doors", "title", "genre"}
    assert not [name for name in found.names if HIDDEN.search(name)]


async def test_it_finds_what_is_there_for_who_may_use_it(hiding, tmp_path):
    found = await recovered(hiding.with_zorp, "keeper", tmp_path)
    assert found.names >= {"zorpSafes", "zorpThings", "zorpCount"} and found.mutations == "Mutation"
