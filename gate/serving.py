"""Which part of the service a process is."""

from enum import StrEnum


class ServeRole(StrEnum):
    """Every role has the HTTP door with health and metrics."""

    ALL = "all"
    GATE = "gate"
    PORTAL = "portal"
    JOBS = "jobs"

    @property
    def answers_claims(self) -> bool:
        """Whether it has the gRPC door, and keeps decisions."""
        return self in {ServeRole.ALL, ServeRole.GATE}

    @property
    def has_pages(self) -> bool:
        """Whether people find the portal there, and programs ``/api``."""
        return self in {ServeRole.ALL, ServeRole.PORTAL}

    @property
    def runs_jobs(self) -> bool:
        """Whether it does scheduled work."""
        return self in {ServeRole.ALL, ServeRole.JOBS}
