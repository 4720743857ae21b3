"""The table of faults: each dependency killed, frozen, slow and back.

Each row asserts the same: no wrong answer, nothing answered lost and nothing kept twice, latency bounded, recovery by
itself. The rows are printed at the end of the run.
"""

import asyncio
import time
from functools import partial
from typing import NamedTuple

from gate.clock import system_clock
from tests.chaos.clients import Pipeline, checking, codes_of, eventually, texans
from tests.chaos.site import Site, kept_of, retryable
from tests.support.callers import Caller, claim, code_of

FAULT_SECONDS = 2.0
LONGEST_ANSWER_SECONDS = 6.0
"""A source's own budget is five; nobody waits longer than for the slowest that had to be waited for."""
RECOVERED_SECONDS = 40.0
"""Breakers look again after fifteen seconds, and the configuration's poll may have one read to give up."""
SHORT_LIVED = {
    "GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX",
    "GATE_PROVIDER_ENROLLMENT__CACHE_TTL_MINUTES": "0.02",
    "GATE_PROVIDER_ENROLLMENT__NEGATIVE_TTL_SECONDS": "1",
}
"""Every answer is asked for anew after a second, so that each dependency is needed all the time."""
UNAVAILABLE = "SOURCE_UNAVAILABLE"


class Fault(NamedTuple):
    """One way for one dependency to fail; `tests.chaos.site.Site` does it."""

    dependency: str
    kind: str

    @property
    def name(self) -> str:
        return f"{self.dependency}_{self.kind}"

    @property
    def touches_answers(self) -> bool:
        """Whether "no honest answer" may be given meanwhile; a wrong one never may."""
        return self.dependency.startswith("source")


FAULTS = [
    Fault(dependency, kind)
    for dependency in ("redis", "database", "source", "sources")
    for kind in ("killed", "frozen", "slow")
]
NAMES = [fault.name for fault in FAULTS]


def providers() -> list[str]:
    """Of every kind of answer."""
    kinds = ("TX PASS", "TX D13 ENROLLMENT_INACTIVE", "TX D6 ENROLLMENT_EXPIRED", "ENROLLMENT_NOT_FOUND")
    return [npi for kind in kinds for npi in texans(kind, 6)]


async def costs_no_truth_and_loses_nothing(fault: Fault, site: Site) -> str:
    """Have the fault while checks run, and see; the row of the table."""
    async with site.gate.caller("acme") as caller:
        truth = await codes_of(caller, providers())
        began = system_clock()
        async with checking(caller, providers()) as during:
            await asyncio.sleep(0.5)
            restore = await getattr(site, fault.name)()
            try:
                await asyncio.sleep(FAULT_SECONDS)
            finally:
                await restore()
            restored = time.monotonic()
            await _is_true_again(caller, truth)
            recovered = time.monotonic() - restored

        _gave_no_wrong_answer(during, truth, fault)
        slowest = during.slowest()
        assert slowest < LONGEST_ANSWER_SECONDS

        answered = frozenset(answer.decision.decision_id for answer in during.answers)
        kept = await kept_of(caller, answered, began)
        assert answered <= set(kept), f"{len(answered - set(kept))} of {len(answered)} are not in the ledger"
        assert len(kept) == len(set(kept))
    assert "Traceback" not in site.gate.log
    unavailable = sum(answer.code == UNAVAILABLE for answer in during.answers)
    return (
        f"{fault.dependency} {fault.kind} | {len(answered)} answers, {unavailable} unavailable, 0 wrong, 0 refused | "
        f"{len(answered)} kept, 0 twice | p95 {during.p95() * 1000:.0f} ms, slowest {slowest * 1000:.0f} ms | "
        f"{recovered:.1f} s"
    )


def _gave_no_wrong_answer(during: Pipeline, truth: dict[str, set[str]], fault: Fault) -> None:
    for npi, given in during.codes().items():
        assert given <= truth[npi] | ({UNAVAILABLE} if fault.touches_answers else set()), npi
    assert all(retryable(error) for error in during.refusals)
    assert not during.refusals


async def _is_true_again(caller: Caller, truth: dict[str, set[str]]) -> None:
    """Every provider's answer, asked for anew, is the one from before."""

    async def is_true(npi: str) -> bool:
        return {code_of(await caller.check(claim(npi), fresh=True))} == truth[npi]

    for npi in truth:
        await eventually(partial(is_true, npi), RECOVERED_SECONDS)
