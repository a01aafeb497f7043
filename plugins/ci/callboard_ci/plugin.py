"""Adds `builds` to every Component: whether it builds, its latest runs, and their jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import strawberry
from callboard_sdk import Batch, Clients, Connection, Page, Plugin, filters, paginate
from callboard_sdk.entities import Component

from .ci import Ci
from .github import GitHub, upstream
from .model import Builds, PipelineJob, PipelineRun, PipelineStatus
from .settings import CiSettings

Branch = Annotated[
    str | None, strawberry.argument(description="Only runs for this branch or tag."), filters("PipelineRun.branch")
]
Status = Annotated[
    PipelineStatus | None, strawberry.argument(description="Only runs that stand so."), filters("PipelineRun.status")
]
NewestFirst = Annotated[Page, filters("PipelineRun.startedAt")]

plugin = Plugin(
    "ci",
    settings=CiSettings,
    permissions={
        "ci.read": "See whether components build, and the runs of their pipelines.",
        "ci.jobs.read": "See the jobs and steps of a run.",
    },
    upstreams=lambda settings: [upstream(provider) for provider in settings.providers],
)


@plugin.resource
async def servers(settings: CiSettings, clients: Clients) -> AsyncIterator[Ci]:
    """The CI servers, for as long as the gateway runs."""
    providers = [GitHub(provider, clients[provider.name]) for provider in settings.providers]
    yield Ci({provider.name: provider for provider in providers}, settings.job_runs, lambda: datetime.now(UTC))


@plugin.field(on=Component, permission="ci.read", asks="one request for each repository")
async def builds(components: Batch[Component], ci: Ci) -> list[Builds | None]:
    """How the component builds, by its annotation `github.com/project-slug`; null where no CI server knows it."""
    found: list[Any] = await ci.builds(components)
    return found


@plugin.field(on=Builds, permission="ci.read")
async def runs(
    parents: Batch[Builds],
    page: NewestFirst,
    branch: Branch = None,
    status: Status = None,
) -> list[Connection[PipelineRun] | None]:
    """The runs among the latest that the server was asked for, newest first, pull requests' too."""
    return [paginate(_chosen(parent.recent, branch, status), page, _newest_first) for parent in parents]


@plugin.field(on=PipelineRun, permission="ci.jobs.read", asks="one request for each run")
async def jobs(parents: Batch[PipelineRun], ci: Ci) -> list[list[PipelineJob] | None]:
    """The jobs of the run's last attempt: a request for each run, so ask for them on few."""
    found: list[Any] = await ci.jobs(parents)
    return found


def _chosen(found: tuple[PipelineRun, ...], branch: str | None, status: PipelineStatus | None) -> list[PipelineRun]:
    return [run for run in found if branch in (None, run.branch) and status in (None, run.status)]


def _newest_first(run: PipelineRun) -> str:
    """A sort key that grows as runs get older: seconds from the far future, then the run's own key turned round."""
    started = int(run.started_at.timestamp()) if run.started_at else 0
    return f"{10**11 - started:012d}:{run.key.zfill(20).translate(_TURNED)}"


_TURNED = str.maketrans("0123456789", "9876543210")
