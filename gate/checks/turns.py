"""Sharing the event loop: a batch must not keep everybody else waiting until it is done."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

LONGEST_STRETCH: Final = 100
"""Items in a row. One takes up to 0.1 ms, and a full batch a second in which no other caller would be heard."""

Item = TypeVar("Item")


async def in_turns(items: Iterable[Item]) -> AsyncIterator[Item]:
    """`items` one after the other, with a turn for whoever else is waiting after every stretch of them."""
    for number, item in enumerate(items, 1):
        yield item
        if number % LONGEST_STRETCH == 0:
            await asyncio.sleep(0)
