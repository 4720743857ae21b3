"""Deadlines out of what the ledger heard: the same due date, on the same day, as the gate's own answers."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Any, cast

import pytest

from aggregator.evidence import Evidence, SourceAnswer
from aggregator.knowledge import CacheRules
from aggregator.panel import Panel
from gate.alerts.model.due_dates import DueDate, Standing, Subject
from gate.alerts.model.kinds import PAST_DUE, AlertKind, tier_name
from gate.alerts.model.settling import settle, tier_of
from gate.checks.panels import Panels
from gate.clock import today_in
from gate.deadlines.medicaid import MedicaidDeadlines
from gate.decision.model import PastDueAction, Policy
from gate.decision.rules import decide
from gate.persistence.unit_of_work import Database
from gate.tenancy.model import DeploymentDefaults, EffectiveConfig, TenantConfig, in_force
from gate.tenancy.snapshot import ConfigSnapshot
from sources.registry import available_sources
from tests.deadlines.hearing import hear
from tests.decision.building import NPI, claim, empty, found, national, profile, segment

NOW = datetime(2026, 3, 20, 15, tzinfo=UTC)
NOTHING_CHOSEN: Mapping[str, Any] = MappingProxyType({})
_numbers = count(1)
pytestmark = pytest.mark.asyncio(loop_scope="module")
DESCRIPTIONS = {name: factory.description for name, factory in available_sources().items()}
IN_TEXAS = (DESCRIPTIONS["tmhp_pems"], DESCRIPTIONS["caqh_proview"])


class Configured:
    """One tenant's configuration."""

    def __init__(self, tenant: str, **choices: Any) -> None:
        defaults = DeploymentDefaults(enabled_states=frozenset({"TX"}), policy=Policy(), cache=CacheRules())
        self.config = in_force(TenantConfig(tenant=tenant, **choices), defaults)

    def get(self, tenant: str) -> EffectiveConfig | None:
        return self.config if tenant == self.config.tenant else None


class InTexas:
    """Who is asked about Texas."""

    def panel(self, config: EffectiveConfig, state: str) -> Panel:
        return Panel(
            tenant=config.tenant, state=state, sources=(), descriptions=IN_TEXAS, identities=(), rules=CacheRules()
        )


class Ear:
    """What one tenant's ledger heard."""

    def __init__(self, database: Database, tenant: str) -> None:
        self.database = database
        self.tenant = tenant

    async def hears(self, *answers: SourceAnswer, at: datetime = NOW) -> None:
        await hear(self.database, self.tenant, NPI, *answers, at=at)

    def deadlines(self, **choices: Any) -> MedicaidDeadlines:
        configured = cast("ConfigSnapshot", Configured(self.tenant, **choices))
        return MedicaidDeadlines(self.database, configured, cast("Panels", InTexas()))

    async def knows(self, now: datetime = NOW, choices: Mapping[str, Any] = NOTHING_CHOSEN) -> DueDate:
        page = await self.deadlines(**choices).approaching(self.tenant, now, "", 100)
        (due,) = page.due_dates
        return due


@pytest.fixture
def ear(database: Database) -> Ear:
    return Ear(database, f"acme-{next(_numbers)}")


def answered(*answers: SourceAnswer) -> Evidence:
    return Evidence(npi=NPI, state="TX", answers=answers)


def dated(due: str | None, status: str = "ACTIVE", **more: Any) -> SourceAnswer:
    return found(segment(status, revalidation_due=date.fromisoformat(due) if due else None, **more))


@pytest.mark.parametrize("days", [91, 90, 61, 60, 31, 30, 1, 0, -1, -400])
@pytest.mark.parametrize("ladder", [(), (120, 45)])
async def test_alert_and_answer_of_the_gate_stand_on_the_same_tier(ear: Ear, days: int, ladder: Sequence[int]) -> None:
    today = today_in("TX", NOW)
    answer = dated(str(today + timedelta(days=days)))
    await ear.hears(answer)
    choices: dict[str, Any] = {"revalidation_warning_days": tuple(ladder)} if ladder else {}

    due = await ear.knows(choices=choices)

    policy = Configured("acme", **choices).config.policy_for("TX", None)
    given = decide(claim(service_date=today), answered(answer, national(empty())), policy, today)
    assert given.revalidation is not None
    tier = settle(due, ()).tier
    assert (tier_name(due.kind, tier) if tier is not None else "") == given.revalidation.tier
    assert (due.npi, due.state, due.source, due.verified_at) == (NPI, "TX", "tmhp_pems", NOW)


