"""An export is a source of the same graph: entities, relations, and the problems that follow from them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from demo.generate import generate
from gateway.cli import catalog as commands
from gateway.cli.catalog import Folder, Form, Stream, app, pages, text_of
from gateway.testing import Harness, running_gateway
from typer.testing import CliRunner

from tests.cases.world import COMPANY
from tests.spec.portal.shop import opened

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "catalog"
EVERYTHING = """query ($after: String) { entities(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes {
  __typename id ref apiVersion kind namespace name title description tags labels { key value } annotations { key value }
  links { url title icon type } spec descriptor relations { type ref entity { ref } }
  problems { rule message severity remedy entity }
} } }"""
FOLLOWING = ("catalog.dangling-reference", "catalog.placeholder", "catalog.required")
"""Rules that what is written breaks again."""
OURS = r"""
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: web
  title: "yes"
  description: "first line\nsecond: \"quoted\" # no comment\n"
  labels: {tier: "1"}
  annotations: {example.com/number: "012", example.com/odd: "a: b\t- c"}
  tags: [java]
  links: [{url: "https://example.com"}]
spec:
  type: service
  lifecycle: production
  owner: nobody
  dependsOn: [component:db, "not a ref: at/all/"]
  limits: {cpu: 1.5, big: 1.0e+30, least: 0o17, text: "1e3", day: 2026-01-01, none: null, list: [true, [], {}]}
