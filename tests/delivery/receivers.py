"""Who is told: a mail server, an HTTP receiver and Redis, real ones that can be stopped and started again."""

import asyncio
import json
import ssl
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any, Protocol

import msgspec
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from redis import Redis
from standardwebhooks import Webhook

from tests.support.servers import RedisServer, free_port

PASSWORD = "correct horse battery staple"


class Arrival(msgspec.Struct, frozen=True):
    """What a receiver knows of something that arrived."""

    id: str
    topic: str
    said: str


class Receiver(Protocol):
    """The other side of a channel."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def arrivals(self) -> list[Arrival]: ...


class Mailbox:
    """A mail server."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, demands: str = "") -> None:
        """`demands`: ``starttls`` or ``auth`` before anything is taken."""
        self.port = free_port()
        self.messages: list[Message] = []
        self.recipients: list[str] = []
        self.refuses: dict[str, str] = {}
        self.hangs = False
        self.is_busy = False
        self._tls = tls
        self._demands = demands
        self._controller: Controller | None = None

    async def handle_RCPT(  # noqa: N802 - the library's name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        self.is_busy = True
        while self.hangs:  # noqa: ASYNC110 - it runs in another thread than the test that ends it
            await asyncio.sleep(0.01)
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        self.recipients += envelope.rcpt_tos
        return "250 taken"

    def _login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        fits = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        return AuthResult(success=fits, handled=False)

    async def start(self) -> None:
        options: dict[str, Any] = {}
        if self._demands:
            options = {"tls_context": self._tls, "require_starttls": True}
        if self._demands == "auth":
            options |= {"authenticator": self._login, "auth_required": True}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        await asyncio.to_thread(self._controller.start)

    async def stop(self) -> None:
        assert self._controller is not None
        await asyncio.to_thread(self._controller.stop)

    def arrivals(self) -> list[Arrival]:
        return [
            Arrival(str(message["Message-ID"]), str(message["Subject"]), text_of(message)) for message in self.messages
        ]


def text_of(message: Message) -> str:
    part = message.get_body(("plain",))  # type: ignore[attr-defined]  # by the policy it is an EmailMessage
    return str(part.get_content()).replace("\r\n", "\n").strip()


class Hooked:
    """An HTTP receiver that verifies what it gets with the convention's own library, as its owner would."""

    def __init__(self) -> None:
        self.port = free_port()
        self.secret = ""
        self.answers = 204
        self.headers: dict[str, str] = {}
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.verified: list[tuple[str, dict[str, Any]]] = []
        self.paths: list[str] = []
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def _take(self, request: web.Request) -> web.Response:
        self.paths.append(request.path)
        await self.hangs.wait()
        body = Webhook(self.secret).verify(await request.read(), dict(request.headers))
        if self.answers < 300:
            self.verified.append((request.headers["webhook-id"], body))
        return web.Response(status=self.answers, headers=self.headers, text="it says a secret of its own")

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def arrivals(self) -> list[Arrival]:
        return [Arrival(id_, body["type"], body["data"]["text"]) for id_, body in self.verified]


class Stream:
    """Redis, and what is on the stream; what was on it before it was killed is gone with it."""

    def __init__(self, server: RedisServer, name: str) -> None:
        self._server = server
        self._name = name

    async def start(self) -> None:
        if not self._server.is_running:
            await asyncio.to_thread(self._server.start)

    async def stop(self) -> None:
        await asyncio.to_thread(self._server.kill)

    def entries(self) -> list[dict[str, str]]:
        with Redis(port=self._server.port, decode_responses=True) as redis:
            return [fields for _, fields in redis.xrange(self._name)]

    def arrivals(self) -> list[Arrival]:
        events = [json.loads(fields["event"]) for fields in self.entries()]
        return [Arrival(event["id"], event["type"], event["data"]["text"]) for event in events]
