"""A policy's store in an empty database, on each kind of database there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from callboard_sdk import Database
from gateway.testing import Harness, running_gateway
from resolvers.audit import AuditStore
from resolvers.policy import PolicyStore
from tests.spec.administration.person import Person


@pytest.fixture
def audit(database: Database) -> AuditStore:
    return AuditStore(database)


@pytest.fixture
def store(database: Database, audit: AuditStore) -> PolicyStore:
    return PolicyStore(database, audit)


RULES = """
p, viewer, permission:core.viewer, read, allow
p, oncall, permission:core.plugins, read, allow
p, responder, permission:core.policy.emergency, mutate, allow
p, responder, permission:core.tokens.own, mutate, allow
p, auditor, permission:core.policy.read, read, allow
p, admin, *, read, allow
p, admin, *, mutate, allow
p, admin, *, administer, allow
p, blocked, Query.plugins, read, deny
g, oncall, viewer
"""


@pytest.fixture
def own(settings: Path, tmp_path: Path) -> dict[str, Any]:
    """Settings of a gateway over the empty database, with rules of its own."""
    (tmp_path / "rules.csv").write_text(RULES)
    policies = {"rules": str(tmp_path / "rules.csv"), "emergency": {"roles": ["oncall"], "minutes": 30}}
    return {"database": yaml.safe_load(settings.read_text())["database"], "policies": policies}


@pytest.fixture
async def harness(own: dict[str, Any], tmp_path: Path) -> AsyncIterator[Harness]:
    async with running_gateway(tmp_path, own) as found:
        yield found


@pytest.fixture
def alice(harness: Harness) -> Person:
    return Person(harness, "alice", ["admin"])
