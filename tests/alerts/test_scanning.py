"""Looking at deadlines, as the scheduler does: what is raised, closed, put off and escalated."""

import asyncio
from datetime import timedelta

import pytest

from gate.alerts.model.alerts import AlertStatus, ChangeKind
from gate.alerts.model.due_dates import Standing
from gate.alerts.model.kinds import AlertKind, GateEffect, Urgency
from gate.alerts.model.preferences import MailStyle, PreferencesChange, Recipient
from gate.audit.model import EVERYTHING, AuditAction
from gate.audit.repository import oldest_first
from tests.alerts.watch import Register, Watch

pytestmark = pytest.mark.asyncio(loop_scope="module")

KIND = AlertKind.REVALIDATION
KEY = "1234567893/TX"


async def test_r13_r20_what_was_raised_is_not_raised_again_however_often_it_is_looked_at(watch: Watch) -> None:
    watch.register.say(KIND, KEY, watch.in_days(60), npi="1234567893", state="TX")

    assert (await watch.scan()).raised == 1
    await watch.do(watch.desk.acknowledge, (await watch.only()).id, "I called them", watch.by)
    watch.later(1)
    assert (await watch.scan()).raised == 0

    assert (await watch.only()).status is AlertStatus.ACKNOWLEDGED
    assert len(watch.letterbox.sent("event", "alert.raised")) == 1


async def test_several_schedulers_at_once_raise_one_alert_and_tell_it_once(watch: Watch) -> None:
    for number in range(20):
        watch.register.say(KIND, f"{number}/TX", watch.in_days(30))

    results = await asyncio.gather(*(watch.scan() for _ in range(4)))

    assert sum(result.raised for result in results) == 20
    assert len(watch.letterbox.sent("event", "alert.raised")) == 20
    assert len(await watch.listed()) == 20


async def test_a_walk_down_the_ladder_leaves_one_current_alert_and_a_history_without_gaps(watch: Watch) -> None:
    watch.register.say(KIND, KEY, watch.in_days(100))
    for _ in range(15):
        await watch.scan()
        watch.later(10)

    assert await watch.named() == {KEY: "REVALIDATION_PAST_DUE"}
    told = await watch.read(watch.desk.changes, 0, 100)
    assert [each.change.sequence for each in told] == list(range(1, len(told) + 1))
    what = [each.change.what for each in told if each.change.what is not ChangeKind.ESCALATED]
    assert what == [ChangeKind.RAISED, *[ChangeKind.SUPERSEDED, ChangeKind.RAISED] * 3]


async def test_r14_a_moved_due_date_closes_the_alert_as_superseded(watch: Watch) -> None:
    watch.register.say(KIND, KEY, watch.in_days(30))
    await watch.scan()
    watch.register.say(KIND, KEY, watch.in_days(210))

    result = await watch.scan()

    assert (result.raised, result.closed) == (0, 1)
    assert await watch.listed() == []
    (closed,) = await watch.listed(status=AlertStatus.SUPERSEDED)
    assert closed.closed_at == watch.now


async def test_r32_a_renewal_closes_the_alert_of_a_credential(watch: Watch) -> None:
    watch.register.say(AlertKind.CREDENTIAL_EXPIRY, "dea", watch.in_days(20))
    await watch.scan()
    watch.register.say(AlertKind.CREDENTIAL_EXPIRY, "dea", watch.in_days(700))

    await watch.scan()

    assert [each.status for each in await watch.listed(status=AlertStatus.RENEWED)] == [AlertStatus.RENEWED]


async def test_nothing_is_raised_and_nothing_closed_while_it_cannot_be_told_how_things_stand(watch: Watch) -> None:
    watch.register.say(KIND, KEY, watch.in_days(30))
    await watch.scan()
    watch.register.say(KIND, KEY, None, standing=Standing.UNKNOWN)
    watch.register.say(KIND, "other/TX", watch.in_days(10), standing=Standing.UNKNOWN)
    assert (await watch.scan()).closed == 0

    watch.register.is_down = True
    result = await watch.scan()

    assert set(result.unavailable) == set(AlertKind)
    assert await watch.named() == {KEY: "REVALIDATION_30"}


async def test_what_nobody_tells_of_any_more_stays_as_it_is(watch: Watch) -> None:
    gone = watch.register.say(KIND, KEY, watch.in_days(30))
    await watch.scan()
    del watch.register.known[gone]

    assert (await watch.scan()).closed == 0
    assert await watch.named() == {KEY: "REVALIDATION_30"}


async def test_what_is_down_for_one_kind_of_deadline_keeps_no_other_waiting(watch: Watch) -> None:
    down = Register(frozenset({AlertKind.ATTESTATION}))
    down.is_down = True
    watch.register.kinds = frozenset({KIND})
    watch.register.say(KIND, KEY, watch.in_days(30))
    watch.watched.insert(0, down)

    result = await watch.scan()

    assert (result.raised, result.unavailable) == (1, [AlertKind.ATTESTATION])


async def test_an_alert_tells_the_money_at_risk_and_asks_for_it_once_a_page(watch: Watch) -> None:
    watch.purse.cents = {("1234567893", "TX"): 12_345_00, ("1234567893", "CA"): 1_00, ("1003000126", "TX"): 7_00}
    watch.register.say(KIND, KEY, watch.in_days(60), npi="1234567893", state="TX")
    watch.register.say(AlertKind.ATTESTATION, "1234567893", watch.in_days(60), npi="1234567893")

    await watch.scan()

    assert {alert.kind: alert.charge_cents for alert in await watch.listed()} == {
        KIND: 12_345_00,
        AlertKind.ATTESTATION: 12_346_00,
    }
    assert watch.purse.asked == [(frozenset({"1234567893"}), watch.now - timedelta(days=90))]


