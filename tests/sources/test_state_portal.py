"""Reading the answers of state portals: the common machinery by the contract of Texas, then each state's quirks."""

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

from sources.ca_pave.adapter import CaPave
from sources.connection import SourceConnection
from sources.contract import (
    Query,
    SourceDataError,
    SourceError,
    SourceMalformed,
    SourceNotConfigured,
    SourceUnmappedStatus,
)
from sources.fl_fmmis.adapter import FlFmmis
from sources.ny_emedny.adapter import NyEmedny
from sources.parsing import DateFormat
from sources.records import EnrollmentRecord, EnrollmentStatus, StatusReason
from sources.state_portal import Reading, StatePortal, site_contract
from sources.statuses import vocabulary
from sources.tmhp_pems.adapter import TmhpPems
from tests.sources.conftest import NOW, Upstream, now

NPI = "1234567893"
STATES: dict[type[StatePortal], str] = {TmhpPems: "TX", CaPave: "CA", FlFmmis: "FL", NyEmedny: "NY"}


def read(
    body: bytes, adapter: type[StatePortal] = TmhpPems, connection: SourceConnection | None = None
) -> list[EnrollmentRecord]:
    contract = site_contract(adapter.contract, connection or SourceConnection())
    words = vocabulary(contract.statuses, (connection or SourceConnection()).statuses)
    reading = Reading(adapter.description.name, Query(NPI, STATES[adapter]), contract, words, NOW)
    return [adapter.refine(record) for record in reading.records(body)]


def texas(**changes: Any) -> bytes:
    record = {"npi": NPI, "enrollmentStatus": "ACTIVE", "effectiveDate": "2025-01-01", "tpi": "1234567-01"} | changes
    return json.dumps({"npi": NPI, "enrollments": [record]}).encode()


def one(adapter: type[StatePortal], **values: Any) -> EnrollmentRecord:
    """The record an adapter reads, from values by our names."""
    names = adapter.contract.fields
    record = {"npi": NPI, "status": "ACTIVE", "effective": "2025-01-01"} | values
    body = json.dumps({"enrollments": [{names[field]: value for field, value in record.items()}]}).encode()
    (read_record,) = read(body, adapter)
    return read_record


def test_every_field_of_a_texas_record_is_read() -> None:
    (record,) = read(
        texas(
            endDate="2026-12-31",
            revalidationDueDate="2026-12-31",
            programs=["STAR", "STAR+PLUS", "STAR Kids", "CHIP", "dental", "Medicaid", "LTSS"],
            taxonomyCodes=["207q00000x"],
            county="Travis",
        )
    )

    assert record == EnrollmentRecord(
        source="tmhp_pems",
        npi=NPI,
        state="TX",
        status=EnrollmentStatus.ACTIVE,
        effective=date(2025, 1, 1),
        end=date(2026, 12, 31),
        upstream_id="1234567-01",
        revalidation_due=date(2026, 12, 31),
        lines_of_business=("STAR", "STAR+PLUS", "STAR_KIDS", "CHIP", "DENTAL", "MEDICAID", "LTSS"),
        taxonomies=("207Q00000X",),
        attributes={"county": "Travis"},
        verified_at=NOW,
    )


@pytest.mark.parametrize("adapter", STATES)
def test_the_example_in_the_readme_is_an_answer(adapter: type[StatePortal]) -> None:
    readme = Path(__file__).parents[2] / "sources" / adapter.description.name / "README.md"
    example = readme.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]

    (record,) = read(example.encode(), adapter)

    assert record.status is EnrollmentStatus.ACTIVE
    assert record.upstream_id
    assert record.revalidation_due
    assert record.lines_of_business
    assert record.taxonomies == ("207Q00000X",)


def test_an_empty_list_is_an_empty_answer_row_a8() -> None:
    assert read(b'{"npi": "1234567893", "enrollments": []}') == []


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'""',
        b'{"enrollments": null}',
        b'{"enrollments": {}}',
        b'{"Enrollments": []}',
        b'{"enrollments": [[]]}',
        b'{"enrollments": ["ACTIVE"]}',
        b'{"error": "PROVIDER_NOT_FOUND"}',
    ],
)
def test_an_answer_of_another_shape_is_never_an_empty_one_row_a12(body: bytes) -> None:
    with pytest.raises(SourceMalformed):
        read(body)


