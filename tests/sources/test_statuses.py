"""Status words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.contract import SourceUnmappedStatus
from sources.records import EnrollmentStatus, StatusReason
from sources.statuses import StatusMeaning, meaning_of, normalized, vocabulary

COMMON = vocabulary()


@pytest.mark.parametrize("status", EnrollmentStatus)
def test_every_status_of_ours_is_a_word_of_every_upstream(status: EnrollmentStatus) -> None:
    assert meaning_of("portal", status.value, COMMON) == StatusMeaning(status)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("enrolled", EnrollmentStatus.ACTIVE),
        ("  PAYMENT_hold ", EnrollmentStatus.SUSPENDED),
        ("Deactivated", EnrollmentStatus.INACTIVE),
        ("Lapsed", EnrollmentStatus.EXPIRED),
        ("in-process", EnrollmentStatus.PENDING),
        ("Dis-enrolled", None),
        ("X9", None),
        ("", None),
        ("ACTIV", None),
        ("Not Active", EnrollmentStatus.INACTIVE),
    ],
)
def test_words_are_known_whatever_their_case_or_unknown_row_d19(word: str, status: EnrollmentStatus | None) -> None:
    if status is None:
        with pytest.raises(SourceUnmappedStatus):
            meaning_of("portal", word, COMMON)
    else:
        assert meaning_of("portal", word, COMMON).status is status


def test_a_mapping_adds_words_and_overrules_common_ones() -> None:
    words = vocabulary({"66": "EXPIRED/FAILED_TO_REVALIDATE"}, {"Enrolled": "PENDING"})

    assert words["66"] == StatusMeaning(EnrollmentStatus.EXPIRED, StatusReason.FAILED_TO_REVALIDATE)
    assert words["enrolled"].status is EnrollmentStatus.PENDING
    assert COMMON["enrolled"].status is EnrollmentStatus.ACTIVE


@pytest.mark.parametrize("text", ["ENROLLED", "active", "EXPIRED/BECAUSE", ""])
def test_a_mapping_to_something_that_is_no_status_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        vocabulary({"X": text})


@given(st.text().filter(lambda word: normalized(word) not in COMMON))
def test_the_upstreams_word_is_never_repeated(word: str) -> None:
    with pytest.raises(SourceUnmappedStatus) as raised:
        meaning_of("portal", word, COMMON)
    assert str(raised.value) == "portal: a status word that nobody mapped"