async def test_r2_r4_r6_who_is_told_depends_on_how_near_it_is(watch: Watch) -> None:
    ann = Recipient(person="ann", email="ann@acme.example")
    bob = Recipient(person="bob", email="bob@acme.example", style=MailStyle.DIGEST)
    await watch.do(watch.notifications.settle, PreferencesChange(recipients=(ann, bob)), watch.by)
    for days in (90, 60, 30, -1):
        watch.register.say(KIND, f"in {days}", watch.in_days(days), provider="Jane Doe", state="TX")

    await watch.scan()

    alerts = {alert.key: alert for alert in await watch.listed()}
    assert [alerts[f"in {days}"].urgency for days in (90, 60, 30, -1)] == list(Urgency)
    assert [alerts[f"in {days}"].effect for days in (90, 60, 30, -1)] == [
        GateEffect.NONE,
        GateEffect.NONE,
        GateEffect.SOFT_HOLD,
        GateEffect.SOFT_HOLD,
    ]
    mails = watch.letterbox.sent("email")
    assert [mail.recipient for mail in mails] == ["ann@acme.example"] * 3
    assert sorted(mail.subject for mail in mails) == [
        f"Medicaid revalidation in TX of Jane Doe is due on {watch.in_days(30)}",
        f"Medicaid revalidation in TX of Jane Doe is due on {watch.in_days(60)}",
        "Medicaid revalidation in TX of Jane Doe is past due",
    ]
    assert len(watch.letterbox.sent("webhook")) == 3
    assert len(watch.letterbox.sent("event")) == 4


async def test_what_nobody_reacts_to_is_escalated_once_and_what_somebody_has_in_hand_is_not(watch: Watch) -> None:
    wanted = PreferencesChange(escalate_after_days=3, escalate_to=("head@acme.example",))
    await watch.do(watch.notifications.settle, wanted, watch.by)
    for key in ("left lying", "acknowledged", "noted"):
        watch.register.say(KIND, key, watch.in_days(60))
    watch.register.say(KIND, "only a notice", watch.in_days(90))
    await watch.scan()
    ids = {alert.key: alert.id for alert in await watch.listed()}
    await watch.do(watch.desk.acknowledge, ids["acknowledged"], "", watch.by)
    await watch.do(watch.desk.add_note, ids["noted"], "on it", watch.by)

    watch.later(2.9)
    assert (await watch.scan()).escalated == 0
    watch.later(0.2)
    assert (await watch.scan()).escalated == 1
    assert (await watch.scan()).escalated == 0

    assert [alert.key for alert in await watch.listed(escalated=True)] == ["left lying"]
    (mail,) = watch.letterbox.sent("email")
    assert (mail.recipient, mail.topic) == ("head@acme.example", "alert.escalated")


async def test_without_a_number_of_days_nothing_is_escalated(watch: Watch) -> None:
    await watch.do(watch.notifications.settle, PreferencesChange(escalate_after_days=0), watch.by)
    watch.register.say(KIND, KEY, watch.in_days(60))
    await watch.scan()
    watch.later(29)

    assert (await watch.scan()).escalated == 0


async def test_a_snoozed_alert_is_back_on_time_and_waits_for_somebody_anew(watch: Watch) -> None:
    watch.register.say(KIND, KEY, watch.in_days(59))
    await watch.scan()
    until = watch.now + timedelta(days=10)
    await watch.do(watch.desk.snooze, (await watch.only()).id, until, "they are on holiday", watch.by)

    watch.later(9)
    assert (await watch.scan()).woken == 0
    assert (await watch.only()).status is AlertStatus.SNOOZED
    watch.later(1)
    assert (await watch.scan()).woken == 1

    alert = await watch.only()
    assert (alert.status, alert.snoozed_until, alert.reacted_at) == (AlertStatus.OPEN, None, None)
    watch.later(7)
    assert (await watch.scan()).escalated == 1


async def test_the_next_tier_is_raised_whatever_was_put_off_and_whoever_had_it_gets_it(watch: Watch) -> None:
    watch.register.say(KIND, KEY, watch.in_days(31))
    await watch.scan()
    alert = await watch.only()
    await watch.do(watch.desk.assign, alert.id, "cleo", watch.by)
    await watch.do(watch.desk.snooze, alert.id, watch.now + timedelta(days=300), "", watch.by)

    watch.later(1)
    await watch.scan()

    nearer = await watch.only()
    assert (nearer.name, nearer.status, nearer.assigned_to) == ("REVALIDATION_30", AlertStatus.OPEN, "cleo")


async def test_a_scan_that_changed_something_is_in_the_audit_log(watch: Watch) -> None:
    watch.register.say(KIND, KEY, watch.in_days(30))
    await watch.scan()
    await watch.scan()

    async with watch.database.reading(watch.tenant) as unit:
        entries = await oldest_first(unit.session, watch.tenant, EVERYTHING, after=0, until=100, limit=100)

    assert [entry.action for entry in entries] == [AuditAction.ALERTS_SCANNED]
