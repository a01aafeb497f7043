"""What the core itself stores, and the versions of it."""

from __future__ import annotations

from callboard_sdk import Migrations

from resolvers.audit.tables import AuditRow, HeadRow
from resolvers.policy.tables import DraftRow, EmergencyRow, VersionRow
from resolvers.sessions import SessionRow
from resolvers.tables import table_of
from resolvers.tokens.tables import AccessTokenRow, TokenOwnerRow

NAME = "core"
CORE = Migrations(
    "resolvers.migrations",
    [table_of(row) for row in (AuditRow, HeadRow, VersionRow, DraftRow, EmergencyRow, AccessTokenRow, TokenOwnerRow, SessionRow)],
)
