"""What is known comes to its end while it is used: what callers and portals notice of that."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.knowledge import KnowledgeKey
from tests.e2e.providers import ENROLLED, few_providers
from tests.support.callers import claim, code_of, freshness_of
from tests.support.gates import running_in_process
from tests.support.waiting import until

MINUTES = 30


class Watch:
    """Runs with the real time, and ahead of it by as much as it is told."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


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
