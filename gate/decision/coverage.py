"""Do one source's segments cover a day? Rows D1-D18, D24, S1-S8, R23, R25-R27. Pure.

Precedence: a covering suspension fails; else a covering positive segment passes; else a covering segment of another
status fails; else the segment that ended last decides; else only future starts; else nothing is known.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from gate.decision.model import Caution, DecisionCode, Detail
from sources.records import EnrollmentRecord, EnrollmentStatus, StatusReason

_ONE_DAY: Final = timedelta(days=1)

_ADVERSE_FIRST: Final = (
    EnrollmentStatus.SUSPENDED,
    EnrollmentStatus.TERMINATED,
    EnrollmentStatus.INACTIVE,
    EnrollmentStatus.EXPIRED,
    EnrollmentStatus.DENIED,
    EnrollmentStatus.PENDING,
    EnrollmentStatus.REVALIDATION_REQUIRED,
    EnrollmentStatus.ACTIVE,
)
"""Which of several segments to name. What happened to an enrollment comes before what became of an application."""
_RANK: Final = {status: rank for rank, status in enumerate(_ADVERSE_FIRST)}

_DETAIL_OF_STATUS: Final = {
    EnrollmentStatus.SUSPENDED: Detail.SUSPENDED,
    EnrollmentStatus.TERMINATED: Detail.TERMINATED,
    EnrollmentStatus.INACTIVE: Detail.INACTIVE,
    EnrollmentStatus.EXPIRED: Detail.LAPSED,
    EnrollmentStatus.DENIED: Detail.DENIED,
    EnrollmentStatus.PENDING: Detail.APPLICATION_IN_FLIGHT,
}
_DETAIL_OF_REASON: Final = {
    StatusReason.FAILED_TO_REVALIDATE: Detail.FAILED_TO_REVALIDATE,
    StatusReason.REGISTERED_ONLY: Detail.REGISTERED_ONLY,
    StatusReason.CAQH_ATTESTATION_EXPIRED: Detail.CAQH_ATTESTATION_EXPIRED,
    StatusReason.CAQH_NOT_ON_ROSTER: Detail.CAQH_NOT_ON_ROSTER,
    StatusReason.CAQH_NOT_AUTHORIZED: Detail.CAQH_NOT_AUTHORIZED,
    StatusReason.CAQH_PROFILE_INCOMPLETE: Detail.CAQH_PROFILE_INCOMPLETE,
}
_NEVER_ENROLLS: Final = frozenset(
    {EnrollmentStatus.PENDING, EnrollmentStatus.DENIED, EnrollmentStatus.SUSPENDED, EnrollmentStatus.INACTIVE}
)


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What the segments say about one day. `positive` holds the covering segments that enroll."""

    code: DecisionCode
    detail: Detail | None = None
    record: EnrollmentRecord | None = None
    positive: tuple[EnrollmentRecord, ...] = ()
    warnings: tuple[Caution, ...] = ()
    next_start: date | None = None


def on(day: date, records: Iterable[EnrollmentRecord], today: date) -> Coverage:
    """What `records` of one source say about `day`; `today` only matters to attestations."""
    positive, adverse, ended, future = _sorted_by_relation(day, records, today)
    held = [record for record in adverse if record.status is EnrollmentStatus.SUSPENDED]
    if held:
        warnings = (Caution.DATA_CONFLICT,) if positive else ()
        return _adverse(held, warnings=warnings)
    if positive:
        return Coverage(
            code=DecisionCode.PASS,
            record=positive[0],
            positive=tuple(positive),
            warnings=_warnings_of(day, positive, adverse),
        )
    if adverse:
        return _adverse(adverse, after=ended)
    if ended:
        return _ended(ended, future)
    if future:
        first = min(future, key=lambda record: (record.effective, _RANK[record.status], record.upstream_id))
        return Coverage(code=DecisionCode.ENROLLMENT_INACTIVE, detail=Detail.NOT_YET_EFFECTIVE, record=first)
    return Coverage(code=DecisionCode.ENROLLMENT_NOT_FOUND)


def _sorted_by_relation(
    day: date, records: Iterable[EnrollmentRecord], today: date
) -> tuple[list[EnrollmentRecord], list[EnrollmentRecord], list[EnrollmentRecord], list[EnrollmentRecord]]:
    """(covering and enrolling, covering and not, ended before `day`, starting after it)."""
    positive: list[EnrollmentRecord] = []
    adverse: list[EnrollmentRecord] = []
    ended: list[EnrollmentRecord] = []
    future: list[EnrollmentRecord] = []
    for record in records:
        if record.attestation is not None:
            # A profile has no history to look the day up in: it is current today or it is not (rows R23, R25).
            (positive if _attestation_is_current(record, today) else adverse).append(record)
        elif record.effective > day:
            future.append(record)
        elif record.end is not None and record.end < day:
            ended.append(record)
        else:
            (positive if enrolls(record) else adverse).append(record)
    return positive, adverse, ended, future


