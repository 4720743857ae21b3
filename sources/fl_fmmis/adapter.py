"""Florida, FMMIS. What is no mere word: for a few provider types being registered suffices, and closed periods."""

from typing import ClassVar, Final

import msgspec

from sources.contract import SourceDescription
from sources.manifest import PortalContract, load_contract, load_description
from sources.records import EnrollmentRecord, EnrollmentStatus, StatusReason
from sources.state_portal import StatePortal

REGISTRATION_SUFFICES: Final = frozenset({"07", "16", "97"})
"""Provider types that may serve Medicaid members while only registered (row D29)."""


class FlFmmis(StatePortal):
    """Enrollment periods of one NPI in Florida Medicaid."""

    description: ClassVar[SourceDescription] = load_description(__package__)
    contract: ClassVar[PortalContract] = load_contract(__package__)

    @staticmethod
    def refine(record: EnrollmentRecord) -> EnrollmentRecord:
        """A registered provider is not enrolled (row D30), unless of a type for which registration suffices.

        The period is the one in which claims were eligible. Where it is closed, `I` and `E` tell what became of the
        provider afterwards, not what it was within: like a lapse, it takes nothing from the days covered (row D9).
        """
        provider_type = record.attributes.get("provider_type", "").zfill(2)
        if record.reason is StatusReason.REGISTERED_ONLY and provider_type in REGISTRATION_SUFFICES:
            return msgspec.structs.replace(record, status=EnrollmentStatus.ACTIVE, reason=None)
        if record.status is EnrollmentStatus.INACTIVE and record.reason is None and record.end is not None:
            return msgspec.structs.replace(record, status=EnrollmentStatus.EXPIRED)
        return record
