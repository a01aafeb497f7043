"""The lane of the tests' gateway: `python process.py SETTINGS SOCKET`. Its plugins are those of the gateway, in another process."""

import asyncio
import os
import sys
from pathlib import Path

from callboard_sdk import Plugin, value
from gateway.app import build
from gateway.configuration import read_configuration
from gateway.lane.serve import serve_lane

sys.path.insert(0, str(Path(__file__).parents[1]))

from company import make_company  # noqa: E402


@value
class Run:
    """Where a field ran."""

    process: int
    """The process's number."""
    fillers: list[int]
    """Nothing of interest."""


def make_runs(folder: Path) -> Plugin:
    """A plugin whose fields tell in which process they ran; `endless` says in a file that it was cancelled."""
    runs: Plugin = Plugin("runs", permissions={"runs.read": "Read them.", "runs.change": "Change them."})

    @runs.query(permission="runs.read")
    async def run() -> Run | None:
        """Where it ran."""
        return Run(process=os.getpid(), fillers=[])

    @runs.query(permission="runs.read")
    async def endless() -> list[Run] | None:
        """Never ends."""
        (folder / "began").write_text(str(os.getpid()))
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            (folder / "cancelled").write_text(str(os.getpid()))
            raise
        return []

    @runs.query(permission="runs.read")
    async def deadly() -> list[Run] | None:
        """Ends its process."""
        os._exit(3)

    @runs.mutation(permission="runs.change")
    async def move() -> list[Run] | None:
        """Where it ran."""
        return [Run(process=os.getpid(), fillers=[])]

    return runs


def plugins(folder: Path) -> list[Plugin]:
    """What both processes load."""
    return [make_company()[0], make_runs(folder)]


if __name__ == "__main__":
    settings = Path(sys.argv[1])
    serve_lane(build(read_configuration(settings, {}), plugins(settings.parent)), Path(sys.argv[2]))
