"""graphql-core's own tests: the sdist of the locked version, checked against the lock's hashes, unpacked once into an ignored folder."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".stamps" / "sdist"
LOCK = ROOT / "requirements" / "dev.txt"


class Unavailable(Exception):
    """The sdist is neither kept nor to be had."""


def unpacked() -> Path:
    """The folder of graphql-core's sdist; downloaded if it is not kept yet, so that later runs need no network."""
    version = importlib.metadata.version("graphql-core")
    folder = CACHE / f"graphql_core-{version}"
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as beside:
            with tarfile.open(_download(version, Path(beside))) as archive:
                archive.extractall(beside, filter="data")
            try:
                (Path(beside) / folder.name).rename(folder)
            except OSError:
                if not folder.is_dir():  # which another process may have made meanwhile
                    raise
    return folder


def _download(version: str, into: Path) -> Path:
    archive = into / f"graphql_core-{version}.tar.gz"
    locked = re.search(rf"^graphql-core=={re.escape(version)} \\\n(?: +--hash=.*\n)+", LOCK.read_text(), re.M)
    if locked is None:
        raise Unavailable(f"graphql-core {version} is installed but {LOCK.name} locks another: run `make setup`")
    wanted = into / "wanted.txt"
    wanted.write_text(locked[0])
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    pip += ["--no-binary", "graphql-core", "--require-hashes", "--dest", str(into), "-r", str(wanted)]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if not archive.is_file():
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise Unavailable(f"pip could not download the sdist of graphql-core {version}: {reason}")
    return archive
