"""What is kept of each request: metrics for Prometheus, and one log line. Never a token, a variable or a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache

import structlog
from callboard_sdk import Viewer
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from .execution.shape import Response
from .lane.ask import Lane
from .planning.operation import Operation
from .upstream_metrics import UpstreamMetrics, UpstreamOf

log = structlog.get_logger()

TRANSPORTS = ("sse", "websocket")
"""What carries subscriptions."""


class Record:
    """One gateway's metrics, those of its upstreams among them; two gateways in one process don't share them."""

    def __init__(self, upstreams: Callable[[], Iterable[UpstreamOf]], lane: Lane) -> None:
        self.registry = CollectorRegistry()
        requests = Counter("callboard_requests", "GraphQL requests answered.", ["operation", "outcome"], registry=self.registry)
        errors = Counter("callboard_errors", "GraphQL errors answered, by code.", ["code"], registry=self.registry)
        self._requests = cache(requests.labels)
        self._errors = cache(errors.labels)
        self._seconds = Histogram("callboard_request_seconds", "Time to answer a GraphQL request.", registry=self.registry)
        self._open = Gauge("callboard_streams", "Subscriptions that are open.", ["transport"], registry=self.registry).labels
        self._events = Counter("callboard_stream_events", "Events sent.", ["transport"], registry=self.registry).labels
        self._over = Counter("callboard_streams_ended", "Subscriptions that ended.", ["reason"], registry=self.registry).labels
        for transport in TRANSPORTS:
            self._open(transport), self._events(transport)
        self._over("complete")
        up = Gauge("callboard_lane_up", "1 while the process for large queries takes them.", registry=self.registry)
        up.set_function(lambda: lane.ready)
        taken = Gauge("callboard_lane_queries", "Queries that the process for large ones answered.", registry=self.registry)
        taken.set_function(lambda: lane.taken)
        ends = Gauge("callboard_lane_ends", "How often the process for large queries ended by itself.", registry=self.registry)
        ends.set_function(lambda: lane.ends)
        self.registry.register(UpstreamMetrics(upstreams))
        self._log = log.bind()  # made once: to look up how logs are written costs as much as to write a line

    def request(self, viewer: Viewer | None, operation: Operation | None, response: Response, seconds: float) -> None:
        """Count and log one answered request."""
        outcome = "refused" if not response.executed else "errors" if response.codes else "ok"
        self._seconds.observe(seconds)
        for code in response.codes:
            self._errors(code).inc()
        self._ended(viewer, operation, outcome, response.codes, seconds)

    def gone(self, viewer: Viewer | None, operation: Operation | None, seconds: float) -> None:
        """Count and log a request that was cancelled before it was answered: its client went away, or the server stops."""
        self._ended(viewer, operation, "gone", (), seconds)

    def opened(self, viewer: Viewer | None, operation: Operation | None, via: str) -> None:
        """Count and log a subscription that begins, `via` a transport."""
        self._open(via).inc()
        self._requests("subscription", "ok").inc()
        self._log.info("subscription opened", name=_name(operation), transport=via, viewer=viewer.subject if viewer else None)

    def event(self, via: str, response: Response) -> None:
        """Count one event that is sent."""
        self._events(via).inc()
        for code in response.codes:
            self._errors(code).inc()

    def ended(
        self, viewer: Viewer | None, operation: Operation | None, via: str, reason: str, events: int, seconds: float
    ) -> None:
        """Count and log a subscription that is over: by its source, its client, or the error of this code."""
        self._open(via).dec()
        self._over(reason).inc()
        self._log.info(
            "subscription ended",
            name=_name(operation),
            transport=via,
            reason=reason,
            events=events,
            viewer=viewer.subject if viewer else None,
            seconds=round(seconds, 3),
        )

    def _ended(
        self, viewer: Viewer | None, operation: Operation | None, outcome: str, codes: Sequence[str], seconds: float
    ) -> None:
        kind = operation.kind if operation else "none"
        self._requests(kind, outcome).inc()
        self._log.info(
            "request",
            operation=kind,
            name=_name(operation),
            outcome=outcome,
            codes=sorted(set(codes)),
            viewer=viewer.subject if viewer else None,
            milliseconds=round(seconds * 1000, 2),
        )

    def metrics(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self.registry)


def _name(operation: Operation | None) -> str | None:
    name = operation.definition.name if operation else None
    return name.value if name else None
