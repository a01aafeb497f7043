"""A GitHub REST look-alike: the company's repositories, their workflow runs and jobs, with pages, ETags and rate limits."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from demo.company.business import GITHUB_ORGANISATION
from demo.company.model import Company, Component
from demo.servers import ghshapes
from demo.servers.bearer import is_bearer
from demo.servers.runs import Run, history, split

T = TypeVar("T")
_DOCS = "https://docs.github.com/rest"
_MOST_PER_PAGE = 100
_HOUR = 3600


class GitHubError(Exception):
    """An answer other than 200, in GitHub's words."""

    def __init__(self, code: int, message: str) -> None:
        """Take the status code and the message."""
        super().__init__(message)
        self.code = code


class GitHubApi:
    """The ASGI application; it only reads."""

    def __init__(self, company: Company, token: str, now: dt.datetime, rate_limit: int) -> None:
        """Take the company, the token to ask for, the moment that is now, and the requests allowed an hour."""
        self._company = company
        self._token = token
        self._now = now
        self._limit = rate_limit
        self._used = 0
        self._reset = int(time.time()) + _HOUR
        self._histories: dict[str, tuple[Run, ...]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = self._answer(request)
        except GitHubError as error:
            body = {"message": str(error), "documentation_url": _DOCS, "status": str(error.code)}
            response = _json(body, error.code)
        response.headers.update(self._limits())
        response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        header = request.headers.get("authorization", "")
        if not header:
            raise GitHubError(401, "Requires authentication")
        if not is_bearer(header, self._token):
            raise GitHubError(401, "Bad credentials")
        if request.method not in ("GET", "HEAD"):
            raise GitHubError(404, "Not Found")
        if request.url.path == "/rate_limit":
            core = {"limit": self._limit, "used": self._used, "remaining": self._left(), "reset": self._reset}
            return _json({"resources": {"core": core}, "rate": core})
        self._spend()
        body, links = self._body(request)
        return self._conditional(request, body, links)

    def _body(self, request: Request) -> tuple[dict[str, Any], dict[str, str]]:
        match request.url.path.strip("/").split("/"):
            case ["repos", owner, repository, *rest] if owner.lower() == GITHUB_ORGANISATION:
                component, runs = self._repository(repository.lower())
            case _:
                raise GitHubError(404, "Not Found")
        api = str(request.base_url).rstrip("/")
        minimal = ghshapes.minimal_repository(api, component)
        encoded = orjson.Fragment(orjson.dumps(minimal))
        match rest:
            case []:
                return ghshapes.full_repository(api, component, runs[0].created), {}
            case ["actions", "runs"]:
                chosen = [run for run in runs if _wanted(run, request.query_params)]
                page, links = _page(request, chosen)
                shapes = [ghshapes.workflow_run(api, component, run, minimal, encoded) for run in page]
                return {"total_count": len(chosen), "workflow_runs": shapes}, links
            case ["actions", "runs", id_]:
                return ghshapes.workflow_run(api, component, _one(runs, id_), minimal, encoded), {}
            case ["actions", "runs", id_, "jobs"]:
                run = _one(runs, id_)
                jobs = [ghshapes.job(run, step, place, minimal) for place, step in enumerate(split(run))]
                shown, links = _page(request, jobs)
                return {"total_count": len(jobs), "jobs": shown}, links
        raise GitHubError(404, "Not Found")

    def _repository(self, name: str) -> tuple[Component, tuple[Run, ...]]:
        if name not in self._company.by_repository:
            raise GitHubError(404, "Not Found")
        if name not in self._histories:
            self._histories[name] = history(self._company, name, self._now)
        return self._company.by_repository[name][0], self._histories[name]

    def _conditional(self, request: Request, body: dict[str, Any], links: dict[str, str]) -> Response:
        """The body with its ETag; or, where the client has it already, 304, which isn't charged for."""
        response = _json(body)
        etag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()}"'
        known = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
        if etag.removeprefix("W/") in known:
            self._used -= 1
            response = Response(status_code=304)
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = "private, max-age=60, s-maxage=60"
        if links:
            response.headers["Link"] = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items())
        return response

    def _spend(self) -> None:
        if time.time() >= self._reset:
            self._used, self._reset = 0, int(time.time()) + _HOUR
        if self._used >= self._limit:
            raise GitHubError(403, "API rate limit exceeded for this token.")
        self._used += 1

    def _left(self) -> int:
        return max(0, self._limit - self._used)

    def _limits(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Remaining": str(self._left()),
            "X-RateLimit-Reset": str(self._reset),
            "X-RateLimit-Used": str(self._used),
            "X-RateLimit-Resource": "core",
        }


def _wanted(run: Run, query: Mapping[str, str]) -> bool:
    asked = {name: query[name] for name in ("branch", "event", "head_sha", "actor", "status") if query.get(name)}
    facts = {"branch": run.branch, "event": run.event, "head_sha": run.sha, "actor": run.actor.name}
    status = asked.pop("status", None)
    return all(facts[name] == value for name, value in asked.items()) and status in (
        None,
        run.status,
        run.conclusion,
    )


def _one(runs: tuple[Run, ...], id_: str) -> Run:
    for run in runs:
        if str(run.id) == id_:
            return run
    raise GitHubError(404, "Not Found")


def _page(request: Request, items: list[T]) -> tuple[list[T], dict[str, str]]:
    """The page that was asked for, and links to its neighbours (RFC 8288), as GitHub writes them."""
    size = min(max(_whole(request, "per_page", 30), 1), _MOST_PER_PAGE)
    page = max(_whole(request, "page", 1), 1)
    last = max(1, -(-len(items) // size))
    near = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    shown = {"prev": page > 1, "next": page < last, "last": page < last, "first": page > 1}
    links = {
        name: str(request.url.include_query_params(per_page=size, page=number)) for name, number in near.items() if shown[name]
    }
    return items[(page - 1) * size : page * size], links


def _whole(request: Request, name: str, default: int) -> int:
    """A number in the query; like GitHub, what isn't one counts as not given."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def _json(value: dict[str, Any], code: int = 200) -> Response:
    return Response(orjson.dumps(value), code, media_type="application/json; charset=utf-8")
