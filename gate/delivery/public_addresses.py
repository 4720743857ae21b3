"""Looks names up and keeps to addresses in the open Internet, so that no tenant has the gate call its neighbours."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from gate.delivery.model import is_public


class NotPublic(OSError):
    """A name that leads into a private network, or a part of it."""


class PublicResolver(AbstractResolver):
    """Asked at the moment of connecting: what a name meant when somebody looked before does not matter."""

    def __init__(self) -> None:
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See `AbstractResolver`; all or nothing.

        Raises:
            NotPublic: one of the name's addresses is private.
        """
        found = await self._system.resolve(host, port, family)
        if not all(is_public(each["host"]) for each in found):
            raise NotPublic("the name leads into a private network")
        return found

    async def close(self) -> None:
        """See `AbstractResolver`."""
        await self._system.close()
