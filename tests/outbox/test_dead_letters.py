"""What people do about messages that were given up."""

import pytest

from gate.errors import InvalidInput, NotFound
from gate.outbox.channel import Undelivered
from gate.outbox.letter import LetterState
from tests.outbox.post_office import OPERATOR, PostOffice, message


async def a_grave(post: PostOffice) -> str:
    post.postman.refuses["ann@example.org"] = Undelivered("there is no such mailbox (550)", is_final=True)
    await post.leave(message())
    await post.drain()
    post.postman.refuses.clear()
    (grave,) = await post.graves()
    return grave.id


async def test_a_dead_letter_is_sent_again_under_the_same_id_and_that_is_on_record(post: PostOffice) -> None:
    letter_id = await a_grave(post)

    async with post.database.writing("acme") as unit:
        await post.dead.send_again(unit, letter_id, OPERATOR)
    await post.drain()

    first, second = post.postman.tried
    assert first.stable_id == second.stable_id
    assert await post.counts() == {LetterState.DELIVERED: 1}
    assert post.trail.told() == [("acme", "outbox.sent_again", "olga")]


async def test_one_that_is_sent_again_has_all_its_tries_before_it(post: PostOffice) -> None:
    letter_id = await a_grave(post)
    post.later(days=30)

    async with post.database.writing("acme") as unit:
        await post.dead.send_again(unit, letter_id, OPERATOR)
    post.postman.refuses["ann@example.org"] = Undelivered("away")
    await post.drain()

    assert await post.counts() == {LetterState.WAITING: 1}


async def test_a_dead_letter_is_discarded_with_a_reason(post: PostOffice) -> None:
    letter_id = await a_grave(post)

    async with post.database.writing("acme") as unit:
        await post.dead.discard(unit, letter_id, " she left ", OPERATOR)

    assert await post.graves() == []
    assert post.trail.events[0].details["reason"] == "she left"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
async def test_without_a_reason_nothing_is_discarded(post: PostOffice, reason: str) -> None:
    letter_id = await a_grave(post)

    with pytest.raises(InvalidInput):
        async with post.database.writing("acme") as unit:
            await post.dead.discard(unit, letter_id, reason, OPERATOR)

    assert len(await post.graves()) == 1


async def test_another_tenant_s_dead_letter_is_none(post: PostOffice) -> None:
    letter_id = await a_grave(post)

    assert await post.graves("globex") == []
    async with post.database.writing("globex") as unit:
        with pytest.raises(NotFound):
            await post.dead.one(unit, letter_id)
        with pytest.raises(NotFound):
            await post.dead.send_again(unit, letter_id, OPERATOR)


async def test_what_was_sent_again_is_no_dead_letter_any_more(post: PostOffice) -> None:
    letter_id = await a_grave(post)
    async with post.database.writing("acme") as unit:
        await post.dead.send_again(unit, letter_id, OPERATOR)

    with pytest.raises(NotFound):
        async with post.database.writing("acme") as unit:
            await post.dead.discard(unit, letter_id, "too late", OPERATOR)


async def test_long_lists_come_in_pages_newest_first(post: PostOffice) -> None:
    post.postman.refuses = {f"{n}@example.org": Undelivered("no", is_final=True) for n in range(60)}
    await post.leave(*(message(f"k{n}", f"{n}@example.org") for n in range(60)))
    await post.drain()

    async with post.database.reading("acme") as unit:
        first = await post.dead.listed(unit)
        second = await post.dead.listed(unit, before=first.next_before)

    ids = [letter.id for letter in (*first.letters, *second.letters)]
    assert (len(first.letters), len(second.letters)) == (50, 10)
    assert ids == sorted(set(ids), reverse=True)
    assert second.next_before == ""
