"""A tenant's webhook endpoints: named, changed, given another secret, removed. Every act is in the audit log."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec
import uuid_utils

from gate.audit.model import Actor, AuditAction, AuditEvent
from gate.audit.trail import AuditTrail
from gate.clock import Clock
from gate.delivery import repository
from gate.delivery.model import Endpoint, problem_with
from gate.delivery.signing import secret_of
from gate.errors import FieldViolation, InvalidInput, NotFound, PreconditionFailed
from gate.persistence.unit_of_work import UnitOfWork

MOST_ENDPOINTS: Final = 20
"""Of one tenant."""
_MOST_TOPICS: Final = 20
_LONGEST_TOPIC: Final = 64
_LONGEST_DESCRIPTION: Final = 200


class WebhookRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the deployment says about webhooks."""

    keys: Sequence[bytes]
    """From the first of them secrets are derived; those from the others still sign. Without any there are none."""
    private_allowed: bool = False
    rotation: timedelta = timedelta(hours=24)


class EndpointWithSecret(msgspec.Struct, frozen=True):
    """An endpoint and the secret by which its receiver knows our requests."""

    endpoint: Endpoint
    secret: str


class WebhookEndpoints:
    """Runs in the caller's unit of work and acts on that unit's tenant."""

    def __init__(self, rules: WebhookRules, trail: AuditTrail, clock: Clock) -> None:
        self._rules = rules
        self._trail = trail
        self._clock = clock

    async def listed(self, unit: UnitOfWork) -> Sequence[Endpoint]:
        """All of the tenant's, oldest first."""
        return await repository.all_of(unit)

    async def one(self, unit: UnitOfWork, endpoint_id: str) -> Endpoint:
        """One of them.

        Raises:
            NotFound: the tenant has no such endpoint.
        """
        endpoint = await repository.find(unit, endpoint_id) if endpoint_id.isprintable() else None
        if endpoint is None:
            raise NotFound("there is no such webhook endpoint")
        return endpoint

    async def create(
        self, unit: UnitOfWork, url: str, topics: Sequence[str], description: str, actor: Actor
    ) -> EndpointWithSecret:
        """Have the tenant told there from now on.

        Raises:
            InvalidInput: naming every field that does not fit.
            PreconditionFailed: the deployment has no signing key, or the tenant as many endpoints as it may have.
        """
        key = self._key()
        if await repository.count(unit) >= MOST_ENDPOINTS:
            raise PreconditionFailed(f"a tenant has {MOST_ENDPOINTS} webhook endpoints at most; remove some first")
        endpoint = Endpoint(
            tenant=unit.tenant,
            id=str(uuid_utils.uuid7()),
            url=url.strip(),
            topics=_distinct(topics),
            description=description.strip(),
            created_at=self._clock(),
            created_by=actor.subject,
        )
        self._verify(endpoint)
        await repository.add(unit, endpoint)
        await self._record(unit, endpoint, AuditAction.WEBHOOK_CREATED, actor)
        return EndpointWithSecret(endpoint, secret_of(endpoint, key))

    async def replace_secret(self, unit: UnitOfWork, endpoint_id: str, actor: Actor) -> EndpointWithSecret:
        """Give it another secret; the one before still signs for a while.

        Raises:
            NotFound: the tenant has no such endpoint.
            PreconditionFailed: the deployment has no signing key.
        """
        key = self._key()
        endpoint = await self.one(unit, endpoint_id)
        changed = msgspec.structs.replace(
            endpoint, generation=endpoint.generation + 1, previous_until=self._clock() + self._rules.rotation
        )
        await repository.change(unit, changed)
        await self._record(unit, changed, AuditAction.WEBHOOK_CHANGED, actor, {"secret": "replaced"})
        return EndpointWithSecret(changed, secret_of(changed, key))

    async def enable(self, unit: UnitOfWork, endpoint_id: str, actor: Actor) -> Endpoint:
        """Tell it again.

        Raises:
            NotFound: the tenant has no such endpoint.
        """
        endpoint = await self.one(unit, endpoint_id)
        changed = msgspec.structs.replace(endpoint, disabled_at=None, disabled_because="")
        await repository.change(unit, changed)
        await self._record(unit, changed, AuditAction.WEBHOOK_CHANGED, actor, {"enabled": True})
        return changed

    async def disable(self, unit: UnitOfWork, endpoint_id: str, actor: Actor) -> Endpoint:
        """Tell it nothing for now.

        Raises:
            NotFound: the tenant has no such endpoint.
        """
        endpoint = await self.one(unit, endpoint_id)
        if await repository.disable(unit, endpoint_id, self._clock(), f"switched off by {actor.subject}"):
            await self._record(unit, endpoint, AuditAction.WEBHOOK_CHANGED, actor, {"enabled": False})
        return await self.one(unit, endpoint_id)

    async def remove(self, unit: UnitOfWork, endpoint_id: str, actor: Actor) -> None:
        """Forget it; what waits for it becomes a dead letter.

        Raises:
            NotFound: the tenant has no such endpoint.
        """
        endpoint = await self.one(unit, endpoint_id)
        await repository.remove(unit, endpoint_id)
        await self._record(unit, endpoint, AuditAction.WEBHOOK_REMOVED, actor)

    def _key(self) -> bytes:
        if not self._rules.keys:
            raise PreconditionFailed(
                "this deployment signs no webhooks: GATE_DELIVERY__WEBHOOKS__SIGNING_KEY is not set"
            )
        return self._rules.keys[0]

    def _verify(self, endpoint: Endpoint) -> None:
        problems = []
        if problem := problem_with(endpoint.url, private_allowed=self._rules.private_allowed):
            problems.append(FieldViolation("url", problem))
        if len(endpoint.topics) > _MOST_TOPICS or not all(map(_is_topic, endpoint.topics)):
            problems.append(FieldViolation("topics", f"{_MOST_TOPICS} at most, of {_LONGEST_TOPIC} letters and dots"))
        if len(endpoint.description) > _LONGEST_DESCRIPTION or not endpoint.description.isprintable():
            problems.append(FieldViolation("description", f"is one line of {_LONGEST_DESCRIPTION} characters at most"))
        if problems:
            raise InvalidInput(*problems)

    async def _record(
        self,
        unit: UnitOfWork,
        endpoint: Endpoint,
        action: AuditAction,
        actor: Actor,
        details: Mapping[str, str | bool] | None = None,
    ) -> None:
        event = AuditEvent(
            actor=actor,
            action=action,
            object=f"webhook/{endpoint.id}",
            at=self._clock(),
            details={"url": endpoint.url.partition("?")[0], **(details or {})},  # a query may hold somebody's token
        )
        await self._trail.record(unit, event)


def _is_topic(text: str) -> bool:
    return len(text) <= _LONGEST_TOPIC and text.isascii() and text.isprintable()


def _distinct(topics: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stripped for topic in topics if (stripped := topic.strip())))
