"""One component in one cluster: the names, labels and times that all of its Kubernetes objects share."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from demo.company.dice import hexes, number, uid
from demo.company.model import Component, Placement
from demo.company.security import IMAGES, version

Object = dict[str, Any]

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes makes names from (apimachinery's `rand`): without vowels and the digits that look like letters."""


def stamp(moment: dt.datetime) -> str:
    """A time as the Kubernetes API writes it: RFC 3339, whole seconds, UTC."""
    return moment.isoformat()[:19] + "Z"


def suffix(*name: str) -> str:
    """The five stable letters that end the generated name of the thing called `name`."""
    return "".join(_LETTERS[number(len(_LETTERS), "suffix", *name, str(place))] for place in range(5))


@dataclass(frozen=True)
class Site:
    """Where one component's objects in one cluster come from."""

    component: Component
    placement: Placement
    now: dt.datetime

    @property
    def name(self) -> str:
        """The workload's name: the component's."""
        return self.component.name

    @property
    def namespace(self) -> str:
        """The namespace: the system's name."""
        return self.component.system

    @cached_property
    def labels(self) -> dict[str, str]:
        """What every object of the component carries; the Backstage label only where the catalog relies on it."""
        labels = {
            "app": self.name,
            "app.kubernetes.io/name": self.name,
            "app.kubernetes.io/part-of": self.namespace,
            "app.kubernetes.io/version": version(self.component),
            "team": self.component.owner,
            "tier": self.component.tier,
        }
        if not self.component.by_selector:
            labels["backstage.io/kubernetes-id"] = self.name
        return labels

    @property
    def image(self) -> str:
        """The image that should run."""
        return f"{IMAGES}/{self.namespace}/{self.name}:{version(self.component)}"

    @cached_property
    def rolled_out(self) -> dt.datetime:
        """When the running version was rolled out: one hour to forty days ago."""
        return self.now - dt.timedelta(minutes=60 + number(57_600, "rolled-out", self.placement.cluster, self.name))

    @cached_property
    def created(self) -> dt.datetime:
        """When the workload was first created."""
        return self.rolled_out - dt.timedelta(days=30 + number(600, "created", self.placement.cluster, self.name))

    def id(self, kind: str, name: str) -> str:
        """The uid of the object of `kind` called `name` here."""
        return uid(self.placement.cluster, kind, self.namespace, name)

    def hash(self, generation: int) -> str:
        """The pod template hash of a generation, in the alphabet of Kubernetes' safe encoding."""
        digits = hexes(10, "template", self.placement.cluster, self.name, str(generation))
        return digits.translate(str.maketrans("013ae", "bcdfg"))

    def metadata(
        self,
        kind: str,
        name: str,
        created: dt.datetime,
        *,
        labels: dict[str, str] | None = None,
        owner: tuple[str, str, str] | None = None,
        annotations: dict[str, str] | None = None,
    ) -> Object:
        """ObjectMeta; `owner` is (apiVersion, kind, name) of the controller."""
        metadata: Object = {
            "name": name,
            "namespace": self.namespace,
            "uid": self.id(kind, name),
            "creationTimestamp": stamp(created),
            "labels": self.labels | (labels or {}),
        }
        if annotations:
            metadata["annotations"] = annotations
        if owner:
            api_version, owner_kind, owner_name = owner
            metadata["ownerReferences"] = [
                {
                    "apiVersion": api_version,
                    "kind": owner_kind,
                    "name": owner_name,
                    "uid": self.id(owner_kind, owner_name),
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ]
        return metadata

    def container(self) -> Object:
        """The component's one container, as a pod template has it."""
        memory = ("256Mi", "512Mi", "1Gi")[number(3, "memory", self.name)]
        return {
            "name": "app",
            "image": self.image,
            "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
            "env": [{"name": "HOUSE_CLUSTER", "value": self.placement.cluster}],
            "resources": {"limits": {"memory": memory}, "requests": {"cpu": "100m", "memory": memory}},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "imagePullPolicy": "IfNotPresent",
        }

    def template(self, labels: dict[str, str], *, restart: str = "Always") -> Object:
        """The pod template of a workload."""
        return {
            "metadata": {"creationTimestamp": None, "labels": self.labels | labels},
            "spec": self.pod_spec(restart),
        }

    def pod_spec(self, restart: str = "Always") -> Object:
        """The PodSpec, without the node that a scheduler adds."""
        return {
            "containers": [self.container()],
            "restartPolicy": restart,
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "default",
            "serviceAccount": "default",
            "securityContext": {},
            "schedulerName": "default-scheduler",
        }
