"""Whose word counts about a CAQH attestation: the record's or CAQH's (rows R22 to R27)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.credentialing.model.attestations import (
    ON_RECORD,
    AttestationStanding,
    HeardProfile,
    KeptAttestation,
    KnownAttestation,
    known_attestation,
)
from sources.records import Attestation
from tests.decision.building import profile

NOW = datetime(2026, 3, 20, 15, tzinfo=UTC)
TODAY = NOW.date()
UTC_OFFICE = ZoneInfo("UTC")
CURRENT, ENDED, UNKNOWN = AttestationStanding
CAQH = "caqh_proview"


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def kept(days: int | None, *states: str, archived: int | None = None) -> KeptAttestation:
    """On record: attested so many days ago, and archived so many days ago."""
    return KeptAttestation(
        attested_on=None if days is None else ago(days),
        states=states or ("TX",),
        archived_at=None if archived is None else NOW - timedelta(days=archived),
    )


def heard(status: str, since: int, *, asked: int = 0, **attributes: str) -> HeardProfile:
    """CAQH, asked so many days ago, has it that the profile has this status since so many days ago."""
    due = {"ACTIVE": ago(since) + timedelta(days=120), "EXPIRED": ago(since + 1)}.get(status)
    record = msgspec.structs.replace(profile(status), attributes=attributes)
    return HeardProfile(record, Attestation(ago(since), due), "TX", NOW - timedelta(days=asked))


def told(own: KeptAttestation | None, said: HeardProfile | None, now: datetime = NOW) -> KnownAttestation:
    known = known_attestation(own, said, now, UTC_OFFICE)
    assert known is not None
    return known


def due_in(known: KnownAttestation) -> int | None:
    return (known.due_on - known.today).days if known.due_on is not None else None


@pytest.mark.parametrize(
    ("own", "said", "source", "due"),
    [
        pytest.param(kept(20), None, ON_RECORD, 100, id="only on record"),
        pytest.param(None, heard("ACTIVE", 20), CAQH, 100, id="only heard"),
        pytest.param(kept(100), heard("ACTIVE", 20), CAQH, 100, id="attested anew, and nobody wrote it down"),
        pytest.param(kept(20), heard("ACTIVE", 100, asked=40), ON_RECORD, 100, id="attested since CAQH was asked"),
        pytest.param(kept(20), heard("ACTIVE", 100), ON_RECORD, 100, id="CAQH did not move its date"),
        pytest.param(kept(20), heard("ACTIVE", 20), CAQH, 100, id="both of one day"),
        pytest.param(kept(20), heard("EXPIRED", 5), CAQH, -6, id="CAQH, asked later, knows that it expired"),
        pytest.param(kept(20), heard("EXPIRED", 30, asked=25), ON_RECORD, 100, id="attested after it had expired"),
        pytest.param(kept(20), heard("EXPIRED", 30, asked=20), ON_RECORD, 100, id="attested on the day CAQH was asked"),
        pytest.param(kept(400), heard("EXPIRED", 380, asked=370), ON_RECORD, -280, id="CAQH was asked too long ago"),
        pytest.param(kept(-1), heard("ACTIVE", 100), CAQH, 20, id="a day to come is none"),
        pytest.param(kept(None), heard("ACTIVE", 100), CAQH, 20, id="nobody wrote a day down"),
    ],
)
def test_the_newer_attestation_counts(
    own: KeptAttestation | None, said: HeardProfile | None, source: str, due: int
) -> None:
    known = told(own, said)

    assert (known.standing, known.source, due_in(known)) == (CURRENT, source, due)
    assert known.is_lapsed == (source == CAQH and due < 0)


@pytest.mark.parametrize(
    ("own", "said", "standing"),
    [
        pytest.param(kept(20), heard("INACTIVE", 5), ENDED, id="CAQH, asked later, has it incomplete"),
        pytest.param(kept(20), heard("INACTIVE", 50, asked=30), CURRENT, id="attested since it was incomplete"),
        pytest.param(None, heard("ACTIVE", 300, asked=366), UNKNOWN, id="heard over a year ago"),
        pytest.param(kept(None), heard("ACTIVE", 300, asked=366), UNKNOWN, id="a record without a day says nothing"),
        pytest.param(kept(-5), None, UNKNOWN, id="a day to come says nothing"),
        pytest.param(kept(20, archived=1), None, ENDED, id="archived"),
        pytest.param(kept(20, archived=1), heard("ACTIVE", 50, asked=2), ENDED, id="archived since it was heard of"),
        pytest.param(kept(20, archived=2), heard("ACTIVE", 50, asked=1), CURRENT, id="heard of since it was archived"),
    ],
)
def test_what_has_ended_is_told_from_what_is_not_known(
    own: KeptAttestation | None, said: HeardProfile | None, standing: AttestationStanding
) -> None:
    assert told(own, said).standing is standing


def test_a_day_that_was_taken_back_is_known_to_be_none() -> None:
    known = told(kept(None), None)

    assert (known.standing, known.due_on) == (CURRENT, None)
    assert known_attestation(None, None, NOW, UTC_OFFICE) is None


@pytest.mark.parametrize(("states", "left"), [(("IL",), 30), (("TX",), -30), (("IL", "TX"), -30), ((), -30)])
def test_r27_on_record_illinois_alone_has_a_hundred_and_eighty_days(states: tuple[str, ...], left: int) -> None:
    assert due_in(told(KeptAttestation(attested_on=ago(150), states=states), None)) == left


def test_a_profile_that_is_withheld_still_tells_when_it_was_attested() -> None:
    withheld = heard("INACTIVE", 10)
    withheld = HeardProfile(withheld.record, Attestation(ago(10), ago(-110)), "TX", withheld.heard_at)

    assert told(kept(5), withheld).source == ON_RECORD
    assert told(kept(20), withheld).standing is ENDED


@pytest.mark.parametrize(
    ("own", "said", "today"),
    [
        pytest.param(kept(5, "HI"), None, "2026-03-20", id="in the one state"),
        pytest.param(kept(5, "HI", "TX"), None, "2026-03-21", id="of several states the office's"),
        pytest.param(None, heard("ACTIVE", 5, practice_state="HI"), "2026-03-20", id="where CAQH says"),
        pytest.param(None, heard("ACTIVE", 5), "2026-03-21", id="in the state asked about"),
    ],
)
def test_r19_the_day_is_told_where_the_provider_practises(
    own: KeptAttestation | None, said: HeardProfile | None, today: str
) -> None:
    assert str(told(own, said, datetime(2026, 3, 21, 9, tzinfo=UTC)).today) == today


DAYS = st.integers(0, 400)
KEPT = st.builds(kept, DAYS, st.sampled_from(["TX", "IL"]))
ANY_KEPT: st.SearchStrategy[Any] = st.none() | st.builds(kept, st.none() | st.integers(-5, 400))
HEARD = st.builds(
    lambda status, since, asked: heard(status, since + asked, asked=asked),
    st.sampled_from(["ACTIVE", "EXPIRED", "INACTIVE"]),
    DAYS,
    DAYS,
)


@given(ANY_KEPT, HEARD)
def test_nothing_ends_unless_somebody_says_so(own: KeptAttestation | None, said: HeardProfile) -> None:
    known = told(own, said)

    assert known.standing is not ENDED or said.record.status == "INACTIVE"


@given(KEPT, HEARD)
def test_one_of_the_two_counts_whole(own: KeptAttestation, said: HeardProfile) -> None:
    assert told(own, said) in (told(own, None), told(None, said))


@given(KEPT, DAYS, HEARD)
def test_a_newer_attestation_on_record_never_counts_less(own: KeptAttestation, days: int, said: HeardProfile) -> None:
    newer = msgspec.structs.replace(own, attested_on=max(own.attested_on or TODAY, ago(days)))
    before, after = told(own, said), told(newer, said)

    assert before.source != ON_RECORD or (after.source == ON_RECORD and _day(after) >= _day(before))


def _day(known: KnownAttestation) -> date:
    assert known.due_on is not None
    return known.due_on
