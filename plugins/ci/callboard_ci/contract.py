"""What the contract suite runs this plugin with: one CI server, a project for each entity, and an object of each own type."""

from __future__ import annotations

from pathlib import Path

from callboard_sdk.testing import Samples

from .model import Builds, BuildState, PipelineRun, PipelineStatus, Project


def samples(folder: Path) -> Samples:
    """A server that the suite lets answer, or not."""
    runs = [_run(number) for number in (1, 2, 3)]
    return Samples(
        settings={"providers": [{"type": "github", "base_url": "https://ci.invalid"}]},
        annotations={"github.com/project-slug": "shop/{name}"},
        parents=[*runs, *(Builds(state=BuildState.PASSING, summary="It builds.", recent=tuple(runs[:n])) for n in (0, 1, 3))],
    )


def _run(number: int) -> PipelineRun:
    return PipelineRun(
        provider="github",
        name="build",
        number=number,
        status=PipelineStatus.SUCCEEDED,
        project=Project("github", f"shop/web-{number}"),
        key=str(number),
        pipeline="1",
    )
