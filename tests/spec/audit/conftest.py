"""An audit in an empty database, on each kind of database there is."""

from __future__ import annotations

import pytest
from callboard_sdk import Database
from resolvers.audit import AuditStore


@pytest.fixture
def audit(database: Database) -> AuditStore:
    return AuditStore(database)
