"""Revalidation tiers: how many days remain, and what that is called. Rows R1-R19. Pure."""

from datetime import date

from gate.decision.model import Revalidation

PAST_DUE = "REVALIDATION_PAST_DUE"


def revalidation_of(due_on: date | None, today: date, warning_days: tuple[int, ...]) -> Revalidation | None:
    """Where `due_on` stands on the ladder; None without a due date (row R15). The due day itself is not past due."""
    if due_on is None:
        return None
    days = (due_on - today).days
    reached = [tier for tier in warning_days if days <= tier]
    tier = PAST_DUE if days < 0 else f"REVALIDATION_{min(reached)}" if reached else ""
    return Revalidation(due_on, days, tier)


def is_soft_hold(revalidation: Revalidation | None, warning_days: tuple[int, ...]) -> bool:
    """Whether the last tier before the deadline has begun (rows R6-R9)."""
    if revalidation is None or not warning_days:
        return False
    return revalidation.days_remaining <= min(warning_days)
