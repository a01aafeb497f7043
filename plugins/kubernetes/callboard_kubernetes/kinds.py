"""The kinds of workload, and the API resource that each is listed as."""

from __future__ import annotations

from enum import Enum

from callboard_sdk import enum


@enum
class WorkloadKind(Enum):
    """What kind of workload it is."""

    DEPLOYMENT = "DEPLOYMENT"
    """Pods that are all alike and replaced gradually when they change."""
    STATEFUL_SET = "STATEFUL_SET"
    """Pods with a name and storage of their own."""
    DAEMON_SET = "DAEMON_SET"
    """One pod on each node that asks for it."""
    CRON_JOB = "CRON_JOB"
    """Jobs started by a schedule."""
    JOB = "JOB"
    """Pods that run until they have finished their work."""


RESOURCES = {
    WorkloadKind.DEPLOYMENT: "deployments",
    WorkloadKind.STATEFUL_SET: "statefulsets",
    WorkloadKind.DAEMON_SET: "daemonsets",
    WorkloadKind.CRON_JOB: "cronjobs",
    WorkloadKind.JOB: "jobs",
}
OBJECT_KINDS = {
    WorkloadKind.DEPLOYMENT: "Deployment",
    WorkloadKind.STATEFUL_SET: "StatefulSet",
    WorkloadKind.DAEMON_SET: "DaemonSet",
    WorkloadKind.CRON_JOB: "CronJob",
    WorkloadKind.JOB: "Job",
}
