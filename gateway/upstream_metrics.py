"""What the upstreams' clients counted, as `/metrics` shows it; read when asked, so that a call costs nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from resolvers.upstream import LATENCY_BOUNDS, Health, State

_LABELS = ("plugin", "upstream", "process")
_Labels = tuple[str, str, str]
_COUNTERS: tuple[tuple[str, str, Callable[[Health], int]], ...] = (
    ("calls", "What was asked of an upstream, whoever answered.", lambda h: h.calls),
    ("requests", "Requests sent to an upstream, retries among them.", lambda h: h.requests),
    ("retries", "Requests sent again after a failure.", lambda h: h.retries),
    ("cache_hits", "Calls answered from memory.", lambda h: h.cache_hits),
    ("revalidated", "Answers that the upstream said are still right.", lambda h: h.revalidated),
    ("deduplicated", "Calls that shared an equal one under way.", lambda h: h.deduplicated),
    ("stale", "Calls answered with an older answer, for want of a new one.", lambda h: h.stale),
)


class UpstreamOf(NamedTuple):
    """How a plugin's upstream is, as one of the gateway's processes sees it: `gateway` itself, or its `lane`."""

    plugin: str
    process: str
    health: Health


class UpstreamMetrics(Collector):
    """Metrics of every upstream, labelled by plugin, the upstream's name and process; `found` gives the snapshots."""

    def __init__(self, found: Callable[[], Iterable[UpstreamOf]]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """All families, each with one sample an upstream."""
        found = [((one.plugin, one.health.upstream, one.process), one.health) for one in self._found()]
        for name, text, count in _COUNTERS:
            yield _counter(name, text, {labels: count(health) for labels, health in found})
        yield _failures(found)
        yield _seconds(found)
        in_flight = GaugeMetricFamily("callboard_upstream_in_flight", "Requests that have no answer yet.", labels=_LABELS)
        circuit = GaugeMetricFamily(
            "callboard_upstream_circuit_open", "1 while an upstream that kept failing is not asked, else 0.", labels=_LABELS
        )
        for labels, health in found:
            in_flight.add_metric(labels, health.in_flight)
            circuit.add_metric(labels, health.state is State.OPEN)
        yield from (in_flight, circuit)


def _counter(name: str, text: str, counts: dict[_Labels, int]) -> Metric:
    family = CounterMetricFamily(f"callboard_upstream_{name}", text, labels=_LABELS)
    for labels, count in counts.items():
        family.add_metric(labels, count)
    return family


def _failures(found: list[tuple[_Labels, Health]]) -> Metric:
    text = "Calls that ended in an error or an older answer, by the error's reason."
    family = CounterMetricFamily("callboard_upstream_failures", text, labels=(*_LABELS, "reason"))
    for labels, health in found:
        for reason, count in sorted(health.reasons.items()):
            family.add_metric((*labels, reason), count)
    return family


def _seconds(found: list[tuple[_Labels, Health]]) -> Metric:
    family = HistogramMetricFamily("callboard_upstream_request_seconds", "Time that requests took.", labels=_LABELS)
    bounds = [*(str(bound) for bound in LATENCY_BOUNDS), "+Inf"]
    for labels, health in found:
        buckets = list(zip(bounds, accumulate(health.latencies), strict=True))
        family.add_metric(labels, buckets, health.latency_sum)
    return family
