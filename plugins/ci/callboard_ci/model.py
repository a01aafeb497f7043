"""What CI looks like in the graph, the same whichever server it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

import strawberry
from callboard_sdk import Freshness, enum, node, value


@enum
class PipelineStatus(Enum):
    """Where a run, a job or a step stands, in the words of every CI server alike."""

    QUEUED = "QUEUED"
    """It waits to start."""
    RUNNING = "RUNNING"
    """It is under way."""
    SUCCEEDED = "SUCCEEDED"
    """It ended well."""
    FAILED = "FAILED"
    """It ended badly."""
    CANCELLED = "CANCELLED"
    """Someone or something stopped it."""
    SKIPPED = "SKIPPED"
    """It had nothing to do, or says neither good nor bad."""
    TIMED_OUT = "TIMED_OUT"
    """It took longer than it may."""
    ACTION_REQUIRED = "ACTION_REQUIRED"
    """It waits for a person."""
    UNKNOWN = "UNKNOWN"
    """The server says something that is not known here."""


@enum
class BuildState(Enum):
    """Whether a component's default branch builds."""

    PASSING = "PASSING"
    """The last finished run of each of its pipelines ended well."""
    FAILING = "FAILING"
    """The last finished run of one of its pipelines ended badly."""
    WAITING = "WAITING"
    """None fails, and one waits for a person."""
    PENDING = "PENDING"
    """None has finished yet, and one is under way."""
    UNKNOWN = "UNKNOWN"
    """No run of the default branch says."""


@dataclass(frozen=True, slots=True)
class Project:
    """What a CI server calls a component's pipelines; compared without case, as the servers do."""

    provider: str
    path: str = field(compare=False)
    key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.path.lower())


@value
class PipelineCommit:
    """The commit that a run is about."""

    sha: str
    """Its hash."""
    message: str | None = None
    """Its message, at most 2,000 characters."""
    author: str | None = None
    """Its author's name."""
    url: str | None = None
    """Where to look at it."""


@node(permission="ci.read")
class PipelineRun:
    """One run of one pipeline."""

    provider: str | None
    """The CI server, by its name in the settings."""
    name: str | None
    """The pipeline's name."""
    number: int | None
    """Which run of the pipeline it is, counted from 1."""
    attempt: int | None = None
    """Which attempt at this run it is, counted from 1."""
    status: PipelineStatus | None
    """Where it stands."""
    branch: str | None = None
    """The branch or tag it ran for."""
    commit: PipelineCommit | None = None
    """The commit it ran for."""
    event: str | None = None
    """What set it off, such as `push` or `schedule`."""
    actor: str | None = None
    """Who set it off, by login."""
    started_at: datetime | None = None
    """When it, or its last attempt, started."""
    finished_at: datetime | None = None
    """When it finished; null while it hasn't."""
    duration_seconds: float | None = None
    """How long it took, in seconds; null while it hasn't finished."""
    url: str | None = None
    """Where to look at it."""
    project: strawberry.Private[Project]
    key: strawberry.Private[str]
    pipeline: strawberry.Private[str]
    proposed: strawberry.Private[bool] = False

    @property
    def title(self) -> str:
        """How sentences name it."""
        return f"`{self.name}` #{self.number}"


@value
class PipelineStep:
    """One step of a job."""

    name: str
    """Its name."""
    number: int
    """Its place in the job, counted from 1."""
    status: PipelineStatus
    """Where it stands."""
    started_at: datetime | None = None
    """When it started."""
    finished_at: datetime | None = None
    """When it finished."""
    duration_seconds: float | None = None
    """How long it took, in seconds."""


@value
class PipelineJob:
    """One job of a run."""

    name: str
    """Its name."""
    status: PipelineStatus
    """Where it stands."""
    started_at: datetime | None = None
    """When it started."""
    finished_at: datetime | None = None
    """When it finished."""
    duration_seconds: float | None = None
    """How long it took, in seconds."""
    runner: str | None = None
    """The machine that ran it."""
    url: str | None = None
    """Where to look at it, and at its log."""
    failed_step: str | None = None
    """The first step that failed, where one did."""
    steps: list[PipelineStep]
    """Its steps, in order."""


@node(permission="ci.read")
class Builds:
    """How a component builds."""

    state: BuildState | None
    """Whether its default branch builds."""
    summary: str | None
    """The same in a sentence, with what fails and since when."""
    branch: str | None = None
    """The default branch."""
    failing_since: datetime | None = None
    """When the first of the runs that fail now failed; null when none does."""
    latest: PipelineRun | None = None
    """The newest run on the default branch, finished or not."""
    freshness: Freshness | None = None
    """How old this is."""
    recent: strawberry.Private[tuple[PipelineRun, ...]]
