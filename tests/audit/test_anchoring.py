"""The service's own log tells what chains ended with."""

from datetime import timedelta

import structlog.testing
from structlog.typing import EventDict

from gate.audit.anchoring import AnchorLog
from gate.audit.chain import Anchor
from tests.audit.builders import NOW
from tests.support.waiting import until

NEVER = 3600.0


def head(tenant: str, sequence: int) -> Anchor:
    return Anchor(tenant=tenant, sequence=sequence, hash=f"{sequence:064x}", at=NOW + timedelta(seconds=sequence))


def anchors(logs: list[EventDict]) -> list[tuple[str, int]]:
    return [(line["tenant"], line["sequence"]) for line in logs if line["event"] == "audit_anchor"]


async def test_every_tenant_with_new_entries_is_told_at_the_pace_and_nobody_twice() -> None:
    log = AnchorLog(0.02)
    with structlog.testing.capture_logs() as logs:
        log.start()
        log.appended(head("acme", 1))
        log.appended(head("globex", 5))
        await until(lambda: len(anchors(logs)) == 2)
        log.appended(head("acme", 2))
        await until(lambda: len(anchors(logs)) == 3)
        await log.aclose()

    assert anchors(logs) == [("acme", 1), ("globex", 5), ("acme", 2)]


async def test_what_was_not_told_yet_is_told_when_the_service_stops() -> None:
    log = AnchorLog(NEVER)
    log.start()
    log.appended(head("acme", 7))

    with structlog.testing.capture_logs() as logs:
        await log.aclose()

    assert logs == [
        {
            "event": "audit_anchor",
            "log_level": "info",
            "tenant": "acme",
            "sequence": 7,
            "hash": f"{7:064x}",
            "at": "2026-03-01T12:00:07.123456+00:00",
        }
    ]


async def test_of_commits_that_are_told_out_of_order_the_last_in_the_chain_counts() -> None:
    log = AnchorLog(NEVER)
    for sequence in (2, 3, 1):
        log.appended(head("acme", sequence))

    with structlog.testing.capture_logs() as logs:
        await log.aclose()

    assert anchors(logs) == [("acme", 3)]
