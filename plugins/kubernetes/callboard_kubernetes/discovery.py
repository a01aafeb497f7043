"""Which version of each resource a cluster serves: asked, never assumed, before anything is listed.

Two requests on a server with aggregated discovery (1.26 on); an older one is also asked for the resources of each
version that could hold what is needed, since `batch/v1` existed long before it held cron jobs.
"""

from __future__ import annotations

from collections.abc import Mapping

from callboard_sdk import Client, UpstreamError

from .concurrent import together
from .manifests import Meta, Part

CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "deployments": ("apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"),
    "statefulsets": ("apps/v1", "apps/v1beta2", "apps/v1beta1"),
    "daemonsets": ("apps/v1", "apps/v1beta2", "extensions/v1beta1"),
    "cronjobs": ("batch/v1", "batch/v1beta1", "batch/v2alpha1"),
    "jobs": ("batch/v1",),
    "pods": ("v1",),
    "events": ("v1", "events.k8s.io/v1", "events.k8s.io/v1beta1"),
}
"""For each resource the versions that can be read, the preferred first; `v1` alone is the core group."""

_USEFUL = frozenset(version for versions in CANDIDATES.values() for version in versions)
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
_ACCEPT = {"Accept": ", ".join((_AGGREGATED.format("v2"), _AGGREGATED.format("v2beta1"), "application/json"))}

Served = Mapping[str, str]
"""The path below which each resource is found, such as `/apis/batch/v1` for `cronjobs`; absent when not served."""


async def discover(client: Client) -> Served:
    """What this cluster serves of what is needed. Raises UpstreamError; BAD_ANSWER when it serves none of it."""
    core, groups = await together([_ask(client, "/api"), _ask(client, "/apis")])
    resources = {**_aggregated(core), **_aggregated(groups)}
    listed = sorted((_listed(core) | _listed(groups)) & _USEFUL - resources.keys())
    answers = await together([_resources(client, version) for version in listed])
    resources.update(zip(listed, answers, strict=True))
    served = {
        resource: _path(version)
        for resource, versions in CANDIDATES.items()
        for version in [next((v for v in versions if resource in resources.get(v, ())), None)]
        if version
    }
    if not served:
        raise UpstreamError(
            client.name,
            "BAD_ANSWER",
            f"{client.name} serves neither workloads nor pods: check that its url is a Kubernetes API server",
            retryable=False,
        )
    return served


async def _ask(client: Client, path: str) -> Discovery:
    return (await client.get(path, headers=_ACCEPT)).json(Discovery)


async def _resources(client: Client, version: str) -> frozenset[str]:
    answer = (await client.get(_path(version))).json(ResourceList)
    return _names(answer.resources)


def _aggregated(answer: Discovery) -> dict[str, frozenset[str]]:
    return {
        f"{group.metadata.name}/{version.version}" if group.metadata.name else version.version: _names(version.resources)
        for group in answer.items or ()
        for version in group.versions or ()
    }


def _listed(answer: Discovery) -> set[str]:
    grouped = {version.group_version for group in answer.groups or () for version in group.versions or ()}
    return grouped | set(answer.versions or ())


def _names(resources: list[ServedResource] | None) -> frozenset[str]:
    return frozenset(name for found in resources or () if (name := found.resource or found.name))


def _path(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


class GroupVersion(Part, frozen=True):
    """A served version, as `apps/v1`."""

    group_version: str = ""


class Group(Part, frozen=True):
    """An API group with its served versions."""

    versions: list[GroupVersion] | None = None


class ServedResource(Part, frozen=True):
    """A resource of one version: `name` in resource lists, `resource` in aggregated discovery."""

    name: str | None = None
    resource: str | None = None


class ServedVersion(Part, frozen=True):
    """A served version with its resources, in aggregated discovery."""

    version: str = ""
    resources: list[ServedResource] | None = None


class ServedGroup(Part, frozen=True):
    """A group with its versions and resources, in aggregated discovery; the core group has no name."""

    metadata: Meta = Meta()
    versions: list[ServedVersion] | None = None


class Discovery(Part, frozen=True):
    """What `/api` and `/apis` answer: APIVersions, APIGroupList or APIGroupDiscoveryList."""

    kind: str | None = None
    versions: list[str] | None = None
    groups: list[Group] | None = None
    items: list[ServedGroup] | None = None


class ResourceList(Part, frozen=True):
    """What `/api/VERSION` and `/apis/GROUP/VERSION` answer."""

    resources: list[ServedResource] | None = None
