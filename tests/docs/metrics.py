"""The table of all metrics, made from what a gateway's own registry gives."""

from __future__ import annotations

from callboard_sdk import Viewer, ViewerKind
from gateway.execution.shape import Response
from gateway.lane.ask import Lane
from gateway.record import Record
from gateway.upstream_metrics import UpstreamOf
from prometheus_client.metrics_core import Metric
from resolvers.upstream import Health

from tests.docs.tables import table

_OF_A_BUCKET = {"le"}


def metrics_table() -> str:
    """A row for each metric: what `/metrics` calls it, its type, its labels, and what it counts."""
    record = Record(
        lambda: [UpstreamOf("ci", "gateway", Health("github", reasons={"TIMEOUT": 1}))], Lane(None, nodes=1, characters=1)
    )
    viewer = Viewer("alice", ViewerKind.PERSON, frozenset())
    record.request(viewer, None, Response((), executed=True, codes=("FORBIDDEN",)), 0.1)
    rows = [(f"`{exposed_name(m)}`", m.type, labels(m), m.documentation) for m in record.registry.collect()]
    return table(("metric", "type", "labels", "what it is"), rows)


def exposed_name(metric: Metric) -> str:
    """The name that a query of Prometheus uses; a histogram's has the endings _bucket, _count and _sum."""
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def labels(metric: Metric) -> str:
    """The names of its samples' labels, sorted, as the text format has them."""
    names = {name for sample in metric.samples for name in sample.labels} - _OF_A_BUCKET
    return ", ".join(f"`{name}`" for name in sorted(names))
