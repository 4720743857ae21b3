"""What Prometheus sees of scheduled work."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1800, 7200)


class JobSeries:
    """The series, in `registry`. A process that runs no jobs has them without any value."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._runs = Counter(
            "enrollment_gate_job_runs",
            "Runs that ended in this process: succeeded, idle (nothing to do), failed, or lost with their lease.",
            ["job", "result"],
            registry=registry,
        )
        self._duration = Histogram(
            "enrollment_gate_job_duration_seconds", "Time of one run.", ["job"], buckets=_SECONDS, registry=registry
        )
        self._last_success = Gauge(
            "enrollment_gate_job_last_success_timestamp_seconds",
            "When a job last ended well, in whatever process.",
            ["job"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._overdue = Gauge(
            "enrollment_gate_job_overdue_seconds",
            "For how long a job should have ended well once more; 0: it need not have.",
            ["job"],
            registry=registry,
            multiprocess_mode="livemax",
        )

    def job_ended(self, job: str, result: str, seconds: float) -> None:
        """See `gate.jobs.runner.RunObserver`."""
        self._runs.labels(job, result).inc()
        self._duration.labels(job).observe(seconds)

    def job_stands(self, job: str, succeeded_at: datetime | None, overdue_seconds: float) -> None:
        """See `gate.jobs.loop.StandingObserver`."""
        if succeeded_at is not None:
            self._last_success.labels(job).set(succeeded_at.timestamp())
        self._overdue.labels(job).set(overdue_seconds)
