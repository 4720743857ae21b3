"""What is known comes to its end while it is used: what callers and portals notice of that."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.knowledge import KnowledgeKey
from gate.auth.permissions import Role
from tests.e2e.providers import ENROLLED, few_providers
from tests.e2e.test_audit_log import told
from tests.support.callers import Caller, claim, code_of, freshness_of
from tests.support.gates import running_in_process
from tests.support.waiting import until

MINUTES = 30


class Watch:
    """Runs with the real time, and ahead of it by as much as it is told."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


async def asked_of_texas(auditor: Caller) -> list[tuple[str, str | None]]:
    """Outcome and failure of each call to the portal of Texas that the audit log tells of, newest first."""
    calls = await told(auditor, action="source.asked", object=f"provider/{ENROLLED}")
    of_texas = (call.details for call in calls if call.details["source"] == "tmhp_pems")
    return [(details["outcome"], details["error"]) for details in of_texas]


async def test_a_provider_in_use_is_asked_about_again_before_anybody_has_to_wait(tmp_path: Path) -> None:
    watch = Watch()
    life = timedelta(minutes=MINUTES) * KnowledgeKey("payer", ENROLLED, "TX").spread()
    async with running_in_process(
        tmp_path,
        population=few_providers(),
        clock=watch,
        provider_enrollment={"enabled_states": ["TX"], "cache_ttl_minutes": MINUTES},
    ) as gate:
        caller = gate.of("payer")
        await caller.configure(enabled_states=["TX"])
        assert code_of(await caller.check(claim(ENROLLED, "TX"))) == "PASS"
        watch.ahead = life * 0.95
        used = await caller.check(claim(ENROLLED, "TX"))
        await until(lambda: gate.calls()["tmhp_pems"] == 2)
        await asyncio.sleep(0.1)
        watch.ahead = life * 1.5
        renewed = await caller.check(claim(ENROLLED, "TX"))

        assert freshness_of(used) == freshness_of(renewed) == "MEMORY"
        assert gate.calls()["tmhp_pems"] == 2
        assert (
            'enrollment_gate_refreshes_total{source="tmhp_pems",step="succeeded"} 1.0'
            in (await gate.page("/metrics")).text
        )


async def test_a_portal_that_fails_while_nobody_waits_is_in_the_audit_log_all_the_same(tmp_path: Path) -> None:
    watch = Watch()
    life = timedelta(minutes=MINUTES) * KnowledgeKey("payer", ENROLLED, "TX").spread()
    async with running_in_process(
        tmp_path,
        population=few_providers(),
        clock=watch,
        provider_enrollment={"enabled_states": ["TX"], "cache_ttl_minutes": MINUTES},
    ) as gate:
        caller, auditor = gate.of("payer"), gate.of("payer", Role.AUDITOR)
        await caller.configure(enabled_states=["TX"])
        await caller.check(claim(ENROLLED, "TX"))
        gate.misbehave("tmhp_pems", kind="error_500")
        watch.ahead = life * 0.95
        used = await caller.check(claim(ENROLLED, "TX"))
        async with asyncio.timeout(10):
            while len(asked := await asked_of_texas(auditor)) < 2:  # noqa: ASYNC110 - the ledger is drained elsewhere
                await asyncio.sleep(0.05)

    assert freshness_of(used) == "MEMORY"
    assert asked == [("ERROR", "UNREACHABLE"), ("FOUND", None)]
