"""Webhook endpoints on a real database, with a clock that a test turns."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import aiohttp

from gate.audit.model import Actor, Via
from gate.delivery.endpoints import EndpointWithSecret, WebhookEndpoints, WebhookRules
from gate.delivery.model import Endpoint
from gate.delivery.webhooks import WebhookChannel
from gate.outbox.letter import Letter
from gate.persistence.unit_of_work import Database
from tests.accounts.people import Recorded

OLGA = Actor(tenant="acme", subject="olga", via=Via.SESSION)
KEY = b"a key that is long enough to be one"


def letter(recipient: str = "", **different: object) -> Letter:
    fields: dict[str, object] = {
        "tenant": "acme",
        "id": "1",
        "key": "alert/1",
        "channel": "webhook",
        "topic": "alert.raised",
        "subject": "Revalidation is past due",
        "body": {"text": "It is past due.", "npi": "1234567893"},
        "not_before": datetime(2026, 3, 10, 12, tzinfo=UTC),
        "created_at": datetime(2026, 3, 10, 12, tzinfo=UTC),
        "attempts": 1,
    }
    return Letter(recipient=recipient, **{**fields, **different})  # type: ignore[arg-type]  # a builder


class WebhookDesk:
    def __init__(self, database: Database, session: aiohttp.ClientSession) -> None:
        self.database = database
        self.session = session
        self.turned = timedelta(0)
        self.trail = Recorded()
        self.endpoints, self.channel = self.with_rules(WebhookRules(keys=[KEY], private_allowed=True))

    def with_rules(
        self, rules: WebhookRules, session: aiohttp.ClientSession | None = None, patience: float = 5.0
    ) -> tuple[WebhookEndpoints, WebhookChannel]:
        channel = WebhookChannel(self.database, session or self.session, rules, self.clock, timedelta(seconds=patience))
        return WebhookEndpoints(rules, self.trail, self.clock), channel

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.turned  # receivers want the true time

    async def create(self, url: str, topics: Sequence[str] = (), tenant: str = "acme") -> EndpointWithSecret:
        async with self.database.writing(tenant) as unit:
            actor = Actor(tenant=tenant, subject="olga", via=Via.SESSION)
            return await self.endpoints.create(unit, url, topics, "", actor)

    async def read(self, endpoint_id: str) -> Endpoint:
        async with self.database.reading("acme") as unit:
            return await self.endpoints.one(unit, endpoint_id)
