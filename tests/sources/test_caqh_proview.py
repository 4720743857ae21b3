"""CAQH ProView: which legs a profile stands on, key-case drift, and dates."""

import json
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from sources.caqh_proview.adapter import CaqhProView, parse
from sources.connection import SourceConnection
from sources.contract import (
    Query,
    SourceDataError,
    SourceError,
    SourceMalformed,
    SourceNotConfigured,
    SourceUnmappedStatus,
)
from sources.records import Attestation, EnrollmentRecord, EnrollmentStatus, StatusReason
from tests.sources.conftest import NOW, Upstream

QUERY = Query("1234567893", "TX")
SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "caqh" / "provider_status_responses.json"
CURRENT: dict[str, Any] = {
    "organization_id": "12345",
    "caqh_provider_id": "12345678",
    "roster_status": "ACTIVE",
    "authorization_flag": "Y",
    "provider_status": "Re-attestation",
    "provider_status_date": "20260105",
    "provider_practice_state": "TX",
    "provider_found_flag": "Y",
}


def read(answer: object, organization_id: str = "12345") -> list[EnrollmentRecord]:
    return parse(json.dumps(answer).encode(), QUERY, organization_id, NOW)


def one(**changes: Any) -> EnrollmentRecord:
    answer = {key: value for key, value in (CURRENT | changes).items() if value is not ...}
    (record,) = read(answer)
    return record


def test_a_current_profile_is_an_active_record_with_its_attestation_row_r22() -> None:
    assert one() == EnrollmentRecord(
        source="caqh_proview",
        npi="1234567893",
        state="TX",
        status=EnrollmentStatus.ACTIVE,
        effective=date(2026, 1, 5),
        upstream_id="12345678",
        attestation=Attestation(attested_on=date(2026, 1, 5), due_on=date(2026, 5, 5)),
        attributes={
            "roster_status": "ACTIVE",
            "authorization_flag": "Y",
            "provider_status": "Re-attestation",
            "practice_state": "TX",
            "organization_id": "12345",
        },
        verified_at=NOW,
    )


def test_the_example_in_the_readme_is_an_answer() -> None:
    readme = Path(__file__).parents[2] / "sources" / "caqh_proview" / "README.md"
    example = readme.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]

    assert parse(example.encode(), QUERY, "12345", NOW)[0].status is EnrollmentStatus.ACTIVE


@pytest.mark.parametrize("spelled", [str.upper, str.title, str.lower], ids=["upper", "Pascal_Case", "lower"])
def test_the_case_of_keys_does_not_matter(spelled: Any) -> None:
    assert read({spelled(key): value for key, value in CURRENT.items()}) == [one()]


def test_two_keys_that_differ_only_in_case_are_malformed() -> None:
    with pytest.raises(SourceMalformed):
        read(CURRENT | {"Roster_Status": "NOT ON ROSTER"})


@pytest.mark.parametrize("flag", ["N", "n"])
def test_an_unknown_provider_is_an_empty_answer_whatever_else_is_said(flag: str) -> None:
    assert read(CURRENT | {"provider_found_flag": flag}) == []


@pytest.mark.parametrize(
    "answer", [{}, {"provider_found_flag": ""}, {"provider_found_flag": "?"}, [], None, "N", {"a": "N"}]
)
def test_what_does_not_say_found_or_not_found_is_malformed_row_a12(answer: object) -> None:
    with pytest.raises(SourceMalformed):
        read(answer)


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"provider_status": "Initial Profile Complete"}, EnrollmentStatus.ACTIVE, None),
        ({"provider_status": " re-ATTESTATION "}, EnrollmentStatus.ACTIVE, None),
        ({"authorization_flag": ...}, EnrollmentStatus.ACTIVE, None),
        ({"authorization_flag": None}, EnrollmentStatus.ACTIVE, None),
        ({"provider_status": "Expired Attestation"}, EnrollmentStatus.EXPIRED, StatusReason.CAQH_ATTESTATION_EXPIRED),
        ({"provider_status": "Expired"}, EnrollmentStatus.EXPIRED, StatusReason.CAQH_ATTESTATION_EXPIRED),
        ({"roster_status": "INACTIVE"}, EnrollmentStatus.INACTIVE, StatusReason.CAQH_NOT_ON_ROSTER),
        ({"roster_status": "NOT ON ROSTER"}, EnrollmentStatus.INACTIVE, StatusReason.CAQH_NOT_ON_ROSTER),
        ({"authorization_flag": "N"}, EnrollmentStatus.INACTIVE, StatusReason.CAQH_NOT_AUTHORIZED),
        ({"provider_status": "Initial Outreach"}, EnrollmentStatus.INACTIVE, StatusReason.CAQH_PROFILE_INCOMPLETE),
        ({"provider_status": "New Provider"}, EnrollmentStatus.INACTIVE, StatusReason.CAQH_PROFILE_INCOMPLETE),
        ({"provider_status": "Opt Out"}, EnrollmentStatus.INACTIVE, StatusReason.CAQH_PROFILE_INCOMPLETE),
        ({"provider_status": "Inactive/Suspended"}, EnrollmentStatus.INACTIVE, StatusReason.CAQH_PROFILE_INCOMPLETE),
        (
            {"roster_status": "NOT ON ROSTER", "authorization_flag": "N", "provider_status": "Expired"},
            EnrollmentStatus.INACTIVE,
            StatusReason.CAQH_NOT_ON_ROSTER,
        ),
        (
            {"authorization_flag": "N", "provider_status": "Expired Attestation"},
            EnrollmentStatus.INACTIVE,
            StatusReason.CAQH_NOT_AUTHORIZED,
        ),
    ],
)
def test_the_first_leg_that_fails_decides(
    changes: dict[str, Any], status: EnrollmentStatus, reason: StatusReason | None
) -> None:
    record = one(**changes)

    assert (record.status, record.reason) == (status, reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"provider_status": "Alternate"},
        {"roster_status": "PENDING"},
        {"roster_status": "NOT ON ROSTER", "provider_status": "Alternate"},
    ],
)
def test_a_status_nobody_mapped_is_an_error_whatever_else_is_said_row_d19(changes: dict[str, str]) -> None:
    with pytest.raises(SourceUnmappedStatus):
        one(**changes)


