from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cache.codec import SCHEMA_VERSION, UnreadableEntry, decode, encode
from aggregator.knowledge import Knowledge, KnowledgeKey, KnownAnswer
from sources.records import EnrollmentRecord, EnrollmentStatus, StatusReason
from tests.aggregator.fakes import KEY, NPI, START, full_record, record

KNOWN = Knowledge(
    (
        KnownAnswer("caqh_proview", (full_record(),), START, identity="5f2a90c1d3e4"),
        KnownAnswer("state_list", (), START),
        KnownAnswer("tmhp_pems", (record(),), START, START - timedelta(seconds=5)),
    )
)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone
records = st.builds(
    EnrollmentRecord,
    source=st.just("tmhp_pems"),
    npi=st.just(NPI),
    state=st.just("TX"),
    status=st.sampled_from(EnrollmentStatus),
    effective=st.dates(),
    verified_at=instants,
    end=st.none() | st.dates(),
    upstream_id=st.text(max_size=12),
    reason=st.none() | st.sampled_from(StatusReason),
    taxonomies=st.lists(st.text(max_size=10), max_size=3).map(tuple),
    attributes=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


@given(st.lists(records, max_size=3), instants)
def test_what_is_read_is_what_was_written(some: list[EnrollmentRecord], verified_at: datetime) -> None:
    known = Knowledge((KnownAnswer("tmhp_pems", tuple(some), verified_at),))

    assert decode(KEY, encode(KEY, known)) == known


def test_every_field_survives() -> None:
    assert decode(KEY, encode(KEY, KNOWN)) == KNOWN


def test_p8_two_sources_take_less_than_half_a_kilobyte() -> None:
    assert len(encode(KEY, KNOWN)) < 500


@given(st.binary(max_size=200))
def test_k2_no_bytes_do_worse_than_be_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableEntry):
        decode(KEY, data)


@given(st.data())
def test_k2_an_entry_with_a_byte_changed_is_read_or_unreadable(data: st.DataObject) -> None:
    entry = bytearray(encode(KEY, KNOWN))
    entry[data.draw(st.integers(0, len(entry) - 1))] = data.draw(st.integers(0, 255))

    with suppress(UnreadableEntry):
        decode(KEY, bytes(entry))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"null", id="the-word-null"),
        pytest.param(msgspec.msgpack.encode(None), id="null"),
        pytest.param(b'{"records": []}', id="another-format"),
        pytest.param(msgspec.msgpack.encode([SCHEMA_VERSION + 1, NPI, "TX", []]), id="another-version"),
        pytest.param(msgspec.msgpack.encode([1, NPI, "TX", []]), id="the-version-before-connections-were-told-apart"),
        pytest.param(encode(KEY, KNOWN)[:-1], id="cut-short"),
        pytest.param(
            msgspec.msgpack.encode([SCHEMA_VERSION, NPI, "TX", [["a", "", "2026-03-10T12:00:00", None, []]]]),
            id="no-zone",
        ),
    ],
)
def test_k2_what_is_not_an_entry_is_unreadable(value: bytes) -> None:
    with pytest.raises(UnreadableEntry):
        decode(KEY, value)


@pytest.mark.parametrize("other", [KEY._replace(npi="1093817465"), KEY._replace(state="CA")])
def test_an_entry_under_another_providers_key_is_unreadable(other: KnowledgeKey) -> None:
    with pytest.raises(UnreadableEntry):
        decode(other, encode(KEY, KNOWN))
