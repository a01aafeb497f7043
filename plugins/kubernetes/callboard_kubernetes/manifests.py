"""What a cluster's API answers, decoded: only the parts that are read, each of which may be missing or null.

Field names and meanings are the Kubernetes API reference's (apps, batch, core, events.k8s.io, discovery).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

from .selectors import Operator, Requirement, Selector

T = TypeVar("T")

_EMPTY: Mapping[str, str] = {}
_OPERATORS = {"In": Operator.IN, "NotIn": Operator.NOT_IN, "Exists": Operator.EXISTS, "DoesNotExist": Operator.ABSENT}


class Part(Struct, rename="camel", frozen=True):
    """Any part of an answer: names in camel case, unknown fields passed over."""


class Owner(Part):
    """Which object manages this one."""

    kind: str | None = None
    name: str | None = None
    uid: str | None = None
    controller: bool | None = None


class Meta(Part):
    """What every object carries about itself."""

    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    generation: int | None = None
    labels: dict[str, str] | None = None
    owner_references: list[Owner] | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


class Object(Part):
    """What all listed objects share."""

    metadata: Meta = Meta()

    @property
    def name(self) -> str:
        """The object's name within its namespace."""
        return self.metadata.name or ""

    @property
    def namespace(self) -> str:
        """The object's namespace."""
        return self.metadata.namespace or ""

    @property
    def labels(self) -> Mapping[str, str]:
        """The object's labels."""
        return self.metadata.labels or _EMPTY

    @property
    def controller(self) -> Owner | None:
        """The object that manages this one, if any does."""
        return next((owner for owner in self.metadata.owner_references or () if owner.controller), None)


class Condition(Part):
    """One thing that a controller says about an object."""

    type: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None
    last_transition_time: datetime | None = None


class MatchExpression(Part):
    """One set-based requirement of a workload's selector."""

    key: str | None = None
    operator: str | None = None
    values: list[str] | None = None


class LabelSelector(Part):
    """Which pods a workload manages."""

    match_labels: dict[str, str] | None = None
    match_expressions: list[MatchExpression] | None = None

    def selector(self) -> Selector:
        """The same in the form that matches. An operator that isn't known matches nothing, rather than everything."""
        sets = [
            Requirement(e.key or "", _OPERATORS.get(e.operator or "", Operator.IN), frozenset(e.values or ()))
            for e in self.match_expressions or ()
        ]
        return Selector((*Selector.equal(self.match_labels or {}).requirements, *sets))


class ContainerSpec(Part):
    """A container as it was asked for."""

    name: str | None = None
    image: str | None = None


class PodSpec(Part):
    """A pod as it was asked for."""

    node_name: str | None = None
    containers: list[ContainerSpec] | None = None


class PodTemplate(Part):
    """The pods that a workload makes."""

    metadata: Meta | None = None
    spec: PodSpec | None = None


class JobTemplate(Part):
    """The jobs that a cron job makes."""

    spec: JobSpec | None = None


class JobSpec(Part):
    """A job as it was asked for."""

    template: PodTemplate | None = None


class WorkloadSpec(Part):
    """A workload of any kind as it was asked for."""

    replicas: int | None = None
    paused: bool | None = None
    suspend: bool | None = None
    schedule: str | None = None
    time_zone: str | None = None
    completions: int | None = None
    parallelism: int | None = None
    selector: LabelSelector | None = None
    template: PodTemplate | None = None
    job_template: JobTemplate | None = None


class WorkloadStatus(Part):
    """What a controller says of a workload of any kind; `active` is a count in a Job and a list in a CronJob."""

    observed_generation: int | None = None
    replicas: int | None = None
    ready_replicas: int | None = None
    updated_replicas: int | None = None
    current_revision: str | None = None
    update_revision: str | None = None
    desired_number_scheduled: int | None = None
    number_ready: int | None = None
    updated_number_scheduled: int | None = None
    active: int | list[Any] | None = None
    succeeded: int | None = None
    failed: int | None = None
    start_time: datetime | None = None
    completion_time: datetime | None = None
    last_schedule_time: datetime | None = None
    last_successful_time: datetime | None = None
    conditions: list[Condition] | None = None