@pytest.mark.parametrize("day", [..., "", "2026-01-05", "20260230", 20261301, "99991231"])
def test_a_missing_or_impossible_status_date_is_a_data_error_rows_d20_d22(day: object) -> None:
    with pytest.raises(SourceDataError):
        one(provider_status_date=day)


@pytest.mark.parametrize("missing", ["roster_status", "provider_status"])
def test_a_found_provider_without_status_is_a_data_error(missing: str) -> None:
    with pytest.raises(SourceDataError):
        one(**{missing: ...})


def test_an_answer_about_another_organizations_roster_is_a_data_error() -> None:
    with pytest.raises(SourceDataError):
        read(CURRENT | {"organization_id": "999"})
    assert read(CURRENT | {"organization_id": 12345}) == [one()]


@pytest.mark.parametrize(
    ("practice_state", "due_on"),
    [("TX", date(2026, 5, 5)), ("il", date(2026, 7, 4)), ("IL", date(2026, 7, 4)), (..., date(2026, 5, 5))],
    ids=["R26", "R27 lower", "R27", "unknown state"],
)
def test_an_attestation_holds_120_days_and_180_in_illinois(practice_state: object, due_on: date) -> None:
    attestation = one(provider_practice_state=practice_state).attestation

    assert attestation is not None
    assert attestation.due_on == due_on


def test_an_expired_attestation_was_due_the_day_before_row_r23() -> None:
    assert one(provider_status="Expired Attestation").attestation == Attestation(date(2026, 1, 5), date(2026, 1, 4))


def test_a_profile_never_attested_has_no_due_day() -> None:
    assert one(provider_status="Initial Outreach").attestation == Attestation(date(2026, 1, 5), None)


async def test_the_documented_call_is_made_with_basic_authentication(
    session: aiohttp.ClientSession, upstream: Upstream
) -> None:
    upstream.answers(json.dumps(CURRENT).encode())
    connection = SourceConnection(
        base_url=upstream.url, username=SecretStr("po"), password=SecretStr("secret"), organization_id="12345"
    )

    assert await CaqhProView(session, connection, lambda: NOW).fetch(QUERY) == [one()]

    (request,) = upstream.requests
    assert request.method == "GET"
    assert request.path == "/RosterAPI/api/providerstatusbynpi"
    assert dict(request.query) == {"Product": "PV", "Organization_Id": "12345", "NPI_Provider_Id": "1234567893"}
    assert request.headers["Authorization"] == "Basic cG86c2VjcmV0"


@pytest.mark.parametrize("missing", ["base_url", "username", "password", "organization_id"])
async def test_a_source_nobody_configured_is_not_asked(session: aiohttp.ClientSession, missing: str) -> None:
    complete = {"base_url": "http://127.0.0.1:1", "username": "po", "password": "secret", "organization_id": "12345"}
    connection = SourceConnection.model_validate(complete | {missing: ""})

    with pytest.raises(SourceNotConfigured):
        await CaqhProView(session, connection).fetch(QUERY)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the collected sample answers are not beside this repository")
def test_answers_seen_in_the_wild_are_understood() -> None:
    for answer in json.loads(SAMPLES.read_bytes()):
        (record,) = read(answer, answer["organization_id"])

        assert record.status is not EnrollmentStatus.ACTIVE


values = st.one_of(
    st.sampled_from(["Y", "N", "ACTIVE", "Re-attestation", "Expired", "20260105", "00010101", "12345", "IL"]),
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2),
)


@given(st.dictionaries(st.sampled_from(sorted(CURRENT)) | st.text(), values))
def test_any_json_is_a_record_that_can_be_stored_or_an_error_of_a_named_kind(changes: dict[str, object]) -> None:
    with suppress(SourceError):
        for record in read(CURRENT | changes):
            assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=EnrollmentRecord) == record
