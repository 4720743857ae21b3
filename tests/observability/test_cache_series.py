"""What Prometheus sees of the cache of evidence."""

from prometheus_client import CollectorRegistry, generate_latest

from aggregator.cache.memory import MemoryCache
from aggregator.observers import CacheObserver
from gate.observability.metrics import Metrics
from tests.bench.provider_knowledge import known_providers


def shown(metrics: Metrics) -> dict[str, float]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    series = (line.rsplit(" ", 1) for line in lines if line.startswith("enrollment_gate_cache_"))
    return {name.removeprefix("enrollment_gate_cache_"): float(value) for name, value in series}


async def test_the_layer_in_this_process_is_told_as_it_is_when_somebody_looks() -> None:
    metrics, cache = Metrics(CollectorRegistry()), MemoryCache(1_000_000)
    metrics.cache.watch(lambda: cache.use)
    for key, known in known_providers(5_000):
        await cache.put(key, known, 60)
        cache.peek(key)
    cache.peek(key._replace(tenant="another"))

    told = shown(metrics)

    use = cache.use
    assert told["memory_bytes"] == use.bytes <= told["memory_limit_bytes"] == 1_000_000
    assert told["memory_entries"] == use.entries == len(cache)
    assert told["memory_evictions_total"] == use.evictions == 5_000 - len(cache) > 0
    assert told['lookups_total{layer="memory",result="hit"}'] == 5_000
    assert told['lookups_total{layer="memory",result="miss"}'] == 1


def test_what_was_found_in_the_shared_layer_and_what_was_not_is_counted() -> None:
    metrics = Metrics(CollectorRegistry())
    observer: CacheObserver = metrics

    observer.cache_read(3, 7)
    observer.cache_read(1, 0)

    told = shown(metrics)
    assert told['lookups_total{layer="redis",result="hit"}'] == 4
    assert told['lookups_total{layer="redis",result="miss"}'] == 7


def test_a_worker_that_writes_for_all_to_read_counts_everything_once() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.cache.cache_read(3, 7)

    metrics.write_asked()
    metrics.cache.cache_read(1, 0)
    metrics.write_asked()

    assert shown(metrics)['lookups_total{layer="redis",result="hit"}'] == 4
