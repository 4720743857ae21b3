"""What Prometheus sees of the decision ledger's way to the database."""

from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge


class LedgerSeries:
    """The series, in `registry`."""

    def __init__(self, registry: CollectorRegistry, spool_limit: int) -> None:
        """`spool_limit` in bytes."""

        def counter(name: str, about: str) -> Counter:
            return Counter(f"enrollment_gate_ledger_{name}", about, registry=registry)

        def gauge(name: str, about: str, merged: Literal["livesum", "livemax"] = "livemax") -> Gauge:
            return Gauge(f"enrollment_gate_ledger_{name}", about, registry=registry, multiprocess_mode=merged)

        self._written = counter("written", "Decisions written to the spool before they were given.")
        self._refused = counter("refused", "Decisions not given because they could not be written.")
        self._lost = counter("lost", "Decisions given although they could not be written.")
        self._drained = counter(
            "drained", "Decisions brought to the database; those brought again after a crash count again."
        )
        self._damaged = counter("damaged", "Files and frames of the spool set aside because they could not be read.")
        self._queued = gauge("queued", "Decisions written by this process that are not in the database yet.", "livesum")
        self._oldest = gauge(
            "oldest_queued_seconds", "Age of the oldest decision in the spool that is not in the database yet."
        )
        self._spool = gauge("spool_bytes", "Size of the spool of all processes that share the data directory.")
        self._written_lately = 0
        gauge("spool_limit_bytes", "Its limit.").set(spool_limit)

    def ledger_written(self, decisions: int) -> None:
        """See `gate.ledger.journal.JournalObserver`."""
        self._written_lately += decisions  # and counted soon: see `gate.observability.noted`

    def ledger_refused(self, decisions: int) -> None:
        """See `gate.ledger.journal.JournalObserver`."""
        self._refused.inc(decisions)

    def ledger_lost(self, decisions: int) -> None:
        """See `gate.ledger.journal.JournalObserver`."""
        self._lost.inc(decisions)

    def ledger_drained(self, decisions: int, damaged: int) -> None:
        """See `gate.ledger.condition.QueueObserver`."""
        self._drained.inc(decisions)
        self._damaged.inc(damaged)

    def ledger_queue(self, decisions: int, oldest_seconds: float, spool_bytes: int) -> None:
        """See `gate.ledger.condition.QueueObserver`."""
        self._written.inc(self._written_lately)  # together, so that nobody sees them written and not waiting
        self._written_lately = 0
        self._queued.set(decisions)
        self._oldest.set(oldest_seconds)
        self._spool.set(spool_bytes)
