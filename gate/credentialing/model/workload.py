"""How much there is to do about an organisation's records, and what of it comes first. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from gate.credentialing.model.applications import ListedApplication
from gate.credentialing.model.credentials import ListedCredential, ListedRenewal
from gate.credentialing.model.enrollments import Deadline
from gate.credentialing.model.tasks import ListedTask

EXPIRING_DAYS: Final = (30, 60, 90)
"""Windows in which credentials that expire are counted. What has expired is in each of them."""


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """How long the lists are that people open every morning. What is put off is not counted."""

    expired: int
    expiring_30: int
    """Expired ones among them, as in the list; so are the next two."""
    expiring_60: int
    expiring_90: int
    deadlines: int
    """Enrollments to be renewed within the organisation's lead days; overdue ones among them."""
    overdue_deadlines: int
    overdue_tasks: int
    submitted_applications: int
    under_review_applications: int
    overdue_applications: int
    """That payers have had for longer than is typical."""
    waiting_renewals: int
    """That nobody has reviewed."""


class Foremost(msgspec.Struct, frozen=True, kw_only=True):
    """The first records of each kind that are somebody's, and as many that are nobody's."""

    today: date
    """Where the organisation is."""
    deadlines: Sequence[Deadline]
    credentials: Sequence[ListedCredential]
    tasks: Sequence[ListedTask]
    """With a day, and something left to do."""
    applications: Sequence[ListedApplication]
    """Overdue ones."""
    renewals: Sequence[ListedRenewal]
    """That wait for their review, the oldest first: they are nobody's."""
