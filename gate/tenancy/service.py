"""Reading and changing what tenants chose. Runs within the caller's unit of work and never commits."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, Protocol

import msgspec

from gate.clock import Clock
from gate.decision.model import GateMode
from gate.errors import Conflict, FieldViolation, InvalidInput, PreconditionFailed
from gate.persistence.unit_of_work import UnitOfWork
from gate.tenancy import repository
from gate.tenancy.model import (
    WHOLE_TENANT,
    ConfigChange,
    DeploymentDefaults,
    EffectiveConfig,
    ModeChange,
    PolicyChoices,
    PolicyOverride,
    Scope,
    TenantConfig,
    in_force,
)
from gate.tenancy.repository import Change
from gate.tenancy.validation import Surroundings, verified, verified_scope

_LONGEST_REASON: Final = 500
_DEFAULT_PAGE: Final = 50
_LARGEST_PAGE: Final = 500
_CHANGE_ID: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,9})", re.ASCII)

HasWorkingSource = Callable[[EffectiveConfig, str], bool]
"""Whether a source that is implemented and configured can answer for the state, asked as this tenant (row A17)."""


class ConfigPublisher(Protocol):
    """Who must know of a new configuration as soon as it is stored."""

    async def publish(self, config: TenantConfig) -> None:
        """Put it in force."""
        ...


class ModeChangePage(msgspec.Struct, frozen=True):
    """Some switches of mode, newest first."""

    changes: Sequence[ModeChange]
    next_page_token: str
    """Empty: there are no more."""


class TenantService:
    """What tenants chose. Every method acts on the one tenant it is told; the door takes it from the credential."""

    def __init__(
        self,
        *,
        defaults: DeploymentDefaults,
        surroundings: Surroundings,
        publisher: ConfigPublisher,
        has_working_source: HasWorkingSource,
        clock: Clock,
    ) -> None:
        self._defaults = defaults
        self._surroundings = surroundings
        self._publisher = publisher
        self._has_working_source = has_working_source
        self._clock = clock

    async def get(self, unit: UnitOfWork, tenant: str) -> EffectiveConfig:
        """What is stored (`.config`, an empty version 0 where nothing is) and what is in force by it."""
        stored = await repository.current(unit.session, tenant)
        return in_force(stored or TenantConfig(tenant=tenant), self._defaults)

    async def update(self, unit: UnitOfWork, config: TenantConfig, *, by: str, reason: str) -> ConfigChange:
        """Store `config` in place of the version that it names; version 0 creates.

        A mode that differs afterwards is kept as a switch of mode (row C18).

        Raises:
            InvalidInput: naming every field that does not fit.
            Conflict: another version is in force than `config.version`.
            PreconditionFailed: it would enforce a state that no working source speaks for (row A17).
        """
        wanted = verified(config, self._surroundings)
        change = self._change(by, reason)
        stored = await repository.current(unit.session, wanted.tenant, lock=True) or TenantConfig(tenant=wanted.tenant)
        if stored.version != wanted.version:
            raise Conflict(f"version {stored.version} of the configuration is in force, not {wanted.version}")
        before, after = self._before_and_after(stored, wanted)
        self._must_be_answerable(before, after)
        switched = [
            scope
            for scope in sorted(_scopes(before.config) | _scopes(after.config))
            if _chosen_mode(before.config, scope) != _chosen_mode(after.config, scope)
            and _mode_in(before, scope) is not _mode_in(after, scope)  # spelling out what was inherited is no switch
        ]
        switches = _mode_changes(before, after, switched, change)
        await self._store(unit, after.config, change, switches)
        return ConfigChange(before=stored, after=after.config, switches=tuple(switches))

    async def set_mode(  # noqa: PLR0913 - the parts of one switch, each named
        self,
        unit: UnitOfWork,
        tenant: str,
        scope: Scope,
        mode: GateMode,
        *,
        by: str,
        reason: str,
        force: bool = False,
    ) -> ModeChange:
        """Switch the mode of the tenant or of a part of it, over whatever version is in force.

        Raises:
            InvalidInput: the state or line of business is unknown, or no reason is given.
            PreconditionFailed: it would enforce a state that no working source speaks for, unless `force` (row A17).
            Conflict: the tenant was configured for the first time by somebody else meanwhile.
        """
        scope = verified_scope(scope)
        change = self._change(by, reason, is_needed=True)
        stored = await repository.current(unit.session, tenant, lock=True) or TenantConfig(tenant=tenant)
        # The rest was verified when it was stored. That a credential has been withdrawn since must not keep anybody
        # from flipping the switch back.
        before, after = self._before_and_after(stored, _with_mode(stored, scope, mode))
        if not force:
            self._must_be_answerable(before, after)
        changes = _mode_changes(before, after, [scope], change)
        await self._store(unit, after.config, change, changes)
        return changes[0]

    async def list_mode_changes(
        self, unit: UnitOfWork, tenant: str, *, page_size: int = 0, page_token: str = ""
    ) -> ModeChangePage:
        """The tenant's switches of mode, newest first. Page size 0: 50; at most 500.

        Raises:
            InvalidInput: the page size is negative, or the token is none of ours.
        """
        if page_size < 0:
            raise InvalidInput(FieldViolation("page_size", "must not be negative"))
        size = min(page_size or _DEFAULT_PAGE, _LARGEST_PAGE)
        before = _position(page_token) if page_token else None
        found = await repository.mode_changes(unit.session, tenant, before=before, limit=size + 1)
        page = found[:size]
        return ModeChangePage(page, page[-1].change_id if len(found) > size else "")

    def _change(self, by: str, reason: str, *, is_needed: bool = False) -> Change:
        reason = reason.strip()
        if is_needed and not reason:
            raise InvalidInput(FieldViolation("reason", "must say why"))
        if len(reason) > _LONGEST_REASON or not reason.isprintable():
            raise InvalidInput(FieldViolation("reason", f"must be at most {_LONGEST_REASON} printable characters"))
        return Change(by=by, at=self._clock(), reason=reason)

    def _before_and_after(self, stored: TenantConfig, wanted: TenantConfig) -> tuple[EffectiveConfig, EffectiveConfig]:
        following = msgspec.structs.replace(wanted, version=stored.version + 1)
        return in_force(stored, self._defaults), in_force(following, self._defaults)

    def _must_be_answerable(self, before: EffectiveConfig, after: EffectiveConfig) -> None:
        # What was enforced already stays as it is: a forced switch must not block every later change.
        newly_enforced = sorted(after.enforced_states() - before.enforced_states())
        if missing := [state for state in newly_enforced if not self._has_working_source(after, state)]:
            raise PreconditionFailed(
                f"no working source is configured for {', '.join(missing)}: enforcing would pend every claim there; "
                "configure one, leave the state in audit mode, or force the switch"
            )

    async def _store(
        self, unit: UnitOfWork, config: TenantConfig, change: Change, changes: Sequence[ModeChange]
    ) -> None:
        await repository.add_version(unit.session, config, change)
        await repository.add_mode_changes(unit.session, changes)
        unit.after_commit(partial(self._publisher.publish, config))


def _with_mode(config: TenantConfig, scope: Scope, mode: GateMode) -> TenantConfig:
    if scope == WHOLE_TENANT:
        return msgspec.structs.replace(config, gate_mode=mode)
    overrides = dict(_overrides(config))
    unset = PolicyOverride(state=scope.state, line_of_business=scope.line_of_business)
    overrides[scope] = msgspec.structs.replace(overrides.get(scope, unset), gate_mode=mode)
    return msgspec.structs.replace(config, overrides=tuple(overrides.values()))


def _overrides(config: TenantConfig) -> dict[Scope, PolicyOverride]:
    return {Scope(override.state, override.line_of_business): override for override in config.overrides}


def _scopes(config: TenantConfig) -> set[Scope]:
    return {WHOLE_TENANT, *_overrides(config)}


def _chosen_mode(config: TenantConfig, scope: Scope) -> GateMode | None:
    choices: PolicyChoices | None = config if scope == WHOLE_TENANT else _overrides(config).get(scope)
    return None if choices is None else choices.gate_mode


def _mode_in(effective: EffectiveConfig, scope: Scope) -> GateMode:
    return effective.policy_for(scope.state, scope.line_of_business).mode


def _mode_changes(
    before: EffectiveConfig, after: EffectiveConfig, scopes: Iterable[Scope], change: Change
) -> list[ModeChange]:
    return [
        ModeChange(
            tenant=after.tenant,
            config_version=after.version,
            ordinal=ordinal,
            scope=scope,
            from_mode=_mode_in(before, scope),
            to_mode=_mode_in(after, scope),
            reason=change.reason,
            changed_by=change.by,
            changed_at=change.at,
        )
        for ordinal, scope in enumerate(scopes)
    ]


def _position(page_token: str) -> tuple[int, int]:
    match = _CHANGE_ID.fullmatch(page_token)
    if match is None:
        raise InvalidInput(FieldViolation("page_token", "is not a token that an earlier page gave"))
    return int(match[1]), int(match[2])
