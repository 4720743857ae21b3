"""`AuditLog`, and what the other services leave in it."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import msgspec
import pytest
import structlog.testing
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.audit.chain import AuditEntry
from gate.audit.verification import verify
from gate.clock import system_clock
from gate.persistence.engine import WRITES, open_engine
from gate.v1 import audit_log_pb2, decision_pb2, enrollment_gate_pb2
from tests.e2e.bundled import ENROLLED
from tests.support.callers import CALL_SECONDS, Caller, as_message, fields_in, status_in, today
from tests.support.databases import tamper
from tests.support.gates import GateInProcess, running_in_process

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDIT, ENFORCE, OFF = decision_pb2.GATE_MODE_AUDIT, decision_pb2.GATE_MODE_ENFORCE, decision_pb2.GATE_MODE_OFF
CSV, JSONL = audit_log_pb2.AUDIT_EXPORT_FORMAT_CSV, audit_log_pb2.AUDIT_EXPORT_FORMAT_JSONL
REQUEST_ID = "claim-run-17"


class Told(NamedTuple):
    action: str
    object: str
    details: dict[str, Any]


async def listed(caller: Caller, size: int = 500, token: str = "", **wanted: Any) -> audit_log_pb2.ListEntriesResponse:
    request = audit_log_pb2.ListEntriesRequest(
        filter=audit_log_pb2.AuditFilter(**wanted), page_size=size, page_token=token
    )
    return await caller.audit.ListEntries(request, metadata=caller.metadata, timeout=CALL_SECONDS)


async def told(caller: Caller, **wanted: Any) -> list[Told]:
    """Newest first."""
    entries = (await listed(caller, **wanted)).entries
    return [Told(entry.action, entry.object, json.loads(entry.details)) for entry in entries]


async def verdict_of(caller: Caller, *anchors: audit_log_pb2.AuditAnchor) -> audit_log_pb2.VerifyChainResponse:
    request = audit_log_pb2.VerifyChainRequest(anchors=anchors)
    return await caller.audit.VerifyChain(request, metadata=caller.metadata, timeout=CALL_SECONDS)


async def anchor_of(caller: Caller) -> audit_log_pb2.AuditAnchor:
    request = audit_log_pb2.GetAnchorRequest()
    return (await caller.audit.GetAnchor(request, metadata=caller.metadata, timeout=CALL_SECONDS)).anchor


async def exported(caller: Caller, form: "audit_log_pb2.AuditExportFormat.ValueType", **wanted: Any) -> bytes:
    request = audit_log_pb2.ExportEntriesRequest(format=form, filter=audit_log_pb2.AuditFilter(**wanted))
    pieces = caller.audit.ExportEntries(request, metadata=caller.metadata, timeout=CALL_SECONDS)
    return b"".join([piece.content async for piece in pieces])


async def look_up(caller: Caller, npi: str = ENROLLED, *states: str) -> None:
    request = enrollment_gate_pb2.LookupProviderRequest(npi=npi, states=states, as_of=as_message(today()))
    metadata = (*caller.metadata, ("x-request-id", REQUEST_ID))
    await caller.gate.LookupProvider(request, metadata=metadata, timeout=CALL_SECONDS)


async def test_u2_reading_a_provider_leaves_an_entry_with_who_when_and_from_where(caller: Caller) -> None:
    await caller.configure(enabled_states=["TX"])
    before = system_clock()

    await look_up(caller, ENROLLED, "TX", "CA")

    (entry,) = (await listed(caller, object="provider/")).entries
    assert (entry.action, entry.object) == ("provider.read", f"provider/{ENROLLED}")
    assert (entry.subject, entry.via, entry.request_id) == ("tests", "token", REQUEST_ID)
    assert entry.address.startswith("ipv4:127.0.0.1:")
    assert before <= entry.at.ToDatetime(UTC) <= system_clock()
    assert json.loads(entry.details) == {"states": "TX CA", "as_of": str(today())}


async def test_a_question_that_is_refused_is_no_reading(caller: Caller) -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        await look_up(caller, "12")

    assert await told(caller) == []


async def test_c18_a_switch_of_mode_is_told_with_from_to_scope_and_reason(caller: Caller) -> None:
    await caller.configure(enabled_states=["TX"])

    await caller.set_mode(ENFORCE, state="TX", lob="STAR", reason="pilot is over")

    assert (await told(caller, action="gate_mode.changed")) == [
        Told(
            "gate_mode.changed",
            "gate_mode/TX/STAR",
            {
                "before": "AUDIT",
                "after": "ENFORCE",
                "state": "TX",
                "line_of_business": "STAR",
                "reason": "pilot is over",
                "forced": False,
                "version": 2,
            },
        )
    ]


async def test_a_forced_switch_is_told_as_one(caller: Caller) -> None:
    await caller.set_mode(ENFORCE, force=True)

    assert [entry.details["forced"] for entry in await told(caller, action="gate_mode.changed")] == [True]


async def test_a_stored_configuration_is_told_with_what_changed_and_with_each_mode_it_switched(caller: Caller) -> None:
    await caller.configure(enabled_states=["TX"])
    await caller.configure(enabled_states=["NY", "TX"], gate_mode=OFF)

    switch, second, first = await told(caller)

    assert (switch.action, switch.details["before"], switch.details["after"]) == ("gate_mode.changed", "AUDIT", "OFF")
    assert (second.action, second.object) == ("tenant_config.changed", "tenant_config")
    assert second.details["changed"] == "gate_mode: inherited → OFF; enabled_states: TX → NY TX"
    assert (second.details["version"], second.details["reason"]) == (2, "test")
    assert second.details["before"] == first.details["after"]


async def test_every_use_of_the_log_is_recorded_in_it(caller: Caller) -> None:
    await look_up(caller)
    await listed(caller, subject="nobody")
    await verdict_of(caller)
    await exported(caller, CSV)
    await anchor_of(caller)

    entries = await told(caller, object="audit_log")

    assert [(entry.action, entry.details) for entry in entries] == [
        ("audit.anchored", {}),
        ("audit.exported", {"format": "CSV"}),
        ("audit.verified", {"intact": True, "entries": 2, "anchors": 0, "found": None}),
        ("audit.read", {"subject": "nobody", "entries": 0}),
    ]


async def test_pages_go_back_to_the_first_entry(caller: Caller) -> None:
    for _ in range(5):
        await look_up(caller)

    first = await listed(caller, size=2, action="provider.read")
    second = await listed(caller, size=2, action="provider.read", token=first.next_page_token)
    third = await listed(caller, size=2, action="provider.read", token=second.next_page_token)

    pages = [[entry.sequence for entry in page.entries] for page in (first, second, third)]
    assert pages == [[5, 4], [3, 2], [1]]
    assert third.next_page_token == ""


async def test_entries_can_be_asked_for_by_time(caller: Caller) -> None:
    await look_up(caller)
    (entry,) = (await listed(caller)).entries
    at = entry.at.ToDatetime(UTC)

    assert len((await listed(caller, from_time=at, until_time=at + timedelta(microseconds=1))).entries) == 1
    assert (await listed(caller, until_time=at)).entries == []


async def test_what_cannot_be_meant_is_refused_by_field(caller: Caller) -> None:
    never = datetime(2026, 1, 1, tzinfo=UTC)
    zero = audit_log_pb2.AuditAnchor(tenant=caller.tenant, sequence=0, hash="0" * 64)
    no_hash = audit_log_pb2.AuditAnchor(tenant=caller.tenant, sequence=1, hash="abc")
    questions = {
        "filter.action": listed(caller, action="provider.raed"),
        "filter.until_time": listed(caller, from_time=never, until_time=never),
        "page_size": listed(caller, size=-1),
        "page_token": listed(caller, token="x"),
        "format": exported(caller, audit_log_pb2.AUDIT_EXPORT_FORMAT_UNSPECIFIED),
        "anchors[0]": verdict_of(caller, zero),
        "anchors[1]": verdict_of(caller, await anchor_of(caller), no_hash),
        "anchors": verdict_of(caller, *[zero] * 10_001),
    }

    for field, question in questions.items():
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await question
        assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert fields_in(status_in(refusal.value)) == [field]


async def test_an_export_holds_every_entry_up_to_its_own(caller: Caller) -> None:
    for _ in range(3):
        await look_up(caller)

    rows = list(csv.DictReader(io.StringIO((await exported(caller, CSV)).decode(), newline="")))
    objects = [msgspec.json.decode(line, type=AuditEntry) for line in (await exported(caller, JSONL)).splitlines()]

    assert [row["action"] for row in rows] == ["provider.read"] * 3 + ["audit.exported"]
    assert [entry.action for entry in objects] == ["provider.read"] * 3 + ["audit.exported"] * 2
    assert verify(caller.tenant, objects).first_break is None
    only = await exported(caller, JSONL, action="audit.exported")
    assert len(only.splitlines()) == 3


async def test_a_long_log_is_exported_in_pieces(caller: Caller) -> None:
    for _ in range(26):  # SQLite's writers queue, for two seconds at most
        await asyncio.gather(*(look_up(caller) for _ in range(10)))
    request = audit_log_pb2.ExportEntriesRequest(format=JSONL)

    pieces = [
        piece.content
        async for piece in caller.audit.ExportEntries(request, metadata=caller.metadata, timeout=CALL_SECONDS)
    ]

    assert [piece.count(b"\n") for piece in pieces if piece] == [250, 11]


async def test_a_log_that_nobody_touched_is_intact_by_every_anchor(caller: Caller) -> None:
    anchors = []
    for _ in range(3):
        await look_up(caller)
        anchors.append(await anchor_of(caller))

    verdict = await verdict_of(caller, *anchors)

    assert (verdict.entries, verdict.anchors, verdict.HasField("first_break")) == (6, 3, False)
    assert verdict.head_hash == anchors[-1].hash


async def test_no_tenant_s_log_holds_or_tells_anything_of_another_s(gate: GateInProcess, caller: Caller) -> None:
    theirs = gate.of(f"{caller.tenant}-other")
    await look_up(theirs)
    their_anchor = await anchor_of(theirs)
    await look_up(caller)

    assert [entry.action for entry in await told(caller)] == ["provider.read"]
    verdict = await verdict_of(caller, their_anchor)
    assert (verdict.anchors, verdict.HasField("first_break")) == (0, False)
    assert theirs.tenant.encode() not in await exported(caller, JSONL)


@asynccontextmanager
async def gate_with_its_database(folder: Path) -> AsyncIterator[tuple[GateInProcess, AsyncEngine]]:
    async with running_in_process(folder) as gate:
        engine = open_engine(gate.settings.sqlalchemy_url)
        try:
            yield gate, engine
        finally:
            await engine.dispose()


async def execute(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))


async def test_what_cannot_be_recorded_does_not_happen(tmp_path: Path) -> None:
    """A change and its entry are one transaction; what a provider's file says is not told without an entry."""
    async with gate_with_its_database(tmp_path) as (gate, engine):
        caller = gate.of("payer")
        await caller.configure(enabled_states=["TX"], gate_mode=AUDIT)
        await execute(
            engine, "CREATE TRIGGER full BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'full'); END"
        )

        with structlog.testing.capture_logs() as logs:
            for attempt in (
                caller.configure(enabled_states=["NY"]),
                caller.set_mode(ENFORCE),
                look_up(caller),
                listed(caller),
                verdict_of(caller),
                exported(caller, JSONL),
                anchor_of(caller),
            ):
                with pytest.raises(grpc.aio.AioRpcError) as refusal:
                    await attempt
                assert refusal.value.code() is grpc.StatusCode.INTERNAL
        await execute(engine, "DROP TRIGGER full")

        assert [line["event"] for line in logs if "method" in line] == ["call_failed"] * 7
        switched = (await caller.set_mode(OFF)).change
        assert (switched.from_mode, switched.config_version) == (AUDIT, 2)
        assert [entry.action for entry in await told(caller)] == ["gate_mode.changed", "tenant_config.changed"]
        assert not (await verdict_of(caller)).HasField("first_break")


