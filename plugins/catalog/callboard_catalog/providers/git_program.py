"""The program `git`, called so that only the settings decide what it does: no shell, hooks, prompts or others' configuration."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from callboard_sdk import Unreadable

_NOTHING = os.devnull
_SHOWN = 300


class Git:
    """`git` for one repository. A token goes into its environment, which only the same user can read, not into arguments."""

    def __init__(
        self, folder: Path, *, protocol: str, seconds: float, configured: Mapping[str, str], path: str = os.defpath
    ) -> None:
        self.folder = folder
        self.seconds = seconds
        fixed = {
            "core.hooksPath": _NOTHING,
            "core.fsmonitor": "false",
            "credential.helper": "",
            "fetch.recurseSubmodules": "false",
            "gc.autoDetach": "false",
            "http.followRedirects": "false",
            "protocol.allow": "never",
            f"protocol.{protocol}.allow": "always",
        }
        settings = list((fixed | dict(configured)).items())
        self.environment = {
            "PATH": path,
            "HOME": _NOTHING,
            "LC_ALL": "C",
            "GIT_ALLOW_PROTOCOL": protocol,
            "GIT_ASKPASS": "",
            "GIT_CONFIG_GLOBAL": _NOTHING,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_COUNT": str(len(settings)),
        }
        for number, (name, value) in enumerate(settings):
            self.environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}

    def command(self, *arguments: str) -> list[str]:
        """The whole command line."""
        return ["git", f"--git-dir={self.folder}", *arguments]

    async def run(self, *arguments: str) -> bytes:
        """What it prints. Raises Unreadable when it fails, or doesn't end in time; it is ended then, with all that it began."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command(*arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self.environment,
                start_new_session=True,
            )
        except OSError as error:
            why = f"could not be read: the program git can't be run: {error.strerror}"
            raise Unreadable("unanswered", why, "Install git where the gateway runs.") from None
        try:
            async with asyncio.timeout(self.seconds):
                printed, said = await process.communicate()
        except TimeoutError:
            why = f"could not be read: git {arguments[0]} didn't end within {self.seconds:g} s"
            raise Unreadable("unanswered", why, "Try again, or raise timeout_seconds in the settings.") from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode:
            why = f"could not be read: git {arguments[0]} failed: {_told(said)}"
            raise Unreadable("unanswered", why, "Check the repository's address, its ref, and what the token allows.")
        return printed


def authorization(address: str, user: str, token: str) -> Mapping[str, str]:
    """The configuration that sends a token to this address, and to no other, as HTTP Basic (RFC 7617)."""
    credentials = base64.b64encode(f"{user}:{token}".encode()).decode()
    return {f"http.{address}.extraHeader": f"Authorization: Basic {credentials}"}


def _told(said: bytes) -> str:
    """The last thing that it said, printable and short."""
    lines: Sequence[str] = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    text = next((line for line in reversed(lines) if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "no reason")
    return "".join(one if one.isprintable() else " " for one in text)[:_SHOWN]
