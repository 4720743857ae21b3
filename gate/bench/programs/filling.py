"""The cache in memory, filled: ``python -m gate.bench.programs.filling ENTRIES``. Writes what it took, as JSON.

Every entry is of another provider, and what is known of it is what two sources say: the state's portal one or two
periods of enrollment, with taxonomies, lines of business and what else it tells; CAQH nothing of two in three.
"""

import asyncio
import gc
import os
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from aggregator.cache.contract import KnowledgeCache
from aggregator.cache.memory import MemoryCache
from aggregator.knowledge import Knowledge, KnowledgeKey, KnownAnswer
from gate.bench.claims import npi
from gate.bench.memory import Filled
from sources.records import Attestation, EnrollmentRecord, EnrollmentStatus

_ROOM: Final = 1_000
"""Bytes an entry, by the cache's own account: what P8 allows. Everything that is put must find it enough."""
_LOOKED_UP: Final = 10_000
_KEEP_SECONDS: Final = 86_400.0
_LINES: Final = (("STAR", "CHIP"), ("MEDICAID",), ("STAR+PLUS",), ("STAR_KIDS", "CHIP"))
_TAXONOMIES: Final = ("207Q00000X", "207R00000X", "208000000X", "363LF0000X", "2084P0800X", "1223G0001X")
_TOLD: Final = datetime(2026, 3, 10, 12, tzinfo=UTC)


def known(number: int) -> Knowledge:
    """What is known of the `number`-th provider."""
    told = _TOLD + timedelta(milliseconds=number * 3)
    periods = 1 + (number % 5 == 0)
    state = tuple(
        EnrollmentRecord(
            source="tmhp_pems",
            npi=npi(number),
            state="TX",
            status=EnrollmentStatus.ACTIVE,
            effective=date(2015 + number % 9 + period, 1 + number % 12, 1 + number % 28),
            verified_at=told,
            end=date(2024, 1, 31) if period < periods - 1 else None,
            upstream_id=f"{number % 10_000_000:07d}-{period + 1:02d}",
            revalidation_due=date(2027 + number % 3, 1 + number % 12, 1),
            lines_of_business=_LINES[number % len(_LINES)],
            taxonomies=_TAXONOMIES[number % 3 : number % 3 + 1 + number % 2],
            attributes={"specialty": f"{number % 90:02d}"},
        )
        for period in range(periods)
    )
    national = (
        EnrollmentRecord(
            source="caqh_proview",
            npi=npi(number),
            state="TX",
            status=EnrollmentStatus.ACTIVE,
            effective=date(2026, 1, 1 + number % 28),
            verified_at=told,
            upstream_id=f"{10_000_000 + number}",
            attestation=Attestation(date(2026, 1, 1 + number % 28), date(2026, 5, 1 + number % 28)),
        ),
    )
    identities = ("0123456789abcdef", "fedcba9876543210")
    return Knowledge(
        (
            KnownAnswer("caqh_proview", national if number % 3 == 0 else (), told, identity=identities[1]),
            KnownAnswer("tmhp_pems", state, told, identity=identities[0]),
        )
    )


async def filled(entries: int) -> Filled:
    """What the cache took, once all its entries are in."""
    cache: KnowledgeCache = MemoryCache((entries + 1) * _ROOM)
    # What is made once is made by one more entry.
    await cache.put(KnowledgeKey("bench", npi(entries), "TX"), known(entries), _KEEP_SECONDS)
    gc.collect()
    before, began = resident(), time.process_time()
    for number in range(entries):
        await cache.put(KnowledgeKey("bench", npi(number), "TX"), known(number), _KEEP_SECONDS)
    took = time.process_time() - began
    gc.collect()
    grown = resident() - before
    for number in range(0, entries, max(1, entries // _LOOKED_UP)):
        hit = await cache.get(KnowledgeKey("bench", npi(number), "TX"))
        if hit is None or hit.knowledge != known(number):
            raise RuntimeError(f"the cache has lost its entry of {npi(number)}")
    return Filled(grown, took)


def resident() -> int:
    """Bytes of memory this process holds."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(msgspec.json.encode(asyncio.run(filled(int(sys.argv[1])))).decode())
