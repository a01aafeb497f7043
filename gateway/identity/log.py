"""The audit of a gateway that keeps none: a log line for each event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

log = structlog.get_logger()


async def log_audit(kind: str, actor: str, subject: str, details: Mapping[str, Any]) -> None:
    """`callboard_sdk.Audit` that writes to the log."""
    log.info("audit", kind=kind, actor=actor, subject=subject, details=dict(details))
