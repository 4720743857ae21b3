"""Revalidation tiers: how many days remain, and what that is called. Rows R1-R19. Pure."""

from collections.abc import Sequence
from datetime import date

from gate.decision.model import Revalidation

PAST_DUE = "REVALIDATION_PAST_DUE"


def revalidation_of(due_on: date | None, today: date, warning_days: tuple[int, ...]) -> Revalidation | None:
    """Where `due_on` stands on the ladder; None without a due date (row R15). The due day itself is not past due."""
    if due_on is None:
        return None
    days = (due_on - today).days
    reached = rung_reached(days, warning_days)
    tier = PAST_DUE if days < 0 else "" if reached is None else f"REVALIDATION_{reached}"
    return Revalidation(due_on, days, tier)


def rung_reached(days_remaining: int, rungs: Sequence[int]) -> int | None:
    """The last rung of a ladder of days that has begun; None: none has. A rung's own day is its first (R2, R4, R6)."""
    return min((rung for rung in rungs if days_remaining <= rung), default=None)


def is_soft_hold(revalidation: Revalidation | None, warning_days: tuple[int, ...]) -> bool:
    """Whether the last tier before the deadline has begun (rows R6-R9)."""
    if revalidation is None or not warning_days:
        return False
    return revalidation.days_remaining <= min(warning_days)
