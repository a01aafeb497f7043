"""What is kept of each request: metrics for Prometheus, and one log line. Never a token, a variable or a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from callboard_sdk import Viewer
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from resolvers.upstream import Health

from .execution.shape import Response
from .planning.operation import Operation
from .upstream_metrics import UpstreamMetrics

log = structlog.get_logger()


class Record:
    """One gateway's metrics, those of its upstreams among them; two gateways in one process don't share them."""

    def __init__(self, upstreams: Callable[[], Iterable[tuple[str, Health]]]) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "callboard_requests", "GraphQL requests answered.", ["operation", "outcome"], registry=self.registry
        )
        self._seconds = Histogram("callboard_request_seconds", "Time to answer a GraphQL request.", registry=self.registry)
        self._errors = Counter("callboard_errors", "GraphQL errors answered, by code.", ["code"], registry=self.registry)
        self.registry.register(UpstreamMetrics(upstreams))

    def request(self, viewer: Viewer | None, operation: Operation | None, response: Response, seconds: float) -> None:
        """Count and log one answered request."""
        kind = operation.kind if operation else "none"
        outcome = "refused" if not response.executed else "errors" if response.codes else "ok"
        self._requests.labels(kind, outcome).inc()
        self._seconds.observe(seconds)
        for code in response.codes:
            self._errors.labels(code).inc()
        name = operation.definition.name.value if operation and operation.definition.name else None
        log.info(
            "request",
            operation=kind,
            name=name,
            outcome=outcome,
            codes=sorted(set(response.codes)),
            viewer=viewer.subject if viewer else None,
            milliseconds=round(seconds * 1000, 2),
        )

    def metrics(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self.registry)
