"""Reading one decision: with all it rests on, and never without the audit log."""

from typing import NoReturn

import pytest

from gate.audit.model import AuditAction, AuditEvent
from gate.decision.model import DecisionCode, GateMode
from gate.errors import NotFound, PreconditionFailed, StoreUnavailable
from gate.ledger.history import ReevaluationEvent, ReevaluationOutcome
from gate.ledger.model import LedgerBatch
from gate.ledger.observations import observed
from gate.ledger.past import ObservationLog
from gate.ledger.service import DecisionLedger
from gate.ledger.storing import DatabaseShelf
from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.tenancy.model import TenantConfig
from gate.tenancy.repository import Change, add_version
from tests.decision.building import NPI, STATE_SOURCE, VERIFIED
from tests.ledger.builders import ADA, ENROLLED, NOON, POLICY, ListedTrail, batch, entry, minutes

RELEASABLE, RECOUP, UNCHANGED, UNKNOWN = (
    ReevaluationOutcome.RELEASABLE,
    ReevaluationOutcome.RECOUP_REVIEW,
    ReevaluationOutcome.UNCHANGED,
    ReevaluationOutcome.UNKNOWN,
)


class BrokenTrail:
    """Cannot record."""

    async def record(self, unit: UnitOfWork, *events: AuditEvent) -> NoReturn:
        raise StoreUnavailable("the audit log cannot be written")


def event(decision_id: str, outcome: ReevaluationOutcome) -> ReevaluationEvent:
    return ReevaluationEvent(
        decision_id=decision_id,
        outcome=outcome,
        code=DecisionCode.PASS,
        detail="",
        config_version=2,
        caller="ada",
        evaluated_at=NOON,
    )


async def test_a_decision_comes_with_its_evidence_its_policy_and_who_configured_it(
    database: Database, shelf: DatabaseShelf, ledger: DecisionLedger, trail: ListedTrail
) -> None:
    async with database.writing("acme") as unit:
        await add_version(
            unit.session,
            TenantConfig(tenant="acme", version=1, gate_mode=GateMode.ENFORCE),
            Change(by="grace", at=NOON - minutes(9), reason="pilot is over"),
        )
    kept, repeat, other_line = entry(), entry(NOON + minutes(1)), entry(line_number=2)
    await shelf.store(batch(kept, repeat, other_line))

    async with database.writing("acme") as unit:
        read = await ledger.read(unit, ADA, kept.decision_id, AuditAction.DECISION_EXPLAINED)

    assert (read.entry, read.evidence, read.policy) == (kept, ENROLLED, POLICY)
    assert read.author is not None
    assert (read.author.changed_by, read.author.reason) == ("grace", "pilot is over")
    assert [each.decision_id for each in read.repeats] == [repeat.decision_id]
    (audited,) = trail.events
    assert (audited.action, audited.object) == (AuditAction.DECISION_EXPLAINED, f"decision/{kept.decision_id}")


async def test_claims_without_a_number_repeat_nothing(
    database: Database, shelf: DatabaseShelf, ledger: DecisionLedger
) -> None:
    first, second = entry(claim_id=""), entry(claim_id="")
    await shelf.store(batch(first, second))

    async with database.writing("acme") as unit:
        assert (await ledger.read(unit, ADA, first.decision_id, AuditAction.DECISION_EXPLAINED)).repeats == ()


async def test_a_read_that_cannot_be_audited_is_refused(database: Database, shelf: DatabaseShelf) -> None:
    kept = entry()
    await shelf.store(batch(kept))
    ledger = DecisionLedger(BrokenTrail(), lambda: NOON)

    with pytest.raises(StoreUnavailable):
        async with database.writing("acme") as unit:
            await ledger.read(unit, ADA, kept.decision_id, AuditAction.DECISION_EXPLAINED)


async def test_what_was_not_found_was_not_read(database: Database, ledger: DecisionLedger, trail: ListedTrail) -> None:
    with pytest.raises(NotFound):
        async with database.writing("acme") as unit:
            await ledger.read(unit, ADA, entry().decision_id, AuditAction.DECISION_EXPLAINED)

    assert trail.events == []


async def test_a_decision_whose_evidence_is_missing_is_not_guessed_at(
    database: Database, shelf: DatabaseShelf, ledger: DecisionLedger
) -> None:
    kept = entry()
    await shelf.store(LedgerBatch("acme", (kept,), (), NOON))

    with pytest.raises(PreconditionFailed, match="not in the ledger"):
        async with database.writing("acme") as unit:
            await ledger.read(unit, ADA, kept.decision_id, AuditAction.DECISION_REPLAYED)


@pytest.mark.parametrize(
    ("outcomes", "kept"),
    [
        ([UNCHANGED], []),
        ([RELEASABLE, RELEASABLE], [RELEASABLE]),
        ([RELEASABLE, UNKNOWN, RELEASABLE], [RELEASABLE]),
        ([RELEASABLE, UNCHANGED, UNCHANGED, RELEASABLE], [RELEASABLE, UNCHANGED, RELEASABLE]),
        ([RECOUP, UNKNOWN], [RECOUP]),
    ],
)
async def test_s9_an_outcome_is_kept_once_until_it_changes_and_every_look_is_audited(
    database: Database,
    ledger: DecisionLedger,
    trail: ListedTrail,
    outcomes: list[ReevaluationOutcome],
    kept: list[ReevaluationOutcome],
) -> None:
    decision_id = entry().decision_id
    for outcome in outcomes:
        async with database.writing("acme") as unit:
            events = await ledger.note_reevaluation(unit, ADA, event(decision_id, outcome), None)

    assert [each.outcome for each in events] == kept
    assert [each.details["outcome"] for each in trail.events] == outcomes


async def test_what_the_sources_said_on_the_way_is_known_from_then_on(
    database: Database, ledger: DecisionLedger
) -> None:
    async with database.writing("acme") as unit:
        await ledger.note_reevaluation(unit, ADA, event(entry().decision_id, RELEASABLE), ENROLLED)

    known = await ObservationLog(database).known_before("acme", NPI, "TX", [STATE_SOURCE], VERIFIED + minutes(1))

    assert known[STATE_SOURCE].records == next(observed(ENROLLED)).records
