"""Reading the ledger. Runs within the caller's unit of work and never commits; a read that is not audited is none."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from aggregator.evidence import Evidence
from gate.audit.model import Actor, AuditAction, AuditEvent
from gate.audit.trail import AuditTrail
from gate.clock import Clock
from gate.decision.model import Policy
from gate.errors import FieldViolation, InvalidInput, NotFound, PreconditionFailed
from gate.ledger import repository
from gate.ledger.history import ConfigurationAuthor, KeptDecision, ReevaluationEvent, ReevaluationOutcome
from gate.ledger.model import Grounds, LedgerEntry
from gate.ledger.observations import observed
from gate.ledger.pages import DecisionFilter, DecisionPage, page_of, position_in
from gate.page_tokens import page_size
from gate.persistence.unit_of_work import UnitOfWork
from gate.tenancy import repository as tenancy

_ON_ITS_WAY: Final = timedelta(minutes=1)
"""How long after its answer a decision may be missing without anything being wrong."""
_REPEATS: Final = 100
"""Of one claim and line, at most; the rest is found by listing the claim's decisions."""
_VERSION_WITH_TIME: Final = 7


class DecisionLedger:
    """What was decided, for one tenant at a time: the unit's."""

    def __init__(self, trail: AuditTrail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock

    async def list(
        self, unit: UnitOfWork, actor: Actor, wanted: DecisionFilter, *, size: int = 0, page_token: str = ""
    ) -> DecisionPage:
        """Decisions that fit, newest first, in pages of 50 by default and 500 at most.

        Raises:
            InvalidInput: the filter, the page size or the token does not fit.
        """
        wanted = wanted.verified()
        size = page_size(size)
        after = position_in(page_token, wanted)
        page = page_of(await repository.entries(unit, wanted, after=after, limit=size + 1), size, wanted)
        await self._audit(
            unit,
            actor,
            AuditAction.DECISIONS_READ,
            "decisions",
            count=len(page.entries),
            npi=wanted.npi or None,
            state=wanted.state or None,
            code=wanted.code,
            mode=wanted.mode,
            by_claim=bool(wanted.claim_id),  # the claim's own number stays in the ledger
        )
        return page

    async def read(self, unit: UnitOfWork, actor: Actor, decision_id: str, purpose: AuditAction) -> KeptDecision:
        """One decision and everything it rests on; `purpose` is what the audit log calls the read.

        Raises:
            InvalidInput: this is no decision's id.
            NotFound: the tenant's ledger does not hold it.
            PreconditionFailed: what it rests on is not kept, or cannot be read by this release.
        """
        given_at = _time_in(decision_id)
        entry = await repository.entry(unit, decision_id)
        if entry is None:
            raise NotFound(self._missing(given_at))
        evidence, policy = await _grounds(unit, entry.grounds)
        kept = KeptDecision(
            entry=entry,
            evidence=evidence,
            policy=policy,
            author=await _author(unit, entry),
            repeats=await repository.repeats_of(unit, entry, _REPEATS),
            reevaluations=await repository.reevaluations(unit, decision_id),
        )
        await self._audit(unit, actor, purpose, f"decision/{decision_id}", npi=entry.npi, state=entry.state)
        return kept

    async def note_reevaluation(
        self, unit: UnitOfWork, actor: Actor, event: ReevaluationEvent, evidence: Evidence | None
    ) -> Sequence[ReevaluationEvent]:
        """Keep the event if it came to another outcome than the last one, UNCHANGED to begin with; all events so far.

        An outcome that is unknown at present is audited and not kept: it says nothing about the claim. What the
        sources said is kept either way.
        """
        if evidence is not None:
            await repository.add_observations(unit, observed(evidence))
        events = await repository.reevaluations(unit, event.decision_id)
        last = events[-1].outcome if events else ReevaluationOutcome.UNCHANGED
        if event.outcome not in (last, ReevaluationOutcome.UNKNOWN):
            await repository.add_reevaluation(unit, event, ordinal=len(events) + 1)
            events = await repository.reevaluations(unit, event.decision_id)
        await self._audit(
            unit,
            actor,
            AuditAction.DECISION_REEVALUATED,
            f"decision/{event.decision_id}",
            outcome=event.outcome,
            code=event.code,
            detail=event.detail,
        )
        return events

    def _missing(self, given_at: datetime | None) -> str:
        if given_at is not None and abs(self._clock() - given_at) < _ON_ITS_WAY:
            return "this decision is not in the ledger yet: decisions reach it within seconds; ask again in a moment"
        return "there is no such decision in the tenant's ledger"

    async def _audit(
        self,
        unit: UnitOfWork,
        actor: Actor,
        action: AuditAction,
        about: str,
        **details: str | int | bool | None,
    ) -> None:
        event = AuditEvent(actor=actor, action=action, object=about, at=self._clock(), details=details)
        await self._trail.record(unit, event)


def _time_in(decision_id: str) -> datetime | None:
    """When the id was made, where it says so."""
    try:
        parsed = uuid.UUID(decision_id)
    except ValueError:
        raise InvalidInput(FieldViolation("decision_id", "is not a decision's id: a UUID")) from None
    if str(parsed) != decision_id:
        raise InvalidInput(FieldViolation("decision_id", "is not a decision's id as the gate writes it"))
    if parsed.version != _VERSION_WITH_TIME:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=parsed.int >> 80)


async def _grounds(unit: UnitOfWork, grounds: Grounds) -> tuple[Evidence | None, Policy]:
    wanted = [digest for digest in (grounds.evidence, grounds.policy) if digest is not None]
    kept = await repository.documents(unit, wanted)
    try:
        evidence = None if grounds.evidence is None else kept[grounds.evidence].evidence()
        return evidence, kept[grounds.policy].policy()
    except KeyError:
        raise PreconditionFailed("the evidence or the policy of this decision is not in the ledger") from None
    except msgspec.DecodeError:
        raise PreconditionFailed("another release wrote this decision, in a way that this one cannot read") from None


async def _author(unit: UnitOfWork, entry: LedgerEntry) -> ConfigurationAuthor | None:
    change = await tenancy.change_of(unit.session, unit.tenant, entry.config_version)
    if change is None:
        return None
    return ConfigurationAuthor(entry.config_version, change.by, change.at, change.reason)
