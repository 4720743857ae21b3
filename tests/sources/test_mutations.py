"""Whatever happens to an upstream's bytes: the same meaning, an error of the tree, or data that differ to the eye.

Never "unknown provider" out of the damaged answer about a known one, which would be a wrong "not enrolled".
"""

import codecs
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources import http
from sources.ca_pave.adapter import CaPave
from sources.caqh_proview.adapter import parse
from sources.connection import SourceConnection
from sources.contract import Query, SourceError
from sources.fl_fmmis.adapter import FlFmmis
from sources.ny_emedny.adapter import NyEmedny
from sources.records import EnrollmentRecord
from sources.state_portal import Reading, StatePortal, site_contract
from sources.statuses import vocabulary
from sources.tmhp_pems.adapter import TmhpPems

NPI = "1234567893"
NOW = datetime(2026, 3, 10, 18, 0, tzinfo=UTC)
PORTALS: dict[type[StatePortal], str] = {TmhpPems: "TX", CaPave: "CA", FlFmmis: "FL", NyEmedny: "NY"}


def found(portal: type[StatePortal]) -> bytes:
    """The answer about a provider with two periods, every field filled."""
    names = portal.contract.fields
    periods = [
        {"status": "ACTIVE", "effective": "2025-01-01", "end": None, "revalidation_due": "2029-12-31"},
        {"status": "TERMINATED", "effective": "2020-01-01", "end": "2023-06-30", "revalidation_due": None},
    ]
    common = {"npi": NPI, "id": "0001", "lines_of_business": ["STAR", "CHIP"], "taxonomies": ["207Q00000X"]}
    rows = [{names[field]: value for field, value in (common | period).items()} for period in periods]
    return json.dumps({"npi": NPI, portal.contract.records: rows}).encode()


FOUND_BY_CAQH = json.dumps(
    {
        "organization_id": "1234",
        "caqh_provider_id": "12345678",
        "roster_status": "ACTIVE",
        "authorization_flag": "Y",
        "provider_status": "Re-attestation",
        "provider_status_date": "20260101",
        "provider_practice_state": "TX",
        "provider_found_flag": "Y",
    }
).encode()


def read(portal: type[StatePortal], body: bytes) -> list[EnrollmentRecord]:
    contract = site_contract(portal.contract, SourceConnection())
    words = vocabulary(contract.statuses, {})
    reading = Reading(portal.description.name, Query(NPI, PORTALS[portal]), contract, words, NOW)
    return [portal.refine(record) for record in reading.records(body)]


_KEYS = st.sampled_from(["npi", "enrollments", "status", "provider_found_flag", "roster_status", "x"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)
_SNIPPETS = st.sampled_from([b"", b"null", b"[]", b"{}", b'"', b",", b":", b"\x00", b"\xff", b"0", codecs.BOM_UTF8])
edits = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 6), _SNIPPETS | st.binary(max_size=3)), min_size=1, max_size=4
)


def mutated(body: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    changed = bytearray(body)
    for at, size, replacement in changes:
        begin = at % (len(changed) + 1)
        changed[begin : begin + size] = replacement
    return bytes(changed)


def answer(read_body: Callable[[bytes], list[EnrollmentRecord]], body: bytes) -> list[EnrollmentRecord] | None:
    """None where it is an error, which then repeats nothing of the body."""
    try:
        return read_body(body)
    except SourceError as error:
        refusal = str(error)
    assert NPI not in refusal
    return None


def _stands_on_its_own(record: EnrollmentRecord, state: str) -> None:
    assert (record.npi, record.state) == (NPI, state)
    assert record.end is None or record.effective <= record.end


@pytest.mark.parametrize("portal", PORTALS)
@settings(max_examples=150)
@given(changes=edits)
def test_a_damaged_answer_of_a_portal_is_never_an_empty_one(
    portal: type[StatePortal], changes: list[tuple[int, int, bytes]]
) -> None:
    records = answer(partial(read, portal), mutated(found(portal), changes))
    assert records != []
    for record in records or ():
        _stands_on_its_own(record, PORTALS[portal])


@pytest.mark.parametrize("portal", PORTALS)
def test_an_answer_cut_short_anywhere_is_an_error(portal: type[StatePortal]) -> None:
    body = found(portal)
    for end in range(len(body)):
        with pytest.raises(SourceError):
            read(portal, body[:end])


@pytest.mark.parametrize("portal", PORTALS)
@given(where=st.integers(0, 3000), bit=st.integers(0, 7))
def test_one_wrong_bit_is_an_error_the_same_meaning_or_to_be_seen(
    portal: type[StatePortal], where: int, bit: int
) -> None:
    body = bytearray(found(portal))
    body[where % len(body)] ^= 1 << bit
    try:
        records = read(portal, bytes(body))
    except SourceError:
        return
    # A key that nobody reads, a date or a word may have become another one; how many periods there are has not.
    assert len(records) == len(read(portal, found(portal)))


@given(changes=edits)
@settings(max_examples=200)
def test_a_damaged_profile_is_an_empty_answer_only_where_its_flag_says_unknown(
    changes: list[tuple[int, int, bytes]],
) -> None:
    body = mutated(FOUND_BY_CAQH, changes)
    records = answer(_profile, body)
    for record in records or ():
        _stands_on_its_own(record, "TX")
    if records == []:
        told = json.loads(body.removeprefix(codecs.BOM_UTF8))
        (flag,) = [value for key, value in told.items() if key.lower() == "provider_found_flag"]
        assert str(flag).strip("\x00 \t").upper() == "N"


@given(st.binary(max_size=300) | json_values.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=150)
def test_any_body_is_read_or_refused_by_every_adapter(body: bytes) -> None:
    for portal in PORTALS:
        answer(partial(read, portal), body)
    answer(_profile, body)


def _profile(body: bytes) -> list[EnrollmentRecord]:
    return parse(body, Query(NPI, "TX"), "1234", NOW)


@pytest.mark.parametrize("bracket", [b"[", b'{"enrollments":', b'{"a":['])
def test_an_answer_nested_without_end_is_an_error(bracket: bytes) -> None:
    body = (bracket * 200_000)[: http.LARGEST_BODY]
    for portal in PORTALS:
        with pytest.raises(SourceError):
            read(portal, body)
    with pytest.raises(SourceError):
        _profile(body)
    assert not http.UnknownProvider().is_said_in("portal", body)


@given(changes=edits)
def test_a_damaged_404_says_unknown_only_with_the_agreed_code(changes: list[tuple[int, int, bytes]]) -> None:
    body = mutated(b'{"error": "PROVIDER_NOT_FOUND"}', changes)
    if http.UnknownProvider().is_said_in("portal", body):
        assert b"PROVIDER_NOT_FOUND" in body
