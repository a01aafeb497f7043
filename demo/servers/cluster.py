"""What one cluster holds, encoded once and in key order: the store behind a Kubernetes look-alike's lists."""

from __future__ import annotations

import base64
import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from demo.company.dice import uid
from demo.company.model import Company
from demo.servers.events import pod_events
from demo.servers.selectors import Selector
from demo.servers.site import Object, Site, stamp
from demo.servers.workloads import workload

_FIRST_VERSION = 4_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource of the API: where it is, what its objects are called, and which fields can be selected."""

    plural: str
    group_version: str
    kind: str
    short: str
    fields: frozenset[str]
    namespaced: bool = True


_NAMED = frozenset({"metadata.name", "metadata.namespace"})
_POD_FIELDS = _NAMED | {
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "status.phase",
    "status.podIP",
}
_EVENT_FIELDS = (
    _NAMED
    | {f"involvedObject.{part}" for part in ("kind", "namespace", "name", "uid", "apiVersion", "fieldPath")}
    | {"reason", "type", "source", "reportingComponent"}
)

KINDS = (
    Kind("namespaces", "v1", "Namespace", "ns", _NAMED | {"status.phase"}, namespaced=False),
    Kind("pods", "v1", "Pod", "po", _POD_FIELDS),
    Kind("events", "v1", "Event", "ev", frozenset(_EVENT_FIELDS)),
    Kind("deployments", "apps/v1", "Deployment", "deploy", _NAMED),
    Kind("replicasets", "apps/v1", "ReplicaSet", "rs", _NAMED),
    Kind("statefulsets", "apps/v1", "StatefulSet", "sts", _NAMED),
    Kind("daemonsets", "apps/v1", "DaemonSet", "ds", _NAMED),
    Kind("jobs", "batch/v1", "Job", "", _NAMED | {"status.successful"}),
    Kind("cronjobs", "batch/v1", "CronJob", "cj", _NAMED),
)


class ContinueError(ValueError):
    """A continue token that isn't one, or that is of an older state of the cluster (`expired`)."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        """Take what the client is told."""
        super().__init__(message)
        self.expired = expired


@dataclass(frozen=True, slots=True)
class Item:
    """An object as it stands in a list: encoded, without `kind` and `apiVersion`."""

    key: tuple[str, str]
    labels: Mapping[str, str]
    fields: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list; `proceed` is the token for the rest, `remaining` its length where it is known."""

    bodies: list[bytes]
    proceed: str
    remaining: int | None


class Cluster:
    """One cluster of the company at one moment."""

    def __init__(self, company: Company, name: str, now: dt.datetime) -> None:
        """Build and encode every object of the cluster called `name`."""
        self.name = name
        self.version = str(_FIRST_VERSION)
        self._all: dict[str, list[Item]] = {}
        self._of: dict[tuple[str, str], list[Item]] = {}
        self._load(company, now)

    def get(self, kind: Kind, namespace: str, name: str) -> bytes | None:
        """The one object, encoded with its kind, or None."""
        for item in self._of.get((kind.plural, namespace), ()):
            if item.key[1] == name:
                return orjson.dumps({"kind": kind.kind, "apiVersion": kind.group_version})[:-1] + b"," + item.body[1:]
        return None

    def page(self, kind: Kind, namespace: str | None, labels: Selector, fields: Selector, limit: int, proceed: str) -> Page:
        """A page of the objects that both selectors choose; `limit` 0 is all; raises ContinueError."""
        items = self._all.get(kind.plural, []) if namespace is None else self._of.get((kind.plural, namespace), [])
        start = bisect_right(items, self._after(proceed), key=lambda item: item.key) if proceed else 0
        bodies: list[bytes] = []
        last = ("", "")
        for place in range(start, len(items)):
            item = items[place]
            if not (labels.matches(item.labels) and fields.matches(item.fields)):
                continue
            if limit and len(bodies) == limit:
                selected = bool(labels) or bool(fields)
                return Page(bodies, self._token(last), None if selected else len(items) - place)
            bodies.append(item.body)
            last = item.key
        return Page(bodies, "", None)

    def _token(self, key: tuple[str, str]) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([self.version, *key])).rstrip(b"=").decode()

    def _after(self, token: str) -> tuple[str, str]:
        try:
            version, namespace, name = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        except ValueError as error:
            message = "continue key is not valid: it isn't a token that this server gave"
            raise ContinueError(message) from error
        if version != self.version:
            message = (
                "The provided continue parameter is too old to display a consistent list result. You must start a new list "
                "without the continue parameter."
            )
            raise ContinueError(message, expired=True)
        return str(namespace), str(name)

    def _load(self, company: Company, now: dt.datetime) -> None:
        objects: dict[str, list[Object]] = {kind.plural: [] for kind in KINDS}
        objects["namespaces"] = [_namespace(self.name, system.name, now) for system in company.systems]
        for component in company.components:
            for placement in component.placements:
                if placement.cluster == self.name:
                    site = Site(component, placement, now)
                    for plural, made in workload(site):
                        objects[plural].append(made)
                        if plural == "pods":
                            objects["events"].extend(pod_events(site, made))
        version = _FIRST_VERSION
        for kind in KINDS:
            for made in objects[kind.plural]:
                version += 1
                made["metadata"]["resourceVersion"] = str(version)
            self._store(kind, objects[kind.plural])
        self.version = str(version)

    def _store(self, kind: Kind, objects: list[Object]) -> None:
        items = sorted((_item(kind, made) for made in objects), key=lambda item: item.key)
        self._all[kind.plural] = items
        for item in items:
            self._of.setdefault((kind.plural, item.key[0]), []).append(item)


def _item(kind: Kind, made: Object) -> Item:
    metadata = made["metadata"]
    fields = {field: _field(made, field) for field in kind.fields}
    if "source" in fields:
        fields["source"] = made["source"]["component"]
    key = (metadata.get("namespace", ""), metadata["name"])
    return Item(key, metadata.get("labels", {}), fields, orjson.dumps(made))


def _field(made: Object, path: str) -> str:
    value: Any = made
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    return str(value)


def _namespace(cluster: str, name: str, now: dt.datetime) -> Object:
    return {
        "metadata": {
            "name": name,
            "uid": uid(cluster, "Namespace", name),
            "creationTimestamp": stamp(now - dt.timedelta(days=900)),
            "labels": {"kubernetes.io/metadata.name": name},
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }
