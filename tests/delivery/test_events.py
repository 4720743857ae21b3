"""Events as other systems of the site read them."""

import json
from datetime import datetime

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from aggregator.cache.redis import redis_client
from gate.delivery.events import LocalEvents, RedisEvents, as_json, event_of
from tests.delivery.desk import letter
from tests.delivery.receivers import Stream
from tests.support.servers import RedisServer


def test_an_event_is_a_cloudevent_with_its_tenant_as_an_attribute() -> None:
    read = JSONFormat().read(CloudEvent, as_json(event_of(letter(channel="event"))))

    assert (read.get_specversion(), read.get_type()) == ("1.0", "enrollment-gate.alert.raised")
    assert (read.get_source(), read.get_subject()) == ("/enrollment-gate", "Revalidation is past due")
    assert read.get_extension("tenant") == "acme"
    assert read.get_time() == datetime.fromisoformat("2026-03-10T12:00:00+00:00")
    assert read.get_data() == {"text": "It is past due.", "npi": "1234567893"}


async def test_the_stream_names_the_tenant_beside_the_event_and_does_not_grow_for_ever(redis: RedisServer) -> None:
    client = redis_client(redis.url)
    events = RedisEvents(client, "events", 100)
    for number in range(500):
        await events.deliver(letter(key=f"alert/{number}", channel="event"))
    await client.aclose()

    entries = Stream(redis, "events").entries()
    assert 100 <= len(entries) < 300
    assert entries[-1]["tenant"] == "acme"
    assert json.loads(entries[-1]["event"])["specversion"] == "1.0"


async def test_without_redis_whoever_listens_in_the_process_hears_it() -> None:
    events = LocalEvents()
    await events.deliver(letter(key="before"))

    async with events.listening() as heard, events.listening() as heard_too:
        await events.deliver(letter())
        assert [queue.get_nowait().get_id() for queue in (heard, heard_too)] == [letter().stable_id] * 2
        assert heard.empty()


async def test_who_does_not_keep_up_misses_the_oldest_and_holds_up_nobody() -> None:
    events = LocalEvents()

    async with events.listening() as heard:
        for number in range(1_100):
            await events.deliver(letter(key=f"alert/{number}"))
        first = heard.get_nowait()

    assert first.get_id() == letter(key="alert/100").stable_id
