"""Status words: what an upstream says, mapped to what it means. An unmapped word is an error (row D19)."""

import re
from collections.abc import Mapping
from typing import Final, Self

import msgspec

from sources.contract import SourceUnmappedStatus
from sources.records import EnrollmentStatus, StatusReason

_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")


class StatusMeaning(msgspec.Struct, frozen=True):
    """A status and, where the word says more than the status, why."""

    status: EnrollmentStatus
    reason: StatusReason | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``STATUS`` or ``STATUS/REASON``.

        Raises:
            ValueError: when either is not of our vocabulary.
        """
        status, _, reason = text.partition("/")
        return cls(EnrollmentStatus(status), StatusReason(reason) if reason else None)


Vocabulary = Mapping[str, StatusMeaning]


def normalized(word: str) -> str:
    """Words that differ only in case, spacing or punctuation are one word."""
    return _BETWEEN_WORDS.sub(" ", word).strip().casefold()


def vocabulary(*mappings: Mapping[str, str]) -> Vocabulary:
    """The common words extended, and where they clash overruled, by each mapping in turn."""
    words = dict(_COMMON)
    for mapping in mappings:
        words.update({normalized(word): StatusMeaning.parse(meaning) for word, meaning in mapping.items()})
    return words


def meaning_of(source: str, word: str, words: Vocabulary) -> StatusMeaning:
    """What the upstream's word means.

    Raises:
        SourceUnmappedStatus: nobody mapped the word (row D19).
    """
    meaning = words.get(normalized(word))
    if meaning is None:
        raise SourceUnmappedStatus(f"{source}: a status word that nobody mapped")
    return meaning


_COMMON_WORDS: Final[dict[EnrollmentStatus, tuple[str, ...]]] = {
    EnrollmentStatus.ACTIVE: ("Active", "Enrolled", "Approved", "Active Enrolled", "Reinstated", "Reactivated"),
    EnrollmentStatus.PENDING: (
        "Pending",
        "In Process",
        "In Review",
        "Under Review",
        "Submitted",
        "Application Pending",
        "Application Submitted",
    ),
    EnrollmentStatus.SUSPENDED: (
        "Suspended",
        "Suspension",
        "Temporarily Suspended",
        "Payment Hold",
        "Payment Suspension",
        "Payment Suspended",
        "On Hold",
    ),
    EnrollmentStatus.TERMINATED: (
        "Terminated",
        "Termination",
        "Voluntarily Terminated",
        "Involuntarily Terminated",
        "Disenrolled",
        "Revoked",
    ),
    EnrollmentStatus.INACTIVE: ("Inactive", "Deactivated", "Not Active", "Not Enrolled", "Ineligible"),
    EnrollmentStatus.DENIED: ("Denied", "Application Denied", "Rejected", "Application Rejected"),
    EnrollmentStatus.EXPIRED: ("Expired", "Lapsed", "Enrollment Expired", "Enrollment Lapsed"),
    EnrollmentStatus.REVALIDATION_REQUIRED: ("Revalidation Required", "Revalidation Due", "Revalidation Overdue"),
}
"""Words that mean the same wherever they are used. Anything particular to one upstream is in its `source.toml`."""

_COMMON: Final[Vocabulary] = {
    normalized(word): StatusMeaning(status) for status, words in _COMMON_WORDS.items() for word in words
}
