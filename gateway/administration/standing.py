"""Which rules are in force: those of the files, always, and those of the database's version that was published last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from gateway.process import unlooked
from policies import Policies, PolicyError, Rules
from policies.checks import waiting
from policies.csv_form import read_csv
from resolvers.policy import Emergencies, PolicyStore, Version
from schema import Supergraph

log = structlog.get_logger()


@dataclass(frozen=True)
class Snapshot:
    """What is in force; `version` None where the files' rules count alone.

    `problems` say what keeps a newer version out, or which of the version's rules wait for what isn't in the schema now.
    """

    version: Version | None
    files: Rules
    database: Rules
    problems: tuple[str, ...] = ()


class Standing:
    """Keeps the policy in force as the database has it; a version that doesn't fit leaves the last good one.

    Until the database was read nothing is allowed: its rules might deny what the files' allow.
    """

    def __init__(
        self, policies: Policies, files: Rules, supergraph: Supergraph, store: PolicyStore, emergencies: Emergencies
    ) -> None:
        self.policies = policies
        self.supergraph = supergraph
        self.files = files
        self._store = store
        self._emergencies = emergencies
        self._taking = asyncio.Lock()
        self._seen: int | None = None
        self.now = Snapshot(None, files, Rules())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read the database before the first request, and follow what other replicas publish."""
        try:
            await self.refresh()
        except Exception as error:
            await self._nothing(f"the database can't be read ({type(error).__name__}): nothing is allowed until it can")
        async with self._store.following(self.refresh):
            yield

    async def refresh(self) -> None:
        """Put into force what the database has, if it is another version than was seen last. Raises what the database raises."""
        await self._emergencies.refresh()
        async with self._taking:
            latest = await self._store.latest()
            number = latest.number if latest else 0
            if number != self._seen:
                await self._take(latest)
                self._seen = number

    async def _take(self, latest: Version | None) -> None:
        try:
            with unlooked():
                rules, joined = await asyncio.to_thread(self._read, latest)
                if joined is not None:
                    await self.policies.replace(joined)
        except PolicyError as error:
            number = latest.number if latest else 0
            log.error("the policy that was published last doesn't fit", version=number, mistakes=error.mistakes[:20])
            told = (
                f"version {number} doesn't fit, so {'the one before stays' if self._seen is not None else 'nothing is allowed'}"
            )
            if self._seen is None:
                await self._nothing(told, *error.mistakes)
            else:
                self.now = Snapshot(self.now.version, self.files, self.now.database, (told, *error.mistakes))
        else:
            number = latest.number if latest else 0
            waits = await asyncio.to_thread(waiting, rules, self.supergraph)
            self.now = Snapshot(latest, self.files, rules, tuple(waits))
            log.info("policy in force", version=number, digest=self.policies.current.version)
            if waits:
                log.warning("rules of the published version wait", version=number, rules=waits[:20])

    def _read(self, latest: Version | None) -> tuple[Rules, Rules | None]:
        """A version's rules, and all that are to be in force with them; None for those where they are in force already."""
        rules = database_rules(latest)
        same = rules == self.now.database and self.now.files is self.files
        return rules, None if same else Rules.joined([self.files, rules])

    async def _nothing(self, *problems: str) -> None:
        await self.policies.replace(Rules())
        self.now = Snapshot(None, Rules(), Rules(), problems)
        log.error("nothing is allowed", reason=problems[0])


def database_rules(version: Version | None) -> Rules:
    """A version's rules, as published; none where there is no version. Raises PolicyError."""
    if version is None:
        return Rules()
    rules = read_csv(f"version {version.number}", version.text).whole()
    return rules.published(rules)
