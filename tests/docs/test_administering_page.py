"""docs/administering.md, done: two gateways on one PostgreSQL, asked what the page asks, by whom it says, in its order."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from gateway.auth import LocalIssuer
from gateway.pipeline import GraphQLRequest
from gateway.testing import Harness, running_gateway
from resolvers.audit import AuditStore, verify
from resolvers.audit.denials import MAX_A_VIEWER, MAX_COUNTED

from tests.docs.reference import ROOT
from tests.docs.snippets import snippets
from tests.postgresql import running_postgresql

FILE = ROOT / "docs" / "administering.md"
SNIPPETS = list(snippets(FILE))
_TOKEN = re.compile(r"token create --role (\w+) --subject (\w+)")
_ASKED = re.compile(r"# (\w+), on the (first|second) gateway(, within a second)?\n")
_DECISION = re.compile(r"d-[0-9a-f]{12}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
WEB = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: web}\nspec: {type: website, lifecycle: production, owner: shop}\n"


@dataclass(frozen=True)
class Step:
    """One request of the page, and what it answers."""

    person: str
    gateway: str
    soon: bool
    document: str
    variables: dict[str, Any]
    answer: dict[str, Any]


def steps() -> Iterator[Step]:
    following = iter([s for s in SNIPPETS if s.language in ("graphql", "json")])
    for snippet in following:
        said = _ASKED.match(snippet.text)
        assert said, f"{snippet.place}: say who asks, and where"
        given = json.loads(next(following).text)
        variables, answer = ({}, given) if "data" in given else (given, json.loads(next(following).text))
        yield Step(said[1], said[2], bool(said[3]), snippet.text, variables, answer)


async def asked(harness: Harness, person: str, role: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
    issuer = LocalIssuer(harness._auth.local, harness._auth.audience)
    token = issuer.create(person, [role], seconds=3600)
    request = GraphQLRequest(document, variables=variables, authorization=[f"Bearer {token}"])
    found: dict[str, Any] = json.loads((await harness.gateway.pipeline.answer(request)).body)
    return found


class Names:
    """What is another at each run, by the name that the page has for it."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def given(self, variables: dict[str, Any]) -> dict[str, Any]:
        return {key: self.known.get(value, value) for key, value in variables.items()}

    def shown(self, answer: dict[str, Any], page: dict[str, Any]) -> dict[str, Any]:
        text, wanted = json.dumps(answer), json.dumps(page)
        if (found := re.search(r'"id": "([^"]+)"', text)) and '"id": "DRAFT"' in wanted:
            self.known["DRAFT"] = found[1]
            text = text.replace(found[1], "DRAFT")
        for pattern in (_DECISION, _INSTANT):
            if (name := pattern.search(wanted)) and (real := pattern.search(text)):
                self.known[name[0]] = real[0]
                text = text.replace(real[0], name[0])
        return json.loads(text)


async def test_the_walk_is_as_the_page_shows(tmp_path: Path) -> None:
    settings = yaml.safe_load(next(s.text for s in SNIPPETS if s.language == "text"))
    (tmp_path / "rules.csv").write_text(next(s.text for s in SNIPPETS if s.language == "csv"))
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "web.yaml").write_text(WEB)
    settings["policies"]["rules"] = str(tmp_path / settings["policies"]["rules"])
    [source] = settings["plugins"]["catalog"]["sources"]
    source["paths"] = [str(tmp_path / path) for path in source["paths"]]
    roles = {subject: role for s in SNIPPETS if s.language == "sh" for role, subject in _TOKEN.findall(s.text)}
    names = Names()
    with running_postgresql() as server:
        settings["database"]["url"] = server.emptied()
        async with AsyncExitStack() as stack:
            gateways: dict[str, Harness] = {}
            for name in ("first", "second"):
                (tmp_path / name).mkdir()
                gateways[name] = await stack.enter_async_context(running_gateway(tmp_path / name, settings))
            for step in steps():
                await held(step, gateways[step.gateway], roles[step.person], names)
            verdict = await verify(AuditStore(gateways["first"].gateway.plugins.database))
            assert (verdict.records, verdict.reason) == (3, None)


async def held(step: Step, harness: Harness, role: str, names: Names) -> None:
    """Ask until the page's answer comes, where it says that it takes a moment; else once."""
    async with asyncio.timeout(30):
        while True:
            answer = await asked(harness, step.person, role, step.document, names.given(step.variables))
            if names.shown(answer, step.answer) == step.answer or not step.soon:
                break
            await asyncio.sleep(0.02)
    assert names.shown(answer, step.answer) == step.answer, step.document


def test_numbers_that_sentences_name_are_those_of_the_code() -> None:
    text = " ".join(FILE.read_text(encoding="utf-8").split())
    assert f"{MAX_A_VIEWER} coordinates of one viewer in a minute, {MAX_COUNTED} in all" in text
