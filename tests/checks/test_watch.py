"""Whoever looks at the sources' condition has them asked now and then, and not more often for looking more often."""

import asyncio
from pathlib import Path

from tests.e2e.providers import few_providers
from tests.support.gates import running_in_process

LOOKS = 40


async def test_however_many_look_at_once_each_quiet_source_is_asked_once(tmp_path: Path) -> None:
    async with running_in_process(tmp_path, population=few_providers()) as gate:
        await asyncio.gather(*(gate.page("/health") for _ in range(LOOKS)))
        asked = gate.calls()
        await asyncio.gather(*(gate.page("/health") for _ in range(LOOKS)))

        assert {portal: calls for portal, calls in asked.items() if portal != "caqh_proview"} == dict.fromkeys(
            ("tmhp_pems", "ca_pave", "fl_fmmis", "ny_emedny"), 1
        )
        assert asked["caqh_proview"] <= 2  # a question there takes up to two calls
        assert gate.calls() == asked
