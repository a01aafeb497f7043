"""What the tests share: a made-up GitHub behind a client that counts its calls, and components that point to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from callboard_ci.ci import Ci
from callboard_ci.github import ANNOTATION, GitHub, upstream
from callboard_ci.settings import GitHubSettings
from callboard_sdk import EntityRef, Reply, UpstreamError
from callboard_sdk.entities import Component
from callboard_sdk.upstream import Client

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
Answer = tuple[int, Any]


@dataclass
class FakeGitHub:
    """Answers by path; anything else is a 404. Counts the requests, and how many were under way at once."""

    answers: dict[str, Answer | Callable[[httpx.Request], Answer]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    under_way: int = 0
    most_at_once: int = 0

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        import asyncio

        self.requests.append(request)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        answer = self.answers.get(request.url.path, (404, {"message": "Not Found"}))
        status, body = answer(request) if callable(answer) else answer
        return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode())


class CountingClient:
    """The SDK's Client over httpx: nothing is kept, nothing tried again."""

    def __init__(self, github: FakeGitHub, name: str, base_url: str) -> None:
        self.name = name
        self._base = base_url
        self._http = httpx.AsyncClient(transport=httpx.MockTransport(github), trust_env=False)

    async def get(
        self, path: str, params: Any = None, *, headers: Mapping[str, str] | None = None, ok: frozenset[int] = frozenset()
    ) -> Reply:
        response = await self._http.get(f"{self._base}/{path}", params=params)
        if not (response.is_success or response.status_code in ok):
            reason = {404: "NOT_FOUND", 429: "RATE_LIMITED"}.get(response.status_code, "UNREACHABLE")
            raise UpstreamError(self.name, reason, f"{self.name} answered {response.status_code}", status=response.status_code)
        return Reply(response.status_code, dict(response.headers), response.content, NOW, _decode=self._decode)

    async def post(self, path: str, body: object, *, headers: Mapping[str, str] | None = None) -> Reply:
        raise AssertionError("the plugin only reads")

    def _decode(self, content: bytes, kind: Any) -> Any:
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.DecodeError as error:
            raise UpstreamError(self.name, "BAD_ANSWER", f"{self.name}'s answer is not as expected: {error}") from None


@pytest.fixture
def github() -> FakeGitHub:
    return FakeGitHub()


MakeCi = Callable[..., Ci]


@pytest.fixture
def make_ci(github: FakeGitHub) -> MakeCi:
    """A Ci of these settings (one GitHub without any), all behind the fake."""

    def make(*settings: GitHubSettings, job_runs: int = 30) -> Ci:
        made = settings or (GitHubSettings(type="github", base_url="https://github.example/api/v3"),)
        providers = {}
        for each in made:
            client = CountingClient(github, each.name, upstream(each).base_url)
            assert isinstance(client, Client)
            providers[each.name] = GitHub(each, client)
        return Ci(providers, job_runs, lambda: NOW)

    return make


def component(name: str, slug: str | None) -> Component:
    return Component(
        ref=EntityRef("component", "default", name),
        kind="Component",
        namespace="default",
        name=name,
        labels={},
        annotations={} if slug is None else {ANNOTATION: slug},
        links=(),
        spec={},
        source=None,
    )


@pytest.fixture(name="component")
def _component() -> Callable[[str, str | None], Component]:
    return component


def run(number: int = 1, conclusion: str | None = "success", **more: Any) -> dict[str, Any]:
    """A run as GitHub would answer it: on main, pushed, started `number` hours before now the higher the newer."""
    started = NOW - timedelta(hours=24 - number)
    return {
        "id": 1000 + number,
        "name": "Build",
        "workflow_id": 7,
        "run_number": number,
        "run_attempt": 1,
        "status": "completed" if conclusion else "in_progress",
        "conclusion": conclusion,
        "event": "push",
        "head_branch": "main",
        "head_sha": "c0ffee" + str(number),
        "head_commit": {"id": "c0ffee", "message": "Mend it", "author": {"name": "Ada", "email": "ada@example.com"}},
        "actor": {"login": "ada"},
        "created_at": started.isoformat(),
        "run_started_at": started.isoformat(),
        "updated_at": (started + timedelta(minutes=3)).isoformat(),
        "html_url": f"https://github.example/o/r/actions/runs/{1000 + number}",
        "repository": {"id": 1, "html_url": "https://github.example/o/r"},
        "head_repository": {"id": 1},
        **more,
    }


@pytest.fixture(name="run")
def _run() -> Callable[..., dict[str, Any]]:
    return run


@pytest.fixture
def now() -> datetime:
    return NOW
