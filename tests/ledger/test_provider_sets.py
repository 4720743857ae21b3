"""What the ledger tells of many providers at once."""

from datetime import timedelta

import msgspec

from aggregator.evidence import SourceOutcome
from gate.ledger import provider_sets, repository
from gate.ledger.observations import Observation
from gate.persistence.unit_of_work import Database
from tests.ledger.builders import NOON, entry, minutes

FIRST, SECOND, THIRD = "1003000126", "1234567893", "1992999999"


def seen(
    npi: str,
    state: str = "TX",
    source: str = "tmhp_pems",
    *,
    minute: int = 0,
    outcome: SourceOutcome = SourceOutcome.FOUND,
) -> Observation:
    """One answer; what it says is when it was given."""
    return Observation(
        npi=npi,
        state=state,
        source=source,
        verified_at=NOON + minutes(minute),
        outcome=outcome,
        content=f"{npi}{state}{source}{minute}{outcome}".encode(),
    )


async def keep(database: Database, tenant: str, *observations: Observation) -> None:
    async with database.writing(tenant) as unit:
        await repository.add_observations(unit, observations)


async def test_providers_are_heard_of_once_however_often_they_answered(database: Database) -> None:
    await keep(database, "acme", *(seen(npi, minute=minute) for npi in (SECOND, FIRST, THIRD) for minute in range(20)))
    await keep(database, "other", seen("1555555555"))

    async with database.reading("acme") as unit:
        assert await provider_sets.npis_heard_of(unit, "", 2) == [FIRST, SECOND]
        assert await provider_sets.npis_heard_of(unit, SECOND, 2) == [THIRD]
        assert await provider_sets.npis_heard_of(unit, THIRD, 2) == []
    async with database.reading("nobody") as unit:
        assert await provider_sets.npis_heard_of(unit, "", 2) == []


async def test_the_last_answer_of_each_source_is_found_for_a_page_of_providers(database: Database) -> None:
    latest = [
        seen(FIRST, "TX", minute=9),
        seen(FIRST, "TX", "caqh_proview", minute=3),
        seen(FIRST, "FL", "fl_fmmis", minute=5),
        seen(THIRD, "TX", minute=2),
    ]
    await keep(database, "acme", *latest, seen(FIRST, "TX", minute=8), seen(SECOND, minute=30), seen(THIRD, minute=1))
    await keep(database, "other", seen(FIRST, "TX", minute=50))

    async with database.reading("acme") as unit:
        found = await provider_sets.latest_observations(unit, {FIRST, THIRD})
        assert await provider_sets.latest_observations(unit, ()) == {}

    assert found.keys() == {(FIRST, "TX"), (FIRST, "FL"), (THIRD, "TX")}
    order = lambda each: (each.npi, each.state, each.source)  # noqa: E731 - used once, below
    assert sorted((each for of_pair in found.values() for each in of_pair), key=order) == sorted(latest, key=order)


async def test_of_two_answers_at_one_instant_the_one_with_records_counts(database: Database) -> None:
    empty = seen(FIRST, outcome=SourceOutcome.EMPTY)
    await keep(database, "acme", empty, seen(FIRST))

    async with database.reading("acme") as unit:
        ((found,),) = (await provider_sets.latest_observations(unit, {FIRST})).values()

    assert found.outcome is SourceOutcome.FOUND


async def test_claims_are_told_of_the_wanted_providers_and_the_wanted_time_alone(database: Database) -> None:
    kept = entry(npi=FIRST, state="TX", claim=b"wanted")
    others = [entry(NOON - timedelta(days=91), npi=FIRST), entry(npi=SECOND), entry(npi=THIRD)]
    async with database.writing("acme") as unit:
        await repository.add_entries(unit, [kept, *others])
    async with database.writing("other") as unit:
        await repository.add_entries(unit, [msgspec.structs.replace(kept, tenant="other")])

    async with database.reading("acme") as unit:
        found = [each async for each in provider_sets.claims_since(unit, {FIRST}, NOON - timedelta(days=90))]

    assert [(each.npi, each.state, each.claim) for each in found] == [(FIRST, "TX", b"wanted")]
