"""New York, eMedNY. Its quirk: it also lists providers who may order services but not render them for payment."""

from typing import ClassVar, Final

import msgspec

from sources.contract import SourceDescription
from sources.manifest import PortalContract, load_contract, load_description
from sources.records import EnrollmentRecord, EnrollmentStatus
from sources.state_portal import StatePortal

ORDERING_ONLY: Final = "OPRA"
"""Ordering, prescribing, referring, attending."""


class NyEmedny(StatePortal):
    """Enrollment periods of one NPI in New York Medicaid."""

    description: ClassVar[SourceDescription] = load_description(__package__)
    contract: ClassVar[PortalContract] = load_contract(__package__)

    @staticmethod
    def refine(record: EnrollmentRecord) -> EnrollmentRecord:
        """An ordering-only enrollment never covers a rendering provider; a payment hold on it stays a hold."""
        kinds = {record.attributes.get(name, "").upper() for name in ("medicaid_type", "service_category")}
        if ORDERING_ONLY in kinds and record.status is not EnrollmentStatus.SUSPENDED:
            return msgspec.structs.replace(record, status=EnrollmentStatus.INACTIVE, reason=None)
        return record
