"""A decision that was kept is judged again from what was kept, and nothing else, with the same result."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from aggregator.evidence import Evidence
from aggregator.knowledge import KnownAnswer
from gate.audit.model import AuditAction
from gate.checks.model import Decision
from gate.checks.reevaluation import is_confirmed, outcome_of
from gate.checks.replay import explained, replayed
from gate.checks.scope import MODE_OFF, NO_PROVIDER_HAS_THIS_NPI, NOT_CONFIGURED, STATE_NOT_ENABLED
from gate.decision.model import DecisionCode, Finding, GateMode, OutageAction, Policy, Strictness
from gate.errors import PreconditionFailed
from gate.ledger.history import KeptDecision, ReevaluationOutcome
from gate.ledger.service import DecisionLedger
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from gate.rpc.decision_messages import claim_in, differences, given_in
from gate.rpc.messages import decision_message, submitted
from sources.contract import ErrorKind
from tests.checks.builders import ENFORCING, given
from tests.decision.building import NPI, STATE_SOURCE, claim, empty, evidence, failed, found, national, of, segment
from tests.decision.test_conformance import asked, known, rows, settled
from tests.ledger.builders import ADA, NOON, ListedTrail, shelf_in
from tests.support.databases import SQLITE, migrated_database
from tests.support.recording import batch_of, entry_of


def kept(decision: Decision) -> KeptDecision:
    return KeptDecision(entry=entry_of(decision), evidence=decision.evidence, policy=decision.policy, author=None)


async def test_every_row_of_the_decision_table_is_answered_the_same_from_the_ledger(tmp_path: Path) -> None:
    engine = open_engine(await migrated_database(SQLITE, tmp_path))
    database, ledger = Database(engine), DecisionLedger(ListedTrail(), lambda: NOON)
    decisions: list[Decision] = []
    for row in rows():
        for mode in (GateMode.AUDIT, GateMode.ENFORCE):
            at = datetime.combine(row["today"], NOON.timetz()).astimezone(UTC)
            decision = given(asked(row), known(row), settled(row, mode), at=at, number=len(decisions))
            decisions.append(decision)
    await shelf_in(database).store(batch_of(decisions))

    for decision in decisions:
        async with database.writing("acme") as unit:
            read = await ledger.read(unit, ADA, decision.decision_id, AuditAction.DECISION_REPLAYED)
        again = replayed(read, submitted(claim_in(read.entry)), config_stale=False)
        assert differences(given_in(read.entry), decision_message(again)) == []
        assert again == decision
    await engine.dispose()


@pytest.mark.parametrize(
    ("finding", "policy"),
    [
        (NOT_CONFIGURED, Policy()),
        (STATE_NOT_ENABLED, ENFORCING),
        (MODE_OFF, Policy(mode=GateMode.OFF)),
        (NO_PROVIDER_HAS_THIS_NPI, Policy(npi_check_digit=Strictness.STRICT)),
    ],
    ids=["C1", "C5", "C13", "V2"],
)
def test_what_was_answered_without_asking_is_answered_the_same(finding: Finding, policy: Policy) -> None:
    npi = "1234567890" if finding is NO_PROVIDER_HAS_THIS_NPI else NPI
    decision = given(claim(npi=npi), None, policy, finding=finding)

    assert replayed(kept(decision), decision.submitted, config_stale=False).finding == finding


def test_what_cannot_be_replayed_is_refused_and_still_explained() -> None:
    """Its evidence would have to say why the claim passed, and there is none."""
    decision = given(claim(), None, finding=Finding(code=DecisionCode.PASS))

    with pytest.raises(PreconditionFailed):
        replayed(kept(decision), decision.submitted, config_stale=False)
    assert explained(kept(decision), decision.submitted, ()).rule.row == "D1"


def test_a_difference_is_told_by_field_in_words() -> None:
    passed = decision_message(given(claim(), of(segment())))
    failing = decision_message(given(claim(), of(segment(end="2026-03-09"))))

    told = {each.field: (each.given, each.recomputed) for each in differences(passed, failing)}

    assert told["code"] == ("DECISION_CODE_PASS", "DECISION_CODE_ENROLLMENT_EXPIRED")
    assert told["action"] == ("CLAIM_ACTION_CONTINUE", "CLAIM_ACTION_PEND_REVIEW")
    assert "reason" in told
    assert "soft_hold" not in told


def test_an_answer_that_this_release_would_not_give_is_explained_as_it_was_given() -> None:
    decision = given(claim(), of(segment()))
    entry = msgspec.structs.replace(
        entry_of(decision), code=DecisionCode.ENROLLMENT_EXPIRED, detail="A_DETAIL_OF_TOMORROW"
    )
    strange = msgspec.structs.replace(kept(decision), entry=entry)

    told = explained(strange, decision.submitted, ["A_WARNING_OF_TOMORROW", "NPI_PREFIX"])

    assert told.rule.text
    assert [each.rule and each.rule.row for each in told.warnings] == [None, "V3"]


PASSED, PENDED = of(segment()), of()
ENDED = of(segment(end="2026-03-09"))


@pytest.mark.parametrize(
    ("then", "now", "outcome"),
    [
        pytest.param(PENDED, PASSED, ReevaluationOutcome.RELEASABLE, id="S9"),
        pytest.param(PASSED, ENDED, ReevaluationOutcome.RECOUP_REVIEW, id="S10"),
        pytest.param(PENDED, ENDED, ReevaluationOutcome.UNCHANGED, id="pended then, pended now"),
        pytest.param(PASSED, PASSED, ReevaluationOutcome.UNCHANGED, id="passed then, passes now"),
        pytest.param(PASSED, evidence(failed(), national(failed())), ReevaluationOutcome.UNKNOWN, id="A5 now"),
        pytest.param(PENDED, evidence(failed(), national(found(segment()))), ReevaluationOutcome.UNKNOWN, id="A3 now"),
        pytest.param(PASSED, evidence(empty(), national(failed())), ReevaluationOutcome.UNKNOWN, id="A4b now"),
        pytest.param(
            evidence(failed(), national(failed())), PASSED, ReevaluationOutcome.RELEASABLE, id="A5 then, passes now"
        ),
        pytest.param(
            PASSED,
            evidence(found(segment(end="2026-03-09")), failed(ErrorKind.NOT_CONFIGURED, "tx_list"), national(empty())),
            ReevaluationOutcome.RECOUP_REVIEW,
            id="a source nobody has is not down",
        ),
    ],
)
def test_judging_anew(then: Evidence, now: Evidence, outcome: ReevaluationOutcome) -> None:
    assert outcome_of(kept(given(claim(), then)), given(claim(), now)) is outcome


def test_a7_what_passed_in_an_outage_alone_and_fails_now_calls_for_a_review() -> None:
    lenient = Policy(mode=GateMode.ENFORCE, outage_action=OutageAction.PASS_THROUGH)
    then = given(claim(), evidence(failed(), national(failed())), lenient)

    assert outcome_of(kept(then), given(claim(), ENDED, lenient)) is ReevaluationOutcome.RECOUP_REVIEW


@pytest.mark.parametrize("scope", [MODE_OFF, STATE_NOT_ENABLED], ids=["C13", "C5"])
def test_a_check_that_was_not_made_is_compared_with_nothing(scope: Finding) -> None:
    unasked = given(claim(), None, finding=scope)

    assert outcome_of(kept(unasked), given(claim(), ENDED)) is ReevaluationOutcome.UNKNOWN
    assert outcome_of(kept(given(claim(), ENDED)), unasked) is ReevaluationOutcome.UNKNOWN
    assert outcome_of(kept(unasked), given(claim(), PASSED)) is ReevaluationOutcome.UNCHANGED


class Remembered:
    """What the ledger holds of the state's source."""

    def __init__(self, answer: KnownAnswer | None) -> None:
        self._answer = answer

    async def known_before(
        self, tenant: str, npi: str, state: str, sources: Iterable[str], instant: datetime
    ) -> dict[str, KnownAnswer]:
        assert instant < NOON
        return {source: self._answer for source in sources if self._answer is not None}


@pytest.mark.parametrize(
    ("told_before", "confirmed"),
    [
        pytest.param(None, False, id="never heard"),
        pytest.param(KnownAnswer(STATE_SOURCE, (segment(),), NOON), False, id="a record until now"),
        pytest.param(KnownAnswer(STATE_SOURCE, (segment(),), NOON, absent_since=NOON), True, id="gone already"),
        pytest.param(KnownAnswer(STATE_SOURCE, (), NOON), True, id="unknown already"),
    ],
)
async def test_s14_an_absence_counts_against_a_provider_once_it_was_told_before(
    told_before: KnownAnswer | None, confirmed: bool
) -> None:
    assert await is_confirmed(Remembered(told_before), given(claim(), PENDED)) is confirmed
    assert await is_confirmed(Remembered(told_before), given(claim(), ENDED)), "an end date needs no second word"
