"""Serves the HTTP door inside the process's own event loop."""

import asyncio
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from gate.errors import PreconditionFailed

_BACKLOG: Final = 256


class _EmbeddedServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process: it stops its doors in order."""
        yield


class HttpServer:
    """Serves until stopped; `port` is the one really bound."""

    def __init__(
        self, app: FastAPI, address: str, trusted_proxies: Sequence[str] = (), *, shares_port: bool = False
    ) -> None:
        """The word of `trusted_proxies` is taken for where a request came from; of nobody else, loopback included.

        `shares_port`: with other workers of this gate, which `gate.workers.ports` keeps from strangers.
        """
        self._shares_port = shares_port
        host, _, port = address.rpartition(":")
        self._host, self.port = host.strip("[]"), int(port)
        self._server = _EmbeddedServer(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=5,
                server_header=False,
                proxy_headers=bool(trusted_proxies),
                forwarded_allow_ips=list(trusted_proxies),
            )
        )
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bind and begin to serve.

        Raises:
            PreconditionFailed: the address is taken or not this machine's.
        """
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            listener = socket.create_server(
                (self._host, self.port), family=family, backlog=_BACKLOG, reuse_port=self._shares_port
            )
        except OSError as error:
            raise PreconditionFailed(
                f"nothing can be served at {self._host}:{self.port} (GATE_HTTP_ADDRESS): "
                f"{os.strerror(error.errno) if error.errno else error}"
            ) from error
        # Connections inherit it. Without, the end of each answer waits for the client's delayed acknowledgement of its
        # beginning: 40 ms of the 56 that a page took. asyncio sets it only where a socket names its protocol.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listener.getsockname()[1]
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="http")

    async def stop(self) -> None:
        """Let requests in flight finish, then stop."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
