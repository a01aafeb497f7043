"""Reading again: what changed is taken over, and nothing stored is lost to a file that can't be read to its end."""

from __future__ import annotations

import shutil

import pytest

PRINTER = "apiVersion: a/v1\nkind: Printer\nmetadata: {name: %s}\nspec: {owner: team}\n"
GROUP = "apiVersion: a/v1\nkind: Group\nmetadata: {name: team}\nspec: {type: t, children: []}\n"
FILES = {"a.yaml": PRINTER % "a", "more/b.yaml": PRINTER % "b" + "---\n" + PRINTER % "c", "team.yaml": GROUP}
ALL = {"a", "b", "c", "team"}
ASK = """{ entities(first: 50) { nodes { name problems { rule message file } ownedBy: relations(types: ["ownedBy"]) { ref }
  owner { entity { name } } } } problems(first: 50) { nodes { rule file line } } catalogStatus { entities lastError }
  team: entity(ref: "group:default/team") { ... on Group { owned { ref } } } }"""


async def again(harness):
    resources = harness.gateway.plugins.runtimes["catalog"].resources
    changed = await next(made for kind, made in resources.items() if kind.__name__ == "Ingestion").run()
    answer = await harness.ask(ASK)
    assert answer.errors == []
    return changed, answer.data


def entities(data):
    return {node["name"]: node for node in data["entities"]["nodes"]}


def rules(data):
    return {problem["rule"].removeprefix("catalog.") for problem in data["problems"]["nodes"]}


async def test_a_change_an_addition_and_a_deletion_are_taken_over(serve, root):
    async with serve(FILES) as harness:
        (root / "a.yaml").write_text((PRINTER % "a").replace("{name", "{title: New, name"))
        (root / "more" / "d.yaml").write_text(PRINTER % "d")
        (root / "more" / "b.yaml").unlink()
        changed, data = await again(harness)
        assert (await again(harness))[0] is False
    assert changed and set(entities(data)) == {"a", "d", "team"} and rules(data) == set()
    assert {owned["ref"] for owned in data["team"]["owned"]} == {"printer:default/a", "printer:default/d"}


def broken_yaml(root):
    (root / "more" / "b.yaml").write_text("a: b: c\n---\n" + PRINTER % "c")


def refused(root):
    (root / "more" / "b.yaml").write_text(PRINTER % "'b b'" + "---\n" + PRINTER % "c")


def no_text(root):
    (root / "more" / "b.yaml").write_bytes(b"\xff\xfe")


def a_circle(root):
    (root / "more" / "b.yaml").unlink()
    (root / "more" / "b.yaml").symlink_to("b.yaml")


def too_large(root):
    (root / "more" / "b.yaml").write_text("x" * 6_000_000)


@pytest.mark.parametrize(
    ("harm", "rule", "kept"),
    [
        (broken_yaml, "yaml", {"b"}),
        (refused, "name", {"b"}),
        (no_text, "encoding", {"b", "c"}),
        (a_circle, "unreadable", {"b", "c"}),
        (too_large, "too-large", {"b", "c"}),
    ],
)
async def test_what_a_file_held_is_kept_while_it_can_not_be_read_to_its_end(serve, root, harm, rule, kept):
    async with serve(FILES) as harness:
        harm(root)
        (root / "a.yaml").unlink()
        changed, data = await again(harness)
        assert (await again(harness))[0] is False
        assert changed and rules(data) == {rule, "kept"}
        found = entities(data)
        assert set(found) == ALL - {"a"}
        assert data["catalogStatus"] == {"entities": 3, "lastError": None}
        for name in kept:
            [problem] = found[name]["problems"]
            assert problem["message"].startswith(f"printer:default/{name} is shown as it was last read: more/b.yaml")
            assert found[name]["owner"] == {"entity": {"name": "team"}}
        assert {owned["ref"] for owned in data["team"]["owned"]} == {"printer:default/b", "printer:default/c"}
        (root / "more" / "b.yaml").unlink()
        (root / "more" / "b.yaml").write_text(PRINTER % "c")
        changed, data = await again(harness)
        assert changed and set(entities(data)) == {"c", "team"} and rules(data) == set()
        assert {owned["ref"] for owned in data["team"]["owned"]} == {"printer:default/c"}


