"""Reads one cluster: discovers what it serves, then lists page by page through the client that the gateway made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from callboard_sdk import Client, Clients, Freshness, Reply, UpstreamError
from msgspec import field

from .access import upstream
from .discovery import Served, discover
from .kinds import WorkloadKind
from .kubeconfig import AccessError
from .manifests import Part
from .selectors import Selector
from .settings import ClusterSettings, KubernetesSettings

T = TypeVar("T")

DISCOVERY_SECONDS = 600.0
"""How long a cluster's served versions are kept: they change when it is upgraded."""
_GONE = frozenset({410})
_NONE: frozenset[int] = frozenset()


class Version(Part, frozen=True):
    """What `/version` answers."""

    git_version: str | None = None


class ListMeta(Part, frozen=True):
    """Where a list goes on (API concepts, "Retrieving large results sets in chunks")."""

    next: str | None = field(default=None, name="continue")


class ObjectList(Part, Generic[T], frozen=True):
    """One page of a list; an empty list may be written as null."""

    items: list[T] | None = None
    metadata: ListMeta = ListMeta()


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A whole list, and when the oldest of its pages was fetched; None where nothing had to be fetched."""

    items: list[T]
    freshness: Freshness | None = None


class ClusterReader:
    """One cluster as the fields see it. `broken` is set when it can't be asked at all, and says why."""

    def __init__(
        self,
        settings: ClusterSettings,
        client: Client | None,
        broken: UpstreamError | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._client = client
        self._broken = broken
        self._clock = clock
        self._served: tuple[float, Served] | None = None
        self._slots = asyncio.Semaphore(settings.concurrency)

    @property
    def name(self) -> str:
        """The cluster's name in settings, annotations and errors."""
        return self.settings.name

    async def version(self) -> str | None:
        """The version of its API server, such as `v1.34.1`."""
        return (await self._ready().get("/version")).json(Version).git_version

    async def served(self) -> Served:
        """Where each resource is found. Equal questions under way at once are one, by the client's doing."""
        kept = self._served
        if kept and self._clock() - kept[0] < DISCOVERY_SECONDS:
            return kept[1]
        found = await discover(self._ready())
        self._served = (self._clock(), found)
        return found

    async def list(self, resource: str, kind: type[T], namespace: str | None, selector: Selector | None = None) -> Listed[T]:
        """All objects of a resource in a namespace, or in the whole cluster. Raises UpstreamError.

        A resource that the cluster doesn't serve has none. A version that has gone since discovery (the cluster was
        upgraded) is discovered once more.
        """
        base = (await self.served()).get(resource)
        if base is None:
            return Listed([])
        async with self._slots:
            try:
                return await self._pages(_path(base, resource, namespace), kind, selector)
            except UpstreamError as error:
                if error.status == 404 and (moved := await self._moved(resource, base)):
                    return await self._pages(_path(moved, resource, namespace), kind, selector)
                raise _explained(error, self.name, resource, namespace) from None

    async def _moved(self, resource: str, base: str) -> str | None:
        self._served = None
        found = (await self.served()).get(resource)
        return found if found != base else None

    async def _pages(self, path: str, kind: type[T], selector: Selector | None) -> Listed[T]:
        """A list in pages. When the server forgets where a list stood (410), it is read again at once, as a whole."""
        wanted = {"labelSelector": str(selector)} if selector else {}
        params: dict[str, str | int] = {**wanted, "limit": self.settings.page_size}
        replies: list[Reply] = []
        items: list[T] = []
        restarted = False
        while True:
            reply = await self._ready().get(path, params, ok=_GONE if "continue" in params and not restarted else _NONE)
            if reply.status == 410:
                items, replies, params, restarted = [], [], dict(wanted), True
                continue
            page = _page(reply, kind)
            replies.append(reply)
            items += page.items or ()
            if not page.metadata.next:
                return Listed(items, oldest(Freshness(fetched_at=r.fetched_at, stale=r.stale) for r in replies))
            if len(items) >= self.settings.max_objects or len(replies) * self.settings.page_size > 2 * self.settings.max_objects:
                raise self._too_long(path)
            params = {**params, "continue": page.metadata.next}

    def _too_long(self, path: str) -> UpstreamError:
        most = self.settings.max_objects
        text = f"cluster {self.name}: {path} has more than {most} objects: name a namespace, or raise max_objects"
        return UpstreamError(self.name, "TOO_LARGE", text, retryable=False)

    def _ready(self) -> Client:
        if self._client is None:
            raise self._broken or UpstreamError(self.name, "UNREACHABLE", f"cluster {self.name} has no client")
        return self._client


class Clusters(Mapping[str, ClusterReader]):
    """The configured clusters by name, in the order of the settings; `now` is the time that ages are reckoned from."""

    def __init__(
        self,
        readers: Iterable[ClusterReader],
        kinds: tuple[WorkloadKind, ...],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._readers = {reader.name: reader for reader in readers}
        self.kinds = kinds
        self.now = now

    @classmethod
    def of(cls, settings: KubernetesSettings, clients: Clients) -> Clusters:
        """The clusters of these settings; one without a client says why wherever it is asked."""
        readers = [ClusterReader(c, clients.get(c.name), None if c.name in clients else _broken(c)) for c in settings.clusters]
        return cls(readers, settings.kinds)

    def __getitem__(self, name: str) -> ClusterReader:
        return self._readers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


def _page(reply: Reply, kind: type[T]) -> ObjectList[T]:
    page_type: type[ObjectList[T]] = ObjectList[kind]  # type: ignore[valid-type]
    return reply.once(kind.__qualname__, lambda: reply.json(page_type))


def oldest(ages: Iterable[Freshness | None]) -> Freshness | None:
    """The age of an answer that is made of several: as old as its oldest part, stale when any part is."""
    known = [age for age in ages if age is not None]
    if not known:
        return None
    return Freshness(fetched_at=min(age.fetched_at for age in known), stale=any(age.stale for age in known))


def _broken(cluster: ClusterSettings) -> UpstreamError:
    try:
        upstream(cluster)
    except AccessError as error:
        return UpstreamError(cluster.name, "UNREACHABLE", f"cluster {cluster.name}: {error}", retryable=False)
    return UpstreamError(
        cluster.name,
        "UNREACHABLE",
        f"cluster {cluster.name} became usable since the start: start the gateway again",
    )


def _path(base: str, resource: str, namespace: str | None) -> str:
    return f"{base}/namespaces/{namespace}/{resource}" if namespace else f"{base}/{resource}"


def _explained(error: UpstreamError, cluster: str, resource: str, namespace: str | None) -> UpstreamError:
    """The same error; a refusal also says what the cluster's administrator has to allow."""
    if error.status != 403:
        return error
    where = f"namespace {namespace}" if namespace else "all namespaces"
    text = f"cluster {cluster} doesn't let the gateway list {resource} in {where}: grant its account `list` on {resource} there"
    return UpstreamError(cluster, error.reason, text, status=403, retryable=False)
