"""Statuses as words with a mark and a colour: none of them alone has the meaning. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from gate.credentialing.model.applications import ApplicationStatus
from gate.credentialing.model.enrollments import EnrollmentStatus
from gate.credentialing.model.tasks import TaskStatus
from gate.credentialing.model.workflows import WorkflowType
from gate.web.portal.condition import Badge


def words(value: StrEnum | str) -> str:
    """A key as people say it: ``not_started`` is "Not started"."""
    return str(value).replace("_", " ").capitalize()


ENROLLMENT: Final[Mapping[EnrollmentStatus, Badge]] = {
    EnrollmentStatus.PENDING: Badge("Pending", "◔", "outline"),
    EnrollmentStatus.ENROLLED: Badge("Enrolled", "●", "filled"),
    EnrollmentStatus.DENIED: Badge("Denied", "■", "destructive"),
    EnrollmentStatus.INACTIVE: Badge("Inactive", "○", "secondary"),
}
APPLICATION: Final[Mapping[ApplicationStatus, Badge]] = {
    ApplicationStatus.NOT_STARTED: Badge("Not started", "○", "quiet"),
    ApplicationStatus.IN_PROGRESS: Badge("In progress", "◔", "info"),
    ApplicationStatus.SUBMITTED: Badge("Submitted", "◑", "info"),
    ApplicationStatus.UNDER_REVIEW: Badge("Under review", "◕", "info"),
    ApplicationStatus.APPROVED: Badge("Approved", "●", "good"),
    ApplicationStatus.DENIED: Badge("Denied", "■", "bad"),
    ApplicationStatus.ON_HOLD: Badge("On hold", "▲", "ill"),
    ApplicationStatus.WITHDRAWN: Badge("Withdrawn", "□", "quiet"),
}
TASK: Final[Mapping[TaskStatus, Badge]] = {
    TaskStatus.PENDING: Badge("Pending", "○", "quiet"),
    TaskStatus.IN_PROGRESS: Badge("In progress", "◔", "info"),
    TaskStatus.COMPLETED: Badge("Completed", "✓", "good"),
    TaskStatus.BLOCKED: Badge("Blocked", "⊗", "bad"),
    TaskStatus.NOT_APPLICABLE: Badge("Not applicable", "–", "quiet"),
}
WORKFLOW: Final[Mapping[WorkflowType, Badge]] = {
    WorkflowType.INSTANT_NETWORK: Badge("Instant", "»", "plain"),
    WorkflowType.EXCEL_SUBMISSION: Badge("Excel", "▦", "plain"),
    WorkflowType.ONLINE_PORTAL: Badge("Portal", "◇", "plain"),
}
OVERDUE: Final = Badge("Overdue", "■", "bad")
CONTRACTED: Final = Badge("Contracted", "●", "good")
IN_PROGRESS: Final = Badge("In progress", "◔", "info")
BEGUN_BY_HAND: Final = Badge("In progress, no tasks yet", "◔", "info")
NOT_STARTED: Final = Badge("Not started", "○", "quiet")
INDIVIDUAL_CONTRACT: Final = Badge("Individual Contract", "◆", "ill")
ATTENDING: Final = Badge("Attending", "▸", "info")
ALLOWS_SUPERVISED: Final = Badge("Allows Supervised", "✓", "good")
