"""Sign-in in a real browser: from the page to a real provider's pages, back, and out again."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from bench.serving import CALLBOARD, server
from tests.spec.auth.provider import FOLDER, needs_provider

from .conftest import node

pytestmark = needs_provider

SETTINGS = """
auth:
  local: {{key_file: {folder}/key.pem}}
  issuers:
    - issuer: {issuer}
      name: acme
      base_roles: [viewer]
      roles_claim: realm_access.roles
      role_map: {{release-manager: developer}}
  sign_in:
    issuer: acme
    client_id: callboard-server
    client_secret: ${{OIDC_SECRET}}
    public_url: {origin}
database: {{url: 'sqlite:///{folder}/db.sqlite'}}
"""


@pytest.fixture
def origin() -> str:
    """Where the gateway will be: the provider must know it before."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def issuer(origin: str) -> Iterator[str]:
    environment = {**os.environ, "REDIRECT_URI": f"{origin}/auth/callback"}
    with subprocess.Popen(
        ["node", "provider.js"],
        cwd=FOLDER,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as started:
        assert started.stdout is not None
        line = next(line for line in started.stdout if line.startswith(b"{"))
        yield json.loads(line)["issuer"]
        started.terminate()


def test_a_person_signs_in_and_out_in_a_browser(origin: str, issuer: str, tmp_path: Path):
    settings = tmp_path / "callboard.yaml"
    settings.write_text(SETTINGS.format(folder=tmp_path, issuer=issuer, origin=origin))
    port = origin.rpartition(":")[2]
    command = [CALLBOARD, "serve", "--settings", str(settings), "--host", "127.0.0.1", "--port", port]
    with server(command, {"OIDC_SECRET": "callboard+server/secret"}) as (url, said):
        result = node("sign-in.mjs", url, "ann", str(tmp_path / "page.png"))
        report = json.loads(result.stdout or "{}")
        assert result.returncode == 0, result.stderr or [step for step in report["steps"] if step["problem"]]
        assert report["identity"].split() == ["You", "are", "acme:ann", "developer", "viewer"]
        logged = said()
    assert (tmp_path / "page.png").stat().st_size > 10_000
    for secret in ("callboard+server/secret", "code=", "state=", "id_token"):
        assert secret not in logged
