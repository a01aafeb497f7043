"""Keeps plans: the same operation under the same decisions, with the same fields skipped, is planned once."""

from __future__ import annotations

import asyncio

from graphql import GraphQLError, GraphQLSchema
from graphql.execution import VariableValues

from policies import Decisions

from .kept import Kept
from .operation import Operation, RequestError
from .plan import Plan
from .planner import Planner
from .reach import Reach
from .ruling import Ruling
from .visible import Visible

_Key = tuple[Operation, Decisions, GraphQLSchema, tuple[object, ...]]


class Plans:
    """Makes plans against one schema, and keeps as many as memory was set aside for.

    Values of variables are never part of a plan; only what `@skip` and `@include` make of them is, for it decides
    which fields there are. Decisions belong to one policy version, so a plan does too.
    """

    def __init__(self, schema: GraphQLSchema, *, checks: bool = False, kept: int = 1_000) -> None:
        self._schema = schema
        self._checks = checks
        self._reach = Reach(schema)
        self._plans: Kept[_Key, Plan] = Kept(kept)

    async def plan(
        self, operation: Operation, decisions: Decisions, policy_version: str, variables: VariableValues, visible: Visible
    ) -> Plan:
        """The plan of this operation. Raises RequestError when the operation can't be planned.

        A long document is planned, and its row loops are compiled, in a thread.
        """
        switches = tuple(variables.coerced.get(name) for name in operation.switches)
        shown = visible.schema if operation.introspects else self._schema
        key = operation, decisions, shown, switches
        if (known := self._plans.get(key)) is not None:
            return known
        if operation.document.long:
            made = await asyncio.to_thread(self._make, operation, decisions, policy_version, variables, shown)
        else:
            made = self._make(operation, decisions, policy_version, variables, shown)
        return self._plans.keep(key, made)

    def _make(
        self, operation: Operation, decisions: Decisions, version: str, variables: VariableValues, shown: GraphQLSchema
    ) -> Plan:
        ruling = Ruling(self._schema, decisions, self._reach)
        planner = Planner(self._schema, operation.definition, operation.fragments, variables, ruling, hide_suggestions=True)
        try:
            root = planner.root()
        except GraphQLError as error:
            raise RequestError([error], "GRAPHQL_VALIDATION_FAILED") from None
        fragments = {name: fragment.definition for name, fragment in operation.fragments.items()}
        seen = ruling.seen
        plan = Plan(self._schema, shown, operation.definition, fragments, root, decisions, version, seen, self._checks)
        if operation.document.long:
            plan.compile()
        return plan
