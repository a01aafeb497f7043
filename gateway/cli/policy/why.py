"""`callboard policy why`: what is decided for one viewer about one coordinate, by which rules, and whether for this entity."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from typing import Annotated

import typer
from callboard_sdk import EntityRef, InvalidRef, Viewer, ViewerKind
from rich.table import Table
from rich.text import Text

from gateway.app import Gateway, build
from gateway.cli.in_force import rules_in_force
from gateway.cli.settings_file import DEFAULT_FILE, SettingsFile, configuration
from gateway.cli.show import AsJson, fail, out, show_table
from policies import Decision, Policy
from policies.authority import names_of
from policies.conditions import from_text, text
from policies.index import Line
from schema import About

from .judging import Judge
from .world import world_of

_WORDS = {True: "allows", False: "denies"}


@dataclass(frozen=True, slots=True)
class Why:
    """All that is told."""

    coordinate: str
    decision: str
    roles: list[str]
    given: list[str]
    """The roles that the viewer has by the rules' members, each with who the member is."""
    rules: list[str]
    """The rules about the coordinate, each with its place."""
    condition: str | None
    parts: list[tuple[int, str, bool]]
    """The condition's parts: how deep, what, and whether it holds for the entity."""
    allowed: bool | None
    reason: str


def why(
    user: Annotated[str, typer.Argument(help="Whose: a user's ref (user:default/alice) or a token's subject.")],
    coordinate: Annotated[str, typer.Argument(help="Type.field, or the name of an entity type.")],
    ref: Annotated[str | None, typer.Argument(help="The entity that it is about, such as component:default/web.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="A role that the token brings; may be given again.")] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="A group beside those that the catalog says; may be given again.")
    ] = None,
    settings: SettingsFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show whether a viewer may use a coordinate, by which rules, and whether for an entity. Exit code 1 when it may not."""
    gateway = build(configuration(settings))
    guards = gateway.supergraph.guards
    if coordinate not in guards:
        near = get_close_matches(coordinate, guards, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        fail([f"{coordinate!r} is no coordinate that rules decide: what names an object is readable with it{hint}"], 2)
    if not user:
        fail(["the user is empty: write a user's ref such as user:default/alice, or a token's subject"], 2)
    entity = _ref(user) if user.lower().startswith("user:") else None  # a token's subject may have a colon, too
    groups = frozenset(map(_group, group or ()))
    viewer = Viewer(entity.name if entity else user, ViewerKind.PERSON, frozenset(role or ()), entity, groups)
    found = asyncio.run(_told(gateway, viewer, coordinate, _ref(ref) if ref else None))
    if as_json:
        print(json.dumps(asdict(found), indent=2))
    else:
        _show(found)
    if found.allowed is False:
        raise typer.Exit(1)


def _ref(given: str, kind: str = "") -> EntityRef:
    try:
        return EntityRef.parse(given, kind=kind)
    except InvalidRef as error:
        fail([error.message], 2)


def _group(given: str) -> EntityRef:
    ref = _ref(given, "group")
    if ref.kind != "group":
        fail([f"{given!r} is no group: write group:NAMESPACE/NAME, or its name alone"], 2)
    return ref


async def _told(gateway: Gateway, viewer: Viewer, coordinate: str, ref: EntityRef | None) -> Why:
    policy = await rules_in_force(gateway)
    async with world_of(gateway, catalog=ref is not None or viewer.entity is not None) as world:
        groups = await world.groups_of(viewer.entity) if viewer.entity else frozenset()
        viewer = await world.admitted(replace(viewer, groups=viewer.groups | groups), policy)
        judge = Judge(policy, viewer, await world.entity(ref) if ref else None, world.ask(viewer, {}))
        decision, verdict = judge.decision(coordinate), await judge.verdict(coordinate)
        parts = await judge.tree(decision.condition) if decision.condition is not None and judge.entity is not None else []
        lines = list(policy.matched(viewer.roles, coordinate).lines())
        await _agreed(policy, judge, viewer, decision, lines)
    names = names_of(viewer)
    return Why(
        coordinate,
        decision.id,
        sorted(viewer.roles),
        [f"{one.role}, as {one.member} ({one.where})" for one in policy.rules.members if one.member in names],
        [f"{policy.where(line)}: {line}" for line in lines],
        None if decision.condition is None else text(decision.condition),
        parts,
        verdict.allowed,
        verdict.reason,
    )


async def _agreed(policy: Policy, judge: Judge, viewer: Viewer, decision: Decision, lines: Sequence[Line]) -> None:
    """Casbin itself must say the same: it is the authority."""
    if judge.entity is None and decision.about is not About.NOTHING:
        return
    told = {line.condition: await judge.met(from_text(line.condition)) for line in lines if line.condition and judge.entity}
    about = None if decision.about is About.NOTHING else told.__getitem__
    casbin, _ = policy.authority.ask(names_of(viewer), decision.coordinate, policy.action(decision.coordinate), about)
    ours = decision.allowed and (decision.condition is None or await judge.met(decision.condition))
    if casbin != ours:
        fail([f"Casbin itself {_WORDS[casbin]} {decision.coordinate} and the compiled rules say otherwise: tell the maintainers"])


def _show(found: Why) -> None:
    colour = {True: "green", False: "red", None: "yellow"}[found.allowed]
    mark = {True: "✓", False: "✗", None: "?"}[found.allowed]
    out.print(Text.assemble((mark, colour), f" {found.coordinate}: ", (found.reason, colour)))
    table = Table.grid(padding=(0, 2))
    table.add_row("roles", Text(", ".join(found.roles) or "none"))
    for one in found.given:
        table.add_row("member", Text(one))
    for one in found.rules:
        table.add_row("rule", Text(one))
    for depth, said, holding in found.parts:
        table.add_row(
            "condition" if depth == 0 else "", Text.assemble("  " * depth, ("✓ ", "green") if holding else ("✗ ", "red"), said)
        )
    if found.condition and not found.parts:
        table.add_row("condition", Text(found.condition))
    table.add_row("decision", Text(found.decision))
    show_table(table)
