"""A database of the last released gateway is brought to the newest version, and everything in it still reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from callboard_sdk import Page
from gateway.configuration import read_configuration
from gateway.testing import running_gateway
from resolvers.audit import AuditStore, verify
from resolvers.database import GatewayDatabase
from resolvers.migrating import make_ready
from resolvers.migrations import CORE, NAME
from resolvers.policy import Emergencies, PolicyStore
from resolvers.sessions import Sessions
from resolvers.tokens.store import TokenStore
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from .conftest import AT


@pytest.fixture
async def migrated(released: GatewayDatabase) -> GatewayDatabase:
    await make_ready(released, NAME, CORE)
    return released


async def test_the_policy_s_versions_and_drafts_still_read(migrated: GatewayDatabase, kept: dict[str, Any]) -> None:
    store = PolicyStore(migrated, AuditStore(migrated))
    assert [(one.number, one.author, one.note, one.reverts) for one in (await store.history(Page(first=10))).nodes()] == [
        (3, "alice", "back", 1),
        (2, "bob", "", None),
        (1, "alice", "the first", None),
    ]
    latest, first = await store.latest(), await store.version(1)
    assert latest and first and latest.text == first.text == "p, viewer, permission:core.viewer, read, allow\n"
    [draft] = await store.drafts()
    assert (draft.key, draft.owner, draft.parent, draft.revision) == (kept["draft"], "bob", 1, 2)
    assert draft.text.count("\n") == 2
    made = await store.publish(draft.text, "bob", "at last", expected=3, draft=draft)
    assert (made.number, await store.drafts()) == (4, [])


async def test_the_audit_s_chain_is_whole_and_goes_on(migrated: GatewayDatabase, kept: dict[str, Any]) -> None:
    audit = AuditStore(migrated)
    verdict = await verify(audit, kept["head"])
    assert (verdict.records, verdict.reason) == (5, None)
    await audit("policy.published", "alice", "9", {})
    assert (await verify(audit, kept["head"])).records == 6
    for statement in ("UPDATE audit_record SET actor = 'x'", "DELETE FROM audit_record"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with migrated.engine.begin() as connection:
                await connection.execute(text(statement))


async def test_the_audit_can_be_shortened_from_now_on(migrated: GatewayDatabase) -> None:
    audit = AuditStore(migrated)
    assert await audit.shorten(audit.now()) == 5
    verdict = await verify(audit)
    assert (verdict.removed, verdict.records, verdict.reason) == (5, 1, None)


async def test_tokens_sessions_and_roles_in_an_emergency_still_read(migrated: GatewayDatabase, kept: dict[str, Any]) -> None:
    tokens = TokenStore(migrated, lambda: AT + 60)
    found = await tokens.find(kept["token"])
    assert found and (found[0].owner, found[0].name, found[0].note, found[0].roles) == (
        "ann",
        "deployer",
        "for the build",
        frozenset({"developer"}),
    )
    revoked = await tokens.find(kept["revoked"])
    assert revoked and (revoked[0].revoked_at, revoked[0].revoked_by) == (AT, "alice")
    session = await Sessions(migrated, seconds=36_000, idle=3600, clock=lambda: AT + 60).find(kept["session"])
    assert session and session.subject == "ann"
    emergencies = Emergencies(PolicyStore(migrated, AuditStore(migrated)).tables, AuditStore(migrated), _then)
    assert [(one.subject, one.role, one.reason) for one in await emergencies.active()] == [("rita", "oncall", "the shop is down")]


async def test_the_catalog_s_old_tables_are_dropped_and_its_sources_fill_the_new_ones(
    released: GatewayDatabase, settings: Path, tmp_path: Path
) -> None:
    (tmp_path / "api.yaml").write_text("apiVersion: v1\nkind: System\nmetadata: {name: shop}\nspec: {owner: a}\n")
    own: dict[str, Any] = {
        "database": {"url": read_configuration(settings, {}).settings.database.url},
        "plugins": {"catalog": {"sources": [{"name": "x", "paths": [str(tmp_path / "api.yaml")]}]}},
    }
    async with running_gateway(tmp_path, own) as harness:
        answer = await harness.ask("{ entities(first: 9) { nodes { ref } } plugins { name health { reason } } }")
    assert answer.errors == []
    assert answer.data["entities"] == {"nodes": [{"ref": "system:default/shop"}]}
    async with released.engine.connect() as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert "catalog_state" not in tables and "catalog_document" in tables


def _then() -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(AT + 60, UTC)
