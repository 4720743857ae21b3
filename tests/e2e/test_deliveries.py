"""A mail, a webhook and an event of one change reach receivers through a running gate, with all of them down first."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from gate.auth.permissions import Role
from gate.outbox.message import OutgoingMessage
from gate.outbox.outbox import Outbox
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from tests.delivery.receivers import Hooked, Mailbox, Stream
from tests.support.gates import GateInProcess, running_in_process
from tests.support.servers import RedisServer, redis_server
from tests.support.visitors import cheap_passwords, hire, visitor
from tests.support.waiting import until

TENANT = "north-clinic"
SAID = "Doe, Jane: revalidation is past due."


async def tell(gate: GateInProcess, **recipients: str) -> None:
    """As a room would in its own transaction: one message for each channel."""
    engine = open_engine(gate.settings.sqlalchemy_url)
    now = datetime.now(UTC)
    messages = [
        OutgoingMessage(
            key="alert/1",
            channel=channel,
            topic="alert.raised",
            subject="Past due: Doe, Jane",
            recipient=recipient,
            body={"text": SAID},
            not_before=now,
        )
        for channel, recipient in recipients.items()
    ]
    async with Database(engine).writing(TENANT) as unit:
        await Outbox(lambda: now).add(unit, messages)
    await engine.dispose()


async def endpoint(gate: GateInProcess, url: str) -> str:
    """Named at the portal's API by an operator; its secret."""
    with cheap_passwords():
        await hire(gate.settings, "olga", {TENANT: Role.GATE_OPERATOR})
        async with visitor(gate.http_url) as olga:
            await olga.sign_in("olga")
            token = (await olga.get("/account")).token
            made = await olga.send("POST", "/api/webhooks", {"url": url, "topics": ["alert."]}, token)
    secret: str = json.loads(made.text)["data"]["secret"]
    return secret


async def tried(gate: GateInProcess, results: int) -> bool:
    metrics = (await gate.page("/metrics")).text
    counted = [line for line in metrics.splitlines() if line.startswith("enrollment_gate_outbox_tries_total")]
    return len([line for line in counted if 'result="postponed"' in line]) >= results


async def test_with_everybody_down_first_all_three_arrive_once_they_are_back(tmp_path: Path) -> None:
    mailbox, hooked = Mailbox(), Hooked()
    with redis_server() as redis:
        delivery = {
            "pace_seconds": 1,
            "email": {"host": "127.0.0.1", "port": mailbox.port, "security": "none", "sender": "gate@payer.example"},
            "webhooks": {"allow_private_addresses": True},
        }
        async with running_in_process(tmp_path, delivery=delivery, redis_url=redis.url) as gate:
            hooked.secret = await endpoint(gate, hooked.url)
            stream = Stream(redis, "enrollment-gate:events")
            await asyncio.to_thread(redis.kill)
            await tell(gate, email="ann@clinic.example", webhook="", event="")
            async with asyncio.timeout(30):
                while not await tried(gate, 3):  # noqa: ASYNC110 - it happens behind the gate's doors
                    await asyncio.sleep(0.2)

            await mailbox.start()
            await hooked.start()
            await asyncio.to_thread(redis.start)
            await until(lambda: bool(mailbox.arrivals() and hooked.arrivals() and stream_of(redis, stream)), 60)
            await hooked.stop()
            await mailbox.stop()

    assert [arrival.said for arrival in (*mailbox.arrivals(), *hooked.arrivals())] == [SAID, SAID]


def stream_of(redis: RedisServer, stream: Stream) -> bool:
    """Whether the event is on it."""
    return redis.is_running and [arrival.said for arrival in stream.arrivals()] == [SAID]
