"""What the checks say of the rules that the gateway's database has in force, read as they stand: nothing is migrated."""

from __future__ import annotations

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from gateway.administration.standing import database_rules
from gateway.app import Gateway
from policies import Policy, PolicyError, Rules
from policies.checks import waiting
from resolvers.audit import AuditStore
from resolvers.migrating import state_of
from resolvers.migrations import CORE, NAME
from resolvers.policy import PolicyStore, Version
from resolvers.versions import Versions


def of_the_published(gateway: Gateway) -> list[str]:
    """Which rules of the published version wait or don't fit, as `version N:line: what`; or that they can't be read."""
    try:
        latest = asyncio.run(_latest(gateway))
    except (SQLAlchemyError, OSError) as error:
        return [f"the database can't be asked for its rules ({type(error).__name__}): they are not checked; see database.url"]
    try:
        rules = database_rules(latest)
        Policy(Rules.joined([gateway.policy.rules, rules]), gateway.supergraph)
    except PolicyError as error:
        return list(error.mistakes)
    return waiting(rules, gateway.supergraph)


async def _latest(gateway: Gateway) -> Version | None:
    """The version in effect; None before the tables are made."""
    database = gateway.plugins.database
    try:
        if (await state_of(database, Versions(NAME, CORE))).now is None:
            return None
        return await PolicyStore(database, AuditStore(database)).latest()
    finally:
        await database.engine.dispose()
