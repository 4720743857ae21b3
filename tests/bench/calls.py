"""Ordinary calls to whatever speaks gRPC."""

from typing import Any

from gate.bench.site import channel_to


async def called(address: str, path: str, message: bytes) -> bytes:
    """The answer, as it comes over the wire."""
    async with channel_to(address) as channel:
        ask: Any = channel.unary_unary(path)
        answer: bytes = await ask(message, timeout=20)
        return answer
