"""The history of each repository's workflow: which runs there were, by whom, of what, and how they ended."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random

from demo.company.dice import Dice, hexes, number
from demo.company.model import Company, Component, Person

_WORKFLOWS = (
    ("Build", "build.yml", 75),
    ("Release", "release.yml", 15),
    ("Nightly check", "nightly.yml", 10),
)
_VERBS = ["Fix", "Speed-up", "Tidy", "Rework", "Log", "Test", "Document", "Guard"]
_STATES = ("healthy", "flaky", "broken")
_ENDS = {
    "healthy": (("success", 94), ("failure", 2), ("cancelled", 3), ("timed_out", 1)),
    "flaky": (("success", 73), ("failure", 20), ("cancelled", 5), ("timed_out", 2)),
    "broken": (("success", 85), ("failure", 10), ("cancelled", 5)),
}
_SHORTEST, _LONGEST = 25, 60


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a workflow; `conclusion` and `ended` are None while it isn't over."""

    id: int
    number: int
    attempt: int
    workflow: str
    file: str
    event: str
    branch: str
    sha: str
    title: str
    actor: Person
    status: str
    conclusion: str | None
    created: dt.datetime
    started: dt.datetime
    ended: dt.datetime | None

    @property
    def updated(self) -> dt.datetime:
        """When anything last happened to it."""
        return self.ended or self.started


def history(company: Company, repository: str, now: dt.datetime) -> tuple[Run, ...]:
    """The 25 to 60 runs of `repository` up to `now`, newest first; raises KeyError for an unknown repository.

    In a broken repository the newest runs of the main branch failed; one newest run in ten isn't over.
    """
    components = company.by_repository[repository]
    throw = Dice(company.founding.seed).of("runs", repository)
    state = throw.choices(_STATES, (82, 10, 8))[0]
    pending = throw.choices(("completed", "in_progress", "queued"), (90, 8, 2))[0]
    failing = throw.randint(1, 4) if state == "broken" else 0
    people = company.people_of(components[0].owner) or company.people[:1]
    count = throw.randint(_SHORTEST, _LONGEST)
    first = 20_000_000_000 + number(9_000_000, "runs", repository) * 1_000
    moment = now - dt.timedelta(minutes=throw.randint(2, 9))
    runs = []
    for place in range(count):
        status = pending if place == 0 else "completed"
        run = _run(
            throw,
            components,
            people,
            first + count - place,
            count - place,
            moment,
            state,
            status,
            failing > 0,
        )
        failing -= run.branch == "main"
        runs.append(run)
        moment = run.created - dt.timedelta(minutes=throw.randint(40, 1_400))
    return tuple(runs)


def _run(
    throw: Random,
    components: tuple[Component, ...],
    people: tuple[Person, ...],
    id_: int,
    place: int,
    moment: dt.datetime,
    state: str,
    status: str,
    failing: bool,
) -> Run:
    workflow, file, _ = throw.choices(_WORKFLOWS, [weight for *_, weight in _WORKFLOWS])[0]
    thing = throw.choice(components).title.lower()
    title = f"{throw.choice(_VERBS).replace('-', ' ')} {thing}"
    event = {"Release": "push", "Nightly check": "schedule"}.get(workflow) or throw.choice(("push", "pull_request"))
    branch = f"{title.lower().replace(' ', '-')[:40]}" if event == "pull_request" else "main"
    conclusion = _conclusion(throw, state, failing=failing and branch == "main")
    took = dt.timedelta(seconds=throw.randint(70, 900) * (3 if conclusion == "timed_out" else 1))
    over = status == "completed"
    started = moment - took if over else moment
    return Run(
        id=id_,
        number=place,
        attempt=2 if throw.random() < 0.05 else 1,
        workflow=workflow,
        file=file,
        event=event,
        branch=branch,
        sha=hexes(40, components[0].repository, str(place)),
        title=title,
        actor=throw.choice(people),
        status=status,
        conclusion=conclusion if over else None,
        created=started - dt.timedelta(seconds=4),
        started=started,
        ended=moment if over else None,
    )


def _conclusion(throw: Random, state: str, *, failing: bool) -> str:
    ends, weights = zip(*_ENDS[state], strict=True)
    end = str(throw.choices(ends, weights)[0])
    return "failure" if failing else end


@dataclass(frozen=True, slots=True)
class Step:
    """One job of a run, or one step of a job; times are None for what hasn't begun or isn't over."""

    name: str
    status: str
    conclusion: str | None
    started: dt.datetime | None
    ended: dt.datetime | None


JOBS = ("Lint", "Test", "Package", "Publish")
STEPS = ("Set up job", "Check out", "Install", "Run", "Complete job")


def split(run: Run) -> tuple[Step, ...]:
    """The jobs of `run`, one after the other: all before the one that failed are well, all after it are skipped."""
    return _parts(JOBS, run.status, run.conclusion, run.started, run.ended, number(3, "fails", str(run.id)) + 1)


def split_job(job: Step) -> tuple[Step, ...]:
    """The steps of a job; it is the fourth that does the work, and fails."""
    if job.conclusion == "skipped" or job.status == "queued":
        return ()
    return _parts(STEPS, job.status, job.conclusion, job.started, job.ended, 3)


def _parts(
    names: tuple[str, ...],
    status: str,
    conclusion: str | None,
    started: dt.datetime | None,
    ended: dt.datetime | None,
    turning: int,
) -> tuple[Step, ...]:
    """Cut the time in even parts; at `turning` stands what decided, or what is under way."""
    if started is None or status == "queued":
        return tuple(Step(name, "queued", None, None, None) for name in names)
    if conclusion == "success" and ended:
        slice_ = (ended - started) / len(names)
        return tuple(
            Step(name, "completed", "success", started + slice_ * place, started + slice_ * (place + 1))
            for place, name in enumerate(names)
        )
    slice_ = ((ended or started + dt.timedelta(minutes=2)) - started) / (turning + 1)
    parts = []
    for place, name in enumerate(names):
        begin = started + slice_ * min(place, turning)
        if place < turning:
            parts.append(Step(name, "completed", "success", begin, begin + slice_))
        elif place == turning:
            parts.append(Step(name, status, conclusion, begin, ended))
        elif ended:
            parts.append(Step(name, "completed", "skipped", ended, ended))
        else:
            parts.append(Step(name, "queued", None, None, None))
    return tuple(parts)
