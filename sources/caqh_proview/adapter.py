"""CAQH ProView: the status of one provider's profile, by NPI. README.md beside this file tells its quirks.

A good status says "profile complete and attested", never "enrolled in a state's Medicaid".
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

import aiohttp

from sources import http
from sources.clock import Clock, utc_now
from sources.connection import SourceConnection
from sources.contract import (
    Query,
    SourceDataError,
    SourceDescription,
    SourceMalformed,
    SourceNotConfigured,
    SourceUnmappedStatus,
)
from sources.manifest import load_description
from sources.parsing import DateFormat, Row, decode_json
from sources.records import Attestation, EnrollmentRecord, EnrollmentStatus, StatusReason
from sources.statuses import normalized

NAME: Final = "caqh_proview"
PATH: Final = "/RosterAPI/api/providerstatusbynpi"

_ON_ROSTER: Final = {"active": True, "inactive": False, "not on roster": False}
_COMPLETE: Final = frozenset({"initial profile complete", "re attestation", "reattestation"})
_EXPIRED: Final = frozenset({"expired attestation", "expired"})
_INCOMPLETE: Final = frozenset(
    {
        "initial outreach",
        "new provider",
        "opt out",
        "first provider contact",
        "profile data submitted",
        "retired",
        "deceased",
        "inactive suspended",
    }
)
_CYCLE: Final = timedelta(days=120)
_CYCLES_BY_PRACTICE_STATE: Final = {"IL": timedelta(days=180)}
_ATTRIBUTES: Final = {
    "roster_status": "roster_status",
    "authorization_flag": "authorization_flag",
    "provider_status": "provider_status",
    "practice_state": "provider_practice_state",
    "organization_id": "organization_id",
}


class CaqhProView:
    """Whether this organization may rely on the provider's self-reported profile."""

    description: ClassVar[SourceDescription] = load_description(__package__)

    def __init__(self, session: aiohttp.ClientSession, connection: SourceConnection, clock: Clock = utc_now) -> None:
        self._session = session
        self._connection = connection
        self._clock = clock

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """One record for a provider CAQH knows, whatever the state asked about; empty for one it does not.

        Raises:
            SourceError: for everything that is not a clean answer.
        """
        connection = self._connection
        headers = connection.basic_authorization()
        if not connection.is_configured or not headers or not connection.organization_id:
            raise SourceNotConfigured(f"{NAME}: no base URL, no credential or no organization id")
        body = await http.get(
            self._session,
            NAME,
            connection.base_url + (connection.path or PATH),
            headers=headers,
            params={"Product": "PV", "Organization_Id": connection.organization_id, "NPI_Provider_Id": query.npi},
        )
        return parse(body or b"", query, connection.organization_id, self._clock())


def parse(body: bytes, query: Query, organization_id: str, verified_at: datetime) -> list[EnrollmentRecord]:
    """Read one answer of the status call.

    Raises:
        SourceMalformed: it is not JSON of the documented shape.
        SourceDataError: a found provider without a usable status date, or another organization's roster.
        SourceUnmappedStatus: a roster or provider status that nobody mapped.
    """
    row = Row(NAME, _with_lower_case_keys(decode_json(NAME, body)), str)
    found = row.text("provider_found_flag").upper()
    if found == "N":
        return []
    if found != "Y":
        raise SourceMalformed(f"{NAME}: provider_found_flag is neither Y nor N")
    answered_for = row.text("organization_id")
    if answered_for and answered_for.lstrip("0") != organization_id.lstrip("0"):
        raise SourceDataError(f"{NAME}: the answer is about another organization's roster")
    status, reason = _standing(row)
    reached_on = row.required_day("provider_status_date", DateFormat.COMPACT)
    attributes = {name: row.text(field) for name, field in _ATTRIBUTES.items()}
    return [
        EnrollmentRecord(
            source=NAME,
            npi=query.npi,
            state=query.state,
            status=status,
            reason=reason,
            effective=reached_on,
            upstream_id=row.text("caqh_provider_id"),
            attestation=Attestation(reached_on, _due_on(row, reached_on)),
            attributes={name: text for name, text in attributes.items() if text},
            verified_at=verified_at,
        )
    ]


def _with_lower_case_keys(answer: object) -> dict[str, object]:
    """CAQH's documents, samples and servers disagree on the case of keys."""
    if not isinstance(answer, dict):
        raise SourceMalformed(f"{NAME}: the answer is not a JSON object")
    lowered = {key.lower(): value for key, value in answer.items()}
    if len(lowered) != len(answer):
        raise SourceMalformed(f"{NAME}: two keys of the answer differ only in case")
    return lowered


def _standing(row: Row) -> tuple[EnrollmentStatus, StatusReason | None]:
    """The first leg that fails: on the roster, authorized, attested in time, complete."""
    on_roster = _ON_ROSTER.get(normalized(row.required_text("roster_status")))
    profile = normalized(row.required_text("provider_status"))
    if on_roster is None or profile not in _COMPLETE | _EXPIRED | _INCOMPLETE:
        raise SourceUnmappedStatus(f"{NAME}: a roster or provider status that nobody mapped")
    if not on_roster:
        return EnrollmentStatus.INACTIVE, StatusReason.CAQH_NOT_ON_ROSTER
    if _is_refused(row):
        return EnrollmentStatus.INACTIVE, StatusReason.CAQH_NOT_AUTHORIZED
    if profile in _EXPIRED:
        return EnrollmentStatus.EXPIRED, StatusReason.CAQH_ATTESTATION_EXPIRED
    if profile in _INCOMPLETE:
        return EnrollmentStatus.INACTIVE, StatusReason.CAQH_PROFILE_INCOMPLETE
    return EnrollmentStatus.ACTIVE, None


def _is_refused(row: Row) -> bool:
    """An absent flag is not a refusal: older servers never send it."""
    flag = row.text("authorization_flag").upper()
    if flag not in {"", "Y", "N"}:
        raise SourceDataError(f"{NAME}: authorization_flag is neither Y nor N")
    return flag == "N"


def _due_on(row: Row, reached_on: date) -> date | None:
    """Last day on which the attestation holds (rows R26, R27).

    CAQH sets the expired status on the day after it was due. A profile that was never attested has no due date.
    """
    profile = normalized(row.text("provider_status"))
    if profile in _INCOMPLETE:
        return None
    try:
        if profile in _EXPIRED:
            return reached_on - timedelta(days=1)
        return reached_on + _CYCLES_BY_PRACTICE_STATE.get(row.text("provider_practice_state").upper(), _CYCLE)
    except OverflowError:
        raise SourceDataError(f"{NAME}: provider_status_date is out of range") from None
