"""The portals killed and back while checks run: never "not enrolled" for it (rows A4, A5, K13)."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.clients import checking, codes_of, eventually, texans
from tests.chaos.site import running_portals
from tests.support.callers import Caller, claim, code_of, freshness_of
from tests.support.gates import asking_portals_at, gate_process

pytestmark = pytest.mark.timeout(100)

_ENROLLED = texans("TX PASS", 10)
_NEW = texans("TX PASS", 40)[10:]
"""Enrolled too; nobody asked about them before the portals went."""
_UNKNOWN = texans("ENROLLMENT_NOT_FOUND", 6)
_BREAKER_SECONDS = 15.0


async def test_without_portals_nobody_is_called_unknown_and_what_is_known_still_counts(tmp_path: Path) -> None:
    async with running_portals(tmp_path) as portals:
        environment = asking_portals_at(portals.url) | {
            "GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX",
            "GATE_PROVIDER_ENROLLMENT__CACHE_TTL_MINUTES": "0.02",
            "GATE_PROVIDER_ENROLLMENT__NEGATIVE_TTL_SECONDS": "0",
        }
        async with gate_process(tmp_path, environment=environment) as gate, gate.caller("acme") as caller:
            assert set.union(*(await codes_of(caller, _ENROLLED)).values()) == {"PASS"}
            assert set.union(*(await codes_of(caller, _UNKNOWN)).values()) == {"ENROLLMENT_NOT_FOUND"}

            await portals.kill()
            await asyncio.sleep(1.5)  # what was fresh is no longer
            async with checking(caller, [*_ENROLLED, *_UNKNOWN, *_NEW]) as without:
                await asyncio.sleep(3)
            await portals.start()
            async with checking(caller, [*_ENROLLED, *_UNKNOWN, *_NEW]) as back:
                await eventually(partial(_is_live, caller), _BREAKER_SECONDS + 10)
                since = len(back.answers) + 2  # what was under way may still be an answer of before
                await asyncio.sleep(1.5)

            codes = without.codes()
            assert {code for npi in _ENROLLED for code in codes[npi]} == {"PASS"}
            assert {code for npi in (*_UNKNOWN, *_NEW) if npi in codes for code in codes[npi]} == {"SOURCE_UNAVAILABLE"}
            assert {freshness_of(answer.decision) for answer in without.answers if answer.npi in _ENROLLED} == {"STALE"}
            assert without.p95() < 0.5
            assert not without.refusals
            assert not back.refusals
            for npi, given in back.codes(since).items():
                assert given == {"ENROLLMENT_NOT_FOUND" if npi in _UNKNOWN else "PASS"}
        assert "Traceback" not in gate.log


async def _is_live(caller: Caller) -> bool:
    """Whether both sources are asked and answer again."""
    decisions = [await caller.check(claim(npi), fresh=True) for npi in (_UNKNOWN[0], _ENROLLED[0])]
    return [code_of(decision) for decision in decisions] == ["ENROLLMENT_NOT_FOUND", "PASS"]
