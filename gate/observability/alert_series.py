"""What Prometheus sees of alerts. They are told by kind and urgency, which mean the same to all tenants, whatever the
days of their ladders; tenants are not told apart.
"""

from collections.abc import Iterable, Mapping
from itertools import product
from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge


class AlertSeries:
    """The series, in `registry`. See `gate.alerts.service.observer.AlertObserver`."""

    def __init__(self, registry: CollectorRegistry, kinds: Iterable[str], urgencies: Iterable[str]) -> None:
        self._changes = Counter(
            "enrollment_gate_alert_changes",
            "Changes of alerts that this process made, by what happened: raised, superseded, renewed, escalated …",
            ["kind", "urgency", "what"],
            registry=registry,
        )
        self._digests = Counter("enrollment_gate_alert_digests", "Daily mails that were written.", registry=registry)
        self._scans = Counter(
            "enrollment_gate_alert_scans",
            "Looks at a tenant's due dates of one kind, by whether they could be told (told) or not (unavailable).",
            ["kind", "result"],
            registry=registry,
        )
        self._current = Gauge(
            "enrollment_gate_alerts_current",
            "Alerts of all tenants that say something about today; NaN while the database does not answer.",
            ["kind", "urgency"],
            registry=registry,
            multiprocess_mode="livemostrecent",  # of all workers the one that was asked
        )
        self._all = tuple(product(kinds, urgencies))
        for kind in {kind for kind, _ in self._all}:
            for result in ("told", "unavailable"):
                self._scans.labels(kind, result)  # so that the first failure is an increase

    def alerts_changed(self, kind: str, urgency: str, what: str, count: int) -> None:
        """So many changes of one sort were committed."""
        self._changes.labels(kind, urgency, what).inc(count)

    def digests_written(self, count: int) -> None:
        """So many daily mails were committed."""
        self._digests.inc(count)

    def due_dates_read(self, kind: str, *, are_told: bool) -> None:
        """One tenant's due dates of that kind were looked at, or could not be."""
        self._scans.labels(kind, "told" if are_told else "unavailable").inc()

    def alerts_stand(self, counts: Mapping[tuple[str, str], int] | None) -> None:
        """How many are current by kind and urgency, looked at a moment ago; None: that cannot be told."""
        for kind, urgency in self._all:
            self._current.labels(kind, urgency).set(nan if counts is None else counts.get((kind, urgency), 0))
