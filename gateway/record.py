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


class Record:
    """One gateway's metrics, those of its upstreams among them; two gateways in one process don't share them."""

    def __init__(self, upstreams: Callable[[], Iterable[UpstreamOf]], lane: Lane) -> None:
        self.registry = CollectorRegistry()
        requests = Counter("callboard_requests", "GraphQL requests answered.", ["operation", "outcome"], registry=self.registry)
        errors = Counter("callboard_errors", "GraphQL errors answered, by code.", ["code"], registry=self.registry)
        self._requests = cache(requests.labels)
        self._errors = cache(errors.labels)
        self._seconds = Histogram("callboard_request_seconds", "Time to answer a GraphQL request.", registry=self.registry)
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

    def _ended(
        self, viewer: Viewer | None, operation: Operation | None, outcome: str, codes: Sequence[str], seconds: float
    ) -> None:
        kind = operation.kind if operation else "none"
        self._requests(kind, outcome).inc()
        name = operation.definition.name if operation else None
        self._log.info(
            "request",
            operation=kind,
            name=name.value if name else None,
            outcome=outcome,
            codes=sorted(set(codes)),
            viewer=viewer.subject if viewer else None,
            milliseconds=round(seconds * 1000, 2),
        )

    def metrics(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self.registry)
