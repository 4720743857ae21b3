"""What those who watch the service hear of alerts: what was committed, of all tenants together."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.preferences import MailStyle, PreferencesChange, Recipient
from gate.alerts.service.standing import AlertStanding
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from tests.alerts.watch import Heard, Watch
from tests.support.servers import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND = AlertKind.REVALIDATION


async def test_what_becomes_of_alerts_is_heard_by_kind_and_urgency(watch: Watch) -> None:
    for days in (60, 60, -2):
        watch.register.say(KIND, f"{len(watch.register.known)}", watch.in_days(days))
    await watch.scan()
    (first, *_) = await watch.listed(urgency="elevated")
    await watch.do(watch.desk.acknowledge, first.id, "", watch.by)
    watch.later(8)
    watch.register.say(KIND, first.key, watch.in_days(400))
    await watch.scan()

    assert watch.heard.changes == Counter(
        {
            ("revalidation", "elevated", "raised"): 2,
            ("revalidation", "past_due", "raised"): 1,
            ("revalidation", "elevated", "acknowledged"): 1,
            ("revalidation", "elevated", "superseded"): 1,
            ("revalidation", "elevated", "escalated"): 1,
            ("revalidation", "past_due", "escalated"): 1,
        }
    )


async def test_what_is_taken_back_is_not_heard_of(watch: Watch) -> None:
    watch.register.say(KIND, "one", watch.in_days(60))
    await watch.scan()
    heard = watch.heard.changes.copy()
    alert = await watch.only()

    async def torn() -> None:
        async with watch.database.writing(watch.tenant) as unit:
            await watch.desk.acknowledge(unit, alert.id, "", watch.by)
            raise LookupError

    with pytest.raises(LookupError):
        await torn()

    assert watch.heard.changes == heard


async def test_digests_are_heard_of(watch: Watch) -> None:
    bob = Recipient(person="bob", email="bob@acme.example", style=MailStyle.DIGEST)
    await watch.do(watch.notifications.settle, PreferencesChange(recipients=(bob,)), watch.by)
    watch.register.say(KIND, "one", watch.in_days(60))
    await watch.scan()

    await watch.digests.digest(watch.tenant, watch.now)
    await watch.digests.digest(watch.tenant, watch.now)

    assert watch.heard.digests == 1


async def test_due_dates_that_cannot_be_told_are_heard_of(watch: Watch) -> None:
    await watch.scan()
    watch.register.is_down = True
    await watch.scan()

    assert watch.heard.read == Counter({(kind.value, told): 1 for kind in AlertKind for told in (True, False)})


async def test_alerts_of_all_tenants_are_counted_together_and_not_asked_for_every_moment(watch: Watch) -> None:
    standing = AlertStanding(watch.database, watch.heard, watch.clock)
    other = Watch(watch.database, f"not-{watch.tenant}")
    await standing.look()
    (before,) = watch.heard.standing
    assert before is not None
    for each, days in ((watch, 25), (other, 25), (other, -1)):
        each.register.say(AlertKind.ATTESTATION, f"in {days}", each.in_days(days))
        await each.scan()

    await asyncio.gather(*(standing.look() for _ in range(5)))
    assert watch.heard.standing == [before], "it was asked a moment ago"
    watch.now += timedelta(seconds=15)
    await asyncio.gather(*(standing.look() for _ in range(5)))

    (_, after) = watch.heard.standing
    assert after is not None
    assert Counter(after) - Counter(before) == {("attestation", "critical"): 2, ("attestation", "past_due"): 1}
    await standing.aclose()


async def test_where_the_database_is_gone_nobody_claims_to_know(watch: Watch) -> None:
    engine = open_engine(f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/gone")
    heard = Heard()
    standing = AlertStanding(Database(engine), heard, watch.clock)

    await standing.look()
    async with asyncio.timeout(30):
        while not heard.standing:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)

    assert heard.standing == [None]
    await standing.aclose()
    await engine.dispose()
