"""API keys of one tenant: made, listed, revoked. Every change is an event of the audit log, in the same transaction."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

import msgspec

from gate.audit.model import Actor, AuditAction, AuditEvent
from gate.audit.trail import AuditTrail
from gate.auth import repository
from gate.auth.api_keys import ApiKey, KeyOrder, NewKey, make_key
from gate.auth.principal import Principal
from gate.clock import Clock
from gate.errors import FieldViolation, InvalidInput, NotFound, PreconditionFailed
from gate.persistence.unit_of_work import UnitOfWork

MOST_GOOD_KEYS: Final = 500
"""Of one tenant at a time: every process holds the keys of all tenants in memory."""
_DEFAULT_PAGE: Final = 50
_LARGEST_PAGE: Final = 500
KeysChanged = Callable[[str], Awaitable[None]]
"""Told the tenant after a commit; returns when this process knows."""


class KeyPage(msgspec.Struct, frozen=True):
    """Keys, newest first; an empty token: these are the last."""

    keys: Sequence[ApiKey]
    next_page_token: str


class AccessService:
    """Runs in the caller's unit of work and acts on that unit's tenant."""

    def __init__(self, trail: AuditTrail, keys_changed: KeysChanged, clock: Clock) -> None:
        self._trail = trail
        self._keys_changed = keys_changed
        self._clock = clock

    async def create_key(self, unit: UnitOfWork, order: KeyOrder, maker: Principal, actor: Actor) -> NewKey:
        """Make a key. How it is written is told once, here.

        Raises:
            InvalidInput: naming every field that does not fit.
            PermissionDenied: it would allow what its maker may not do.
            PreconditionFailed: the tenant has as many good keys as it may have.
        """
        now = self._clock()
        made = make_key(order, maker, now)
        if await repository.count_good(unit, now) >= MOST_GOOD_KEYS:
            raise PreconditionFailed(f"a tenant has {MOST_GOOD_KEYS} good API keys at most; revoke some first")
        await repository.add(unit.session, made.key)
        await self._changed(unit, actor, AuditAction.API_KEY_CREATED, made.key)
        return made

    async def list_keys(self, unit: UnitOfWork, *, page_size: int = 0, page_token: str = "") -> KeyPage:
        """The tenant's keys, newest first, those that are good no more too. Page size 0: 50; at most 500.

        Raises:
            InvalidInput: the page size is negative.
        """
        if page_size < 0:
            raise InvalidInput(FieldViolation("page_size", "must not be negative"))
        size = min(page_size or _DEFAULT_PAGE, _LARGEST_PAGE)
        found = await repository.listed(unit, before=page_token, limit=size + 1)
        page = found[:size]
        return KeyPage(page, page[-1].key_id if len(found) > size else "")

    async def revoke_key(self, unit: UnitOfWork, key_id: str, actor: Actor) -> ApiKey:
        """Revoke a key for good; one that was revoked before stays as it is.

        Raises:
            NotFound: the tenant has no such key.
        """
        was_good = await repository.revoke(unit, key_id, by=actor.subject, at=self._clock())
        key = await repository.find(unit, key_id)
        if key is None:
            raise NotFound("there is no such API key")
        if was_good:
            await self._changed(unit, actor, AuditAction.API_KEY_REVOKED, key)
        return key

    async def _changed(self, unit: UnitOfWork, actor: Actor, action: AuditAction, key: ApiKey) -> None:
        details: dict[str, str | int | bool | None] = {
            "service_account": key.account,
            "roles": " ".join(sorted(key.roles)),
            "narrowed_to": None if key.narrowed_to is None else " ".join(sorted(key.narrowed_to)),
            "expires_at": key.expires_at.isoformat(),
        }
        event = AuditEvent(
            actor=actor, action=action, object=f"api_key/{key.key_id}", at=self._clock(), details=details
        )
        await self._trail.record(unit, event)
        unit.after_commit(partial(self._keys_changed, unit.tenant))
