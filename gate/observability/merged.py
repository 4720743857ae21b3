"""The series of several workers as one picture, whichever of them is asked for it.

Each worker keeps its series in files of its own in one folder (prometheus_client's multiprocess mode), which outlive
it: a worker that takes the place of another goes on counting where that one was killed. Only gauges begin anew.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import prometheus_client.values
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def share_series(directory: str, slot: int) -> None:
    """Series that this process makes from now on are kept in `directory`, in files of worker `slot`."""
    os.environ[_FOLDER] = directory
    shared = prometheus_client.values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]
    prometheus_client.values.ValueClass = shared


def forget_gauges(directory: str, slot: int) -> None:
    """The worker ended: what it had under way, waiting or open, nobody has any more."""
    mark_process_dead(slot, directory)  # type: ignore[no-untyped-call]


def merged_series(
    directory: str, serving: Callable[[], Mapping[int, int]], restarts: Callable[[], int]
) -> CollectorRegistry:
    """All workers' series. `serving` are the process ids by slot, `restarts` how often one was replaced."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=directory)  # type: ignore[no-untyped-call]
    PlatformCollector(registry=registry)
    registry.register(_Workers(serving, restarts))
    return registry


class _Workers(Collector):
    """The workers themselves; what the operating system says of a process, by worker."""

    def __init__(self, serving: Callable[[], Mapping[int, int]], restarts: Callable[[], int]) -> None:
        self._serving = serving
        self._restarts = restarts

    def collect(self) -> Iterable[Metric]:
        """See `Collector`."""
        serving = self._serving()
        yield GaugeMetricFamily("enrollment_gate_workers", "Workers that take calls.", value=len(serving))
        yield CounterMetricFamily(
            "enrollment_gate_worker_restarts", "Workers that took the place of one that ended.", value=self._restarts()
        )
        families: dict[str, Metric] = {}
        for slot, pid in sorted(serving.items()):
            for found in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                family = families.setdefault(found.name, Metric(found.name, found.documentation, found.type))
                for name, labels, value, *_ in found.samples:
                    family.add_sample(name, {**labels, "worker": str(slot)}, value)
        yield from families.values()
