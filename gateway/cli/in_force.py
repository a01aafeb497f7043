"""The rules in force, for commands that run no gateway: the files', and those of the version that the database has.

What the database has is read as it stands: nothing is migrated.
"""

from __future__ import annotations

import asyncio

from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from gateway.administration.standing import database_rules
from gateway.app import Gateway
from gateway.database import absent
from policies import Policy, PolicyError, Rules
from policies.checks import waiting
from resolvers.audit import AuditStore
from resolvers.database import GatewayDatabase
from resolvers.migrating import state_of
from resolvers.migrations import CORE, NAME
from resolvers.policy import PolicyStore, Version
from resolvers.versions import Versions

from .show import err
from .stored import why_not


async def rules_in_force(gateway: Gateway) -> Policy:
    """The policy as a gateway of these settings has it; that of the files alone, where the database can't say: that is told."""
    database = gateway.plugins.database
    try:
        if await _latest(database) is not None:
            for problem in await gateway.pipeline.office.take():
                _told(problem)
    except (SQLAlchemyError, OSError) as error:
        _told(f"this is by the rules of the files alone, for the database can't be asked: {why_not(error)}")
    finally:
        await database.engine.dispose()
    return gateway.policy


def of_the_published(gateway: Gateway) -> list[str]:
    """Which rules of the published version wait or don't fit, as `version N:line: what`; or that they can't be read."""
    try:
        rules = database_rules(asyncio.run(_closed(gateway.plugins.database)))
        Policy(Rules.joined([gateway.policy.rules, rules]), gateway.supergraph)
    except (SQLAlchemyError, OSError) as error:
        return [f"the database's rules are not checked, for it can't be asked: {why_not(error)}; see database.url"]
    except PolicyError as error:
        return list(error.mistakes)
    return waiting(rules, gateway.supergraph)


async def _closed(database: GatewayDatabase) -> Version | None:
    try:
        return await _latest(database)
    finally:
        await database.engine.dispose()


async def _latest(database: GatewayDatabase) -> Version | None:
    """The version in effect; None before there is a database, or its tables, or where nothing was published."""
    if absent(database) is not None or (await state_of(database, Versions(NAME, CORE))).now is None:
        return None
    return await PolicyStore(database, AuditStore(database)).latest()


def _told(what: str) -> None:
    err.print(Text.assemble(("!", "yellow"), f" {what}"))
