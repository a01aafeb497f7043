"""The settings file that commands are told of, and how they read it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from callboard_sdk import Settings

from gateway.configuration import Configuration, read_configuration
from gateway.logs import silence_logs

SettingsFile = Annotated[Path, typer.Option("--settings", "-s", envvar="CALLBOARD_SETTINGS", help="The settings file.")]

DEFAULT_FILE = Path("callboard.yaml")


def configuration(file: Path) -> Configuration:
    """The settings of this file, with the environment's placeholders filled. Logs stay silent until `serve` says how."""
    silence_logs()
    return read_configuration(file, os.environ, _models)


def _models(names: Sequence[str]) -> Mapping[str, type[Settings] | str]:
    from gateway.loading import load  # only to tell what is wrong with the plugins' settings, for it takes long

    loaded = load(names)
    return {**loaded.failed, **{name: plugin.settings for name, plugin in loaded.plugins.items()}}
