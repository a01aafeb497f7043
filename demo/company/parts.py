"""What a system is made of: the kinds of component that the made-up company builds, again and again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One recurring kind of component.

    `name` and `text` may hold `{thing}`, one of the system's things. `workload` is the Kubernetes
    kind that runs it, or empty for what doesn't run. `weight` is its usual number of replicas.
    """

    name: str
    type: str
    workload: str
    text: str
    languages: tuple[str, ...]
    weight: int = 2


_SERVER = ("go", "java", "python", "typescript")
_WEB = ("typescript",)

API = Part("api", "service", "Deployment", "Answers other teams' questions about each {thing}.", _SERVER, 3)

PARTS: tuple[Part, ...] = (
    Part("web", "website", "Deployment", "What people see and click.", _WEB),
    Part("admin", "website", "Deployment", "Where the house staff correct things.", _WEB, 1),
    Part("{thing}-service", "service", "Deployment", "Owns every {thing} and its rules.", _SERVER, 3),
    Part("{thing}-service", "service", "Deployment", "Owns every {thing} and its rules.", _SERVER),
    Part("{thing}-worker", "service", "Deployment", "Works through each {thing} in the background.", _SERVER),
    Part("{thing}-worker", "service", "Deployment", "Works through each {thing} in the background.", _SERVER),
    Part("{thing}-index", "service", "StatefulSet", "Makes every {thing} findable.", ("java", "go"), 3),
    Part("{thing}-importer", "job", "CronJob", "Fetches each new {thing} from partners.", ("python", "go"), 1),
    Part("{thing}-archiver", "job", "CronJob", "Puts each old {thing} away.", ("python", "java"), 1),
    Part("events", "service", "Deployment", "Tells the event bus what happened.", _SERVER),
    Part("notifier", "service", "Deployment", "Tells people what changed.", ("typescript", "python")),
    Part("mobile-gateway", "service", "Deployment", "Speaks to the phone apps.", ("typescript", "go")),
    Part("webhooks", "service", "Deployment", "Calls partners back.", ("go", "typescript")),
    Part("nightly-report", "job", "CronJob", "Sums the day up before breakfast.", ("python",), 1),
    Part("reconciler", "job", "CronJob", "Finds and mends what disagrees.", ("go", "python"), 1),
    Part("session-store", "service", "StatefulSet", "Remembers what is under way.", ("go", "java")),
    Part("client", "library", "", "The library that other teams call us with.", ("java", "typescript", "go")),
    Part("ui-kit", "library", "", "Buttons and forms in one style.", _WEB),
    Part("schemas", "library", "", "Shapes that both sides agree on.", ("typescript", "python")),
    Part("handbook", "documentation", "", "How it works and what to do at night.", ("markdown",)),
)

AGENT = Part("agent", "service", "DaemonSet", "Runs on every node and watches each {thing}.", ("go",), 1)
