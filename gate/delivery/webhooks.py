"""Telling a tenant's programs by signed requests, after the Standard Webhooks convention."""

import errno
from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec
import structlog

from gate.clock import Clock
from gate.delivery import repository, signing
from gate.delivery.endpoints import WebhookRules
from gate.delivery.model import Endpoint, problem_with
from gate.delivery.public_addresses import NotPublic
from gate.outbox.channel import Undelivered
from gate.outbox.letter import Letter
from gate.outbox.message import OutgoingMessage
from gate.persistence.unit_of_work import Database

_GONE: Final = "its receiver wants nothing any more (410)"
_log = structlog.stdlib.get_logger(__name__)


class WebhookChannel:
    """A message without recipient becomes one for each endpoint that wants to hear of its topic."""

    def __init__(
        self, database: Database, session: aiohttp.ClientSession, rules: WebhookRules, clock: Clock, patience: timedelta
    ) -> None:
        """`session` looks names up as the rules want it; `patience` is for one request."""
        self._database = database
        self._session = session
        self._rules = rules
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=patience.total_seconds())

    async def deliver(self, letter: Letter) -> Sequence[OutgoingMessage]:
        """See `Channel`."""
        if not letter.recipient:
            return await self._copies(letter)
        async with self._database.reading(letter.tenant) as unit:
            endpoint = await repository.find(unit, letter.recipient)
        if endpoint is None:
            raise Undelivered("its endpoint was removed", is_final=True)
        if endpoint.disabled_at is not None:
            raise Undelivered(f"its endpoint is switched off: {endpoint.disabled_because}", is_final=True)
        await self._post(endpoint, letter)
        return ()

    async def _copies(self, letter: Letter) -> Sequence[OutgoingMessage]:
        async with self._database.reading(letter.tenant) as unit:
            endpoints = await repository.all_of(unit)
        return [
            OutgoingMessage(
                key=f"{letter.key}@{endpoint.id}",
                channel=letter.channel,
                topic=letter.topic,
                subject=letter.subject,
                recipient=endpoint.id,
                body=letter.body,
                not_before=letter.not_before,
            )
            for endpoint in endpoints
            if endpoint.wants(letter.topic)
        ]

    async def _post(self, endpoint: Endpoint, letter: Letter) -> None:
        if not self._rules.keys:
            raise Undelivered("no signing key is set (GATE_DELIVERY__WEBHOOKS__SIGNING_KEY)")
        # The deployment may allow less today than on the day the endpoint was named.
        if problem := problem_with(endpoint.url, private_allowed=self._rules.private_allowed):
            raise Undelivered(f"its address {problem}", is_final=True)
        now = self._clock()
        body = _body(letter)
        signed = signing.headers(
            f"msg_{letter.stable_id}", now, body, signing.secrets_of(endpoint, self._rules.keys, now)
        )
        try:
            async with self._session.post(
                endpoint.url,
                data=body.encode(),
                headers={**signed, "content-type": "application/json"},
                allow_redirects=False,
                timeout=self._timeout,
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # `from None`: the client's own messages hold the address, with whatever its query holds.
            raise Undelivered(_in_words(error)) from None
        if status == HTTPStatus.GONE:
            await self._switch_off(endpoint)
            raise Undelivered(_GONE, is_final=True)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise Undelivered(f"its receiver answered {status}")

    async def _switch_off(self, endpoint: Endpoint) -> None:
        async with self._database.writing(endpoint.tenant) as unit:
            await repository.disable(unit, endpoint.id, self._clock(), _GONE)
        _log.warning("webhook_endpoint_switched_off", endpoint=endpoint.id)


def _body(letter: Letter) -> str:
    told = {
        "type": letter.topic,
        "timestamp": letter.created_at.isoformat(),
        "subject": letter.subject,
        "data": letter.body,
    }
    return msgspec.json.encode(told).decode()


def _in_words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "its receiver did not answer in time"
    reason = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(reason, NotPublic):
        return "its address leads into a private network"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its receiver's name cannot be looked up"
    if isinstance(error, aiohttp.ClientSSLError):
        return "its receiver's certificate does not verify"
    code = errno.errorcode.get(getattr(reason, "errno", None) or 0, type(error).__name__)
    return f"its receiver cannot be reached ({code})"
