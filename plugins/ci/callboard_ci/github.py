"""GitHub Actions over REST: workflow runs and their jobs (REST API version 2022-11-28)."""

from __future__ import annotations

import re
from collections.abc import Callable

from callboard_sdk import BadArgument, Client, Freshness, Reply, Upstream
from callboard_sdk.entities import Component

from .github_answers import JobPage, RunPage, job_from, run_from
from .model import PipelineJob, PipelineRun, Project
from .provider import Recent
from .settings import GitHubSettings

ANNOTATION = "github.com/project-slug"
_SLUG = re.compile(r"(?P<owner>[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}))/(?P<repository>(?!\.{1,2}$)[A-Za-z0-9._-]{1,100})")
_JOBS = 100
"""The most jobs that one answer holds; of a run with more, these are shown."""


class GitHub:
    """One GitHub; it claims the components whose `github.com/project-slug` names a repository of its owners."""

    def __init__(self, settings: GitHubSettings, client: Client) -> None:
        self._settings = settings
        self._client = client
        self._owners = frozenset(owner.lower() for owner in settings.owners)

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return self._settings.name

    @property
    def concurrency(self) -> int:
        """How many requests it may be sent at once."""
        return self._settings.concurrency

    def claim(self, component: Component) -> Project | None:
        """The repository that the component's slug names. Raises BadArgument when it isn't `owner/repository`.

        The slug becomes part of an address, so nothing but a name's own characters passes.
        """
        slug = component.annotations.get(ANNOTATION, "").strip()
        if not slug:
            return None
        found = _SLUG.fullmatch(slug)
        if found is None:
            raise BadArgument(f"{component.ref}: its annotation {ANNOTATION} is not a repository: write owner/repository")
        if self._owners and found["owner"].lower() not in self._owners:
            return None
        return Project(self.name, slug)

    async def recent(self, project: Project) -> Recent:
        """The repository's latest runs of all workflows, newest first."""
        params: dict[str, str | int] = {"per_page": self._settings.runs, "exclude_pull_requests": "true"}
        reply = await self._client.get(f"repos/{project.path}/actions/runs", params)
        runs, branch = reply.once(project, lambda: self._runs(reply, project))
        return Recent(runs, branch or self._settings.branch, Freshness(fetched_at=reply.fetched_at, stale=reply.stale))

    async def jobs(self, run: PipelineRun) -> list[PipelineJob]:
        """The jobs of the run's latest attempt."""
        path = f"repos/{run.project.path}/actions/runs/{run.key}/jobs"
        reply = await self._client.get(path, {"filter": "latest", "per_page": _JOBS})
        return reply.once("jobs", lambda: [job_from(job) for job in reply.json(JobPage).jobs[:_JOBS]])

    def _runs(self, reply: Reply, project: Project) -> tuple[tuple[PipelineRun, ...], str | None]:
        page = reply.json(RunPage)
        branch = next((run.repository.default_branch for run in page.workflow_runs if run.repository), None)
        return tuple(run_from(run, project) for run in page.workflow_runs[: self._settings.runs]), branch


def upstream(settings: GitHubSettings) -> Upstream:
    """How the gateway reaches this GitHub."""
    return Upstream(
        name=settings.name,
        base_url=settings.base_url,
        headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
        bearer=_bearer(settings),
        ca=settings.ca_file,
        timeout=settings.timeout_seconds,
        attempts=settings.attempts,
        concurrency=settings.concurrency,
        fresh_for=settings.fresh_seconds,
    )


def _bearer(settings: GitHubSettings) -> Callable[[], str] | None:
    token, file = settings.token, settings.token_file
    if token is not None:
        return token.get_secret_value
    return None if file is None else lambda: file.read_text(encoding="utf-8").strip()
