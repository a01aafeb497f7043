"""The servers start together, fail as they are told to, count what they are asked, and stop together."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from demo.generate import generate
from demo.servers.__main__ import main
from demo.servers.serve import SERVERS, Addresses, Options, running, serving
from demo.tests.conftest import NOW, SMALL


def test_each_is_on_loopback_at_a_port_of_its_own(addresses: Addresses) -> None:
    urls = [address.url for address in addresses.servers.values()]
    assert tuple(addresses.servers) == SERVERS
    assert len(set(urls)) == len(urls)
    assert all(url.startswith("http://127.0.0.1:") for url in urls)


def test_tokens_differ_and_only_their_owner_may_read_them(addresses: Addresses) -> None:
    files = [address.token_file for address in addresses.servers.values()]
    assert len({file.read_text() for file in files}) == len(files)
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}


def test_a_token_outlives_its_server(data: Path, addresses: Addresses) -> None:
    before = addresses.servers["staging"].token_file.read_text()
    with running(Options(data, now=NOW)) as again:
        assert again.servers["staging"].token_file.read_text() == before


def test_what_is_asked_is_counted_by_path(client: Callable[[str], httpx.Client]) -> None:
    staging = client("staging")
    for path in ("/api/v1/pods?limit=1", "/api/v1/pods?limit=2", "/apis"):
        staging.get(path)
    log = httpx.get(f"{staging.base_url}/__requests").json()
    assert (log["server"], log["total"]) == ("staging", 3)
    assert log["paths"] == {"/api/v1/pods": 2, "/apis": 1}
    assert log["recent"][0] == {"method": "GET", "path": "/api/v1/pods", "query": "limit=1"}
    assert staging.delete("/__requests").status_code == 204
    assert staging.get("/__requests").json()["total"] == 0


def test_a_server_that_is_down_refuses_and_one_that_hangs_never_answers(data: Path) -> None:
    options = Options(data, down=frozenset({"staging"}), hang=frozenset({"prod-us"}), now=NOW)
    with running(options) as addresses:
        urls = {name: address.url for name, address in addresses.servers.items()}
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{urls['staging']}/version")
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{urls['prod-us']}/version", timeout=0.2)
        assert httpx.get(f"{urls['prod-us']}/__requests").json()["paths"] == {"/version": 1}
        assert httpx.get(f"{urls['prod-eu']}/version").status_code == 200


async def test_they_stop_although_a_request_hangs(data: Path) -> None:
    async with serving(Options(data, hang=frozenset({"github"}), now=NOW)) as addresses:
        url = addresses.servers["github"].url
        async with httpx.AsyncClient() as client:
            waiting = asyncio.create_task(client.get(url, timeout=30))
            while (await client.get(f"{url}/__requests")).json()["total"] == 0:
                await asyncio.sleep(0.01)
            waiting.cancel()
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)


def test_a_port_that_is_taken_is_named_with_a_remedy(data: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(OSError, match=rf"port {port} for prod-us can't be used: .*; give another, or 0"),
            running(Options(data, ports={"prod-us": port}, now=NOW)),
        ):
            pass


def test_nothing_starts_without_a_company(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="run: python -m demo.generate"), running(Options(tmp_path)):
        pass


def test_the_command_tells_where_everything_is_and_ends_when_it_is_told(tmp_path: Path) -> None:
    generate(SMALL, tmp_path)
    command = [sys.executable, "-m", "demo.servers", "--data", str(tmp_path), "--json", "--down", "staging"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        one = told["kubernetes"]["prod-eu"]
        token = Path(one["tokenFile"]).read_text()
        answer = httpx.get(f"{one['url']}/api/v1/namespaces", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["kind"] == "NamespaceList"
        assert told["environment"]["DEMO_PROD_EU_URL"] == one["url"]
        assert told["environment"]["DEMO_GITHUB_URL"] == told["github"]["url"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_the_settings_mention_no_variable_that_nobody_sets(addresses: Addresses) -> None:
    settings = (Path(__file__).parents[1] / "callboard.yaml").read_text()
    wanted = {part.split("}")[0] for part in settings.split("${")[1:]}
    assert {name for name in wanted if ":-" not in name} == set(addresses.environment())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kubernetes-ports", "1,2"], "'1,2' must be 3 ports, for prod-eu, prod-us, staging"),
        (["--github-port", "70000"], "'70000' isn't a port: give 0 to 65535"),
        (["--now", "yesterday"], "'yesterday' isn't a time such as"),
        (["--down", "moon"], "invalid choice"),
    ],
)
def test_the_command_refuses_what_it_can_not_use(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--data", "nowhere", *arguments])
    assert message in capsys.readouterr().err


def test_the_command_says_why_it_can_not_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("the demo servers can't start: ")
    assert "run: python -m demo.generate" in error
    assert os.linesep not in error.strip()