@pytest.mark.parametrize(
    "changes",
    [
        {"effectiveDate": None},
        {"effectiveDate": "2026-02-30"},
        {"effectiveDate": "03/10/2026"},
        {"endDate": "2024-12-31"},
        {"endDate": "soon"},
        {"revalidationDueDate": "2026-00-10"},
        {"npi": "2000000002"},
        {"npi": None},
        {"enrollmentStatus": None},
    ],
    ids=["D20", "D22", "D22 form", "D21", "D22 end", "D22 due", "another NPI", "no NPI", "no status"],
)
def test_an_impossible_record_is_a_data_error(changes: dict[str, object]) -> None:
    with pytest.raises(SourceDataError):
        read(texas(**changes))


def test_one_impossible_record_spoils_the_answer_row_d20() -> None:
    """The others might say "ended", and the unreadable one might be what came after."""
    whole = json.loads(texas())["enrollments"][0]
    body = json.dumps({"enrollments": [whole, whole | {"effectiveDate": None}]}).encode()

    with pytest.raises(SourceDataError):
        read(body)


def test_an_empty_answer_about_another_provider_is_an_error() -> None:
    with pytest.raises(SourceDataError):
        read(b'{"npi": "2000000002", "enrollments": []}')


def test_a_status_nobody_mapped_is_an_error_row_d19() -> None:
    with pytest.raises(SourceUnmappedStatus):
        read(texas(enrollmentStatus="X9"))


@pytest.mark.parametrize("word", ["66", 66, "Provider Is Not Enrolled, Failed To Re-Validate", "FAILED TO REVALIDATE"])
def test_texas_code_66_is_a_missed_revalidation_row_d18(word: object) -> None:
    record = one(TmhpPems, status=word)

    assert (record.status, record.reason) == (EnrollmentStatus.EXPIRED, StatusReason.FAILED_TO_REVALIDATE)


def test_revalidation_required_is_a_status_of_its_own_row_r17() -> None:
    assert one(TmhpPems, status="REVALIDATION_REQUIRED").status is EnrollmentStatus.REVALIDATION_REQUIRED


@pytest.mark.parametrize("word", ["Provisional", "Preferred Provisional", "PROVISIONAL PROVIDER"])
def test_provisional_providers_of_california_are_enrolled(word: str) -> None:
    record = one(CaPave, status=word, specialty="Pediatrics")

    assert record.status is EnrollmentStatus.ACTIVE
    assert record.attributes == {"specialty": "Pediatrics"}


def test_limited_enrollment_in_florida_counts_row_d28() -> None:
    record = one(FlFmmis, status="Limited Enrollment", provider_type="25")

    assert (record.status, record.reason) == (EnrollmentStatus.ACTIVE, StatusReason.LIMITED_ENROLLMENT)


@pytest.mark.parametrize("provider_type", ["07", "7", 7, "16", "97"])
def test_for_some_provider_types_of_florida_being_registered_suffices_row_d29(provider_type: object) -> None:
    record = one(FlFmmis, status="Registered", provider_type=provider_type)

    assert (record.status, record.reason) == (EnrollmentStatus.ACTIVE, None)


@pytest.mark.parametrize("provider_type", ["25", "", None, "70", "070"])
def test_for_all_others_it_does_not_row_d30(provider_type: str | None) -> None:
    record = one(FlFmmis, status="Registered", provider_type=provider_type)

    assert (record.status, record.reason) == (EnrollmentStatus.INACTIVE, StatusReason.REGISTERED_ONLY)


@pytest.mark.parametrize("letter", ["I", "E"])
def test_what_became_of_a_provider_takes_nothing_from_floridas_closed_periods_row_d9(letter: str) -> None:
    closed = one(FlFmmis, status=letter, end="2026-02-28")
    still_open = one(FlFmmis, status=letter, end=None)

    assert closed.status is EnrollmentStatus.EXPIRED
    assert still_open.status is EnrollmentStatus.INACTIVE


def test_a_field_that_nobody_mapped_cannot_pass_for_one_that_decides_row_d30() -> None:
    names = FlFmmis.contract.fields
    record = {names["npi"]: NPI, names["status"]: "Registered", names["effective"]: "2025-01-01", "provider_type": "07"}

    (read_record,) = read(json.dumps({"enrollments": [record]}).encode(), FlFmmis)

    assert read_record.status is EnrollmentStatus.INACTIVE


@pytest.mark.parametrize("field", ["medicaid_type", "service_category"])
@pytest.mark.parametrize("status", ["ACTIVE", "TERMINATED", "EXPIRED", "REVALIDATION_REQUIRED"])
def test_ordering_only_in_new_york_never_covers_a_rendering_provider(field: str, status: str) -> None:
    record = one(NyEmedny, status=status, end="2030-01-01", **{field: "opra"})

    assert record.status is EnrollmentStatus.INACTIVE
    assert record.attributes == {field: "opra"}


