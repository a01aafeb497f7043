"""`callboard token list` and `revoke`: what an operator sees of access tokens, and ends."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from callboard_sdk import ViewerKind, encode_id
from gateway.cli.main import app
from gateway.database import open_database
from resolvers.migrating import make_ready
from resolvers.migrations import CORE, NAME
from resolvers.tokens.record import Owner, StoredToken
from resolvers.tokens.store import TokenStore
from typer.testing import CliRunner

ANN = Owner("acme:ann", ViewerKind.PERSON, frozenset({"developer"}), frozenset(), None)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "callboard.yaml"
    file.write_text(f"auth: {{local: null}}\ndatabase: {{url: 'sqlite:///{tmp_path}/db.sqlite'}}\n")
    return file


def made(settings: Path, **wish) -> tuple[StoredToken, str]:
    async def make() -> tuple[StoredToken, str]:
        database = open_database(f"sqlite+aiosqlite:///{settings.parent}/db.sqlite")
        await make_ready(database, NAME, CORE)
        store = TokenStore(database)
        try:
            return await store.create(ANN, **{"roles": ["developer"], "seconds": 3600, "most": 9, **wish})
        finally:
            await database.engine.dispose()

    return asyncio.run(make())


def callboard(*arguments: str):
    return CliRunner().invoke(app, ["token", *arguments])


def test_tokens_are_listed_and_their_text_is_not(settings: Path):
    (settings.parent / "db.sqlite").touch()
    assert "There are no access tokens" in callboard("list", "-s", str(settings)).stdout
    token, secret = made(settings, note="for the [build]", name="deployer")
    shown = callboard("list", "-s", str(settings)).stdout
    none = callboard("list", "-s", str(settings), "--owner", "nobody").stdout
    assert none == "'nobody' owns no access token: `callboard token list` shows those there are.\n"
    assert token.id in shown and "bot:acme:ann/deployer" in shown and "never" in shown and "[build]" in shown
    [told] = json.loads(callboard("list", "-s", str(settings), "--json", "--owner", "acme:ann").stdout)
    assert (told["id"], told["roles"], told["revokedAt"]) == (token.id, ["developer"], None)
    assert json.loads(callboard("list", "-s", str(settings), "--json", "--owner", "bob").stdout) == []
    assert secret not in shown + json.dumps(told)


def test_a_token_is_revoked_by_its_id(settings: Path):
    token, _ = made(settings)
    assert f"{token.id} of acme:ann is revoked" in callboard("revoke", token.id, "-s", str(settings)).stdout
    [told] = json.loads(callboard("list", "-s", str(settings), "--json").stdout)
    assert told["revokedAt"] is not None and told["revokedBy"] == "operator"
    verified = CliRunner().invoke(app, ["audit", "verify", "-s", str(settings)])
    assert verified.exit_code == 0 and "1 record" in verified.stdout, verified.output


def test_a_token_is_revoked_by_its_id_in_the_graph(settings: Path):
    token, _ = made(settings)
    answer = callboard("revoke", encode_id("AccessToken", token.id), "-s", str(settings))
    assert f"{token.id} of acme:ann is revoked" in answer.stdout
    assert callboard("revoke", encode_id("Component", token.id), "-s", str(settings)).exit_code == 1


@pytest.mark.parametrize("id", ["nothing", "", "'; DROP TABLE access_token; --", "\u0000"])
def test_an_id_that_is_none_is_told(settings: Path, id: str):
    token, _ = made(settings)
    answer = callboard("revoke", id, "-s", str(settings))
    assert answer.exit_code == 1 and "no access token has the id" in answer.stderr
    assert token.id in callboard("list", "-s", str(settings)).stdout


def test_a_database_that_cannot_be_asked_is_told_without_a_traceback(settings: Path):
    (settings.parent / "db.sqlite").write_bytes(b"no database, and long enough to be looked at" * 100)
    answer = callboard("list", "-s", str(settings))
    assert answer.exit_code == 1 and "can't be asked" in answer.stderr and "Traceback" not in answer.stderr
