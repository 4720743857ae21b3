"""Contracts against Medicaid enrollment: what is not known is never held against anybody."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gate.credentialing.model.providers import Provider
from gate.credentialing.model.reconciliation import (
    GOOD_FOR,
    Candidate,
    MedicaidContract,
    MedicaidStanding,
    MismatchKind,
    Standing,
    as_of,
    mismatches,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
CODES = ("2084P0800X", "363LP0808X", "207Q00000X")
STATES = ("TX", "UT", "CA")
DOE = Provider(
    id="p",
    first_name="Jane",
    last_name="Doe",
    npi="1234567893",
    role="",
    is_attending=False,
    is_supervising=False,
    is_bookable=True,
    taxonomies=(),
    states=(),
    caqh_attested_on=None,
    created_at=NOW,
)
some_codes = st.lists(st.sampled_from(CODES), unique=True).map(tuple)
standings = st.builds(
    MedicaidStanding,
    standing=st.sampled_from(Standing),
    taxonomies=some_codes,
    source=st.just("s"),
    verified_at=st.just(NOW),
)
known = st.fixed_dictionaries({(DOE.npi, state): standings for state in STATES})
candidates = st.builds(
    lambda codes, states, contracts: Candidate(
        msgspec.structs.replace(DOE, taxonomies=codes, states=states), contracts
    ),
    some_codes,
    st.lists(st.sampled_from(STATES), unique=True).map(tuple),
    st.lists(st.sampled_from(STATES).map(lambda state: MedicaidContract(f"{state}-plan", state, state)), max_size=4),
)
K = MismatchKind


@given(candidates, known)
def test_only_what_the_state_said_is_held_against_a_contract(
    candidate: Candidate, heard: dict[tuple[str, str], MedicaidStanding]
) -> None:
    for found in mismatches(candidate, heard):
        standing = heard[DOE.npi, found.state].standing
        assert (found.kind is K.NOT_VERIFIED) == (standing is Standing.UNKNOWN)
        assert (found.kind is K.CONTRACTED_NOT_ENROLLED) == (standing is Standing.NOT_ENROLLED)
        assert (found.kind is K.ENROLLED_NOT_CONTRACTED) == (not found.payer_id)


@given(candidates, known)
def test_every_contract_is_looked_at_and_told_of_once_at_most(
    candidate: Candidate, heard: dict[tuple[str, str], MedicaidStanding]
) -> None:
    found = list(mismatches(candidate, heard))

    for contract in {contract.payer_id: contract for contract in candidate.contracts}.values():
        own = [each for each in found if each.payer_id == contract.payer_id]
        if heard[DOE.npi, contract.state].standing is not Standing.ENROLLED:
            assert own
        assert len(own) <= len([each for each in candidate.contracts if each.payer_id == contract.payer_id])


@given(candidates, known)
def test_taxonomies_mismatch_only_where_both_sides_name_some_and_share_none(
    candidate: Candidate, heard: dict[tuple[str, str], MedicaidStanding]
) -> None:
    mine = set(candidate.provider.taxonomies)
    for found in mismatches(candidate, heard):
        theirs = set(found.medicaid_taxonomies)
        if found.kind is K.TAXONOMY_MISMATCH:
            assert mine
            assert theirs
            assert not mine & theirs


@given(standings, st.integers(0, 60))
def test_what_was_heard_too_long_ago_says_nothing(heard: MedicaidStanding, days: int) -> None:
    later = NOW + timedelta(days=days)

    found = as_of(heard, later)

    assert found.standing is (heard.standing if timedelta(days=days) <= GOOD_FOR else Standing.UNKNOWN)
    assert as_of(msgspec.structs.replace(heard, verified_at=None), NOW).standing is Standing.UNKNOWN
