"""At least once, each recipient for itself, and never for ever."""

import asyncio
from datetime import timedelta

import pytest

from gate.outbox import dispatcher
from gate.outbox.channel import Undelivered
from gate.outbox.letter import LetterState, Patience
from tests.outbox.post_office import PostOffice, message
from tests.support.waiting import until


async def test_what_is_due_is_delivered_and_counted(post: PostOffice) -> None:
    await post.leave(message("k1"), message("k2", "bob@example.org"), message("k3", "", channel="webhook"))

    tally = await post.drain()

    assert (tally.delivered, tally.postponed, tally.dead) == (3, 0, 0)
    assert sorted(post.told) == [("email", "delivered"), ("email", "delivered"), ("webhook", "delivered")]
    assert await post.counts() == {LetterState.DELIVERED: 3}


async def test_a_letter_that_failed_is_tried_again_after_a_pause_and_not_before(post: PostOffice) -> None:
    post.postman.refuses["ann@example.org"] = Undelivered("the mail server is away")
    await post.leave(message())

    await post.drain()
    await post.drain()
    assert len(post.postman.tried) == 1

    del post.postman.refuses["ann@example.org"]
    post.later(seconds=11)
    await post.drain()
    assert post.postman.keys == ["k1"]
    assert post.postman.delivered[0].attempts == 2


async def test_after_a_failure_its_recipient_is_left_in_peace_and_its_other_letters_lose_no_try(
    post: PostOffice,
) -> None:
    post.postman.refuses["ann@example.org"] = Undelivered("away")
    await post.leave(*(message(f"k{n:02}") for n in range(20)))

    await post.drain()
    assert len(post.postman.tried) == 1

    post.postman.refuses.clear()
    post.later(seconds=11)
    await post.drain()
    assert len(set(post.postman.keys)) == 20
    assert sorted(letter.attempts for letter in post.postman.delivered) == [1] * 19 + [2]


async def test_a_recipient_that_hangs_holds_up_nobody_else(post: PostOffice) -> None:
    post.postman.hangs_on = {"ann@example.org"}
    await post.leave(*(message(f"a{n}") for n in range(20)))
    await post.leave(*(message(f"b{n}", f"{n}@example.org") for n in range(20)))
    await post.leave(message("w", "", channel="webhook"))

    draining = asyncio.create_task(post.drain())
    await until(lambda: len(post.postman.tried) == 21 and bool(post.webhooks.delivered), 30)

    assert not draining.done()
    assert len(post.postman.delivered) == 20
    assert [letter.recipient for letter in post.postman.tried].count("ann@example.org") == 1
    draining.cancel()
    await asyncio.gather(draining, return_exceptions=True)


async def test_a_try_without_an_end_is_a_failed_one(post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "_TRY_SECONDS", 0.2)
    post.postman.hangs_on = {"ann@example.org"}
    await post.leave(message())

    tally = await post.drain()

    assert tally.postponed == 1


async def test_a_channel_that_hangs_holds_up_no_other_channel(
    post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "_TRY_SECONDS", 1.0)
    people = [f"{n}@example.org" for n in range(30)]
    post.postman.hangs_on = set(people)
    await post.leave(*(message(f"m{n}", person) for n, person in enumerate(people)))
    await post.leave(*(message(f"w{n}", f"https://{n}.example", channel="webhook") for n in range(30)))

    draining = asyncio.create_task(post.drain())
    await until(lambda: len(post.webhooks.delivered) == 30, 30)
    assert not draining.done()
    assert post.postman.most_under_way <= 8
    draining.cancel()
    await asyncio.gather(draining, return_exceptions=True)


async def test_no_more_recipients_than_there_are_lanes_are_served_at_a_time(post: PostOffice) -> None:
    await post.leave(*(message(f"k{n}", f"{n}@example.org") for n in range(50)))

    await post.drain()

    assert len(post.postman.delivered) == 50
    assert 1 < post.postman.most_under_way <= 8


async def test_a_final_refusal_is_a_dead_letter_at_once_and_the_next_letter_goes(post: PostOffice) -> None:
    post.postman.refuses["ann@example.org"] = Undelivered("there is no such mailbox (550)", is_final=True)
    await post.leave(message("k1"), message("k2"))

    tally = await post.drain()

    assert tally.dead == 2
    assert [grave.last_error for grave in await post.graves()] == ["there is no such mailbox (550)"] * 2


async def test_after_enough_tries_or_time_a_letter_is_given_up_with_its_last_error(post: PostOffice) -> None:
    post.dispatcher = post.another_dispatcher(Patience(tries=3, age=timedelta(hours=1)))
    post.postman.refuses = {"ann@example.org": Undelivered("away"), "bob@example.org": Undelivered("asleep")}
    await post.leave(message("by tries"))
    for _ in range(3):
        await post.drain()
        post.later(minutes=1)
    assert [(grave.last_error, grave.attempts) for grave in await post.graves()] == [("away", 3)]

    await post.leave(message("by age", "bob@example.org", not_before=post.now))
    await post.drain()
    post.later(hours=2)
    await post.drain()
    assert {(grave.last_error, grave.attempts) for grave in await post.graves()} == {("away", 3), ("asleep", 2)}


async def test_a_mistake_of_ours_with_one_letter_is_an_ordinary_failure(post: PostOffice) -> None:
    class Clumsy:
        async def deliver(self, letter: object) -> tuple[()]:
            raise ZeroDivisionError("a secret of the letter")

    clumsy = dispatcher.Dispatcher(post.database, {"email": Clumsy()}, post.clock, lambda *_: None, Patience(tries=1))
    await post.leave(message())

    await clumsy.drain()

    (grave,) = await post.graves()
    assert "ZeroDivisionError" in grave.last_error
    assert "secret" not in grave.last_error


async def test_what_a_killed_process_took_on_another_sends_when_its_time_is_over(post: PostOffice) -> None:
    post.postman.hangs_on = {"ann@example.org"}
    await post.leave(message())
    killed = asyncio.create_task(post.drain())
    await until(lambda: bool(post.postman.tried))
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    post.postman.hangs_on.clear()
    other = post.another_dispatcher()

    await other.drain()
    assert post.postman.delivered == []

    post.later(minutes=2)
    await other.drain()
    assert post.postman.keys == ["k1"]


async def test_whoever_comes_back_too_late_changes_nothing_for_its_successor(post: PostOffice) -> None:
    await post.leave(message())
    let_go = asyncio.Event()

    class Slow:
        async def deliver(self, letter: object) -> tuple[()]:
            await let_go.wait()
            raise Undelivered("too late", is_final=True)

    slow = dispatcher.Dispatcher(post.database, {"email": Slow()}, post.clock, lambda *_: None)
    late = asyncio.create_task(slow.drain())
    await asyncio.sleep(0.3)
    post.later(minutes=3)
    await post.drain()
    let_go.set()
    await late

    assert await post.counts() == {LetterState.DELIVERED: 1}


async def test_two_processes_send_each_letter_once(post: PostOffice) -> None:
    await post.leave(*(message(f"k{n:02}", f"{n % 7}@example.org") for n in range(40)))
    await post.leave(*(message(f"k{n:02}", f"{n % 7}@example.org") for n in range(40)), tenant="globex")

    await asyncio.gather(post.drain(), post.another_dispatcher().drain())

    assert len(post.postman.delivered) == 80
    assert len({letter.id for letter in post.postman.delivered}) == 80


async def test_a_message_may_become_one_for_each_of_several_recipients(post: PostOffice) -> None:
    copies = [message(f"k1@{n}", f"endpoint-{n}", channel="webhook") for n in range(3)]
    post.webhooks.makes["k1"] = copies
    await post.leave(message("k1", "", channel="webhook"))

    await post.drain()

    assert post.webhooks.keys == ["k1", "k1@0", "k1@1", "k1@2"]


async def test_who_finishes_takes_on_nothing_more_and_ends_what_is_under_way(post: PostOffice) -> None:
    await post.leave(*(message(f"k{n}", f"{n}@example.org") for n in range(20)))
    gate = asyncio.Event()

    class Waiting:
        begun = 0

        async def deliver(self, letter: object) -> tuple[()]:
            self.begun += 1
            await gate.wait()
            return ()

    channel = Waiting()
    patient = dispatcher.Dispatcher(post.database, {"email": channel}, post.clock, lambda *_: None)
    draining = asyncio.create_task(patient.drain())
    await until(lambda: channel.begun == 8)
    patient.finish()
    gate.set()
    await draining

    assert await post.counts() == {LetterState.DELIVERED: 8, LetterState.WAITING: 12}
