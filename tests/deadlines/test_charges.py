"""What is at stake: what the claims of ninety days charged."""

from datetime import timedelta

import pytest

from gate.deadlines.charges import LedgerCharges
from gate.ledger import repository
from gate.persistence.unit_of_work import Database
from gate.rpc.alerts.charges import charge_in
from gate.v1 import claim_pb2
from tests.ledger.builders import NOON, entry

pytestmark = pytest.mark.asyncio(loop_scope="module")

JANE, BOB = "1234567893", "1003000126"


def charging(cents: int) -> bytes:
    return claim_pb2.Claim(charge_cents=cents).SerializeToString()


async def test_charges_are_summed_by_provider_and_state_and_a_claim_asked_about_twice_counts_once(
    database: Database,
) -> None:
    seen = [
        entry(NOON, npi=JANE, claim_id="one", claim=charging(100_00)),
        entry(NOON + timedelta(hours=1), npi=JANE, claim_id="one", claim=charging(120_00)),
        entry(NOON, npi=JANE, claim_id="one", line_number=2, claim=charging(7_00)),
        entry(NOON, npi=JANE, state="CA", claim_id="two", claim=charging(1_00)),
        entry(NOON, npi=JANE, claim_id="", claim=charging(10)),
        entry(NOON, npi=JANE, claim_id="", claim=charging(10)),
        entry(NOON, npi=BOB, claim_id="three", claim=b"\xff not a claim"),
        entry(NOON - timedelta(days=91), npi=JANE, claim_id="old", claim=charging(1_000_00)),
    ]
    async with database.writing("acme") as unit:
        await repository.add_entries(unit, seen)

    charges = LedgerCharges(database, charge_in)
    found = await charges.of("acme", {JANE, BOB}, NOON - timedelta(days=90))

    assert found.at_risk(JANE, "TX") == 127_20
    assert found.at_risk(JANE, "") == 128_20
    assert found.at_risk(BOB, "TX") == 0
    assert (await charges.of("other", {JANE}, NOON - timedelta(days=90))).cents == {}