---
apiVersion: acme.example/v2
kind: API
metadata: {name: api, namespace: inner}
spec: {type: openapi, lifecycle: production, owner: group:inner/team, definition: {$text: ./api.txt}}
---
apiVersion: acme.example/v2
kind: API
metadata: {name: lost}
spec: {type: openapi, lifecycle: production, owner: nobody, definition: {$text: ./lost.txt}, more: [{$openapi: ./api.txt}, null]}
---
apiVersion: acme.example/v2
kind: Printer
metadata: {name: p1}
"""
TEXT = "openapi: 3.0.0\n  indented \n\ttab\n"


@asynccontextmanager
async def catalog(folder: Path, path: Path) -> AsyncIterator[Harness]:
    folder.mkdir()
    source = {"name": "ours", "paths": [str(path)]}
    async with running_gateway(folder, {"plugins": {"catalog": {"sources": [source], "refresh_seconds": 0}}}) as harness:
        yield harness


async def graph_of(harness: Harness) -> list[dict[str, Any]]:
    """All that the graph says of every entity, but where it was read; of problems those that follow from what is said."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        answer = await harness.ask(EVERYTHING, {"after": after})
        assert answer.errors == []
        page = answer.data["entities"]
        for node in page["nodes"]:
            found.append(node | {"problems": list(following(node["problems"]))})
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def following(problems: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those of what is exported: not what other documents of the same entity have, which don't stand."""
    alone = not any(problem["rule"] == "catalog.duplicate" for problem in problems)
    return (told(one) for one in problems if one["rule"] in (FOLLOWING if alone else FOLLOWING[:1]))


def told(problem: dict[str, Any]) -> dict[str, Any]:
    """Without what depends on where a file is that can't be read, and why not."""
    return {name: "" if name in ("message", "remedy") and problem["rule"] == "catalog.placeholder" else value
            for name, value in problem.items()}  # fmt: skip


async def export(harness: Harness, write: Folder | Stream) -> None:
    """What the command does, with the gateway in this process."""
    headers = {"authorization": harness.bearer(["admin"])}
    transport = httpx.ASGITransport(app=harness.gateway.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:

        async def send(body: Any) -> dict[str, Any]:
            answer: dict[str, Any] = (await client.post("/graphql", json=body)).json()
            return answer

        async for _, nodes in pages(send, []):
            for node in nodes:
                write(node["ref"], node["descriptor"])
        write.end()


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


async def same_after_a_round_trip(tmp_path: Path, source: Path) -> list[dict[str, Any]]:
    async with catalog(tmp_path / "one", source) as harness:
        before = await graph_of(harness)
        await export(harness, Folder(Form.YAML, tmp_path / "exported"))
    async with catalog(tmp_path / "two", tmp_path / "exported") as harness:
        after = await graph_of(harness)
        await export(harness, Folder(Form.YAML, tmp_path / "again"))
    assert [node["ref"] for node in after] == [node["ref"] for node in before]
    for one, other in zip(before, after, strict=True):
        assert one == other
    written = files_of(tmp_path / "exported")
    assert len(written) == len(before) > 0
    assert files_of(tmp_path / "again") == written
    return before


async def test_odd_values_and_placeholders_come_back_as_they_were(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "catalog.yaml").write_text(OURS)
    (source / "api.txt").write_text(TEXT)
    before = {node["ref"]: node for node in await same_after_a_round_trip(tmp_path, source)}
    assert before["api:inner/api"]["spec"]["definition"] == TEXT
    assert before["component:default/web"]["spec"]["limits"]["least"] == 15
    assert before["component:default/web"]["problems"], "it has references that lead nowhere"
    lost = before["api:default/lost"]
    assert lost["spec"]["definition"] == {"$text": "./lost.txt"} and lost["spec"]["more"] == [{"$openapi": "./api.txt"}, None]
    assert [one["rule"] for one in lost["problems"]].count("catalog.placeholder") == 2


async def test_the_demo_s_catalog_comes_back_as_it_was(tmp_path: Path) -> None:
    generate(COMPANY, tmp_path / "company")
    await same_after_a_round_trip(tmp_path, tmp_path / "company" / "catalog")


@pytest.mark.timeout(600)
@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded descriptors are not beside the checkout")
async def test_recorded_descriptors_come_back_as_they_were(tmp_path: Path) -> None:
    await same_after_a_round_trip(tmp_path, SHARED)


async def test_json_is_a_source_as_well(tmp_path: Path) -> None:
    (tmp_path / "catalog.yaml").write_text(OURS.replace("{$text: ./api.txt}", "openapi"))
    async with catalog(tmp_path / "one", tmp_path / "catalog.yaml") as harness:
        before = await graph_of(harness)
        await export(harness, Folder(Form.JSON, tmp_path / "exported"))
    async with catalog(tmp_path / "two", tmp_path / "exported" / "**" / "*.json") as harness:
        assert await graph_of(harness) == before


async def test_standard_output_has_the_same_documents(tmp_path: Path) -> None:
    (tmp_path / "catalog.yaml").write_text(OURS.replace("{$text: ./api.txt}", "openapi"))
    json_text, yaml_text = StringIO(), StringIO()
    async with catalog(tmp_path / "one", tmp_path / "catalog.yaml") as harness:
        before = await graph_of(harness)
        await export(harness, Stream(Form.JSON, json_text))
        await export(harness, Stream(Form.YAML, yaml_text))
    assert json.loads(json_text.getvalue()) == [node["descriptor"] for node in before]
    for name, text in (("all.yaml", yaml_text), ("all.json", json_text)):
        (tmp_path / name).write_text(text.getvalue())
        async with catalog(tmp_path / f"of {name}", tmp_path / name) as harness:
            assert await graph_of(harness) == before


@pytest.mark.parametrize(
    ("role", "left_out"), [("admin", ""), ("partial", "description of 3, email of 1, labels of 3, lifecycle of 3, owner of 3")]
)
async def test_what_a_viewer_may_not_read_is_left_out_with_a_warning(
    tmp_path, monkeypatch, capsys, role: str, left_out: str
) -> None:
    async with opened(tmp_path) as shop:
        headers = {"authorization": shop.harness.bearer([role])}

        async def send(body: Any) -> dict[str, Any]:
            answer: dict[str, Any] = (await shop.client.post("/graphql", json=body, headers=headers)).json()
            return answer

        @asynccontextmanager
        async def here(url: str, token: str | None) -> AsyncIterator[Any]:
            yield send

        monkeypatch.setattr(commands, "gateway_at", here)
        await commands.run_export("", None, Form.JSON, [], tmp_path / "out")
    warning = "warning: the token's viewer may not read everything, so these are left out of what is written: "
    assert [line for line in capsys.readouterr().err.splitlines() if "warning" in line] == (
        [warning + left_out] if left_out else []
    )
    web = json.loads((tmp_path / "out" / "component" / "default" / "web.json").read_text())
    assert ("owner" in web["spec"], "description" in web["metadata"]) == (not left_out, not left_out)


def test_a_folder_with_files_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text("")
    ended = CliRunner().invoke(app, ["--out", str(tmp_path)])
    assert ended.exit_code == 2
    assert "is no empty folder" in ended.stderr


def test_a_gateway_that_names_a_path_outside_the_folder_is_not_believed(tmp_path: Path) -> None:
    write = Folder(Form.YAML, tmp_path / "out")
    with pytest.raises(SystemExit):
        write("component:../x", {})
    assert not list(tmp_path.iterdir())


def test_a_descriptor_is_the_same_text_each_time() -> None:
    descriptor = {"kind": "Component", "metadata": {"name": "a"}, "spec": {"text": "x\ny\n", "number": "1e3"}}
    yaml = "kind: Component\nmetadata:\n  name: a\nspec:\n  text: |\n    x\n    y\n  number: '1e3'\n"
    assert text_of(descriptor, Form.YAML) == yaml
    assert json.loads(text_of(descriptor, Form.JSON)) == descriptor
