"""What Prometheus sees of messages on their way out."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class OutboxSeries:
    """The series, in `registry`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._tries = Counter(
            "enrollment_gate_outbox_tries",
            "Tries to deliver a message: delivered, postponed (it failed and is tried again) or dead (given up).",
            ["channel", "result"],
            registry=registry,
        )
        self._due = Gauge(
            "enrollment_gate_outbox_due",
            "Messages that could be sent now, of all tenants.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._oldest = Gauge(
            "enrollment_gate_outbox_oldest_due_seconds",
            "For how long the oldest of them could have been sent.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._dead = Gauge(
            "enrollment_gate_outbox_dead",
            "Messages that were given up and that nobody looked after yet.",
            registry=registry,
            multiprocess_mode="livemax",
        )

    def tried(self, channel: str, result: str) -> None:
        """See `gate.outbox.dispatcher.Told`."""
        self._tries.labels(channel, result).inc()

    def stands(self, due: int, oldest_seconds: float, dead: int) -> None:
        """What waits, looked at a moment ago."""
        self._due.set(due)
        self._oldest.set(oldest_seconds)
        self._dead.set(dead)
