"""`gate explain`, `decisions`, `replay` and `jobs`: what was decided, from the shell."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from gate.checks.model import Decision
from gate.persistence.engine import open_engine
from gate.persistence.migrate import upgrade
from gate.persistence.unit_of_work import Database
from tests.checks.builders import given
from tests.cli.shell import Shell
from tests.decision.building import NPI, claim, found, national, segment
from tests.decision.building import evidence as evidence_of
from tests.ledger.builders import NOON, shelf_in
from tests.support.gates import GateProcess
from tests.support.recording import batch_of, entry_of

A_YEAR = timedelta(days=365)
WITH_GAP = evidence_of(
    found(segment(end="2026-02-28", upstream_id="TPI-1"), segment(effective="2026-04-01", upstream_id="TPI-1")),
    national(found(segment(upstream_id="C-1", source="caqh_proview"))),
)


def store(data_dir: Path, decision: Decision, **changes: object) -> str:
    """Have the decision in the ledger below that folder; its id."""

    async def keep() -> None:
        engine = open_engine(f"sqlite+aiosqlite:///{data_dir / 'gate.db'}")
        batch = batch_of([decision])
        entry = msgspec.structs.replace(entry_of(decision), **changes)
        await shelf_in(Database(engine)).store(msgspec.structs.replace(batch, entries=(entry,)))
        await engine.dispose()

    asyncio.run(keep())
    return decision.decision_id


def in_a_gap(tenant: str, number: int = 1) -> Decision:
    return msgspec.structs.replace(given(claim(), WITH_GAP, number=number), tenant=tenant)


def test_an_explanation_shows_sentence_rule_periods_sources_and_author(
    server: GateProcess, shell: Shell, tenant: str
) -> None:
    ran = shell.gate("explain", store(server.data_dir, in_a_gap(tenant)), "--tenant", tenant)

    assert (ran.code, ran.err) == (0, "")
    answer, reason, empty, *sections = ran.out.splitlines()
    assert (answer, empty) == ("ENROLLMENT_EXPIRED (GAP)", "")
    assert reason.startswith("2026-03-10 falls in a gap")
    shown = "\n".join(sections)
    assert "rule        S1   The last period ended before the date of service" in shown
    assert "tmhp_pems     FOUND" in shown
    assert "PEND_REVIEW in mode ENFORCE" in shown
    assert "the deployment's defaults were in force" in shown
    assert "by pipeline, request request-1" in shown


def test_the_date_of_service_is_marked_below_the_periods_and_the_one_that_decided_beside_them(
    server: GateProcess, shell: Shell, tenant: str
) -> None:
    ran = shell.gate("explain", store(server.data_dir, in_a_gap(tenant)), "--tenant", tenant)

    lines = ran.out.splitlines()
    ended, begins, vouching = (line for line in lines if "├" in line)
    marked = next(line for line in lines if "▲ 2026-03-10 service" in line)
    assert ended.endswith("◀ decided")
    assert "2025-01-01 to 2026-02-28  ACTIVE     tmhp_pems TPI-1" in ended
    assert "caqh_proview" in vouching
    assert ended.rindex("┤") < marked.index("▲") < begins.index("├"), "in the gap"


def test_json_holds_the_whole_explanation(server: GateProcess, shell: Shell, tenant: str) -> None:
    told = shell.gate("explain", store(server.data_dir, in_a_gap(tenant)), "--tenant", tenant, "--json").json

    assert (told["rule"], told["decision"]["code"], told["reevaluation"]) == ("S1", "ENROLLMENT_EXPIRED", None)
    assert len(told["decision"]["considered"]) == 3


def test_reevaluating_says_what_would_be_answered_now(server: GateProcess, shell: Shell, tenant: str) -> None:
    ran = shell.gate("explain", store(server.data_dir, in_a_gap(tenant)), "--tenant", tenant, "--reevaluate")

    assert ran.code == 0
    assert "  now         RELEASABLE: PASS\n" in ran.out
    assert "  since then  " in ran.out


def test_decisions_are_listed_newest_first_and_filtered(server: GateProcess, shell: Shell, tenant: str) -> None:
    gap = store(server.data_dir, in_a_gap(tenant, 1))
    passed = given(claim(), evidence_of(found(segment())), number=2, at=NOON + timedelta(hours=1))
    enrolled = store(server.data_dir, msgspec.structs.replace(passed, tenant=tenant))

    header, first, second = shell.gate("decisions", "--tenant", tenant).out.splitlines()
    assert header.split()[:4] == ["decision", "given", "at", "(UTC)"]
    assert (enrolled in first, gap in second) == (True, True)
    assert "ENROLLMENT_EXPIRED (GAP)" in second

    def listed(*options: str) -> list[str]:
        found_now = shell.gate("decisions", "--tenant", tenant, "--json", *options).json
        return [each["decision"]["decision_id"] for each in found_now]

    assert listed("--code", "pass", "--since", "2026-03-20T12:30Z", "--npi", NPI) == [enrolled]
    assert listed("--claim", "CLM-1", "--state", "tx", "--mode", "enforce", "--until", "2026-03-20T12:30") == [gap]
    assert listed("--limit", "1") == [enrolled]


def test_where_no_decision_fits_that_is_said(shell: Shell, tenant: str) -> None:
    assert shell.gate("decisions", "--tenant", tenant).out == "No decision fits.\n"


def test_a_replay_ends_with_0_where_it_says_the_same(server: GateProcess, shell: Shell, tenant: str) -> None:
    ran = shell.gate("replay", store(server.data_dir, in_a_gap(tenant)), "--tenant", tenant)

    assert (ran.code, ran.out.splitlines()[0]) == (0, "The same: ENROLLMENT_EXPIRED (GAP)")


def test_a_replay_ends_with_1_and_the_fields_where_it_differs(server: GateProcess, shell: Shell, tenant: str) -> None:
    other = given(claim(), evidence_of(found(segment())))
    decision_id = store(server.data_dir, in_a_gap(tenant), answer=entry_of(other).answer)

    ran = shell.gate("replay", decision_id, "--tenant", tenant)

    assert (ran.code, ran.out.splitlines()[0]) == (1, "It differs:")
    assert "given       CLAIM_ACTION_CONTINUE" in ran.out
    assert "recomputed  CLAIM_ACTION_PEND_REVIEW" in ran.out
    assert shell.gate("replay", decision_id, "--tenant", tenant, "--json").json["same"] is False


@pytest.mark.parametrize("command", ["explain", "replay"])
def test_a_decision_that_is_not_there_ends_with_2(command: str, shell: Shell, tenant: str) -> None:
    ran = shell.gate(command, "018f0000-0000-7000-8000-000000000001", "--tenant", tenant)
    assert ran.complaint == "NOT_FOUND: there is no such decision in the tenant's ledger"


def test_a_time_in_another_form_is_refused(lonely: Shell) -> None:
    ran = lonely.gate("decisions", "--tenant", "acme", "--since", "yesterday")
    assert ran.code == 2
    assert "a time is written like 2026-03-10 or 2026-03-10T14:30Z" in ran.err


def test_retention_deletes_what_is_past_its_time_and_counts_it(lonely: Shell) -> None:
    data = lonely.folder / "data"
    asyncio.run(upgrade(f"sqlite+aiosqlite:///{data / 'gate.db'}"))
    assert lonely.gate("jobs", "run", "ledger-retention").out.startswith("ledger-retention: idle in ")
    old = given(claim(service_date=date(2010, 3, 1)), WITH_GAP, at=NOON - 12 * A_YEAR)
    store(data, old)

    of_acme = ("jobs", "run", "ledger-retention", "--tenant", "acme")
    assert lonely.gate(*of_acme, GATE_LEDGER__RETENTION_DAYS="9999").out == (
        "acme: 0 decisions and 0 pieces of evidence deleted\n"
    )
    assert lonely.gate("jobs", "run", "ledger-retention", "--json").json["summary"] == {"decisions": 1, "evidence": 1}
    assert lonely.gate(*of_acme, "--json").objects == [{"tenant": "acme", "decisions": 0, "evidence": 0}]


def test_retention_without_a_database_says_so(lonely: Shell) -> None:
    ran = lonely.gate("jobs", "run", "ledger-retention", GATE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/gate")
    assert "the database cannot be reached" in ran.complaint
