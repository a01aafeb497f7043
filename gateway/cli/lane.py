"""`callboard lane`: the process that `callboard serve` starts for large queries."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.app import build
from gateway.lane.serve import serve_lane
from gateway.loading import plugin_packages
from gateway.logs import configure_logs

from .settings_file import DEFAULT_FILE, SettingsFile, configuration


def lane(
    path: Annotated[Path, typer.Argument(help="The socket to listen on.")],
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Answer what a gateway with the same settings hands over, until it closes standard input."""
    configured = configuration(settings)
    configure_logs(configured.settings.logs, plugin_packages())
    serve_lane(build(configured), path)
