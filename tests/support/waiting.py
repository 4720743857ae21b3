"""Waiting for what happens soon, without guessing how long it takes."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Return once `holds`; fail when it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - a condition about files and processes has no event to wait for
            await asyncio.sleep(0.01)
