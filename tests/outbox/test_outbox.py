"""What is left in the outbox, and what is not."""

from datetime import timedelta

import pytest

from gate.outbox.channel import Undelivered
from gate.outbox.letter import LetterState
from gate.outbox.retention import OutboxRetention
from tests.outbox.post_office import NOON, PostOffice, message


class ChangedItsMind(Exception):
    pass


async def test_a_message_whose_transaction_is_rolled_back_is_never_sent(post: PostOffice) -> None:
    async def leave_and_change_ones_mind() -> None:
        async with post.database.writing("acme") as unit:
            await post.outbox.add(unit, [message()])
            raise ChangedItsMind

    with pytest.raises(ChangedItsMind):
        await leave_and_change_ones_mind()
    await post.drain()

    assert post.postman.tried == []


async def test_a_message_is_sent_once_however_often_it_is_added(post: PostOffice) -> None:
    await post.leave(message("k1"), message("k1", subject="another"))
    await post.drain()
    await post.leave(message("k1"))
    await post.drain()

    assert post.postman.keys == ["k1"]
    assert post.postman.delivered[0].subject == "Revalidation is past due"


async def test_keys_of_other_tenants_and_channels_are_other_keys(post: PostOffice) -> None:
    await post.leave(message("k1"), message("k1", channel="webhook"))
    await post.leave(message("k1"), tenant="globex")

    await post.drain()

    assert sorted(letter.tenant for letter in post.postman.delivered) == ["acme", "globex"]
    assert [letter.tenant for letter in post.webhooks.delivered] == ["acme"]


async def test_nothing_is_sent_before_its_time(post: PostOffice) -> None:
    await post.leave(message(not_before=NOON.replace(hour=13)))

    await post.drain()
    assert post.postman.tried == []

    post.later(hours=1)
    await post.drain()
    assert post.postman.keys == ["k1"]


@pytest.mark.parametrize("different", [{"channel": "pigeon"}, {"key": "k" * 201}])
async def test_what_could_never_be_sent_is_not_taken(post: PostOffice, different: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"channel|key"):
        await post.leave(message(**different))

    assert await post.counts() == {}


async def test_adding_nothing_is_fine(post: PostOffice) -> None:
    await post.leave()

    assert await post.counts() == {}


async def test_what_arrived_long_ago_is_forgotten_and_what_was_given_up_is_not(post: PostOffice) -> None:
    post.postman.refuses["bob@example.org"] = Undelivered("no", is_final=True)
    await post.leave(*(message(f"k{n}") for n in range(3)), message("dead", "bob@example.org"))
    await post.drain()
    retention = OutboxRetention(post.database, post.clock, timedelta(days=30))

    post.later(days=29)
    assert await retention.apply() == 0
    post.later(days=2)
    assert await retention.apply() == 3

    assert await post.counts() == {LetterState.DEAD: 1}