class Manifest(Object):
    """A workload of any kind: Deployment, StatefulSet, DaemonSet, CronJob or Job."""

    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()

    @property
    def template(self) -> PodTemplate:
        """The pods it makes, by itself or through its jobs."""
        jobs = self.spec.job_template
        found = jobs.spec.template if jobs and jobs.spec else self.spec.template
        return found or PodTemplate()

    @property
    def pod_labels(self) -> Mapping[str, str]:
        """The labels that its pods get."""
        meta = self.template.metadata
        return (meta.labels if meta else None) or _EMPTY

    def condition(self, kind: str) -> Condition:
        """What its controller says under this type; an empty condition where it says nothing."""
        return next((c for c in self.status.conditions or () if c.type == kind), Condition())


class Running(Part):
    """A container that runs."""

    started_at: datetime | None = None


class Waiting(Part):
    """A container that waits, and why."""

    reason: str | None = None
    message: str | None = None


class Terminated(Part):
    """A container that ended, and how."""

    exit_code: int | None = None
    signal: int | None = None
    reason: str | None = None
    message: str | None = None
    finished_at: datetime | None = None


class ContainerState(Part):
    """Exactly one of these is set, or none when the node hasn't said anything yet."""

    running: Running | None = None
    waiting: Waiting | None = None
    terminated: Terminated | None = None


class ContainerStatus(Part):
    """What the node says of one container."""

    name: str | None = None
    image: str | None = None
    ready: bool | None = None
    restart_count: int | None = None
    state: ContainerState | None = None
    last_state: ContainerState | None = None


class PodStatus(Part):
    """What the scheduler and the node say of a pod."""

    phase: str | None = None
    reason: str | None = None
    message: str | None = None
    start_time: datetime | None = None
    conditions: list[Condition] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    container_statuses: list[ContainerStatus] | None = None


class PodManifest(Object):
    """A pod."""

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    def condition(self, kind: str) -> Condition:
        """What is said under this type; an empty condition where nothing is said."""
        return next((c for c in self.status.conditions or () if c.type == kind), Condition())


class Reference(Part):
    """The object that an event is about."""

    kind: str | None = None
    name: str | None = None
    namespace: str | None = None


class Series(Part):
    """How often an event has come again."""

    count: int | None = None
    last_observed_time: datetime | None = None


class EventManifest(Object):
    """An event, as the core API or events.k8s.io writes it: they hold the same objects under different names."""

    type: str | None = None
    reason: str | None = None
    message: str | None = None
    note: str | None = None
    count: int | None = None
    deprecated_count: int | None = None
    series: Series | None = None
    event_time: datetime | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    deprecated_first_timestamp: datetime | None = None
    deprecated_last_timestamp: datetime | None = None
    involved_object: Reference | None = None
    regarding: Reference | None = None

    @property
    def subject(self) -> Reference:
        """What the event is about."""
        return self.involved_object or self.regarding or Reference()


class ListMeta(Part):
    """Where a list goes on (API concepts, "Retrieving large results sets in chunks")."""

    next: str | None = field(default=None, name="continue")


class ObjectList(Part, Generic[T]):
    """One page of a list; an empty list may be written as null."""

    items: list[T] | None = None
    metadata: ListMeta = ListMeta()


class GroupVersion(Part):
    """A served version, as `apps/v1`."""

    group_version: str = ""


class Group(Part):
    """An API group with its served versions."""

    versions: list[GroupVersion] | None = None


class ServedResource(Part):
    """A resource of one version: `name` in resource lists, `resource` in aggregated discovery."""

    name: str | None = None
    resource: str | None = None


class ServedVersion(Part):
    """A served version with its resources, in aggregated discovery."""

    version: str = ""
    resources: list[ServedResource] | None = None


class ServedGroup(Part):
    """A group with its versions and resources, in aggregated discovery; the core group has no name."""

    metadata: Meta = Meta()
    versions: list[ServedVersion] | None = None


class Discovery(Part):
    """What `/api` and `/apis` answer: APIVersions, APIGroupList or APIGroupDiscoveryList."""

    kind: str | None = None
    versions: list[str] | None = None
    groups: list[Group] | None = None
    items: list[ServedGroup] | None = None


class ResourceList(Part):
    """What `/api/VERSION` and `/apis/GROUP/VERSION` answer."""

    resources: list[ServedResource] | None = None


class Version(Part):
    """What `/version` answers."""

    git_version: str | None = None