async def test_r19_at_half_past_eleven_in_texas_it_is_still_the_day_before(ear: Ear) -> None:
    await ear.hears(dated("2026-03-20"))

    before_midnight = await ear.knows(datetime(2026, 3, 21, 4, 30, tzinfo=UTC))
    after_midnight = await ear.knows(datetime(2026, 3, 21, 5, 30, tzinfo=UTC))

    assert tier_of(before_midnight) == 30
    assert tier_of(after_midnight) == PAST_DUE


async def test_r15_a_state_that_names_no_date_has_not_said_that_there_is_none(ear: Ear) -> None:
    await ear.hears(dated(None))

    assert (await ear.knows()).standing is Standing.UNKNOWN


@pytest.mark.parametrize("status", ["TERMINATED", "INACTIVE", "SUSPENDED", "PENDING"])
async def test_r16_of_an_enrollment_that_is_not_active_there_is_no_deadline(ear: Ear, status: str) -> None:
    await ear.hears(dated("2026-03-30", status))

    assert (await ear.knows()).standing is Standing.ENDED


@pytest.mark.parametrize(("due", "row"), [("2026-03-10", "R17"), ("2026-12-01", "R18"), (None, "R17")])
async def test_r17_r18_the_state_s_own_word_that_revalidation_is_required_is_past_due(
    ear: Ear, due: str | None, row: str
) -> None:
    await ear.hears(dated(due, "REVALIDATION_REQUIRED"))

    assert tier_of(await ear.knows()) == PAST_DUE, row


async def test_an_answer_that_does_not_know_the_provider_ends_it_and_silence_does_not(ear: Ear) -> None:
    await ear.hears(dated("2026-03-30"))
    assert (await ear.knows()).standing is Standing.CURRENT

    await ear.hears(empty(), at=NOW + timedelta(minutes=5))

    assert (await ear.knows(NOW + timedelta(minutes=6))).standing is Standing.ENDED


async def test_the_last_word_counts_and_what_was_heard_over_a_year_ago_does_not(ear: Ear) -> None:
    await ear.hears(dated("2026-03-30"))
    await ear.hears(dated("2026-09-26"), at=NOW + timedelta(hours=1))

    assert (await ear.knows(NOW + timedelta(hours=2))).due_on == date(2026, 9, 26)
    assert (await ear.knows(NOW + timedelta(days=367))).standing is Standing.UNKNOWN


async def test_only_the_state_can_say_that_an_enrollment_stands(ear: Ear) -> None:
    await ear.hears(national(found(profile())))

    assert (await ear.knows()).standing is Standing.UNKNOWN


async def test_r9_what_the_tenant_has_done_about_what_is_past_due_is_told(ear: Ear) -> None:
    await ear.hears(dated("2026-03-01"))

    assert (await ear.knows(choices={"past_due_action": PastDueAction.PEND})).pends_past_due
    assert (await ear.knows(choices={"past_due_action": PastDueAction.PEND})).standing is Standing.CURRENT
    assert not (await ear.knows()).pends_past_due


async def test_a_subject_can_be_asked_for_and_another_tenant_s_cannot(ear: Ear) -> None:
    await ear.hears(dated("2026-03-30"))
    other = Ear(ear.database, f"not-{ear.tenant}")
    subject = Subject(AlertKind.REVALIDATION, f"{NPI}/TX")
    watched = ear.deadlines()

    assert [due.subject for due in await watched.present(ear.tenant, NOW, [subject])] == [subject]
    assert list(await watched.present(ear.tenant, NOW, [Subject(AlertKind.REVALIDATION, "1003000126/TX")])) == []
    assert list(await other.deadlines().present(other.tenant, NOW, [subject])) == []
    assert list((await watched.approaching("nobody", NOW, "", 10)).due_dates) == []
