"""Asks each component's CI server: one request a project, however many components share it, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from callboard_sdk import BadArgument, CallboardError
from callboard_sdk.entities import Component

from .model import Builds, PipelineJob, PipelineRun, Project
from .provider import Provider, Recent
from .verdict import judge

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(frozen=True)
class Ci:
    """The CI servers of this gateway, in the order in which they may claim a component."""

    providers: Mapping[str, Provider]
    job_runs: int
    now: Callable[[], datetime]

    async def builds(self, components: Sequence[Component]) -> list[Builds | CallboardError | None]:
        """How each component builds; None where no server claims it, an error where its own server fails."""
        claims = [self._claim(component) for component in components]
        projects = (claim for claim in claims if isinstance(claim, Project))
        found = await self._each(projects, lambda project: project.provider, self._recent)
        return [self._builds(found[claim]) if isinstance(claim, Project) else claim for claim in claims]

    async def jobs(self, runs: Sequence[PipelineRun]) -> list[list[PipelineJob] | CallboardError]:
        """The jobs of each run. Beyond the first `job_runs` different runs it is an error: each costs a request."""
        by_key = {(run.project, run.key): run for run in runs}
        allowed = list(by_key)[: self.job_runs]
        found = await self._each(allowed, lambda key: key[0].provider, lambda key: self._jobs(by_key[key]))
        too_many = BadArgument(f"the jobs of at most {self.job_runs} runs can be read at once: ask for them on fewer runs")
        return [found.get((run.project, run.key), too_many) for run in runs]

    def _claim(self, component: Component) -> Project | CallboardError | None:
        try:
            claims = (provider.claim(component) for provider in self.providers.values())
            return next((claim for claim in claims if claim is not None), None)
        except CallboardError as error:
            return error

    def _builds(self, recent: Recent | CallboardError) -> Builds | CallboardError:
        if isinstance(recent, CallboardError):
            return recent
        verdict = judge(recent.runs, recent.branch, self.now())
        return Builds(
            state=verdict.state,
            summary=verdict.summary,
            branch=verdict.branch,
            failing_since=verdict.since,
            latest=verdict.latest,
            freshness=recent.freshness,
            recent=recent.runs,
        )

    async def _recent(self, project: Project) -> Recent:
        return await self.providers[project.provider].recent(project)

    async def _jobs(self, run: PipelineRun) -> list[PipelineJob]:
        return await self.providers[run.project.provider].jobs(run)

    async def _each(
        self, keys: Iterable[K], provider_of: Callable[[K], str], read: Callable[[K], Awaitable[T]]
    ) -> dict[K, T | CallboardError]:
        """What reading each different key gives, no more at once than its server may be sent."""
        gates = {name: asyncio.Semaphore(provider.concurrency) for name, provider in self.providers.items()}

        async def one(key: K) -> T | CallboardError:
            async with gates[provider_of(key)]:
                try:
                    return await read(key)
                except CallboardError as error:
                    return error

        distinct = list(dict.fromkeys(keys))
        return dict(zip(distinct, await asyncio.gather(*map(one, distinct)), strict=True))
