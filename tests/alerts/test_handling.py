"""What people do with alerts, who is told of them, and how their changes are followed."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gate.alerts.model.acts import MOST_AT_ONCE
from gate.alerts.model.alerts import AlertStatus, ChangeKind
from gate.alerts.model.due_dates import Standing, Subject
from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.pages import AlertCounts, AlertFilter
from gate.alerts.model.preferences import MailStyle, PreferencesChange, Recipient
from gate.alerts.model.texts import LONGEST_NAME
from gate.alerts.service.feed import AlertFeed
from gate.audit.model import EVERYTHING, AuditAction
from gate.audit.repository import oldest_first
from gate.errors import InvalidInput, NotFound, PreconditionFailed
from gate.outbox.outbox import Outbox
from tests.alerts.watch import Watch

pytestmark = pytest.mark.asyncio(loop_scope="module")

KIND = AlertKind.REVALIDATION
KEY = "1234567893/TX"
BOB = Recipient(person="bob", email="bob@acme.example", style=MailStyle.DIGEST)


async def raised(watch: Watch, days: int = 60, key: str = KEY, **fields: Any) -> str:
    """The id of an alert that was raised."""
    watch.register.say(KIND, key, watch.in_days(days), **fields)
    await watch.scan()
    return next(alert.id for alert in await watch.listed() if alert.key == key)


async def test_an_alert_tells_its_history_and_who_did_what(watch: Watch) -> None:
    alert_id = await raised(
        watch, provider="Jane Doe", npi="1234567893", state="TX", source="tmhp_pems", verified_at=watch.now
    )
    await watch.do(watch.desk.assign, alert_id, " cleo ", watch.by)
    await watch.do(watch.desk.add_note, alert_id, "called, no answer", watch.by)
    await watch.do(watch.desk.acknowledge, alert_id, "they sent the forms", watch.by)

    found = await watch.read(watch.desk.get, alert_id)

    assert [(each.what, each.by, each.note) for each in found.history] == [
        (ChangeKind.RAISED, "gate", ""),
        (ChangeKind.ASSIGNED, "ann", "cleo"),
        (ChangeKind.NOTED, "ann", "called, no answer"),
        (ChangeKind.ACKNOWLEDGED, "ann", "they sent the forms"),
    ]
    assert (found.alert.assigned_to, found.alert.status) == ("cleo", AlertStatus.ACKNOWLEDGED)
    assert found.why == (
        f"Medicaid revalidation in TX of Jane Doe is due on {watch.in_days(60)}. NPI 1234567893. "
        f"According to tmhp_pems on {watch.today}."
    )
    async with watch.database.reading(watch.tenant) as unit:
        entries = await oldest_first(unit.session, watch.tenant, EVERYTHING, after=0, until=100, limit=100)
    assert [entry.action for entry in entries] == [AuditAction.ALERTS_SCANNED, *[AuditAction.ALERT_HANDLED] * 3]


async def test_history_can_only_be_added_to(watch: Watch) -> None:
    await raised(watch)

    for statement in ("UPDATE alert_changes SET note = 'forged'", "DELETE FROM alert_changes"):
        with pytest.raises(DBAPIError):
            async with watch.database.writing(watch.tenant) as unit:
                await unit.session.execute(text(statement))


async def test_nobody_handles_an_alert_of_another_tenant_or_one_that_is_none(watch: Watch) -> None:
    alert_id = await raised(watch)
    other = Watch(watch.database, f"not-{watch.tenant}")

    for unknown in (alert_id, "no id", "018f0000-0000-7000-8000-000000000000"):
        with pytest.raises(NotFound):
            await other.read(other.desk.get, unknown)
        with pytest.raises(NotFound):
            await other.do(other.desk.acknowledge, unknown, "", other.by)
    assert await other.listed() == []
    assert (await other.read(other.desk.changes, 0, 10)) == []


async def test_a_closed_alert_can_be_noted_about_and_nothing_else(watch: Watch) -> None:
    alert_id = await raised(watch)
    watch.register.say(KIND, KEY, None, standing=Standing.ENDED)
    await watch.scan()

    with pytest.raises(PreconditionFailed):
        await watch.do(watch.desk.acknowledge, alert_id, "", watch.by)
    with pytest.raises(PreconditionFailed):
        await watch.do(watch.desk.snooze, alert_id, watch.now + timedelta(days=1), "", watch.by)
    noted = await watch.do(watch.desk.add_note, alert_id, "they moved away", watch.by)
    assert (noted.status, noted.reacted_at) == (AlertStatus.ENDED, None)


async def test_what_does_not_fit_is_refused_by_its_field(watch: Watch) -> None:
    alert_id = await raised(watch)
    year = timedelta(days=366)
    acts: dict[str, list[Coroutine[Any, Any, object]]] = {
        "until": [
            watch.do(watch.desk.snooze, alert_id, watch.now, "", watch.by),
            watch.do(watch.desk.snooze, alert_id, watch.now + year, "", watch.by),
            watch.do(watch.desk.snooze, alert_id, datetime(2026, 4, 1), "", watch.by),  # noqa: DTZ001 - the point
        ],
        "note": [
            watch.do(watch.desk.add_note, alert_id, "  ", watch.by),
            watch.do(watch.desk.acknowledge, alert_id, "x" * 2_001, watch.by),
            watch.do(watch.desk.add_note, alert_id, "a\0b", watch.by),
        ],
        "alert_ids": [
            watch.do(watch.desk.acknowledge_several, [], "", watch.by),
            watch.do(watch.desk.assign_several, [alert_id] * (MOST_AT_ONCE + 1), "ann", watch.by),
        ],
        "assigned_to": [watch.do(watch.desk.assign, alert_id, "two\nlines", watch.by)],
        "page_token": [watch.read(watch.desk.list, AlertFilter(), watch.by, token="none")],
        "page_size": [watch.read(watch.desk.list, AlertFilter(), watch.by, size=501)],
        "npi": [watch.read(watch.desk.list, AlertFilter(npi="1"), watch.by)],
        "state": [watch.read(watch.desk.list, AlertFilter(state="ZZ"), watch.by)],
        "recipients[1].person": [
            watch.do(watch.notifications.settle, PreferencesChange(recipients=(BOB, BOB)), watch.by)
        ],
        "recipients[0].email": [
            watch.do(
                watch.notifications.settle,
                PreferencesChange(recipients=(msgspec.structs.replace(BOB, email="bob"),)),
                watch.by,
            )
        ],
        "digest_hour": [watch.do(watch.notifications.settle, PreferencesChange(digest_hour=24), watch.by)],
        "time_zone": [watch.do(watch.notifications.settle, PreferencesChange(time_zone="Mars"), watch.by)],
    }
    for field, refused in acts.items():
        for act in refused:
            with pytest.raises(InvalidInput) as refusal:
                await act
            assert [violation.field for violation in refusal.value.violations] == [field]


async def test_several_are_handled_in_one_transaction_and_each_like_one_alone(watch: Watch) -> None:
    ids = [await raised(watch, key=f"{number}") for number in range(4)]
    watch.register.say(KIND, "3", None, standing=Standing.ENDED)
    await watch.scan()
    await watch.do(watch.desk.add_note, ids[0], "called", watch.by)
    reacted_at = (await watch.read(watch.desk.get, ids[0])).alert.reacted_at
    watch.later(1)

    handled = await watch.do(watch.desk.acknowledge_several, [*ids, "none", ids[0]], "all known", watch.by)

    assert [(each.alert_id, each.refusal) for each in handled] == [
        *((alert_id, "") for alert_id in ids[:3]),
        (ids[3], "the alert is closed: ended"),
        ("none", "there is no such alert"),
    ]
    files = [await watch.read(watch.desk.get, alert_id) for alert_id in ids]
    assert [file.alert.status for file in files] == [*[AlertStatus.ACKNOWLEDGED] * 3, AlertStatus.ENDED]
    assert [file.history[-1].note for file in files] == [*["all known"] * 3, ""]
    assert [file.alert.reacted_at for file in files] == [reacted_at, watch.now, watch.now, None]
    assert [each.alert for each in handled] == [*(file.alert for file in files), None]
    async with watch.database.reading(watch.tenant) as unit:
        entries = await oldest_first(unit.session, watch.tenant, EVERYTHING, after=0, until=100, limit=100)
    acknowledged = [f"alert/{alert_id}" for alert_id in ids[:3]]
    assert [entry.object for entry in entries][-3:] == acknowledged
    assert len(watch.letterbox.sent("event", "alert.acknowledged")) == 3


async def test_several_are_assigned_and_put_off(watch: Watch) -> None:
    ids = [await raised(watch, key=f"{number}") for number in range(2)]

    await watch.do(watch.desk.assign_several, ids, "cleo", watch.by)
    await watch.do(watch.desk.snooze_several, ids, watch.now + timedelta(days=7), "", watch.by)

    listed = await watch.listed(status=AlertStatus.SNOOZED)
    assert [(alert.assigned_to, alert.snoozed_until) for alert in listed] == [
        ("cleo", watch.now + timedelta(days=7))
    ] * 2


async def test_whoever_handles_several_reaches_nothing_of_another_tenant(watch: Watch) -> None:
    alert_id = await raised(watch)
    other = Watch(watch.database, f"not-{watch.tenant}")

    (handled,) = await other.do(other.desk.assign_several, [alert_id], "theirs", other.by)

    assert (handled.refusal, handled.alert) == ("there is no such alert", None)
    assert (await watch.only()).assigned_to == ""


async def test_lists_go_from_the_most_overdue_on_and_leave_none_out(watch: Watch) -> None:
    for days in (50, -40, 5, 20, -3):
        watch.register.say(KIND, f"in {days}", watch.in_days(days))
    watch.register.say(KIND, "nobody knows since when", None, is_lapsed=True)
    await watch.scan()

    keys: list[str] = []
    token = ""
    while True:
        page = await watch.read(watch.desk.list, AlertFilter(), watch.by, size=2, token=token)
        keys += [alert.key for alert in page.items]
        token = page.next_page_token
        if not token:
            break

    assert keys == ["nobody knows since when", "in -40", "in -3", "in 5", "in 20", "in 50"]


async def test_a_muted_kind_is_raised_and_nobody_hears_of_it(watch: Watch) -> None:
    await watch.do(
        watch.notifications.settle,
        PreferencesChange(recipients=(msgspec.structs.replace(BOB, style=MailStyle.SINGLE),)),
        watch.by,
    )
    await watch.do(watch.notifications.mute, KIND, watch.by, for_all=True)
    await raised_quietly(watch, "muted")

    assert watch.letterbox.sent("email") == watch.letterbox.sent("webhook") == []
    assert await watch.listed() == []
    assert [alert.key for alert in await watch.listed(muted=True)] == ["muted"]
    assert (await watch.read(watch.desk.counts, watch.by)).elevated == 0

    await watch.do(watch.notifications.unmute, KIND, watch.by, for_all=True)
    assert (await watch.read(watch.desk.counts, watch.by)).elevated == 1


async def raised_quietly(watch: Watch, key: str) -> None:
    watch.register.say(KIND, key, watch.in_days(60))
    await watch.scan()


async def test_what_one_person_mutes_the_others_still_hear_of(watch: Watch) -> None:
    people = tuple(Recipient(person=name, email=f"{name}@acme.example") for name in ("ann", "bob"))
    await watch.do(watch.notifications.settle, PreferencesChange(recipients=people), watch.by)
    await watch.do(watch.notifications.mute, KIND, watch.by, for_all=False)
    bob = msgspec.structs.replace(watch.by, subject="bob")

    await raised_quietly(watch, "new")

    assert [mail.recipient for mail in watch.letterbox.sent("email")] == ["bob@acme.example"]
    assert await watch.listed() == []
    assert len((await watch.read(watch.desk.list, AlertFilter(), bob)).items) == 1


async def test_a_digest_is_one_mail_a_day_in_the_tenant_s_own_morning(watch: Watch) -> None:
    wanted = PreferencesChange(recipients=(BOB,), digest_hour=8, time_zone="America/Chicago")
    watch.now = datetime(2026, 3, 10, 12, 59, tzinfo=UTC)  # 7:59 in Chicago
    await watch.do(watch.notifications.settle, wanted, watch.by)
    for days in (90, 60, -2):
        watch.register.say(KIND, f"in {days}", watch.in_days(days), provider=f"Dr. {days}")
    await watch.scan()

    assert await watch.digests.digest(watch.tenant, watch.now) == 0
    watch.now += timedelta(minutes=1)
    assert await watch.digests.digest(watch.tenant, watch.now) == 1
    assert await watch.digests.digest(watch.tenant, watch.now + timedelta(hours=3)) == 0
    assert await watch.digests.digest(watch.tenant, watch.now + timedelta(days=1)) == 0

    (mail,) = watch.letterbox.sent("email")
    assert (mail.recipient, mail.subject) == ("bob@acme.example", "2 new alerts on 2026-03-10")
    assert str(mail.body["text"]).index("Dr. -2") < str(mail.body["text"]).index("Dr. 60")


async def test_whoever_chooses_digests_is_told_of_what_is_raised_from_then_on(watch: Watch) -> None:
    await raised_quietly(watch, "before")
    await watch.do(watch.notifications.settle, PreferencesChange(recipients=(BOB,)), watch.by)
    await raised_quietly(watch, "after")

    assert await watch.digests.digest(watch.tenant, watch.now) == 1

    (mail,) = watch.letterbox.sent("email")
    alerts = msgspec.convert(mail.body["alerts"], list[dict[str, Any]])
    assert [alert["key"] for alert in alerts] == ["after"]


async def test_whoever_wants_single_mails_in_place_of_digests_misses_nothing(watch: Watch) -> None:
    await watch.do(watch.notifications.settle, PreferencesChange(recipients=(BOB,)), watch.by)
    await raised_quietly(watch, "told")
    assert await watch.digests.digest(watch.tenant, watch.now) == 1
    await raised_quietly(watch, "between")

    bob = msgspec.structs.replace(watch.by, subject="bob")
    await watch.do(watch.notifications.choose, MailStyle.SINGLE, bob)
    await raised_quietly(watch, "at once")
    await watch.do(watch.notifications.choose, MailStyle.NONE, bob)

    told = [msgspec.convert(mail.body["alerts"], list[dict[str, Any]]) for mail in watch.letterbox.sent("email")]
    assert [[alert["key"] for alert in alerts] for alerts in told] == [["told"], ["between"], ["at once"]]


@pytest.mark.parametrize("style", [MailStyle.SINGLE, MailStyle.DIGEST])
async def test_somebody_of_the_longest_name_is_told_too(watch: Watch, style: MailStyle) -> None:
    """What is raised and what is to be told are one transaction: a message that the outbox refuses would undo both."""
    named = Recipient(person="é" * LONGEST_NAME, email="e@acme.example", style=style)
    await watch.do(watch.notifications.settle, PreferencesChange(recipients=(named,)), watch.by)

    await raised_quietly(watch, "one")
    await watch.digests.digest(watch.tenant, watch.now)

    (mail,) = watch.letterbox.sent("email")
    async with watch.database.writing(watch.tenant) as unit:
        await Outbox(watch.clock).add(unit, [mail])


async def test_preferences_change_where_they_are_named(watch: Watch) -> None:
    await watch.do(watch.notifications.settle, PreferencesChange(recipients=(BOB,), digest_hour=9), watch.by)
    await watch.do(watch.notifications.settle, PreferencesChange(escalate_after_days=2), watch.by)

    settled = await watch.read(watch.notifications.preferences)

    assert (settled.recipients, settled.digest_hour, settled.escalate_after_days) == ((BOB,), 9, 2)


async def test_somebody_chooses_how_they_are_written_to(watch: Watch) -> None:
    others = PreferencesChange(recipients=(BOB, Recipient(person="ann", email="desk@acme.example")))
    await watch.do(watch.notifications.settle, others, watch.by)

    settled = await watch.do(watch.notifications.choose, MailStyle.NONE, watch.by)
    await raised_quietly(watch, "unheard of")

    assert watch.letterbox.sent("email") == []
    assert settled.recipients == (
        BOB,
        Recipient(person="ann", email="desk@acme.example", style=MailStyle.NONE),
    ), "their address is kept"
    await watch.do(watch.notifications.choose, MailStyle.SINGLE, watch.by)
    await raised_quietly(watch, "heard of")
    assert [mail.recipient for mail in watch.letterbox.sent("email")] == ["desk@acme.example"]


async def test_nobody_has_alerts_sent_to_an_address_of_their_own_choice(watch: Watch) -> None:
    signs_in_by_mail = msgspec.structs.replace(watch.by, subject="cleo@acme.example")

    with pytest.raises(PreconditionFailed):
        await watch.do(watch.notifications.choose, MailStyle.SINGLE, watch.by)
    settled = await watch.do(watch.notifications.choose, MailStyle.DIGEST, signs_in_by_mail)

    assert settled.recipients == (
        Recipient(person="cleo@acme.example", email="cleo@acme.example", style=MailStyle.DIGEST),
    )
    assert await watch.do(watch.notifications.choose, MailStyle.NONE, watch.by) == settled, (
        "ann was told nothing anyway"
    )


async def test_a_follower_is_told_every_change_once_in_order_and_goes_on_where_it_was(watch: Watch) -> None:
    seen: list[int] = []

    async def follow(after: int, until: int) -> None:
        async for some in watch.feed.follow(watch.tenant, after):
            seen.extend(told.change.sequence for told in some)
            if seen and seen[-1] >= until:
                return

    following = asyncio.create_task(follow(0, 6))
    for number in range(6):
        await raised_quietly(watch, f"{number}")
    async with asyncio.timeout(10):
        await following
        later = asyncio.create_task(follow(seen[-1], 8))
        for number in (6, 7):
            await raised_quietly(watch, f"{number}")
        await later

    assert seen == list(range(1, 9))


async def test_a_follower_is_let_go_when_the_process_is_to_stop(watch: Watch) -> None:
    watch.feed = AlertFeed(watch.database, look_seconds=60)

    async def follow() -> list[object]:
        return [some async for some in watch.feed.follow(watch.tenant, 0)]

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.1)
    watch.feed.end()

    async with asyncio.timeout(10):
        assert await following == []


async def test_a_follower_hears_now_and_then_that_there_is_nothing(watch: Watch) -> None:
    async with asyncio.timeout(10):
        async for some in watch.feed.follow(watch.tenant, 0):
            assert some == ()
            break


async def test_counts_are_what_the_list_holds_whatever_was_done(watch: Watch) -> None:
    ids = [await raised(watch, days, f"{number}234567893/TX") for number, days in enumerate((60, 30, -1, 90), 1)]

    async def counted() -> AlertCounts:
        listed = await watch.listed()
        by_urgency = Counter(alert.urgency.value for alert in listed)
        return AlertCounts(
            **by_urgency,
            escalated=sum(alert.escalated_at is not None for alert in listed),
            unassigned=sum(not alert.assigned_to for alert in listed),
        )

    async def are_right() -> None:
        assert await watch.read(watch.desk.counts, watch.by) == await counted()

    await are_right()
    await watch.do(watch.desk.assign, ids[0], "cleo", watch.by)
    await watch.do(watch.desk.snooze, ids[1], watch.now + timedelta(days=1), "", watch.by)
    await are_right()
    watch.later(days=8)
    await watch.scan()
    await are_right()
    watch.register.say(KIND, "3234567893/TX", watch.in_days(700))
    await watch.scan()
    await are_right()
    assert (await counted()).unassigned > 0
    await watch.do(watch.notifications.mute, KIND, watch.by, for_all=True)
    assert await watch.read(watch.desk.counts, watch.by) == AlertCounts()


async def test_the_first_open_alerts_are_one_s_own_and_nobody_s(watch: Watch) -> None:
    mine, free, theirs, off = [await raised(watch, days, f"{days}34567893/TX") for days in (60, 40, 30, 20)]
    await watch.do(watch.desk.take, mine, watch.by)
    await watch.do(watch.desk.assign, theirs, "cleo", watch.by)
    await watch.do(watch.desk.snooze, off, watch.now + timedelta(days=1), "", watch.by)

    first = await watch.read(watch.desk.foremost, watch.by, 3)
    handled = await watch.read(
        watch.desk.handled, [Subject(KIND, f"{days}34567893/TX") for days in (60, 40, 30, 20)], watch.by
    )

    assert {alert.id for alert in first} == {mine, free}
    assert {subject.key[:2] for subject in handled} == {"30", "20"}
    with pytest.raises(PreconditionFailed, match="cleo has it in hand"):
        await watch.do(watch.desk.take, theirs, watch.by)
    await watch.do(watch.notifications.mute, KIND, watch.by, for_all=False)
    assert await watch.read(watch.desk.foremost, watch.by, 3) == []
