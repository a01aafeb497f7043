"""What `callboard explain` shows of conditions: which entities are seen, for whom a field is asked, what is refused."""

from __future__ import annotations

import re
from textwrap import dedent

from estate import DENY, OPEN, SHINY, Asking, all_types
from gateway.planning.explain import explain
from policies.conditions import All, Any, Negated, Predicate

DOCUMENT = """query Page {
  components(first: 9) { totalCount nodes { name title note } }
  wanted { name }
  unfiltered { name }
}"""


async def plan(ask: Asking, document: str = DOCUMENT, **variables: object) -> str:
    documents = ask.pipeline.documents
    visible = ask.pipeline.visible(ask.policy, frozenset())  # type: ignore[arg-type]
    operation = documents.choose(await documents.read(document, visible), None)
    decisions = ask.policy.decide(frozenset(), operation.coordinates)
    values = await documents.coerce(operation, variables, visible)
    made = await ask.pipeline.plans.plan(operation, decisions, "v", values, visible)
    return re.sub(r'\{"tag":"(\w+)"\}', r"\1", explain(made, values))


async def test_conditions_stand_where_they_are_asked(under):
    table = all_types(OPEN) | {"User": DENY, "Component.title": SHINY, "Component.note": OPEN, "Component.lifecycle": SHINY}
    async with under(table) as ask:
        found = await plan(ask)
    assert found == dedent("""\
        query Page under policy v
          see any other, api, component, domain, group, location, resource, robot, system, template where {"hasTag":open}
          see user never (the table)
          deny unfiltered (it could give entities that you may not see, and doesn't ask for Access, Catalog or Page to leave them out)
          call components = estate.components
            read totalCount
            compute nodes
              read name
              take title, where {"hasTag":shiny}
              call note = estate.note
          call wanted = estate.wanted
            refuse Component.lifecycle (the table)
            refuse Entity.lifecycle (the table)
            read name""")


async def test_a_narrowed_field_says_by_what(under):
    every = All((OPEN, Any((SHINY, Negated(Predicate("isOwner"))))))
    async with under({"Query.components": every}) as ask:
        found = await plan(ask, "{ components(first: 9) { totalCount } }")
    assert 'only what is {"all":[{"hasTag":open},{"any":[{"hasTag":shiny},{"not":"isOwner"}]}]}' in found


async def test_where_everything_is_allowed_nothing_more_is_said(under):
    async with under({}) as ask:
        found = await plan(ask)
    assert "see " not in found and "where" not in found and "refuse" not in found and "deny" not in found


async def test_what_is_refused_for_its_arguments_is_no_call_and_says_by_which(under):
    document = "query Q($of: Wanted) { wanted(filter: $of) { name } }"
    async with under({"Component.lifecycle": DENY}) as ask:
        for refused in ({"lifecycle": "x"}, {"order": "LIFECYCLE"}):
            place = f"filter.{next(iter(refused))}"
            assert (await plan(ask, document, of=refused)).splitlines()[1:] == [
                f"  deny wanted, for {place} asks by Component.lifecycle (the table)"
            ]
        for allowed in ({"name": "x"}, {"order": "NAME"}, {}, None):
            assert "  call wanted = estate.wanted" in await plan(ask, document, of=allowed)
