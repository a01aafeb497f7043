"""A Kubernetes-API look-alike: discovery, lists with selectors and pages, single objects and watches of one cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from demo.servers.bearer import is_bearer
from demo.servers.cluster import KINDS, Cluster, ContinueError, Kind
from demo.servers.selectors import SelectorError, field_selector, label_selector

_VERSION = {
    "major": "1",
    "minor": "33",
    "gitVersion": "v1.33.4",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2025-08-12T00:00:00Z",
    "goVersion": "go1.24.5",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_GROUPS = {"apps": "v1", "batch": "v1"}
_OPEN = {"/version", "/healthz", "/livez", "/readyz"}
_LONGEST_WATCH = 300


class StatusError(Exception):
    """An answer other than 200, as the API's `Status` object tells it."""

    def __init__(self, code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        """Take the parts of the Status."""
        super().__init__(message)
        self.code = code
        self.status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            **({"details": details} if details else {}),
            "code": code,
        }


class KubernetesApi:
    """The ASGI application in front of one cluster; it only reads."""

    def __init__(self, cluster: Cluster, token: str) -> None:
        """Take the cluster, and the bearer token that a client must have."""
        self._cluster = cluster
        self._token = token
        self._kinds = {(kind.group_version, kind.plural): kind for kind in KINDS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = self._answer(request)
        except StatusError as error:
            response = _json(error.status, error.code)
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path = request.url.path.rstrip("/")
        if path not in _OPEN and not is_bearer(request.headers.get("authorization", ""), self._token):
            raise StatusError(401, "Unauthorized", "Unauthorized")
        if request.method not in ("GET", "HEAD"):
            message = "the server does not allow this method on the requested resource"
            raise StatusError(405, "MethodNotAllowed", message, {})
        if path in ("/healthz", "/livez", "/readyz"):
            return PlainTextResponse("ok")
        match path.split("/")[1:]:
            case ["version"]:
                return _json(_VERSION)
            case ["api"]:
                return _json({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
            case ["apis"]:
                groups = [_group(name) for name in _GROUPS]
                return _json({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
            case ["apis", name] if name in _GROUPS:
                return _json({"kind": "APIGroup", "apiVersion": "v1"} | _group(name))
            case ["api", "v1", *rest]:
                return self._within("v1", rest, request)
            case ["apis", group, version, *rest] if _GROUPS.get(group) == version:
                return self._within(f"{group}/{version}", rest, request)
        return PlainTextResponse("404 page not found\n", 404)

    def _within(self, group_version: str, rest: list[str], request: Request) -> Response:
        """What lies under one group and version: its discovery document, lists, objects."""
        match rest:
            case []:
                return _json(_resources(group_version))
            case ["namespaces", name] if group_version == "v1":
                return self._get(self._kind("v1", "namespaces"), "", name)
            case ["namespaces", namespace, plural]:
                return self._list(self._kind(group_version, plural, namespaced=True), namespace, request)
            case ["namespaces", namespace, plural, name]:
                return self._get(self._kind(group_version, plural, namespaced=True), namespace, name)
            case [plural]:
                return self._list(self._kind(group_version, plural), None, request)
        raise _unknown()

    def _kind(self, group_version: str, plural: str, *, namespaced: bool = False) -> Kind:
        kind = self._kinds.get((group_version, plural))
        if kind is None or (namespaced and not kind.namespaced):
            raise _unknown()
        return kind

    def _get(self, kind: Kind, namespace: str, name: str) -> Response:
        body = self._cluster.get(kind, namespace, name)
        if body is None:
            group = kind.group_version.rpartition("/")[0]
            what = f"{kind.plural}.{group}" if group else kind.plural
            details = {"name": name, **({"group": group} if group else {}), "kind": kind.plural}
            raise StatusError(404, "NotFound", f'{what} "{name}" not found', details)
        return Response(body, media_type="application/json")

    def _list(self, kind: Kind, namespace: str | None, request: Request) -> Response:
        query = request.query_params
        if query.get("watch", "").lower() in ("1", "true"):
            return self._watch(kind, namespace, request)
        bodies, metadata = self._page(kind, namespace, request)
        head = orjson.dumps({"kind": f"{kind.kind}List", "apiVersion": kind.group_version, "metadata": metadata})
        body = b"".join((head[:-1], b',"items":[', b",".join(bodies), b"]}"))
        return Response(body, media_type="application/json")

    def _page(self, kind: Kind, namespace: str | None, request: Request) -> tuple[list[bytes], dict[str, Any]]:
        query = request.query_params
        try:
            labels = label_selector(query.get("labelSelector", ""))
            fields = field_selector(query.get("fieldSelector", ""), kind.fields)
            page = self._cluster.page(
                kind,
                namespace,
                labels,
                fields,
                _whole(query.get("limit", ""), "limit"),
                query.get("continue", ""),
            )
        except SelectorError as error:
            raise StatusError(400, "BadRequest", str(error)) from error
        except ContinueError as error:
            code, reason = (410, "Expired") if error.expired else (400, "BadRequest")
            raise StatusError(code, reason, str(error)) from error
        metadata: dict[str, Any] = {"resourceVersion": self._cluster.version}
        if page.proceed:
            metadata["continue"] = page.proceed
        if page.remaining is not None:
            metadata["remainingItemCount"] = page.remaining
        return page.bodies, metadata

    def _watch(self, kind: Kind, namespace: str | None, request: Request) -> Response:
        """Nothing ever changes here: a watch tells what there is, if asked from the start, and then waits."""
        query = request.query_params
        bodies, metadata = self._page(kind, namespace, request)
        from_start = query.get("resourceVersion", "") in ("", "0")
        seconds = min(_whole(query.get("timeoutSeconds", ""), "timeoutSeconds") or 60, _LONGEST_WATCH)
        head = orjson.dumps({"kind": kind.kind, "apiVersion": kind.group_version})[:-1]

        async def lines() -> AsyncIterator[bytes]:
            for body in bodies if from_start else ():
                yield b'{"type":"ADDED","object":' + head + b"," + body[1:] + b"}\n"
            if query.get("allowWatchBookmarks") in ("1", "true"):
                mark = b',"metadata":' + orjson.dumps({"resourceVersion": metadata["resourceVersion"]})
                yield b'{"type":"BOOKMARK","object":' + head + mark + b"}}\n"
            await asyncio.sleep(seconds)

        return StreamingResponse(lines(), media_type="application/json")


def _group(name: str) -> dict[str, Any]:
    version = {"groupVersion": f"{name}/{_GROUPS[name]}", "version": _GROUPS[name]}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(group_version: str) -> dict[str, Any]:
    resources = [
        {
            "name": kind.plural,
            "singularName": kind.kind.lower(),
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": ["get", "list", "watch"],
            **({"shortNames": [kind.short]} if kind.short else {}),
        }
        for kind in KINDS
        if kind.group_version == group_version
    ]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": resources,
    }


def _whole(text: str, name: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        message = f'strconv.ParseInt: parsing "{text[:40]}": invalid syntax for {name}'
        raise StatusError(400, "BadRequest", message)
    return int(text or 0)


def _unknown() -> StatusError:
    return StatusError(404, "NotFound", "the server could not find the requested resource", {})


def _json(value: dict[str, Any], code: int = 200) -> Response:
    return Response(orjson.dumps(value), code, media_type="application/json")
