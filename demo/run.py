"""`make run`: writes the made-up company once, starts its upstream servers, and serves a gateway over them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from demo.generate import COMPANY_FILE
from demo.generate import main as generate
from gateway.auth import LocalIssuer
from gateway.configuration import read_configuration

HERE = Path(__file__).parent
SETTINGS = HERE / "callboard.yaml"
ROLES = (
    ("admin", "everything"),
    ("developer", "all but cost and evidence"),
    ("finance", "the catalog and cost"),
    ("viewer", "the catalog, whether it runs, whether it builds"),
)


def main() -> int:
    """Serve the demo until interrupted; returns the gateway's exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    data = Path(os.environ.get("DEMO_DATA", ".demo"))
    if not (data / COMPANY_FILE).is_file():
        print("Making up a company ...", flush=True)
        if code := generate([str(data)]):
            return code
    command = [sys.executable, "-m", "demo.servers", "--data", str(data), "--json", *sys.argv[1:]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as servers:
        try:
            return _serve(json.loads(servers.stdout.readline() if servers.stdout else ""))
        except ValueError:
            print("the demo's upstream servers didn't start: see the lines above", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 0
        finally:
            servers.terminate()


def _serve(addresses: dict[str, dict[str, str]]) -> int:
    environment = os.environ | addresses["environment"]
    auth = read_configuration(SETTINGS, environment).settings.auth
    assert auth.local is not None
    issuer = LocalIssuer(auth.local, auth.audience)
    print("\nTokens, each for a week: paste one into the page's bar, or send it as `Authorization: Bearer TOKEN`.\n")
    for role, sees in ROLES:
        print(f"{role} ({sees}):\n  {issuer.create(f'demo-{role}', [role], seconds=7 * 24 * 3600)}\n", flush=True)
    callboard = str(Path(sys.executable).with_name("callboard"))
    gateway = subprocess.Popen([callboard, "serve", "--settings", str(SETTINGS)], env=environment)
    try:
        return gateway.wait()
    finally:
        gateway.terminate()
        gateway.wait()


def _interrupt(*_signal: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
