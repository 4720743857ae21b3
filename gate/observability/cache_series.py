"""What Prometheus sees of the cache of evidence: whether it is large enough, and what it is good for."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from aggregator.observers import MemoryUse


class CacheSeries(Collector):
    """Read from the cache when somebody looks: a question should not pay for being counted."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._use: Callable[[], MemoryUse] | None = None
        self._found = 0
        self._missing = 0
        registry.register(self)

    def watch(self, use: Callable[[], MemoryUse]) -> None:
        """The layer in this process; there is one."""
        self._use = use

    def cache_read(self, found: int, missing: int) -> None:
        """See `aggregator.observers.CacheObserver`."""
        self._found += found
        self._missing += missing

    def collect(self) -> Iterable[Metric]:
        """See `prometheus_client.registry.Collector`."""
        lookups = CounterMetricFamily(
            "enrollment_gate_cache_lookups",
            "Providers looked for in a layer of the cache: memory, then redis.",
            labels=["layer", "result"],
        )
        lookups.add_metric(["redis", "hit"], self._found)
        lookups.add_metric(["redis", "miss"], self._missing)
        if self._use is not None:
            use = self._use()
            lookups.add_metric(["memory", "hit"], use.hits)
            lookups.add_metric(["memory", "miss"], use.misses)
            yield from _of_memory(use)
        yield lookups


def _of_memory(use: MemoryUse) -> Iterable[Metric]:
    yield GaugeMetricFamily(
        "enrollment_gate_cache_memory_bytes", "What providers remembered in this process take.", use.bytes
    )
    yield GaugeMetricFamily("enrollment_gate_cache_memory_limit_bytes", "What they may take.", use.max_bytes)
    yield GaugeMetricFamily(
        "enrollment_gate_cache_memory_entries", "Providers remembered in this process.", use.entries
    )
    yield CounterMetricFamily(
        "enrollment_gate_cache_memory_evictions", "Providers forgotten to make room for others.", use.evictions
    )
