"""Somebody who reads a page at a terminal and types what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from bench.serving import CALLBOARD, server


def asked(url: str, token: str, query: str) -> dict[str, Any]:
    answer = httpx.post(url, json={"query": query}, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False)
    found: dict[str, Any] = answer.json()
    return found


@dataclass
class Reader:
    """Somebody at a terminal in an empty folder, with what the commands so far have given."""

    folder: Path
    stack: ExitStack
    environment: dict[str, str] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)

    def type(self, words: list[str]) -> None:
        """Type a command and wait for its end, or, where it serves, until it answers."""
        if words[0] == ".":
            assert words == [".", ".venv/bin/activate"], "the environment that the tests run in"
        elif words[0] == "pip":
            self._install(self.folder / words[-1])
        elif words[:2] == ["callboard", "serve"]:
            url, _ = self.stack.enter_context(server([CALLBOARD, *words[1:]], self._variables(PORT="0"), self.folder))
            self.environment["CALLBOARD_URL"] = url
        elif words[0] == "pytest":
            self.printed["pytest"] = self._run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words[1:]])
        else:
            self.printed[" ".join(words[1:3])] = self._run([CALLBOARD, *words[1:]])
            if words[1] == "token":
                self.environment["CALLBOARD_TOKEN"] = self.printed["token create"].strip()

    def _install(self, distribution: Path) -> None:
        """Beside the environment's own packages, not into them: other tests see what is installed."""
        beside = self.folder / "installed"
        uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "-q", "--python", sys.executable]
        self._run([*uv, "--offline", "--no-deps", "--no-build-isolation", "--target", str(beside), str(distribution)])
        self.environment["PYTHONPATH"] = str(beside)

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command, env=self._variables(), cwd=self.folder, capture_output=True, text=True, check=False, timeout=100
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def _variables(self, **more: str) -> Mapping[str, str]:
        return {**os.environ, **self.environment, **more}
