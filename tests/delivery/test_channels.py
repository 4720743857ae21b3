"""What every channel promises, held against each of them and a real server on the other side."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import msgspec
import pytest

from aggregator.cache.redis import redis_client
from gate.delivery.email import EmailChannel
from gate.delivery.events import RedisEvents
from gate.outbox.channel import Channel, Undelivered
from gate.outbox.letter import Letter
from gate.setting_sections import EmailSettings
from tests.delivery.desk import WebhookDesk, letter
from tests.delivery.receivers import Hooked, Mailbox, Receiver, Stream
from tests.support.servers import RedisServer, redis_server

SENDER = "gate@payer.example"


class Line(msgspec.Struct):
    """A channel, who listens at its other end, and a letter that goes there."""

    channel: Channel
    receiver: Receiver
    letter: Letter


Lay = Callable[[AsyncExitStack, WebhookDesk], Awaitable[Line]]


async def by_mail(stack: AsyncExitStack, _: WebhookDesk) -> Line:
    mailbox = Mailbox()
    settings = EmailSettings(host="127.0.0.1", port=mailbox.port, security="none", sender=SENDER, timeout_seconds=5)
    return Line(EmailChannel(settings), mailbox, letter("ann@clinic.example", channel="email"))


async def by_webhook(stack: AsyncExitStack, desk: WebhookDesk) -> Line:
    hooked = Hooked()
    made = await desk.create(hooked.url)
    hooked.secret = made.secret
    return Line(desk.channel, hooked, letter(made.endpoint.id))


async def by_event(stack: AsyncExitStack, _: WebhookDesk) -> Line:
    server: RedisServer = stack.enter_context(redis_server())
    redis = redis_client(server.url)
    stack.push_async_callback(redis.aclose)
    return Line(RedisEvents(redis, "events", 1000), Stream(server, "events"), letter(channel="event"))


@pytest.fixture(params=[by_mail, by_webhook, by_event], ids=["mail", "webhook", "event"])
async def line(request: pytest.FixtureRequest, desk: WebhookDesk) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        lay: Lay = request.param
        yield await lay(stack, desk)


async def test_a_letter_arrives_with_what_it_says(line: Line) -> None:
    await line.receiver.start()

    assert list(await line.channel.deliver(line.letter)) == []

    (arrival,) = line.receiver.arrivals()
    assert arrival.said == "It is past due."
    await line.receiver.stop()


async def test_sent_again_it_has_the_same_id_and_another_letter_has_another(line: Line) -> None:
    await line.receiver.start()
    again = msgspec.structs.replace(line.letter, attempts=7)
    other = msgspec.structs.replace(line.letter, key="alert/2")

    for each in (line.letter, again, other):
        await line.channel.deliver(each)

    first, second, third = line.receiver.arrivals()
    assert first.id == second.id != third.id
    await line.receiver.stop()


async def test_with_its_server_down_it_says_so_in_words_and_arrives_after_it_is_back(line: Line) -> None:
    await line.receiver.start()
    await line.receiver.stop()

    with pytest.raises(Undelivered) as down:
        await line.channel.deliver(line.letter)
    assert not down.value.is_final
    assert "cannot be reached" in down.value.reason
    for told in ("ann@", "127.0.0.1", "hook"):
        assert told not in down.value.reason

    await line.receiver.start()
    await line.channel.deliver(line.letter)
    assert len(line.receiver.arrivals()) == 1
    await line.receiver.stop()


async def test_a_delivery_that_is_cancelled_ends_and_the_next_one_works(line: Line) -> None:
    await line.receiver.start()
    delivering = asyncio.ensure_future(line.channel.deliver(line.letter))
    await asyncio.sleep(0)
    delivering.cancel()
    await asyncio.gather(delivering, return_exceptions=True)

    await line.channel.deliver(line.letter)

    assert len(line.receiver.arrivals()) >= 1
    await line.receiver.stop()


async def test_many_at_once_all_arrive(line: Line) -> None:
    await line.receiver.start()
    letters = [msgspec.structs.replace(line.letter, key=f"alert/{number}") for number in range(12)]

    await asyncio.gather(*map(line.channel.deliver, letters))

    assert len({arrival.id for arrival in line.receiver.arrivals()}) == 12
    await line.receiver.stop()
