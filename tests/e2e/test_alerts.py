"""The gRPC service `Alerts` of a running gate, from a claim whose provider has to revalidate to somebody's reaction."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.field_mask_pb2 import FieldMask
from sqlalchemy import text

from gate.auth.permissions import Role
from gate.clock import system_clock, today_in
from gate.persistence.engine import open_engine
from gate.rpc.messages import instant_message
from gate.v1 import alerts_pb2 as pb
from gate.v1 import audit_log_pb2, credentialing_pb2, enrollment_gate_pb2
from sources.sandbox.population import parse_population
from tests.support.callers import CALL_SECONDS, Caller, as_message, claim, fields_in, status_in
from tests.support.gates import GateInProcess, running_in_process

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAST_DUE, SOON, FAR = "1234567893", "1003000126", "1992999825"
NOBODY = "0192e0a0-0000-7000-8000-000000000000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    active = {"id": "1", "status": "ACTIVE", "effective": "today-400", "lines_of_business": ["Medicaid"]}
    population = parse_population(
        [
            {"npi": PAST_DUE, "tmhp_pems": [active | {"revalidation_due": "today-10"}]},
            {"npi": SOON, "tmhp_pems": [active | {"revalidation_due": "today+50"}]},
            {"npi": FAR, "tmhp_pems": [active | {"revalidation_due": "today+300"}]},
        ]
    )
    async with running_in_process(tmp_path_factory.mktemp("gate"), population=population) as running:
        yield running


async def ask(caller: Caller, name: str, **fields: Any) -> Any:
    request = getattr(pb, f"{name}Request")(**fields)
    return await getattr(caller.alerts, name)(request, metadata=caller.metadata, timeout=CALL_SECONDS)


async def records(caller: Caller, name: str, **fields: Any) -> Any:
    request = getattr(credentialing_pb2, f"{name}Request")(**fields)
    return await getattr(caller.credentialing, name)(request, metadata=caller.metadata, timeout=CALL_SECONDS)


async def refused(caller: Caller, name: str, **fields: Any) -> tuple[grpc.StatusCode, list[str]]:
    """How the call is refused, and which fields it names."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await ask(caller, name, **fields)
    return refusal.value.code(), fields_in(status_in(refusal.value))


async def alerted(checked: Caller) -> dict[str, pb.Alert]:
    """Claims of all three providers, a scan once the ledger has them, and the alerts by NPI."""
    for npi in (PAST_DUE, SOON, FAR):
        await checked.check(claim(npi, claim_id=npi, charge_cents=125_00))
    async with asyncio.timeout(CALL_SECONDS):
        while len(await decisions(checked)) < 3:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.05)
    await ask(checked, "RunScan")
    return {alert.npi: alert for alert in (await ask(checked, "ListAlerts")).alerts}


async def decisions(caller: Caller) -> Any:
    request = enrollment_gate_pb2.ListDecisionsRequest()
    return (await caller.gate.ListDecisions(request, metadata=caller.metadata, timeout=CALL_SECONDS)).decisions


async def test_a_claim_s_provider_that_has_to_revalidate_is_told_of_and_held_by_the_same_date(checked: Caller) -> None:
    alerts = await alerted(checked)

    assert {npi: alert.name for npi, alert in alerts.items()} == {
        PAST_DUE: "REVALIDATION_PAST_DUE",
        SOON: "REVALIDATION_60",
    }
    late = alerts[PAST_DUE]
    answered = await checked.check(claim(PAST_DUE))
    assert late.due_on == answered.revalidation.due_date
    assert (late.name, answered.soft_hold) == (answered.revalidation.tier, True)
    assert (late.effect, late.urgency) == (pb.GATE_EFFECT_SOFT_HOLD, pb.ALERT_URGENCY_PAST_DUE)
    assert (late.charge_cents, late.source, late.state) == (125_00, "tmhp_pems", "TX")
    again = await ask(checked, "RunScan")
    assert (again.looked_at, again.raised, again.closed) == (3, 0, 0)


async def test_from_an_alert_to_its_history(checked: Caller) -> None:
    alert = (await alerted(checked))[SOON]
    until = instant_message(system_clock() + timedelta(days=3))

    await ask(checked, "AssignAlert", alert_id=alert.id, assigned_to="ann")
    await ask(checked, "SnoozeAlert", alert_id=alert.id, until=until, note="on holiday")
    await ask(checked, "AddNote", alert_id=alert.id, note="back on Monday")
    await ask(checked, "AcknowledgeAlert", alert_id=alert.id)

    found = await ask(checked, "GetAlert", alert_id=alert.id)
    assert [pb.AlertChangeKind.Name(each.what).removeprefix("ALERT_CHANGE_KIND_") for each in found.history] == [
        "RAISED",
        "ASSIGNED",
        "SNOOZED",
        "NOTED",
        "ACKNOWLEDGED",
    ]
    assert (found.alert.assigned_to, found.alert.status) == ("ann", pb.ALERT_STATUS_ACKNOWLEDGED)
    assert f"is due on {today_in('TX', system_clock()) + timedelta(days=50)}" in found.why
    assert len((await ask(checked, "ListAlerts", assigned_to="ann")).alerts) == 1
    counts = await ask(checked, "CountAlerts")
    assert (counts.past_due, counts.elevated, counts.unassigned) == (1, 1, 1)
    request = audit_log_pb2.ListEntriesRequest(filter=audit_log_pb2.AuditFilter(object=f"alert/{alert.id}"))
    entries = await checked.audit.ListEntries(request, metadata=checked.metadata, timeout=CALL_SECONDS)
    assert [entry.action for entry in entries.entries] == ["alert.handled"] * 4


