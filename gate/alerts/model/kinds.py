"""What runs out, how near that is, and what it does to claims. Pure."""

from enum import StrEnum
from typing import Final


class AlertKind(StrEnum):
    """What runs out. Each kind has a ladder of its own, and the ladders are never merged."""

    REVALIDATION = "revalidation"
    """A provider's enrollment in a state's Medicaid has to be revalidated."""
    RECREDENTIALING = "recredentialing"
    """A provider's enrollment with a payer has to be renewed."""
    CREDENTIAL_EXPIRY = "credential_expiry"
    """A licence, a registration or a certificate ends."""
    ATTESTATION = "attestation"
    """A CAQH profile has to be attested anew: within 120 days, in Illinois 180 (row R27)."""


class Urgency(StrEnum):
    """How near the deadline is."""

    NOTICE = "notice"
    """Shown, and nobody is told."""
    ELEVATED = "elevated"
    """From sixty days on, or from the rung that the tenant set in their place: provider relations is told."""
    CRITICAL = "critical"
    """The last rung, or thirty days."""
    PAST_DUE = "past_due"

    @property
    def is_told(self) -> bool:
        """Whether somebody is written to."""
        return self is not Urgency.NOTICE


class GateEffect(StrEnum):
    """What the gate makes of the same due date when it decides about a claim, without asking for alerts."""

    NONE = "none"
    SOFT_HOLD = "soft_hold"
    PEND = "pend"


PAST_DUE: Final = -1
"""The tier behind the last rung. It begins the day after the due date (rows R8, R9)."""
_ELEVATED_DAYS: Final = 60
_CRITICAL_DAYS: Final = 30
_NAMES: Final = {
    AlertKind.REVALIDATION: "REVALIDATION",
    AlertKind.RECREDENTIALING: "RECREDENTIALING",
    AlertKind.CREDENTIAL_EXPIRY: "CREDENTIAL",
    AlertKind.ATTESTATION: "ATTESTATION",
}
LONG_LADDER: Final = (120, 90, 60, 30)
"""Of credentials and attestations (row R31)."""
RECREDENTIALING_IS_RED: Final = 14
"""Up to so many days a re-credentialing is shown in red (row R29)."""


def tier_name(kind: AlertKind, tier: int) -> str:
    """As it is called everywhere: ``REVALIDATION_60``, ``ATTESTATION_PAST_DUE``."""
    return f"{_NAMES[kind]}_{'PAST_DUE' if tier == PAST_DUE else tier}"


def recredentialing_ladder(lead_days: int) -> tuple[int, ...]:
    """The organisation's lead days, and the fourteen from which on the deadline is red (rows R28, R29)."""
    return (lead_days, RECREDENTIALING_IS_RED) if lead_days > RECREDENTIALING_IS_RED else (lead_days,)


def urgency_of(tier: int, rungs: tuple[int, ...]) -> Urgency:
    """By the days that the tier begins with: a tenant's own rungs mean what their days mean."""
    if tier == PAST_DUE:
        return Urgency.PAST_DUE
    if tier <= max(_CRITICAL_DAYS, min(rungs, default=0)):
        return Urgency.CRITICAL
    return Urgency.ELEVATED if tier <= _ELEVATED_DAYS else Urgency.NOTICE


def effect_of(kind: AlertKind, tier: int, rungs: tuple[int, ...], *, pends_past_due: bool) -> GateEffect:
    """What the gate does from that tier on (rows R6 to R9): nothing, but for revalidation."""
    if kind is not AlertKind.REVALIDATION:
        return GateEffect.NONE
    if tier == PAST_DUE:
        return GateEffect.PEND if pends_past_due else GateEffect.SOFT_HOLD
    return GateEffect.SOFT_HOLD if tier == min(rungs) else GateEffect.NONE
