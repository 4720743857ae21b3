"""Figures about all applications: how many stand where, and how long they stay there. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from gate.credentialing.model.applications import ApplicationStatus

Histogram = Mapping[int, int]
"""How often a stay took so many whole days."""


class StatusCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many applications stand at one status."""

    application_status: ApplicationStatus
    applications: int


class PipelineSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How many applications stand where, every status included."""

    statuses: Sequence[StatusCount]
    total: int
    overdue: int


class StatusDuration(msgspec.Struct, frozen=True, kw_only=True):
    """How long applications to one payer stood at one status, of those that have left it."""

    application_status: ApplicationStatus
    stays: int
    average_days: float
    """To a tenth."""
    median_days: int
    ninetieth_percentile_days: int


class PayerDurations(msgspec.Struct, frozen=True, kw_only=True):
    """How long applications to one payer stood where."""

    payer_id: str
    payer_name: str
    statuses: Sequence[StatusDuration]


def pipeline(counts: Mapping[ApplicationStatus, int], overdue: int) -> PipelineSummary:
    """In the order in which an application goes."""
    statuses = [
        StatusCount(application_status=status, applications=counts.get(status, 0)) for status in ApplicationStatus
    ]
    return PipelineSummary(statuses=statuses, total=sum(counts.values()), overdue=overdue)


def duration(status: ApplicationStatus, stays: Histogram) -> StatusDuration:
    """Of at least one stay."""
    count = sum(stays.values())
    return StatusDuration(
        application_status=status,
        stays=count,
        average_days=round(sum(days * often for days, often in stays.items()) / count, 1),
        median_days=percentile(stays, 50),
        ninetieth_percentile_days=percentile(stays, 90),
    )


def percentile(stays: Histogram, share: int) -> int:
    """The least number of days within which at least `share` percent of the stays ended: a stay that there was."""
    needed, ended = sum(stays.values()) * share, 0
    for days in sorted(stays):
        ended += stays[days] * 100
        if ended >= needed:
            return days
    raise ValueError("there were no stays")