async def test_u2_a_provider_s_file_is_not_shown_while_the_database_cannot_take_the_entry(tmp_path: Path) -> None:
    async with gate_with_its_database(tmp_path) as (gate, engine):
        caller = gate.of("payer")
        async with engine.connect() as somebody:
            writing = await somebody.execution_options(**WRITES)
            async with writing.begin():
                with pytest.raises(grpc.aio.AioRpcError) as refusal:
                    await look_up(caller)

        assert refusal.value.code() is grpc.StatusCode.UNAVAILABLE
        await look_up(caller)
        assert [entry.action for entry in await told(caller)] == ["provider.read"]


async def test_damage_done_behind_the_gate_s_back_is_told_with_its_place_and_kind(tmp_path: Path) -> None:
    async with gate_with_its_database(tmp_path) as (gate, engine):
        caller = gate.of("payer")
        for _ in range(4):
            await look_up(caller)
        anchor = await anchor_of(caller)
        await tamper(engine, "DELETE FROM audit_entries WHERE sequence >= 4")

        cut_off = await verdict_of(caller, anchor)
        await tamper(engine, "UPDATE audit_entries SET subject = 'eve' WHERE sequence = 2")
        changed = await verdict_of(caller, anchor)

        kinds = audit_log_pb2.ChainBreakKind
        assert (cut_off.first_break.sequence, cut_off.first_break.kind) == (4, kinds.CHAIN_BREAK_KIND_CUT_OFF)
        assert (changed.first_break.sequence, changed.first_break.kind) == (2, kinds.CHAIN_BREAK_KIND_CHANGED)
        assert changed.entries == 1
        newest = (await told(caller, action="audit.verified"))[0]
        assert newest.details["found"] == changed.first_break.explanation
        assert newest.details["intact"] is False
