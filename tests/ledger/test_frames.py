"""The laws of the spool's files: a torn end costs one frame, and nothing that was changed goes unnoticed."""

import operator
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gate.ledger.frames import HEADER, Rest, framed, read, request_in
from gate.ledger.model import BatchAnswers, Document, DocumentKind, Grounds, KeptAnswer, RequestFrame, WireKind

_digests = st.binary(min_size=16, max_size=16)
_batches = st.builds(
    BatchAnswers,
    numbers=st.lists(st.integers(-1, 1_000_000), max_size=3).map(tuple),
    decision_ids=st.text(max_size=8),
    stamp=st.binary(max_size=8),
    own_stamps=st.dictionaries(st.integers(0, 3), st.binary(max_size=8), max_size=2),
    answers=st.lists(
        st.builds(
            KeptAnswer,
            st.integers(0, 1_000_000),
            st.binary(max_size=20),
            st.builds(Grounds, st.none() | _digests, _digests),
        ),
        max_size=2,
    ).map(tuple),
    oldest=st.integers(0, 1_000_000),
)
_requests = st.builds(
    RequestFrame,
    tenant=st.text(max_size=8),
    caller=st.text(max_size=8),
    request_id=st.text(max_size=8),
    kind=st.sampled_from(WireKind),
    recorded_at=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    request=st.builds(operator.mul, st.binary(max_size=40), st.sampled_from([1, 1, 400, 1_000, 2_000])),
    reply=st.binary(max_size=40),
    grounds=st.lists(st.builds(Grounds, st.none() | _digests, _digests), max_size=2).map(tuple),
    grounds_of=st.lists(st.integers(-1, 1), max_size=3).map(tuple),
    documents=st.lists(
        st.builds(Document, _digests, st.sampled_from(DocumentKind), st.binary(max_size=20)), max_size=2
    ).map(tuple),
    batch=st.none() | _batches,
)
_files = st.lists(_requests, min_size=1, max_size=4)


def written(requests: list[RequestFrame]) -> tuple[bytes, list[int]]:
    """A file, and where its frames end."""
    data, ends = HEADER, []
    for request in requests:
        data += b"".join(framed(request))
        ends.append(len(data))
    return data, ends


@given(_files)
def test_what_is_written_is_read(requests: list[RequestFrame]) -> None:
    data, _ = written(requests)

    reading = read(data, from_start=True)

    assert [request_in(content) for content in reading.contents] == requests
    assert (reading.end, reading.rest) == (len(data), Rest.NOTHING)


@given(_files, st.data())
def test_wherever_a_file_is_cut_only_the_frame_that_was_cut_is_missing(
    requests: list[RequestFrame], draw: st.DataObject
) -> None:
    data, ends = written(requests)
    cut = draw.draw(st.integers(0, len(data)))

    reading = read(data[:cut], from_start=True)

    whole = sum(end <= cut for end in ends)
    assert [request_in(content) for content in reading.contents] == requests[:whole]
    assert reading.rest is (Rest.NOTHING if cut in {0, len(HEADER), *ends} else Rest.INCOMPLETE)
    assert reading.end + reading.needed > cut or reading.rest is Rest.NOTHING


@given(_files, st.data())
def test_whichever_bit_is_changed_it_is_noticed_and_what_comes_before_is_read(
    requests: list[RequestFrame], draw: st.DataObject
) -> None:
    data, ends = written(requests)
    at = draw.draw(st.integers(0, len(data) - 1))
    changed = bytearray(data)
    changed[at] ^= 1 << draw.draw(st.integers(0, 7))

    reading = read(bytes(changed), from_start=True)

    before = sum(end <= at for end in ends)
    assert [request_in(content) for content in reading.contents] == requests[:before]
    assert reading.rest is Rest.DAMAGED


@given(_files)
def test_a_file_may_be_read_in_stretches(requests: list[RequestFrame]) -> None:
    data, ends = written(requests)
    position, found = 0, []
    for end in ends:
        reading = read(data[position:end], from_start=position == 0)
        found += [request_in(content) for content in reading.contents]
        position += reading.end

    assert found == requests


def test_a_file_of_another_version_is_not_guessed_at() -> None:
    assert read(HEADER.replace(b"1", b"2"), from_start=True).rest is Rest.DAMAGED
