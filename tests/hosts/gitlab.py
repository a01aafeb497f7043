"""A made-up GitLab: a group with groups and projects below it, pages by number and by key, members."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .serving import Host


def _sha(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


@dataclass
class Project:
    id: int
    path: str
    files: dict[str, str] = field(default_factory=dict)
    branch: str | None = "main"
    archived: bool = False
    fork: bool = False

    @property
    def commit(self) -> str:
        return _sha(f"{self.id}{sorted(self.files.items())}")

    def shown(self) -> dict[str, Any]:
        more = {"forked_from_project": {"id": 99}} if self.fork else {}
        return {
            "id": self.id, "path_with_namespace": self.path, "default_branch": self.branch, "archived": self.archived,
            "empty_repo": not self.files, **more,
        }  # fmt: skip


@dataclass
class FakeGitLab(Host):
    """The group `acme`, with `acme/platform` below it."""

    projects: dict[int, Project] = field(default_factory=dict)
    groups: list[dict[str, Any]] = field(default_factory=list)
    members: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    per_page: int = 100

    def add(self, path: str, files: dict[str, str] | None = None, **more: Any) -> Project:
        made = Project(len(self.projects) + 1, path, dict(files or {}), **more)
        self.projects[made.id] = made
        return made

    async def found(self, request: Request) -> Response:
        match [unquote(part) for part in request.scope["raw_path"].decode().strip("/").split("/")]:
            case ["api", "v4", "groups", "acme"]:
                return JSONResponse({"id": 1, "full_path": "acme", "name": "Acme", "parent_id": None})
            case ["api", "v4", "groups", "acme", "projects"]:
                assert request.query_params["include_subgroups"] == "true"
                return self._page(request, [one.shown() for one in self.projects.values()])
            case ["api", "v4", "groups", "acme", "descendant_groups"]:
                return self._page(request, self.groups)
            case ["api", "v4", "groups", number, "members"]:
                return self._page(request, self.members.get(int(number), []))
            case ["api", "v4", "projects", number, "repository", *rest] if int(number) in self.projects:
                return self._repository(request, self.projects[int(number)], rest)
        return JSONResponse({"message": "404 Not Found"}, 404)

    def _repository(self, request: Request, one: Project, rest: list[str]) -> Response:
        match rest:
            case ["branches", branch] if branch == one.branch:
                return JSONResponse({"name": branch, "commit": {"id": one.commit}})
            case ["tree"]:
                assert request.query_params["ref"] == one.commit
                assert request.query_params["pagination"] == "keyset"
                tree = [{"id": _sha(text), "path": path, "type": "blob", "mode": "100644"} for path, text in one.files.items()]
                return self._page(request, [*tree, {"id": _sha("x"), "path": "src", "type": "tree", "mode": "040000"}], key="id")
            case ["blobs", sha, "raw"]:
                return Response(next(text for text in one.files.values() if _sha(text) == sha))
        return JSONResponse({"message": "404 Not Found"}, 404)

    def _page(self, request: Request, items: list[Any], key: str | None = None) -> Response:
        if key is None:
            start = (int(request.query_params.get("page", "1")) - 1) * self.per_page
            following = request.url.include_query_params(page=start // self.per_page + 2)
        else:
            token = request.query_params.get("page_token")
            start = next((number for number, one in enumerate(items) if one[key] == token), 0)
            after = items[start + self.per_page : start + self.per_page + 1]
            following = request.url.include_query_params(page_token=after[0][key] if after else "")
        more = start + self.per_page < len(items)
        return JSONResponse(items[start : start + self.per_page], 200, {"link": f'<{following}>; rel="next"'} if more else {})
