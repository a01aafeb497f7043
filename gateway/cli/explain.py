"""`callboard explain`: the plan of an operation for a role, before it runs."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer
from callboard_sdk import CallboardError
from graphql.execution import VariableValues

from gateway.app import Gateway, build
from gateway.planning import explain as text
from gateway.planning.operation import RequestError
from gateway.planning.plan import Plan

from .in_force import rules_in_force
from .settings_file import DEFAULT_FILE, SettingsFile, configuration
from .show import AsJson, document_text, fail, out, variables_of

_COLOURS = {
    "call": "bold cyan",
    "watch": "bold cyan",
    "deny": "red",
    "read": "green",
    "take": "green",
    "compute": "yellow",
    "resolve": "magenta",
}


def explain(
    document: Annotated[str, typer.Argument(help="The document, or the path of a file with it, or - for standard input.")],
    settings: SettingsFile = DEFAULT_FILE,
    role: Annotated[list[str] | None, typer.Option(help="A role of the viewer; may be given again.")] = None,
    variables: Annotated[str, typer.Option("--variables", "-v", help="Variables, as a JSON object.")] = "{}",
    operation: Annotated[str | None, typer.Option(help="Which operation of the document to plan.")] = None,
    code: Annotated[bool, typer.Option("--code", help="Also print the generated row loops.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what an operation would call, read and deny for a viewer, and what it can cost. Nothing is run."""
    values = variables_of(variables)
    gateway = build(configuration(settings))
    try:
        plan, given, cost = asyncio.run(_plan(gateway, document_text(document), role or [], values, operation))
    except RequestError as error:
        fail(error.told)
    except CallboardError as error:
        fail([error.message])
    if as_json:
        print(json.dumps({"plan": text.explain(plan, given, code=code).splitlines(), **cost}))
        return
    for line in text.explain(plan, given).splitlines():
        word = line.split(maxsplit=1)[0]
        head, _, rest = line.partition(word)
        out.print(f"{head}[{_COLOURS.get(word, 'bold')}]{word}[/]" + rest.replace("[", r"\["), highlight=False, soft_wrap=True)
    out.print(f"[bold]cost[/] {cost['points']} points: at most {cost['nodes']} objects", highlight=False)
    if code:
        print("\n".join(text.loops(plan)))


async def _plan(
    gateway: Gateway, document: str, roles: list[str], values: dict[str, Any], name: str | None
) -> tuple[Plan, VariableValues, dict[str, int]]:
    pipeline = gateway.pipeline
    policy = await rules_in_force(gateway)
    visible = pipeline.visible(policy, frozenset(roles))
    operation = pipeline.documents.choose(await pipeline.documents.read(document, visible), name)
    decisions = policy.decide(frozenset(roles), operation.coordinates)
    variables = await pipeline.documents.coerce(operation, values, visible)
    plan = await pipeline.plans.plan(operation, decisions, policy.version, variables, visible)
    cost = plan.cost(variables)
    return plan, variables, {"points": cost.points, "nodes": cost.nodes, "calls": cost.calls}