def test_a_payment_hold_on_an_ordering_only_enrollment_stays_a_hold_row_s6() -> None:
    assert one(NyEmedny, status="Payment Hold", medicaid_type="OPRA").status is EnrollmentStatus.SUSPENDED


def test_unmapped_fields_are_kept_short_and_few_and_only_if_scalar() -> None:
    extra = {f"x{number}": "y" * 1000 for number in range(100)} | {"nested": {"a": 1}, "list": [1]}

    (record,) = read(texas(**extra))

    assert len(record.attributes) == 32
    assert {len(text) for text in record.attributes.values()} == {200}


def test_a_site_maps_its_own_endpoint_without_code() -> None:
    connection = SourceConnection(
        records="data.rows",
        date_format=DateFormat.US,
        fields={"npi": "provider.npi", "status": "sts", "effective": "span.from", "end": "span.to"},
        statuses={"ENR": "ACTIVE", "66": "TERMINATED"},
    )
    row = {"provider": {"npi": NPI}, "sts": "enr", "span": {"from": "01/02/2025", "to": "12/31/9999"}}

    (record,) = read(json.dumps({"data": {"rows": [row]}}).encode(), TmhpPems, connection)

    assert (record.status, record.effective, record.end) == (EnrollmentStatus.ACTIVE, date(2025, 1, 2), None)


async def test_a_site_maps_path_authentication_and_not_found_code(
    session: aiohttp.ClientSession, upstream: Upstream
) -> None:
    connection = SourceConnection(
        base_url=f"{upstream.url}/gateway",
        api_key=SecretStr("key"),
        path="/enr?state={state}&npi={npi}",
        key_header="Authorization",
        key_prefix="Bearer ",
        not_found_field="fault.code",
        not_found_code="P404",
    )
    upstream.answers(b'{"fault": {"code": "P404"}}', status=404)

    assert await TmhpPems(session, connection, now).fetch(Query(NPI, "TX")) == ()
    (request,) = upstream.requests
    assert request.path_qs == f"/gateway/enr?state=TX&npi={NPI}"
    assert request.headers["Authorization"] == "Bearer key"


async def test_an_npi_cannot_lead_to_another_path(session: aiohttp.ClientSession, upstream: Upstream) -> None:
    upstream.answers(b'{"enrollments": []}')
    connection = SourceConnection(base_url=upstream.url, api_key=SecretStr("key"))

    await TmhpPems(session, connection, now).fetch(Query("../../admin?x=", "TX"))

    assert upstream.requests[0].raw_path == "/v1/providers/..%2F..%2Fadmin%3Fx=/enrollments"
    assert not upstream.requests[0].query


@pytest.mark.parametrize("adapter", STATES)
@pytest.mark.parametrize(
    "connection",
    [
        SourceConnection(),
        SourceConnection(base_url="http://127.0.0.1:1"),
        SourceConnection(api_key=SecretStr("key")),
        SourceConnection(base_url="http://127.0.0.1:1", username=SecretStr("only a name")),
    ],
    ids=["nothing", "no key", "no URL", "no password"],
)
async def test_a_portal_nobody_configured_is_not_asked(
    session: aiohttp.ClientSession, adapter: type[StatePortal], connection: SourceConnection
) -> None:
    with pytest.raises(SourceNotConfigured):
        await adapter(session, connection).fetch(Query(NPI, STATES[adapter]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)
texts = st.sampled_from(["ACTIVE", "66", "Registered", "2025-01-01", "2024-12-31", "9999-12-31", NPI, "A|B", ""])
fields = sorted({name for adapter in STATES for name in adapter.contract.fields.values()})
records = st.dictionaries(st.sampled_from(fields), texts | json_values, max_size=10)
certain: dict[str, st.SearchStrategy[object]] = {
    "npi": st.just(NPI),
    "enrollmentStatus": texts,
    "status": texts,
    "effectiveDate": texts,
    "enrollmentBeginDate": texts,
}
likely = st.fixed_dictionaries(certain, optional={name: texts | json_values for name in fields if name not in certain})


@given(
    st.one_of(json_values, st.fixed_dictionaries({"enrollments": st.lists(records | likely, max_size=3)})),
    st.sampled_from(sorted(STATES, key=lambda adapter: adapter.description.name)),
)
def test_any_json_is_records_that_can_be_stored_or_an_error_of_a_named_kind(
    answer: object, adapter: type[StatePortal]
) -> None:
    with suppress(SourceError):
        for record in read(json.dumps(answer).encode(), adapter):
            stored = msgspec.msgpack.encode(record)
            assert msgspec.msgpack.decode(stored, type=EnrollmentRecord) == record
            assert b"\x00" not in msgspec.json.encode(record.attributes)
            assert record.end is None or record.effective <= record.end
