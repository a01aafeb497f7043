"""The rules in force, for a command that runs no gateway: the files', and those of the version that the database has."""

from __future__ import annotations

from rich.text import Text
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from gateway.app import Gateway
from policies import Policy

from .show import err
from .stored import why_not

_TABLE = "policy_version"


async def rules_in_force(gateway: Gateway) -> Policy:
    """The policy as a gateway of these settings has it; that of the files alone, where the database can't say: that is told."""
    engine = gateway.plugins.database.engine
    try:
        async with engine.connect() as connection:
            there = await connection.run_sync(lambda plain: inspect(plain).has_table(_TABLE))
        if there:  # else nothing was ever published
            for problem in await gateway.pipeline.office.take():
                _told(problem)
    except (SQLAlchemyError, OSError) as error:
        _told(f"this is by the rules of the files alone, for the database can't be asked: {why_not(error)}")
    finally:
        await engine.dispose()
    return gateway.policy


def _told(what: str) -> None:
    err.print(Text.assemble(("!", "yellow"), f" {what}"))
