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

_Key = tuple[Operation, Decisions, tuple[object, ...]]


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

    async def plan(self, operation: Operation, decisions: Decisions, policy_version: str, variables: VariableValues) -> Plan:
        """The plan of this operation. Raises RequestError when the operation can't be planned.

        A long document is planned, and its row loops are compiled, in a thread.
        """
        switches = tuple(variables.coerced.get(name) for name in operation.switches)
        key = operation, decisions, switches
        if (known := self._plans.get(key)) is not None:
            return known
        if operation.document.long:
            return self._plans.keep(key, await asyncio.to_thread(self._whole, operation, decisions, policy_version, variables))
        return self._plans.keep(key, self._make(operation, decisions, policy_version, variables))

    def _whole(self, operation: Operation, decisions: Decisions, policy_version: str, variables: VariableValues) -> Plan:
        plan = self._make(operation, decisions, policy_version, variables)
        plan.compile()
        return plan

    def _make(self, operation: Operation, decisions: Decisions, policy_version: str, variables: VariableValues) -> Plan:
        ruling = Ruling(self._schema, decisions, self._reach)
        planner = Planner(self._schema, operation.definition, operation.fragments, variables, ruling, hide_suggestions=True)
        try:
            root = planner.root()
        except GraphQLError as error:
            raise RequestError([error], "GRAPHQL_VALIDATION_FAILED") from None
        fragments = {name: fragment.definition for name, fragment in operation.fragments.items()}
        return Plan(self._schema, operation.definition, fragments, root, decisions, policy_version, ruling.seen, self._checks)