async def test_those_who_watch_the_service_see_how_many_there_are_when_they_look(
    gate: GateInProcess, checked: Caller
) -> None:
    await alerted(checked)

    async def shown(name: str) -> float:
        series = (line.rsplit(" ", 1) for line in (await gate.page("/metrics")).text.splitlines())
        return sum(float(value) for told, value in series if told.startswith(f"enrollment_gate_alert{name}"))

    of_kind = '{kind="revalidation",urgency="past_due"'
    assert await shown(f'_changes_total{of_kind},what="raised"') >= 1
    assert await shown('_scans_total{kind="revalidation",result="told"') >= 1
    async with asyncio.timeout(CALL_SECONDS):
        while not await shown(f"s_current{of_kind}") >= 1:  # noqa: ASYNC110 - no event tells; what was counted a moment ago is told again
            await asyncio.sleep(1)


async def test_several_alerts_are_handled_together_and_each_is_told_of(checked: Caller) -> None:
    alerts = await alerted(checked)
    ids = [alerts[SOON].id, NOBODY, alerts[PAST_DUE].id]
    until = instant_message(system_clock() + timedelta(days=14))

    assigned = (await ask(checked, "AssignAlerts", alert_ids=ids, assigned_to="ann")).handled
    put_off = (await ask(checked, "SnoozeAlerts", alert_ids=ids[:1], until=until, note="holidays")).handled
    known = (await ask(checked, "AcknowledgeAlerts", alert_ids=ids[1:], note="seen")).handled

    assert [(each.alert_id, each.refusal, each.alert.assigned_to) for each in assigned] == [
        (ids[0], "", "ann"),
        (NOBODY, "there is no such alert", ""),
        (ids[2], "", "ann"),
    ]
    assert [each.alert.status for each in put_off] == [pb.ALERT_STATUS_SNOOZED]
    assert [each.alert.status for each in known] == [pb.ALERT_STATUS_UNSPECIFIED, pb.ALERT_STATUS_ACKNOWLEDGED]
    request = audit_log_pb2.ListEntriesRequest(filter=audit_log_pb2.AuditFilter(action="alert.handled"))
    entries = await checked.audit.ListEntries(request, metadata=checked.metadata, timeout=CALL_SECONDS)
    assert len(entries.entries) == 4


async def test_somebody_chooses_how_they_are_written_to_and_settles_nothing_else(
    gate: GateInProcess, checked: Caller
) -> None:
    viewer = gate.of(checked.tenant, Role.VIEWER)  # signs in as "tests", which is no mail address
    style = pb.MAIL_STYLE_DIGEST

    status, _ = await refused(viewer, "ChooseMailStyle", style=style)
    assert status is grpc.StatusCode.FAILED_PRECONDITION
    assert await refused(viewer, "ChooseMailStyle") == (grpc.StatusCode.INVALID_ARGUMENT, ["style"])
    named = pb.NotificationPreferences(recipients=[pb.AlertRecipient(person="tests", email="tests@acme.example")])
    mask = FieldMask(paths=["recipients"])
    await ask(checked, "UpdateNotificationPreferences", preferences=named, update_mask=mask)

    chosen = (await ask(viewer, "ChooseMailStyle", style=style)).preferences

    assert [(each.person, each.email, each.style) for each in chosen.recipients] == [
        ("tests", "tests@acme.example", style)
    ]


async def test_what_is_refused_names_its_field(checked: Caller) -> None:
    alert = (await alerted(checked))[SOON]
    invalid, missing = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND

    assert await refused(checked, "SnoozeAlert", alert_id=alert.id) == (invalid, ["until"])
    assert await refused(checked, "AddNote", alert_id=alert.id) == (invalid, ["note"])
    assert await refused(checked, "SnoozeAlerts", alert_ids=[alert.id]) == (invalid, ["until"])
    assert await refused(checked, "AssignAlerts") == (invalid, ["alert_ids"])
    assert await refused(checked, "MuteKind") == (invalid, ["kind"])
    assert await refused(checked, "MuteKind", kind=99) == (invalid, ["kind"])
    assert await refused(checked, "ListAlerts", npi="12") == (invalid, ["npi"])
    assert await refused(checked, "GetAlert", alert_id=NOBODY) == (missing, [])
    assert await refused(checked, "UpdateNotificationPreferences") == (invalid, ["update_mask"])


