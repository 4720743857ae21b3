"""What Prometheus sees of the cache of evidence: whether it is large enough, and what it is good for."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from aggregator.observers import MemoryUse


class CacheSeries:
    """Brought up to date by `write`: a question should not pay for being counted."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._use: Callable[[], MemoryUse] | None = None
        self._found = self._missing = 0
        self._counted: dict[Counter, int] = {}
        lookups = Counter(
            "enrollment_gate_cache_lookups",
            "Providers looked for in a layer of the cache: memory, then redis.",
            ["layer", "result"],
            registry=registry,
        )
        self._redis = lookups.labels("redis", "hit"), lookups.labels("redis", "miss")
        self._memory = lookups.labels("memory", "hit"), lookups.labels("memory", "miss")
        self._bytes, self._limit, self._entries = (
            Gauge(name, text, registry=registry, multiprocess_mode="livesum")
            for name, text in (
                ("enrollment_gate_cache_memory_bytes", "What providers remembered take."),
                ("enrollment_gate_cache_memory_limit_bytes", "What they may take."),
                ("enrollment_gate_cache_memory_entries", "Providers remembered; by several workers, several times."),
            )
        )
        self._evictions = Counter(
            "enrollment_gate_cache_memory_evictions",
            "Providers forgotten to make room for others.",
            registry=registry,
        )

    def watch(self, use: Callable[[], MemoryUse]) -> None:
        """The layer in this process; there is one."""
        self._use = use

    def cache_read(self, found: int, missing: int) -> None:
        """See `aggregator.observers.CacheObserver`."""
        self._found += found
        self._missing += missing

    def write(self) -> None:
        """Bring the series up to date."""
        self._count_up_to(self._redis[0], self._found)
        self._count_up_to(self._redis[1], self._missing)
        if self._use is None:
            return
        use = self._use()
        self._count_up_to(self._memory[0], use.hits)
        self._count_up_to(self._memory[1], use.misses)
        self._count_up_to(self._evictions, use.evictions)
        self._bytes.set(use.bytes)
        self._limit.set(use.max_bytes)
        self._entries.set(use.entries)

    def _count_up_to(self, counter: Counter, total: int) -> None:
        # A worker's counter may hold what the one before it counted: only what is new is added.
        counter.inc(total - self._counted.get(counter, 0))
        self._counted[counter] = total