def enrolls(record: EnrollmentRecord) -> bool:
    """Whether the record's period is one of enrollment.

    A period that a termination or a lapse ended was an enrollment until then (rows D9, D10); without an end date
    nobody knows until when (rows D12, D17). TMHP's status 66 names the gap itself (row D18).
    """
    if record.status in (EnrollmentStatus.ACTIVE, EnrollmentStatus.REVALIDATION_REQUIRED):
        return True
    return (
        record.end is not None
        and record.status in (EnrollmentStatus.TERMINATED, EnrollmentStatus.EXPIRED)
        and record.reason is not StatusReason.FAILED_TO_REVALIDATE
    )


def attestation_lapsed(record: EnrollmentRecord, today: date) -> bool:
    """Whether the record is a credentialing profile whose re-attestation was due and did not happen."""
    if record.attestation is None:
        return False
    overdue = record.attestation.due_on is not None and record.attestation.due_on < today
    return record.status is EnrollmentStatus.EXPIRED or (record.status is EnrollmentStatus.ACTIVE and overdue)


def days_on_which_something_changes(records: Iterable[EnrollmentRecord], first: date, last: date) -> list[date]:
    """The days after `first` up to `last` on which a segment starts or the one before has ended, ascending.

    Between two of them every day has the same answer, so these are all that need judging (row D25).
    """
    days = set()
    for record in records:
        if first < record.effective <= last:
            days.add(record.effective)
        if record.end is not None and first <= record.end < last:
            days.add(record.end + _ONE_DAY)
    return sorted(days)


def _attestation_is_current(record: EnrollmentRecord, today: date) -> bool:
    return record.status is EnrollmentStatus.ACTIVE and not attestation_lapsed(record, today)


def _adverse(
    adverse: list[EnrollmentRecord], *, after: Sequence[EnrollmentRecord] = (), warnings: tuple[Caution, ...] = ()
) -> Coverage:
    record = min(adverse, key=lambda record: (_RANK[record.status], -record.effective.toordinal(), record.upstream_id))
    if record.attestation is not None and record.status is EnrollmentStatus.ACTIVE:
        code, detail = DecisionCode.ENROLLMENT_EXPIRED, Detail.CAQH_ATTESTATION_EXPIRED
    else:
        expired = record.status is EnrollmentStatus.EXPIRED
        code = DecisionCode.ENROLLMENT_EXPIRED if expired else DecisionCode.ENROLLMENT_INACTIVE
        detail = _detail_of(record)
    # A termination that follows an enrollment starts on the day it took effect; one that stands alone repeats the
    # enrollment's own start, and the day it ended is unknown (rows D12, S5).
    if detail is Detail.TERMINATED and not any(enrolls(earlier) for earlier in after):
        detail = Detail.TERMINATED_DATE_UNKNOWN
    return Coverage(code=code, detail=detail, record=record, warnings=warnings)


def _ended(ended: list[EnrollmentRecord], future: list[EnrollmentRecord]) -> Coverage:
    """The segment that ended last decides; a later start only adds the detail GAP (rows D6, D11, S1)."""
    last = max(
        ended, key=lambda record: (record.end or date.max, -_RANK[record.status], record.effective, record.upstream_id)
    )
    cut_off = last.status in (EnrollmentStatus.TERMINATED, EnrollmentStatus.DENIED)
    starts = [record.effective for record in future if record.status not in _NEVER_ENROLLS]
    if starts:
        detail = Detail.GAP
    elif cut_off or last.reason is not None:
        detail = _detail_of(last)
    else:
        detail = Detail.ENDED
    return Coverage(
        code=DecisionCode.ENROLLMENT_INACTIVE if cut_off else DecisionCode.ENROLLMENT_EXPIRED,
        detail=detail,
        record=last,
        next_start=min(starts, default=None),
    )


def _detail_of(record: EnrollmentRecord) -> Detail:
    if record.reason is not None and record.reason in _DETAIL_OF_REASON:
        return _DETAIL_OF_REASON[record.reason]
    return _DETAIL_OF_STATUS.get(record.status, Detail.ENDED)


def _warnings_of(day: date, positive: list[EnrollmentRecord], adverse: list[EnrollmentRecord]) -> tuple[Caution, ...]:
    warnings = []
    statuses = {record.status for record in positive}
    if statuses <= {EnrollmentStatus.TERMINATED, EnrollmentStatus.EXPIRED}:
        since_terminated = EnrollmentStatus.TERMINATED in statuses
        warnings.append(Caution.SINCE_TERMINATED if since_terminated else Caution.SINCE_EXPIRED)
    keys = [(record.upstream_id, record.lines_of_business) for record in positive]
    applications = (EnrollmentStatus.PENDING, EnrollmentStatus.DENIED)
    if len(set(keys)) < len(keys) or any(record.status not in applications for record in adverse):
        warnings.append(Caution.DATA_CONFLICT)
    if all(record.attestation is not None and day < record.attestation.attested_on for record in positive):
        warnings.append(Caution.ATTESTED_AFTER_SERVICE)
    return tuple(warnings)
