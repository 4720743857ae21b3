"""What a due date means for alerts: the rows R1 to R33 that speak of alerts, and the laws behind them."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.alerts.model.alerts import AlertStatus, RaisedAlert
from gate.alerts.model.due_dates import DueDate, Standing
from gate.alerts.model.kinds import (
    LONG_LADDER,
    PAST_DUE,
    AlertKind,
    GateEffect,
    Urgency,
    effect_of,
    recredentialing_ladder,
    tier_name,
    urgency_of,
)
from gate.alerts.model.settling import settle, tier_of
from gate.decision.revalidation import is_soft_hold, revalidation_of

TODAY = date(2026, 3, 10)
USUAL = (90, 60, 30)
_ids = count(1)


def due(days: int | None, *, today: date = TODAY, **fields: Any) -> DueDate:
    """A deadline in so many days from `today`."""
    wanted = {
        "kind": AlertKind.REVALIDATION,
        "key": "1234567893/TX",
        "standing": Standing.CURRENT,
        "due_on": None if days is None else today + timedelta(days=days),
        "today": today,
        "rungs": USUAL,
    }
    return DueDate(**{**wanted, **fields})


def applied(found: DueDate, known: Sequence[RaisedAlert]) -> list[RaisedAlert]:
    """The alerts there are afterwards."""
    settled = settle(found, known)
    closed = {closing.alert.id: closing.status for closing in settled.closings}
    after = [msgspec.structs.replace(alert, status=closed.get(alert.id, alert.status)) for alert in known]
    if settled.reopened is not None:
        opened = settled.reopened.id
        after = [
            msgspec.structs.replace(alert, status=AlertStatus.OPEN) if alert.id == opened else alert for alert in after
        ]
    if settled.tier is not None:
        after.append(
            RaisedAlert(
                id=str(next(_ids)),
                kind=found.kind,
                key=found.key,
                due_on=found.due_on,
                tier=settled.tier,
                status=AlertStatus.OPEN,
                assigned_to=settled.heir_of.assigned_to if settled.heir_of is not None else "",
            )
        )
    return after


def raised(*days: int, **fields: Any) -> list[RaisedAlert]:
    """What one deadline raised by the time it was so many days away, one look after the other."""
    alerts: list[RaisedAlert] = []
    deadline = TODAY + timedelta(days=400)
    for remaining in days:
        alerts = applied(due(remaining, today=deadline - timedelta(days=remaining), **fields), alerts)
    return alerts


def tiers(alerts: Sequence[RaisedAlert]) -> list[int]:
    return [alert.tier for alert in alerts]


def current(alerts: Sequence[RaisedAlert]) -> list[int]:
    return [alert.tier for alert in alerts if alert.is_current]


@pytest.mark.parametrize(
    ("row", "days", "wanted"),
    [
        ("R1", 91, None),
        ("R2", 90, 90),
        ("R4", 60, 60),
        ("R6", 30, 30),
        ("R9", -1, PAST_DUE),
        ("R10", 365, None),
        ("R11", 45, 60),
        ("R12", 12, 30),
    ],
)
def test_a_deadline_met_for_the_first_time_raises_the_tier_it_stands_on_and_no_other(
    row: str, days: int, wanted: int | None
) -> None:
    assert settle(due(days), ()).tier == wanted, row


@pytest.mark.parametrize(
    ("row", "before", "after"),
    [("R3", 90, range(89, 60, -1)), ("R5", 60, range(59, 30, -1)), ("R7", 30, range(29, 0, -1)), ("R8", 1, (0,))],
)
def test_between_two_tiers_nothing_new_is_raised(row: str, before: int, after: Sequence[int]) -> None:
    assert tiers(raised(before, *after)) == tiers(raised(before)), row


def test_r8_r9_on_the_due_day_the_last_tier_stands_and_the_day_after_it_is_past_due() -> None:
    assert current(raised(30, 0)) == [30]
    assert current(raised(30, 0, -1)) == [PAST_DUE]


def test_a_whole_walk_raises_each_tier_once_and_leaves_one_current() -> None:
    walked = raised(*range(120, -40, -1))

    assert tiers(walked) == [90, 60, 30, PAST_DUE]
    assert current(walked) == [PAST_DUE]
    assert {alert.status for alert in walked[:-1]} == {AlertStatus.SUPERSEDED}


def test_r13_a_scheduler_that_was_down_over_a_tier_s_first_day_raises_it_once_afterwards() -> None:
    assert tiers(raised(90, 61, 57, 57, 56)) == [90, 60]


def test_r14_a_due_date_that_the_state_moved_closes_the_old_alert_and_begins_anew() -> None:
    known = raised(30)
    moved = due(30 + 180, today=TODAY + timedelta(days=370))

    after = applied(moved, known)

    assert [alert.status for alert in after] == [AlertStatus.SUPERSEDED]
    nearer = due(90, today=TODAY + timedelta(days=490))
    assert nearer.due_on == moved.due_on
    assert current(applied(nearer, after)) == [90]
    hold = revalidation_of(moved.due_on, moved.today, USUAL)
    assert not is_soft_hold(hold, USUAL)


def test_r15_without_a_due_date_nothing_is_raised() -> None:
    assert settle(due(None), ()).is_nothing


def test_a_deadline_that_was_taken_back_closes_its_alert() -> None:
    assert [alert.status for alert in applied(due(None), raised(30))] == [AlertStatus.SUPERSEDED]


def test_r16_of_what_is_not_active_nothing_is_raised_and_what_was_is_closed() -> None:
    assert settle(due(30, standing=Standing.ENDED), ()).is_nothing
    assert [alert.status for alert in applied(due(30, standing=Standing.ENDED), raised(30))] == [AlertStatus.ENDED]


@given(st.integers(-400, 400) | st.none(), st.booleans())
def test_what_is_not_known_raises_nothing_and_closes_nothing(days: int | None, is_lapsed: bool) -> None:
    unknown = due(days, standing=Standing.UNKNOWN, is_lapsed=is_lapsed)

    assert settle(unknown, ()).is_nothing
    assert settle(unknown, raised(30)).is_nothing


@pytest.mark.parametrize("days", [-10, 0, 10, 400])
def test_r17_r18_where_the_state_says_that_revalidation_is_required_it_is_past_due_whatever_the_date(days: int) -> None:
    assert settle(due(days, is_lapsed=True), ()).tier == PAST_DUE
    assert settle(due(None, is_lapsed=True), ()).tier == PAST_DUE


def test_r18_when_the_state_takes_that_back_before_the_due_day_the_tier_of_the_day_stands() -> None:
    lapsed = applied(due(40, is_lapsed=True), ())

    assert current(applied(due(40), lapsed)) == [60]


def test_r20_an_acknowledged_alert_stays_silent_on_its_tier() -> None:
    known = [msgspec.structs.replace(alert, status=AlertStatus.ACKNOWLEDGED) for alert in raised(60)]

    assert settle(due(59, today=TODAY + timedelta(days=341)), known).is_nothing


def test_r21_a_new_outer_tier_is_raised_for_those_alone_that_stand_on_no_lower_one() -> None:
    longer = (120, 90, 60, 30)

    assert tiers(raised(100)) == []
    assert settle(due(100, rungs=longer), ()).tier == 120
    on_a_lower_one = raised(85)
    deadline = on_a_lower_one[0].due_on
    assert deadline is not None
    again = due(85, today=deadline - timedelta(days=85), rungs=longer)
    assert settle(again, on_a_lower_one).is_nothing


def test_r21_a_rung_put_behind_one_that_was_raised_raises_nothing() -> None:
    known = raised(25)
    deadline = known[0].due_on
    assert deadline is not None

    assert settle(due(25, today=deadline - timedelta(days=25), rungs=(90, 45)), known).is_nothing


def test_r21_a_rung_put_before_the_one_that_was_raised_is_raised() -> None:
    known = raised(50)
    deadline = known[0].due_on
    assert deadline is not None

    after = applied(due(50, today=deadline - timedelta(days=50), rungs=(90, 55)), known)

    assert tiers(after) == [60, 55]
    assert current(after) == [55]


def test_a_date_that_was_moved_back_opens_its_alert_again_instead_of_raising_another() -> None:
    known = raised(60)
    day = TODAY + timedelta(days=340)
    away = applied(due(200, today=day), known)

    back = applied(due(60, today=day), away)

    assert [alert.id for alert in back] == [alert.id for alert in known]
    assert current(back) == [60]


def test_whoever_has_an_alert_in_hand_gets_the_next_tier_s_too() -> None:
    known = [msgspec.structs.replace(alert, assigned_to="ann") for alert in raised(60)]

    after = applied(due(30, today=TODAY + timedelta(days=370)), known)

    assert [alert.assigned_to for alert in after] == ["ann", "ann"]


# Credentials and attestations


@pytest.mark.parametrize(("days", "wanted"), [(121, []), (120, [120]), (119, [120])])
def test_r31_a_credential_is_told_of_from_its_hundred_and_twentieth_day(days: int, wanted: list[int]) -> None:
    walked = raised(*range(125, days - 1, -1), kind=AlertKind.CREDENTIAL_EXPIRY, rungs=LONG_LADDER)

    assert tiers(walked) == wanted


def test_r32_a_renewed_document_closes_the_expiry_s_alert_as_renewed() -> None:
    known = raised(30, kind=AlertKind.CREDENTIAL_EXPIRY, rungs=LONG_LADDER)

    after = applied(due(700, kind=AlertKind.CREDENTIAL_EXPIRY, rungs=LONG_LADDER), known)

    assert [alert.status for alert in after] == [AlertStatus.RENEWED]


def test_r33_a_document_that_was_only_uploaded_leaves_the_due_date_and_so_the_alerts() -> None:
    known = raised(30, kind=AlertKind.CREDENTIAL_EXPIRY, rungs=LONG_LADDER)
    deadline = known[0].due_on
    assert deadline is not None
    same = due(29, today=deadline - timedelta(days=29), kind=AlertKind.CREDENTIAL_EXPIRY, rungs=LONG_LADDER)

    assert settle(same, known).is_nothing


@pytest.mark.parametrize(("late", "wanted"), [(0, 30), (1, PAST_DUE)])
def test_r26_an_attestation_is_past_due_the_day_after_it_was_due(late: int, wanted: int) -> None:
    assert tier_of(due(-late, kind=AlertKind.ATTESTATION, rungs=LONG_LADDER)) == wanted


@pytest.mark.parametrize(("cycle", "wanted"), [(180, 30), (120, PAST_DUE)])
def test_r27_after_150_days_an_attestation_is_current_in_illinois_and_past_due_elsewhere(
    cycle: int, wanted: int
) -> None:
    assert tier_of(due(cycle - 150, kind=AlertKind.ATTESTATION, rungs=LONG_LADDER)) == wanted


def test_r24_an_attestation_is_raised_beside_a_revalidation_of_the_same_day() -> None:
    known = raised(-1)
    same_day = due(-1, today=TODAY + timedelta(days=401), kind=AlertKind.ATTESTATION, rungs=LONG_LADDER)

    assert settle(same_day, ()).tier == PAST_DUE
    assert tier_name(AlertKind.ATTESTATION, PAST_DUE) == "ATTESTATION_PAST_DUE"
    assert tier_name(known[0].kind, known[0].tier) == "REVALIDATION_PAST_DUE"


# How near, and what the gate does


@pytest.mark.parametrize(
    ("tier", "urgency", "effect"),
    [
        (90, Urgency.NOTICE, GateEffect.NONE),
        (60, Urgency.ELEVATED, GateEffect.NONE),
        (30, Urgency.CRITICAL, GateEffect.SOFT_HOLD),
        (PAST_DUE, Urgency.PAST_DUE, GateEffect.SOFT_HOLD),
    ],
)
def test_r2_r4_r6_r9_each_tier_has_its_consequence(tier: int, urgency: Urgency, effect: GateEffect) -> None:
    assert urgency_of(tier, USUAL) is urgency
    assert effect_of(AlertKind.REVALIDATION, tier, USUAL, pends_past_due=False) is effect


def test_r9_where_the_tenant_pends_what_is_past_due_the_alert_says_so() -> None:
    assert effect_of(AlertKind.REVALIDATION, PAST_DUE, USUAL, pends_past_due=True) is GateEffect.PEND
    assert effect_of(AlertKind.ATTESTATION, PAST_DUE, USUAL, pends_past_due=True) is GateEffect.NONE


def test_r28_r29_recredentialing_is_raised_by_the_lead_days_and_urgent_within_fourteen() -> None:
    ladder = recredentialing_ladder(90)

    assert [tier_of(due(days, kind=AlertKind.RECREDENTIALING, rungs=ladder)) for days in (91, 90, 15, 14, -1)] == [
        None,
        90,
        90,
        14,
        PAST_DUE,
    ]
    assert urgency_of(14, ladder) is Urgency.CRITICAL
    assert recredentialing_ladder(10) == (10,)


@given(
    days=st.integers(-500, 500),
    rungs=st.lists(st.integers(1, 400), min_size=1, max_size=5, unique=True).map(
        lambda each: tuple(sorted(each, reverse=True))
    ),
)
def test_an_alert_s_tier_and_hold_are_the_gate_s_own_for_the_same_due_date_and_day(
    days: int, rungs: tuple[int, ...]
) -> None:
    found = due(days, rungs=rungs)
    answered = revalidation_of(found.due_on, TODAY, rungs)
    assert answered is not None

    tier = settle(found, ()).tier

    assert (tier_name(AlertKind.REVALIDATION, tier) if tier is not None else "") == answered.tier
    effect = GateEffect.NONE if tier is None else effect_of(AlertKind.REVALIDATION, tier, rungs, pends_past_due=False)
    assert (effect is GateEffect.SOFT_HOLD) == is_soft_hold(answered, rungs)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 400), st.sampled_from([0, 45, 200, 500]), st.sampled_from([USUAL, LONG_LADDER, (75, 15)])
        ),
        max_size=12,
    )
)
def test_whatever_happens_no_tier_of_a_due_date_is_raised_twice_and_one_at_most_is_current(
    looks: list[tuple[int, int, tuple[int, ...]]],
) -> None:
    alerts: list[RaisedAlert] = []
    for day, due_in, rungs in sorted(looks, key=lambda look: look[0]):
        look = due(0, today=TODAY + timedelta(days=day), due_on=TODAY + timedelta(days=due_in), rungs=rungs)
        alerts = applied(look, alerts)
        assert settle(look, alerts).is_nothing
        assert len(current(alerts)) <= 1

    keys = [(alert.due_on, alert.tier) for alert in alerts]
    assert len(keys) == len(set(keys))
