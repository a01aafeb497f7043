"""python -m tests.spec.interference.run --pairs N --seed S: asks pairs of worlds for a difference, and tells what it finds."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from .shrink import shrunk
from tests.postgresql import running_postgresql

from .stage import Setting, staged
from .trial import rounds

_EVERY = 500


async def run(pairs: int, seed: int, most: int, setting: Setting) -> int:
    """Try so many pairs; how many of them interfere, of which `most` are made small and told."""
    found = count = 0
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder), setting) as stage:
            started = time.process_time()
            async for pair in rounds(stage, seed, pairs):
                count += 1
                if pair.found is not None:
                    found += 1
                    if found <= most:
                        print(
                            f"pair {count} of seed {seed} interferes:\n{await shrunk(Path(folder), pair.found, setting)}\n",
                            flush=True,
                        )
                if count % _EVERY == 0 or count == pairs:
                    seconds = time.process_time() - started
                    print(f"{count} pairs, {found} interfere, {seconds:.0f} s of CPU", flush=True)
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.spec.interference.run", description=__doc__)
    parser.add_argument("--pairs", type=int, default=2_000, help="how many pairs of worlds")
    parser.add_argument("--seed", type=int, default=0, help="where chance begins")
    parser.add_argument("--most", type=int, default=3, help="how many are told in full")
    parser.add_argument("--denied", choices=("answer", "hide"), default="answer", help="what becomes of a denied field")
    parser.add_argument("--postgresql", action="store_true", help="a database of PostgreSQL, in the place of SQLite")
    parser.add_argument("--costs", action="store_true", help="with the plugin of costs")
    given = parser.parse_args()
    with running_postgresql() if given.postgresql else nullcontext() as server:
        setting = Setting(server.emptied() if server else None, given.denied, given.costs)
        sys.exit(1 if asyncio.run(run(given.pairs, given.seed, given.most, setting)) else 0)


if __name__ == "__main__":
    main()