async def test_a_folder_that_disappears_keeps_what_it_held(serve, root):
    async with serve(FILES, ["more", "a.yaml", "team.yaml"]) as harness:
        shutil.rmtree(root / "more")
        changed, data = await again(harness)
    assert changed and set(entities(data)) == ALL and rules(data) == {"source", "kept"}
    assert [problem["file"] for problem in entities(data)["b"]["problems"]] == ["more/b.yaml"]


async def test_a_source_that_disappears_whole_keeps_what_it_held(serve, root):
    async with serve(FILES) as harness:
        root.rename(root.with_name("away"))
        _, data = await again(harness)
        assert set(entities(data)) == ALL and rules(data) == {"source"}
        root.with_name("away").rename(root)
        _, data = await again(harness)
    assert set(entities(data)) == ALL and rules(data) == set()


async def test_what_a_locations_missing_target_held_is_kept(serve, root):
    location = "apiVersion: a/v1\nkind: Location\nmetadata: {name: all}\nspec: {targets: ['./more/*.yaml', ./team.yaml]}\n"
    async with serve(FILES | {"all.yaml": location}, ["all.yaml"]) as harness:
        shutil.rmtree(root / "more")
        _, data = await again(harness)
    assert set(entities(data)) == {"all", "b", "c", "team"} and rules(data) == {"missing-target", "kept"}


async def test_where_a_location_led_is_kept_while_it_can_not_be_read(serve, root):
    location = "apiVersion: a/v1\nkind: Location\nmetadata: {name: all}\nspec: {targets: ['./more/*.yaml', ./team.yaml]}\n"
    async with serve(FILES | {"all.yaml": location}, ["all.yaml"]) as harness:
        (root / "all.yaml").write_text("a: b: c\n")
        _, data = await again(harness)
        assert set(entities(data)) == {"all", "b", "c", "team"} and rules(data) == {"yaml", "kept"}
        (root / "all.yaml").unlink()
        _, data = await again(harness)
    assert set(entities(data)) == {"all", "b", "c", "team"} and rules(data) == {"source", "kept", "yaml"}


async def test_an_entity_that_moved_out_of_a_broken_file_is_read_where_it_is_now(serve, root):
    async with serve(FILES) as harness:
        broken_yaml(root)
        (root / "new.yaml").write_text((PRINTER % "b").replace("team", "other"))
        _, data = await again(harness)
    assert entities(data)["b"]["ownedBy"] == [{"ref": "group:default/other"}]
    assert rules(data) == {"yaml", "dangling-reference"}


async def test_a_reference_to_what_is_kept_leads_there(serve, root):
    async with serve(FILES) as harness:
        (root / "team.yaml").write_text("- no entity\n")
        _, data = await again(harness)
    assert entities(data)["a"]["owner"] == {"entity": {"name": "team"}}
    assert rules(data) == {"not-an-entity", "kept"}


async def test_what_is_kept_survives_a_restart(serve, root):
    async with serve(FILES) as harness:
        broken_yaml(root)
        await again(harness)
    async with serve({}) as harness:
        changed, data = await again(harness)
    assert not changed and set(entities(data)) == ALL


async def test_a_reading_that_fails_whole_leaves_everything_and_says_why(serve, monkeypatch):
    import callboard_catalog.ingestion.visit as module

    def fail(*given):
        raise RuntimeError("out of luck")

    async with serve(FILES) as harness:
        monkeypatch.setattr(module, "FilesReader", fail)
        changed, data = await again(harness)
    assert set(entities(data)) == ALL and rules(data) == {"source-failed"}
    assert data["catalogStatus"]["lastError"] == "RuntimeError: out of luck"
