"""What Prometheus sees. One object hears the sources, the cache, the doors and every answer."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from aggregator.evidence import SourceOutcome
from aggregator.observers import BreakerState, RefreshStep, SourceObserver
from gate.observability.cache_series import CacheSeries
from gate.observability.noted import Noted
from sources.contract import ErrorKind

_BREAKER_VALUE = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Contract(StrEnum):
    """By whose contract a source is asked; what a tenant's does says nothing about the deployment's."""

    DEPLOYMENT = "deployment"
    TENANT = "tenant"


class Metrics:
    """All series of one process, in `registry`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.noted = Noted()
        registry.register(self.noted)  # before all series, which are read after it
        self._ended: list[tuple[str, str, float]] = []
        self.noted.by(self._count_ended)
        self._asked: list[tuple[Gauge, Callable[[], float]]] = []
        decisions = Counter(
            "enrollment_gate_decisions",
            "Answers given.",
            ["tenant", "state", "mode", "code", "action", "would_action"],
            registry=registry,
        )
        evidence = Counter(
            "enrollment_gate_evidence", "Answers by where their evidence came from.", ["freshness"], registry=registry
        )
        requests = Histogram(
            "enrollment_gate_request_seconds",
            "Time of one call.",
            ["method", "status"],
            buckets=_SECONDS,
            registry=registry,
        )
        # Looking a series up anew takes as long as adding to it.
        self._decisions = cache(decisions.labels)
        self._evidence = cache(evidence.labels)
        self._requests = cache(requests.labels)
        self._source_calls = Histogram(
            "enrollment_gate_source_call_seconds",
            "Time of one call to a source, waits and retries included.",
            ["source", "contract", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._source_errors = Counter(
            "enrollment_gate_source_errors",
            "Calls without a clean answer.",
            ["source", "contract", "kind"],
            registry=registry,
        )
        self._source_breaker = Gauge(
            "enrollment_gate_source_breaker",
            "Circuit breaker of a source by the deployment's contract: 0 closed, 1 half open, 2 open.",
            ["source", "contract"],
            registry=registry,
            multiprocess_mode="livemin",  # as the alerts take replicas: down is what nobody reaches
        )
        self.cache = CacheSeries(registry)
        self.noted.by(self.cache.write)
        self._source_hedges = Counter(
            "enrollment_gate_source_hedges",
            "Second requests beside a slow one, by whether their answer was taken (won) or not (lost).",
            ["source", "contract", "result"],
            registry=registry,
        )
        self._refreshes = Counter(
            "enrollment_gate_refreshes",
            "Sources asked ahead of need about providers whose known answers come to their end, by step.",
            ["source", "step"],
            registry=registry,
        )
        self._cache_errors = Counter(
            "enrollment_gate_cache_errors", "Failures of the shared cache.", ["operation", "error"], registry=registry
        )
        self._cache_unreadable = Counter(
            "enrollment_gate_cache_unreadable", "Stored values that could not be read.", registry=registry
        )
        self._cache_breaker = Gauge(
            "enrollment_gate_cache_breaker",
            "Circuit breaker of the shared cache: 0 closed, 1 half open, 2 open.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._shed = Counter(
            "enrollment_gate_shed",
            "Calls refused because too much was under way, by why.",
            ["reason"],
            registry=registry,
        )
        self._claims_in_flight = Gauge(
            "enrollment_gate_claims_in_flight", "Claims under way.", registry=registry, multiprocess_mode="livesum"
        )
        self.config_stale = Gauge(
            "enrollment_gate_config_stale",
            "1 while the configuration store cannot be read.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._api_keys_age = Gauge(
            "enrollment_gate_api_keys_age_seconds",
            "Since the stored API keys were last looked at; known keys go on working for a while.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._certificate_expiry = Gauge(
            "enrollment_gate_tls_certificate_expiry_seconds",
            "Until the gRPC door's certificate (server), or one of those that vouch for clients (client_ca), expires.",
            ["certificate"],
            registry=registry,
            multiprocess_mode="livemin",
        )
        self._tls_reload_failures = Counter(
            "enrollment_gate_tls_reload_failures",
            "Changed certificate files that could not be used; the ones before stay in use.",
            registry=registry,
        )

    def certificate_expires_in(self, certificate: str, seconds: float) -> None:
        """See `gate.rpc.certificates.CertificateObserver`."""
        self._certificate_expiry.labels(certificate).set(seconds)

    def certificate_not_renewed(self) -> None:
        """See `gate.rpc.certificates.CertificateObserver`."""
        self._tls_reload_failures.inc()

    def decided(self, answers: Mapping[tuple[str, ...], int], freshness: Mapping[str, int]) -> None:
        """Answers given: how many by (tenant, state, mode, code, action, would_action)."""
        for labels, count in answers.items():
            self._decisions(*labels).inc(count)
        for label, count in freshness.items():
            self._evidence(label).inc(count)

    def request_ended(self, method: str, status: str, seconds: float) -> None:
        """One call to a door ended with a gRPC status name."""
        self._ended.append((method, status, seconds))  # and counted soon: see `Noted`

    def shed(self, reason: str) -> None:
        """See `gate.rpc.admission.ShedObserver`."""
        self._shed.labels(reason).inc()

    def count_claims_in_flight(self, count: Callable[[], int]) -> None:
        """Ask `count` whenever somebody looks."""
        self._ask(self._claims_in_flight, count)

    def tell_age_of_api_keys(self, seconds: Callable[[], float]) -> None:
        """Ask `seconds` whenever somebody looks."""
        self._ask(self._api_keys_age, seconds)

    def write_asked(self) -> None:
        """Write down what is asked when somebody looks: where several processes are looked at as one, nobody asks."""
        for gauge, ask in self._asked:
            gauge.set(ask())

    def _count_ended(self) -> None:
        ended, self._ended = self._ended, []
        for method, status, seconds in ended:
            self._requests(method, status).observe(seconds)

    def _ask(self, gauge: Gauge, ask: Callable[[], float]) -> None:
        gauge.set_function(ask)
        self._asked.append((gauge, ask))

    def of_sources(self, contract: Contract) -> SourceObserver:
        """Who hears the sources that are asked by this kind of contract."""
        return _SourceSeries(
            contract, self._source_calls, self._source_errors, self._source_breaker, self._source_hedges
        )

    def refreshed(self, source: str, step: RefreshStep) -> None:
        """See `aggregator.observers.RefreshObserver`."""
        self._refreshes.labels(source, step.value).inc()

    def cache_read(self, found: int, missing: int) -> None:
        """See `aggregator.observers.CacheObserver`."""
        self.cache.cache_read(found, missing)

    def cache_failed(self, operation: str, error: str) -> None:
        """See `aggregator.observers.CacheObserver`."""
        self._cache_errors.labels(operation, error).inc()

    def cache_unreadable(self) -> None:
        """See `aggregator.observers.CacheObserver`."""
        self._cache_unreadable.inc()

    def cache_breaker_changed(self, state: BreakerState) -> None:
        """See `aggregator.observers.CacheObserver`."""
        self._cache_breaker.set(_BREAKER_VALUE[state])


class _SourceSeries:
    """See `aggregator.observers.SourceObserver`."""

    def __init__(self, contract: Contract, calls: Histogram, errors: Counter, breaker: Gauge, hedges: Counter) -> None:
        self._contract = contract
        self._calls = calls
        self._errors = errors
        self._breaker = breaker
        self._hedges = hedges

    def source_answered(self, source: str, outcome: SourceOutcome, error: ErrorKind | None, seconds: float) -> None:
        self._calls.labels(source, self._contract.value, outcome.value).observe(seconds)
        if error is not None:
            self._errors.labels(source, self._contract.value, error.value).inc()

    def source_breaker_changed(self, source: str, state: BreakerState) -> None:
        # Tenants' contracts with one source have a breaker each, for all of which no single value could speak.
        if self._contract is Contract.DEPLOYMENT:
            self._breaker.labels(source, self._contract.value).set(_BREAKER_VALUE[state])

    def source_hedged(self, source: str, *, won: bool) -> None:
        self._hedges.labels(source, self._contract.value, "won" if won else "lost").inc()
