"""What is logged, by whomever: one format, with the request's id, without secrets and variables."""

from __future__ import annotations

import json
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from callboard_sdk import Batch, Plugin
from callboard_sdk.entities import Component
from company import make_company
from gateway.auth import LocalIssuer
from gateway.configuration import read_configuration
from gateway.loading import plugin_packages
from gateway.logs import configure_logs, silence_logs
from gateway.redaction import MASK, redact
from gateway.settings import LogSettings
from gateway.testing import running_gateway


@dataclass
class Written:
    """What was written to standard error."""

    capture: pytest.CaptureFixture[str]
    text: str = ""

    def read(self) -> str:
        self.text += self.capture.readouterr().err
        return self.text

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.read().splitlines()]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Written:
    return Written(capsys)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_plugins_line_looks_like_ours(written: Written, as_json: bool) -> None:
    configure_logs(LogSettings(json=as_json), ["acme_pager"])
    structlog.get_logger().info("ours", count=1)
    logging.getLogger("acme_pager.shifts").info("read %d shifts", 3, extra={"count": 1})
    ours, theirs = written.read().splitlines()
    if as_json:
        ours, theirs = json.loads(ours), json.loads(theirs)
        assert theirs.pop("logger") == "acme_pager.shifts"
        assert (ours.pop("event"), theirs.pop("event")) == ("ours", "read 3 shifts")
        assert ours.pop("timestamp")[:4] == theirs.pop("timestamp")[:4]
        assert ours == theirs == {"level": "info", "count": 1}
    else:
        assert "read 3 shifts" in theirs and "acme_pager.shifts" in theirs
        assert ours.split()[1:3] == theirs.split()[1:3], "the level, at the same place"


def test_any_value_makes_a_line(written: Written) -> None:
    configure_logs(LogSettings())
    values = {"text": "a\n\ud800b", "large": 2**70, "nested": {1: {"é"}}, "path": Path("/tmp")}
    for name, value in values.items():
        structlog.get_logger().info("odd", **{name: value})
    first, second, third, fourth = written.lines()
    assert (first["text"], second["large"], fourth["path"]) == (values["text"], 2**70, "PosixPath('/tmp')")
    assert third["nested"] == {"1": "{'é'}"}


def test_of_other_libraries_only_warnings_are_written(written: Written) -> None:
    configure_logs(LogSettings(level="debug"), ["acme_pager"])
    for name in ("httpcore.http11", "acme_pagers", "acme_pager", "callboard.catalog"):
        logging.getLogger(name).debug("a detail")
        logging.getLogger(name).warning("a warning")
    found = [(line["logger"], line["level"]) for line in written.lines()]
    assert found == [
        ("httpcore.http11", "warning"),
        ("acme_pagers", "warning"),
        ("acme_pager", "debug"),
        ("acme_pager", "warning"),
        ("callboard.catalog", "debug"),
        ("callboard.catalog", "warning"),
    ]


def test_the_level_of_the_settings_holds_for_plugins_too(written: Written) -> None:
    configure_logs(LogSettings(level="error"), ["acme_pager"])
    logging.getLogger("acme_pager").warning("not so bad")
    assert written.lines() == []


def test_every_installed_plugin_may_log() -> None:
    assert {"callboard_catalog", "callboard_cost", "callboard_security"} <= plugin_packages()


def test_a_traceback_shows_no_variables_and_no_secrets(written: Written) -> None:
    configure_logs(LogSettings(), ["acme_pager"])
    password, token = "hunter" + "2", "t0k" + "3n-of-some-length"

    def connect() -> None:
        local = password + "-local"
        raise ConnectionError(f"postgresql://callboard:{password}@db/x refused Bearer {token} after {len(local)} bytes")

    for log in (logging.getLogger("acme_pager"), structlog.get_logger()):
        try:
            connect()
        except ConnectionError:
            log.exception("no shifts")
    for line in written.lines():
        assert line["event"] == "no shifts"
        assert f"ConnectionError: postgresql://{MASK}@db/x refused Bearer {MASK} after 13 bytes" in line["exception"]
        assert "in connect" in line["exception"]
    assert "hunter2" not in written.read()
    assert "t0k3n" not in written.read()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer ***"),
        ("authorization: basic YWxhZGRpbjpvcGVuc2VzYW1l", "authorization: basic ***"),
        ("basic information", "basic information"),
        ("GET /x?api_key=abc&page=2", "GET /x?api_key=***&page=2"),
        ("{'password': 'x1', 'name': 'y'}", "{'password': '***', 'name': 'y'}"),
        ("got eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln", "got ***"),
        ("https://user:pw@host/path", "https://***@host/path"),
        ("the token: can't be read", "the token: can't be read"),
        (b"secret=abc", "secret=***"),
        ({"token": "abc", "n": [1, None, "password=x"]}, {"token": "***", "n": [1, None, "password=***"]}),
    ],
)
def test_what_looks_like_a_secret_is_masked_and_the_rest_is_left(text: object, shown: object) -> None:
    assert redact(None, "info", {"event": text}) == {"event": shown}
    assert redact(None, "info", {"client_secret": text}) == {"client_secret": MASK}


def test_warnings_are_lines_too(written: Written) -> None:
    configure_logs(LogSettings())
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    [line] = written.lines()
    assert (line["logger"], line["level"]) == ("py.warnings", "warning")
    assert "DeprecationWarning: old" in line["event"]


def test_a_line_that_cannot_be_written_names_its_place_and_not_its_arguments(written: Written) -> None:
    configure_logs(LogSettings(), ["acme_pager"])
    logging.getLogger("acme_pager").info("%d", "s3cret")
    [line] = written.lines()
    assert (line["event"], line["logger"], line["level"]) == ("a log line could not be written", "acme_pager", "error")
    assert line["file"] == __file__
    assert "s3cret" not in written.read()


def test_commands_that_speak_for_themselves_log_nothing(written: Written) -> None:
    silence_logs()
    logging.getLogger("acme_pager").error("heard by nobody")
    structlog.get_logger().error("nor this")
    assert written.read() == ""


async def test_the_lines_of_a_request_carry_its_id(written: Written, tmp_path: Path, rules: Path) -> None:
    pager: Plugin[Any] = Plugin("pager", permissions={"pager.read": "See who is paged."})

    @pager.field(on=Component, permission="pager.read")
    async def pager_person(components: Batch[Component]) -> list[str | None]:
        """Who is paged."""
        logging.getLogger("acme_pager").info("asked for %d", len(components))
        return [None for _ in components]

    configure_logs(LogSettings(), ["acme_pager"])
    async with running_gateway(tmp_path, {"policies": {"rules": str(rules)}}, plugins=[make_company()[0], pager]) as harness:
        settings = read_configuration(tmp_path / "callboard.yaml", {}).settings.auth
        token = LocalIssuer(settings.local, settings.audience).create("alice", ["admin"], seconds=60)
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"authorization": f"Bearer {token}", "x-request-id": "abc-1"}
            body = {"query": "{ components(first: 3) { nodes { pagerPerson } } }"}
            await client.post("/graphql", json=body, headers=headers)
    lines = {line["event"]: line["request_id"] for line in written.lines() if "request_id" in line}
    assert lines == {"asked for 3": "abc-1", "request": "abc-1"}
