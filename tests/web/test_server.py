"""How the HTTP door listens."""

import socket

from fastapi import FastAPI

from gate.web.server import HttpServer
from tests.support.waiting import until


async def test_no_answer_waits_until_its_beginning_is_acknowledged() -> None:
    """What connections inherit from the socket that listens."""
    server = HttpServer(FastAPI(), "127.0.0.1:0")
    await server.start()
    try:
        await until(lambda: server._server.started)
        (listening,) = server._server.servers[0].sockets
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        await server.stop()
