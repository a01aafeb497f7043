"""docs/permissions.md has every permission of a gateway with all plugins, and the default roles that have it."""

from __future__ import annotations

from policies import DEFAULT_RULES

from tests.cases.world import World
from tests.docs.permissions import ROLES
from tests.docs.reference import ROOT
from tests.docs.tables import named, rows

PAGE = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")


async def test_every_permission_of_a_running_gateway_has_a_row_and_no_row_is_stale(world: World, tmp_path) -> None:
    async with world.gateway(tmp_path, world.servers()) as harness:
        answer = await harness.ask("{ plugins { name permissions } }")
    running = [permission for plugin in answer.data["plugins"] for permission in plugin["permissions"]]
    assert {plugin["name"] for plugin in answer.data["plugins"]} == {"core", "catalog", "ci", "cost", "kubernetes", "security"}
    assert sorted(named(PAGE, "permission")) == sorted(running)


def test_a_role_has_what_the_lines_of_the_default_rules_give_it() -> None:
    lines = [
        [cell.strip() for cell in line.split(",")] for line in DEFAULT_RULES.read_text().splitlines() if line[:2] in ("p,", "g,")
    ]
    parents: dict[str, set[str]] = {role: {role} for role in ROLES}
    for _ in ROLES:
        for role in ROLES:
            parents[role] |= {line[2] for line in lines if line[0] == "g" and line[1] in parents[role]}
    granted = {role: {line[2] for line in lines if line[0] == "p" and line[1] in parents[role]} for role in ROLES}
    assert {line[4] for line in lines if line[0] == "p"} == {"allow"}, "this test reads no denials"
    assert {line[1] for line in lines} == set(ROLES)
    expected = {
        permission: ["yes" if given & {"*", f"plugin:{permission.partition('.')[0]}", f"permission:{permission}"} else ""
                     for given in granted.values()]
        for permission in named(PAGE, "permission")
    }  # fmt: skip
    assert {cells[0].strip("`"): cells[2:] for cells in rows(PAGE, "permission")} == expected
