"""What a cluster's API answers, decoded: only the parts that are read, each of which may be missing or null.

Field names and meanings are the Kubernetes API reference's (apps, batch, core, events.k8s.io, discovery).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from .selectors import Operator, Requirement, Selector

_EMPTY: Mapping[str, str] = {}
_OPERATORS = {
    "In": Operator.IN,
    "NotIn": Operator.NOT_IN,
    "Exists": Operator.EXISTS,
    "DoesNotExist": Operator.ABSENT,
}


class Part(Struct, rename="camel", frozen=True):
    """Any part of an answer: names in camel case, unknown fields passed over."""


class Owner(Part, frozen=True):
    """Which object manages this one."""

    kind: str | None = None
    name: str | None = None
    uid: str | None = None
    controller: bool | None = None


class Meta(Part, frozen=True):
    """What every object carries about itself."""

    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    generation: int | None = None
    labels: dict[str, str] | None = None
    owner_references: list[Owner] | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


class Object(Part, frozen=True):
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


class Condition(Part, frozen=True):
    """One thing that a controller says about an object."""

    type: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None
    last_transition_time: datetime | None = None


class MatchExpression(Part, frozen=True):
    """One set-based requirement of a workload's selector."""

    key: str | None = None
    operator: str | None = None
    values: list[str] | None = None


class LabelSelector(Part, frozen=True):
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


class ContainerSpec(Part, frozen=True):
    """A container as it was asked for."""

    name: str | None = None
    image: str | None = None


class PodSpec(Part, frozen=True):
    """A pod as it was asked for."""

    node_name: str | None = None
    containers: list[ContainerSpec] | None = None


class PodTemplate(Part, frozen=True):
    """The pods that a workload makes."""

    metadata: Meta | None = None
    spec: PodSpec | None = None


class JobTemplate(Part, frozen=True):
    """The jobs that a cron job makes."""

    spec: JobSpec | None = None


class JobSpec(Part, frozen=True):
    """A job as it was asked for."""

    template: PodTemplate | None = None


class WorkloadSpec(Part, frozen=True):
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


class WorkloadStatus(Part, frozen=True):
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


class Manifest(Object, frozen=True):
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


class Running(Part, frozen=True):
    """A container that runs."""

    started_at: datetime | None = None


class Waiting(Part, frozen=True):
    """A container that waits, and why."""

    reason: str | None = None
    message: str | None = None


class Terminated(Part, frozen=True):
    """A container that ended, and how."""

    exit_code: int | None = None
    signal: int | None = None
    reason: str | None = None
    message: str | None = None
    finished_at: datetime | None = None


class ContainerState(Part, frozen=True):
    """Exactly one of these is set, or none when the node hasn't said anything yet."""

    running: Running | None = None
    waiting: Waiting | None = None
    terminated: Terminated | None = None


class ContainerStatus(Part, frozen=True):
    """What the node says of one container."""

    name: str | None = None
    image: str | None = None
    ready: bool | None = None
    restart_count: int | None = None
    state: ContainerState | None = None
    last_state: ContainerState | None = None


class PodStatus(Part, frozen=True):
    """What the scheduler and the node say of a pod."""

    phase: str | None = None
    reason: str | None = None
    message: str | None = None
    start_time: datetime | None = None
    conditions: list[Condition] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    container_statuses: list[ContainerStatus] | None = None


class PodManifest(Object, frozen=True):
    """A pod."""

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    def condition(self, kind: str) -> Condition:
        """What is said under this type; an empty condition where nothing is said."""
        return next((c for c in self.status.conditions or () if c.type == kind), Condition())


class Reference(Part, frozen=True):
    """The object that an event is about."""

    kind: str | None = None
    name: str | None = None
    namespace: str | None = None


class Series(Part, frozen=True):
    """How often an event has come again."""

    count: int | None = None
    last_observed_time: datetime | None = None


class EventManifest(Object, frozen=True):
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