async def test_a_kind_is_muted_for_oneself_by_whoever_may_look_and_for_all_by_who_manages(
    gate: GateInProcess, checked: Caller
) -> None:
    await alerted(checked)
    viewer = gate.of(checked.tenant, Role.VIEWER)
    kind = pb.ALERT_KIND_REVALIDATION

    assert (await refused(viewer, "MuteKind", kind=kind, for_all=True))[0] is grpc.StatusCode.PERMISSION_DENIED
    (mute,) = (await ask(viewer, "MuteKind", kind=kind)).mutes
    assert (mute.kind, mute.person) == (kind, "tests")
    assert not (await ask(viewer, "ListAlerts")).alerts
    assert len((await ask(viewer, "ListAlerts", muted=True)).alerts) == 2
    assert not (await ask(viewer, "UnmuteKind", kind=kind)).mutes
    (mute,) = (await ask(checked, "MuteKind", kind=kind, for_all=True)).mutes
    assert mute.person == ""
    assert len((await ask(checked, "ListMutes")).mutes) == 1


async def test_preferences_change_where_the_mask_says_so(checked: Caller) -> None:
    wanted = pb.NotificationPreferences(
        recipients=[pb.AlertRecipient(person="bob", email="bob@acme.example", style=pb.MAIL_STYLE_DIGEST)],
        escalate_after_days=3,
        digest_hour=5,
    )
    mask = FieldMask(paths=["recipients", "escalate_after_days"])

    settled = (await ask(checked, "UpdateNotificationPreferences", preferences=wanted, update_mask=mask)).preferences

    assert (list(settled.recipients), settled.escalate_after_days) == (list(wanted.recipients), 3)
    assert settled.digest_hour == 7
    assert (await ask(checked, "GetNotificationPreferences")).preferences == settled


async def test_what_is_to_be_told_waits_in_the_outbox_once_the_alert_is_there(
    gate: GateInProcess, checked: Caller
) -> None:
    recipient = pb.AlertRecipient(person="bob", email="bob@acme.example", style=pb.MAIL_STYLE_SINGLE)
    wanted = pb.NotificationPreferences(recipients=[recipient])
    mask = FieldMask(paths=["recipients"])
    await ask(checked, "UpdateNotificationPreferences", preferences=wanted, update_mask=mask)
    await alerted(checked)
    await ask(checked, "RunScan")

    engine = open_engine(gate.settings.sqlalchemy_url)
    query = text("SELECT channel, topic, recipient FROM outbox_messages WHERE tenant = :tenant ORDER BY channel")
    async with engine.connect() as connection:
        waiting = [tuple(row) for row in await connection.execute(query, {"tenant": checked.tenant})]
    await engine.dispose()

    raised = "alert.raised"
    assert waiting == [
        *[("email", raised, "bob@acme.example")] * 2,
        *[("event", raised, "")] * 2,
        *[("webhook", raised, "")] * 2,
    ]


async def test_whoever_watches_is_told_what_was_and_what_happens(checked: Caller) -> None:
    alert = (await alerted(checked))[PAST_DUE]
    so_far = [
        told.change.sequence
        async for answer in checked.alerts.WatchAlerts(
            pb.WatchAlertsRequest(), metadata=checked.metadata, timeout=CALL_SECONDS
        )
        for told in answer.changes
    ]
    assert so_far == [1, 2]

    request = pb.WatchAlertsRequest(after_sequence=so_far[-1], follow=True)
    stream = checked.alerts.WatchAlerts(request, metadata=checked.metadata, timeout=CALL_SECONDS)
    await ask(checked, "AcknowledgeAlert", alert_id=alert.id, note="seen")
    answer = await stream.read()
    assert isinstance(answer, pb.WatchAlertsResponse)
    (told,) = answer.changes
    stream.cancel()

    assert (told.change.sequence, told.change.note, told.alert.id) == (3, "seen", alert.id)


async def test_an_enrollment_with_a_payer_that_is_due_is_told_of_too(checked: Caller) -> None:
    told = credentialing_pb2.Provider(first_name="Jane", last_name="Doe", npi=SOON)
    provider = (await records(checked, "CreateProvider", provider=told)).provider
    payer = (await records(checked, "CreatePayer", payer=credentialing_pb2.Payer(name="Molina"))).payer
    enrollment = credentialing_pb2.ProviderEnrollment(
        provider_id=provider.id,
        payer_id=payer.id,
        status=credentialing_pb2.PROVIDER_ENROLLMENT_STATUS_ENROLLED,
        recert_due_on=as_message(system_clock().date() + timedelta(days=14)),
    )
    await records(checked, "CreateEnrollment", enrollment=enrollment)

    await ask(checked, "RunScan")

    (alert,) = (await ask(checked, "ListAlerts", kind=pb.ALERT_KIND_RECREDENTIALING)).alerts
    assert (alert.name, alert.provider, alert.about) == ("RECREDENTIALING_14", "Jane Doe", "Molina")
