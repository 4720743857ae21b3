"""`gate lookup`: what is known of a provider, and what was on a day in the past (rows S11, S12)."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gate.clock import system_clock
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from tests.cli.providers import ENROLLED, UNKNOWN
from tests.cli.shell import Shell
from tests.deadlines.hearing import hear
from tests.decision.building import found, segment
from tests.support.gates import GateProcess

THEN = system_clock().date() - timedelta(days=10)
IN_THE_GAP = "2025-03-10"
WITH_GAP = found(segment(end="2025-02-28", effective="2024-01-01"), segment(effective="2025-04-01"))


def heard(data_dir: Path, tenant: str, on: date) -> None:
    """Have the ledger below that folder know what Texas said at noon of that day."""

    async def keep() -> None:
        engine = open_engine(f"sqlite+aiosqlite:///{data_dir / 'gate.db'}")
        noon = datetime(on.year, on.month, on.day, 18, tzinfo=UTC)
        await hear(Database(engine), tenant, ENROLLED, WITH_GAP, at=noon)
        await engine.dispose()

    asyncio.run(keep())


def test_what_is_known_now_is_shown_for_every_state_that_is_checked(shell: Shell, tenant: str) -> None:
    ran = shell.gate("lookup", ENROLLED, "--tenant", tenant)

    assert (ran.code, ran.err) == (0, "")
    california, texas = ran.out.split("\n\n")
    assert california.startswith("CA  ")
    answer, reason, *facts = texas.splitlines()
    assert answer == "TX  PASS"
    assert reason.startswith(f"According to tmhp_pems, NPI {ENROLLED} is enrolled in TX on ")
    assert any("├" in fact and "tmhp_pems" in fact for fact in facts)
    assert any(fact.split()[:3] == ["sources", "tmhp_pems", "FOUND"] for fact in facts)


def test_s11_s12_a_past_day_is_answered_by_what_was_known_then(server: GateProcess, shell: Shell, tenant: str) -> None:
    heard(server.data_dir, tenant, THEN)
    asked = ("lookup", ENROLLED, "--tenant", tenant, "--state", "TX", "--date", IN_THE_GAP, "--as-of")

    then = shell.gate(*asked, str(THEN)).out.splitlines()
    before = shell.gate(*asked, str(THEN - timedelta(days=1)))

    assert then[0] == "TX  ENROLLMENT_EXPIRED (GAP)"
    assert f"  as of       {THEN}" in then
    assert "  gaps        2025-03-01 to 2025-03-31" in then
    assert any(f"▲ {IN_THE_GAP} service" in line for line in then)
    assert (before.code, before.out.splitlines()[0]) == (0, "TX  SOURCE_UNAVAILABLE (NOTHING_RECORDED)")


def test_json_holds_the_whole_profile(server: GateProcess, shell: Shell, tenant: str) -> None:
    heard(server.data_dir, tenant, THEN)

    told = shell.gate("lookup", ENROLLED, "--tenant", tenant, "--state", "TX", "--as-of", str(THEN), "--json").json

    (texas,) = told["states"]
    assert (told["npi"], texas["as_of"], texas["code"], len(texas["records"])) == (ENROLLED, str(THEN), "PASS", 2)


def test_whom_nobody_knows_is_no_reason_to_end_with_an_error(shell: Shell, tenant: str) -> None:
    ran = shell.gate("lookup", UNKNOWN, "--tenant", tenant, "--state", "TX", "--fresh")

    assert ran.code == 0
    assert ran.out.startswith("TX  ENROLLMENT_NOT_FOUND")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--as-of", "2999-01-01"], "INVALID_ARGUMENT"),
        (["--as-of", str(THEN), "--fresh"], "--fresh asks the sources now"),
        (["--state", "ZZ"], "INVALID_ARGUMENT"),
    ],
)
def test_what_cannot_be_asked_ends_with_2(options: list[str], complaint: str, shell: Shell, tenant: str) -> None:
    assert shell.gate("lookup", ENROLLED, "--tenant", tenant, *options).complaint.startswith(complaint)
