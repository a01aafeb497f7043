"""What a CI server has to offer to take part: GitHub does so, and others can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from callboard_sdk import Freshness
from callboard_sdk.entities import Component

from .model import PipelineJob, PipelineRun, Project


@dataclass(frozen=True, slots=True)
class Recent:
    """A project's latest runs, newest first, and its default branch where that is known."""

    runs: tuple[PipelineRun, ...]
    branch: str | None
    freshness: Freshness


class Provider(Protocol):
    """One CI server. Reading raises UpstreamError, for that project or run alone."""

    @property
    def name(self) -> str:
        """Its name in the settings."""
        ...

    @property
    def concurrency(self) -> int:
        """How many requests it may be sent at once."""
        ...

    def claim(self, component: Component) -> Project | None:
        """The project that the component's annotations name on this server; None where they name none.

        Raises BadArgument when an annotation is not what this server can look up.
        """
        ...

    async def recent(self, project: Project) -> Recent:
        """The project's latest runs, in one request."""
        ...

    async def jobs(self, run: PipelineRun) -> list[PipelineJob]:
        """The jobs of one of its runs, in one request."""
        ...
