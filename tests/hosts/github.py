"""A made-up GitHub: repositories with files and commits, teams and members, pages, conditional requests, and a limit of requests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from email.utils import format_datetime
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from .serving import Host

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _sha(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


@dataclass
class Repository:
    id: int
    full_name: str
    files: dict[str, str] = field(default_factory=dict)
    branch: str = "main"
    pushed_at: datetime = NOW - timedelta(days=1)
    archived: bool = False
    fork: bool = False
    empty: bool = False
    truncated: bool = False

    @property
    def commit(self) -> str:
        return _sha(f"{self.id}{self.branch}{sorted(self.files.items())}")

    def shown(self) -> dict[str, Any]:
        pushed = self.pushed_at.isoformat().replace("+00:00", "Z")
        return {
            "id": self.id, "name": self.full_name.partition("/")[2], "full_name": self.full_name, "default_branch": self.branch,
            "pushed_at": pushed, "archived": self.archived, "fork": self.fork, "private": True, "owner": {"login": "acme"},
        }  # fmt: skip


@dataclass
class FakeGitHub(Host):
    """One organisation, `acme`. `remaining` requests are left before the limit is reached; 304 costs none."""

    repositories: dict[int, Repository] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    teams: list[dict[str, Any]] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    team_members: dict[str, list[str]] = field(default_factory=dict)
    per_page: int = 100
    remaining: int | None = None
    now: datetime = NOW
    foreign_links: bool = False

    def add(self, name: str, files: dict[str, str] | None = None, **more: Any) -> Repository:
        made = Repository(len(self.repositories) + 1, f"acme/{name}", dict(files or {}), **more)
        self.repositories[made.id] = made
        return made

    def rename(self, one: Repository, name: str) -> None:
        self.moved[one.full_name] = one.id
        one.full_name = f"acme/{name}"

    async def found(self, request: Request) -> Response:
        if self.remaining == 0 and request.url.path != "/rate_limit":
            reset = str(int(self.now.timestamp()) + 600)
            return JSONResponse({"message": "limit"}, 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset})
        response = self._found(request)
        tag = (
            response.headers.get("etag")
            or f'"{_sha(response.body.decode("utf-8", "replace") + response.headers.get("link", ""))}"'
        )
        response.headers["date"] = format_datetime(self.now, usegmt=True)
        response.headers["etag"] = tag
        if response.status_code == 200 and request.headers.get("if-none-match") == tag:
            return Response(None, 304, {"etag": tag})
        if self.remaining is not None and request.url.path != "/rate_limit":
            self.remaining -= 1
        return response

    def _found(self, request: Request) -> Response:
        match request.url.path.strip("/").split("/"):
            case ["rate_limit"]:
                return JSONResponse({})
            case ["orgs" | "users", "acme", "repos"]:
                shown = sorted((one.shown() for one in self.repositories.values()), key=lambda one: one["full_name"])
                return self._page(request, shown)
            case ["orgs", "acme", "teams"]:
                return self._page(request, self.teams)
            case ["orgs", "acme", "members"]:
                return self._page(request, [_member(login) for login in self.members])
            case ["orgs", "acme", "teams", slug, "members"]:
                return self._page(request, [_member(login) for login in self.team_members.get(slug, [])])
            case ["repositories", number] if int(number) in self.repositories:
                return JSONResponse(self.repositories[int(number)].shown())
            case ["repos", owner, name, *rest]:
                return self._repository(request, f"{owner}/{name}", rest)
        return JSONResponse({"message": "Not Found"}, 404)

    def _repository(self, request: Request, name: str, rest: list[str]) -> Response:
        one = next((one for one in self.repositories.values() if one.full_name == name), None)
        if one is None and name in self.moved:
            return RedirectResponse(str(request.base_url) + "/".join(["repositories", str(self.moved[name]), *rest]), 301)
        if one is None:
            return JSONResponse({"message": "Not Found"}, 404)
        match rest:
            case []:
                return JSONResponse(one.shown())
            case ["commits", _] if one.empty:
                return JSONResponse({"message": "Git Repository is empty."}, 409)
            case ["commits", branch] if branch == one.branch:
                assert request.headers["accept"] == "application/vnd.github.sha"
                return Response(one.commit, 200, {"etag": f'"{one.commit}"'})
            case ["git", "trees", commit] if commit == one.commit:
                tree = [{"path": "src", "mode": "040000", "type": "tree", "sha": _sha("src")}]
                tree += [{"path": "link", "mode": "120000", "type": "blob", "sha": _sha("link"), "size": 3}]
                tree += [
                    {"path": path, "mode": "100644", "type": "blob", "sha": _sha(text), "size": len(text)}
                    for path, text in one.files.items()
                ]
                return JSONResponse({"sha": commit, "tree": tree, "truncated": one.truncated})
            case ["git", "blobs", sha]:
                assert request.headers["accept"] == "application/vnd.github.raw+json"
                return Response(next(text for text in one.files.values() if _sha(text) == sha))
        return JSONResponse({"message": "Not Found"}, 404)

    def _page(self, request: Request, items: list[Any]) -> Response:
        page = int(request.query_params.get("page", "1"))
        start = (page - 1) * self.per_page
        headers = {}
        if start + self.per_page < len(items):
            base = "http://evil.example/" if self.foreign_links else str(request.base_url)
            following = f"{base}{request.url.path.strip('/')}?page={page + 1}"
            headers["link"] = f'<{following}>; rel="next", <{following}>; rel="last"'
        return JSONResponse(items[start : start + self.per_page], 200, headers)


def _member(login: str) -> dict[str, Any]:
    return {"login": login, "id": len(login), "avatar_url": f"https://avatars.example/{login}", "type": "User"}
