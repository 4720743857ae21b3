"""Deadlines of CAQH attestations: of one provider one, by the tenant's record and by what the gate heard."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from aggregator.evidence import SourceAnswer
from gate.alerts.model.due_dates import DueDate, Standing, Subject
from gate.alerts.model.kinds import PAST_DUE, AlertKind
from gate.alerts.model.settling import tier_of
from gate.credentialing.model.preferences import PreferencesChange
from gate.credentialing.model.providers import Provider, ProviderChange
from gate.deadlines.attestations import AttestationDeadlines
from gate.persistence.unit_of_work import Database
from tests.alerts.watch import Watch
from tests.credentialing.office import TODAY, Office, new_npi
from tests.deadlines.hearing import hear
from tests.decision.building import found, national, profile, segment

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = count(1)


class Clinic:
    """One tenant's records, ledger and alerts."""

    def __init__(self, database: Database) -> None:
        self.office = Office(database, f"acme-{next(_numbers)}")
        self.watch = Watch(database, self.office.tenant)
        self.watch.now = self.office.now
        self.watched = AttestationDeadlines(database)
        self.watch.watched[:] = [self.watched]

    async def hears(self, npi: str, *answers: SourceAnswer, at: datetime | None = None) -> None:
        await hear(self.office.database, self.office.tenant, npi, *answers, at=at or self.office.now)

    async def provider(self, attested: int | None = None, **fields: Any) -> Provider:
        on = None if attested is None else TODAY - timedelta(days=attested)
        return await self.office.provider(caqh_attested_on=on, **{"states": ("TX",), **fields})

    async def attests(self, provider: Provider, on: date | None) -> None:
        change = ProviderChange(caqh_attested_on=on)
        await self.office.do(self.office.providers.update, provider.id, change, self.office.by)

    async def approaching(self, limit: int = 100) -> Sequence[DueDate]:
        page = await self.watched.approaching(self.office.tenant, self.office.now, "", limit)
        return page.due_dates

    async def only(self) -> DueDate:
        (due,) = await self.approaching()
        return due

    async def named(self) -> Sequence[str]:
        """What current alerts are called."""
        return [alert.name for alert in await self.watch.listed()]

    def later(self, days: int) -> None:
        self.office.later(days)
        self.watch.now = self.office.now


@pytest.fixture
def clinic(database: Database) -> Clinic:
    return Clinic(database)


def attested(days_ago: int, status: str = "ACTIVE", **attributes: str) -> SourceAnswer:
    """CAQH has it that the profile has this status since so many days before `TODAY`."""
    since = TODAY - timedelta(days=days_ago)
    due = {"ACTIVE": str(since + timedelta(days=120)), "EXPIRED": str(since - timedelta(days=1))}.get(status)
    record = msgspec.structs.replace(profile(status, str(since), due), attributes=attributes)
    return national(found(record))


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        pytest.param(attested(0), 120, id="R22 current"),
        pytest.param(attested(5, "EXPIRED"), PAST_DUE, id="R23 expired"),
        pytest.param(attested(120), 30, id="R26 due today"),
        pytest.param(attested(121), PAST_DUE, id="R26 a day late"),
    ],
)
async def test_an_attestation_stands_where_caqh_says(clinic: Clinic, answer: SourceAnswer, wanted: int) -> None:
    npi = new_npi()
    await clinic.hears(npi, answer)

    due = await clinic.only()

    assert (tier_of(due), due.key, due.npi, due.state, due.source) == (wanted, npi, npi, "", "caqh_proview")


@pytest.mark.parametrize(
    ("days", "states", "wanted"),
    [
        pytest.param(0, ("TX",), 120, id="today"),
        pytest.param(120, ("TX",), 30, id="R26 due today"),
        pytest.param(121, ("TX",), PAST_DUE, id="R26 a day late"),
        pytest.param(150, ("TX",), PAST_DUE, id="R27 in Texas"),
        pytest.param(150, ("IL",), 30, id="R27 in Illinois"),
    ],
)
async def test_an_attestation_on_record_stands_where_its_day_says(
    clinic: Clinic, days: int, states: tuple[str, ...], wanted: int
) -> None:
    provider = await clinic.provider(days, states=states)

    due = await clinic.only()

    assert (tier_of(due), due.key, due.provider, due.source) == (wanted, provider.npi, "Jane Doe", "credentialing")


async def test_r24_a_lapsed_attestation_is_told_beside_the_state_s_own_record(clinic: Clinic) -> None:
    await clinic.hears(new_npi(), found(segment()), attested(121))

    assert tier_of(await clinic.only()) == PAST_DUE


async def test_r19_an_attestation_s_day_is_told_where_the_provider_practises(clinic: Clinic) -> None:
    await clinic.hears(new_npi(), attested(120, practice_state="HI"))
    clinic.office.now = clinic.office.now.replace(hour=9) + timedelta(days=1)

    due = await clinic.only()

    assert (due.today, tier_of(due)) == (TODAY, 30)


async def test_a_profile_that_was_never_attested_has_no_deadline(clinic: Clinic) -> None:
    await clinic.hears(new_npi(), attested(3, "INACTIVE"))

    assert (await clinic.only()).standing is Standing.ENDED


async def test_the_organisation_s_day_counts_for_whoever_practises_in_several_states(clinic: Clinic) -> None:
    honolulu = PreferencesChange(time_zone="Pacific/Honolulu")
    await clinic.office.do(clinic.office.payers.settle, honolulu, clinic.office.by)
    await clinic.provider(120, states=("TX", "NY"))
    clinic.office.now = clinic.office.now.replace(hour=9) + timedelta(days=1)

    assert tier_of(await clinic.only()) == 30


async def test_providers_on_record_and_heard_of_are_met_once_page_by_page(clinic: Clinic) -> None:
    both, kept, silent = [await clinic.provider(10), await clinic.provider(20), await clinic.provider()]
    heard_of = new_npi()
    await clinic.hears(both.npi, attested(5))
    await clinic.hears(heard_of, attested(5))
    await clinic.hears(silent.npi, found(segment()))

    met, position, is_more = [], "", True
    while is_more:
        page = await clinic.watched.approaching(clinic.office.tenant, clinic.office.now, position, 1)
        met += [due.npi for due in page.due_dates if due.due_on is not None]
        position, is_more = page.next_position, bool(page.next_position)

    assert met == sorted([both.npi, kept.npi, heard_of])


async def test_a_subject_can_be_asked_for_and_another_tenant_s_cannot(clinic: Clinic, database: Database) -> None:
    provider = await clinic.provider(10)
    subject = Subject(AlertKind.ATTESTATION, provider.npi)
    other = Clinic(database)

    assert [
        due.subject for due in await clinic.watched.present(clinic.office.tenant, clinic.office.now, [subject])
    ] == [subject]
    assert list(await other.watched.present(other.office.tenant, other.office.now, [subject])) == []
    assert list(await other.approaching()) == []


# What becomes of alerts


async def test_two_that_say_the_same_raise_one_alert(clinic: Clinic) -> None:
    provider = await clinic.provider(91)
    await clinic.watch.scan()
    await clinic.hears(provider.npi, attested(91))
    await clinic.watch.scan()

    alert = await clinic.watch.only()
    assert (alert.name, alert.source, alert.npi) == ("ATTESTATION_30", "credentialing", provider.npi)


async def test_to_write_a_new_attestation_down_closes_what_caqh_had_lapse(clinic: Clinic) -> None:
    provider = await clinic.provider()
    await clinic.hears(provider.npi, attested(10, "EXPIRED"))
    await clinic.watch.scan()
    assert await clinic.named() == ["ATTESTATION_PAST_DUE"]

    await clinic.attests(provider, TODAY)
    assert (await clinic.watch.scan()).closed == 1

    assert await clinic.named() == ["ATTESTATION_120"]


async def test_what_caqh_says_later_overrules_the_record(clinic: Clinic) -> None:
    provider = await clinic.provider(20)
    await clinic.watch.scan()
    assert await clinic.named() == ["ATTESTATION_120"]

    clinic.later(1)
    await clinic.hears(provider.npi, attested(3, "EXPIRED"))
    await clinic.watch.scan()

    assert await clinic.named() == ["ATTESTATION_PAST_DUE"]


@pytest.mark.parametrize("removal", ["archived", "taken back"])
async def test_what_is_on_record_no_more_closes_its_alert(clinic: Clinic, removal: str) -> None:
    provider = await clinic.provider(200)
    await clinic.watch.scan()
    if removal == "archived":
        await clinic.office.do(clinic.office.providers.archive, provider.id, clinic.office.by)
    else:
        await clinic.attests(provider, None)

    assert (await clinic.watch.scan()).closed == 1
    assert await clinic.named() == []


async def test_what_nobody_heard_for_a_year_closes_nothing(clinic: Clinic) -> None:
    npi = new_npi()
    await clinic.hears(npi, attested(200))
    await clinic.watch.scan()
    clinic.later(370)
    await clinic.watch.scan()

    assert await clinic.named() == ["ATTESTATION_PAST_DUE"]


async def test_whoever_is_put_on_record_anew_goes_on(clinic: Clinic) -> None:
    provider = await clinic.provider(200)
    await clinic.watch.scan()
    await clinic.office.do(clinic.office.providers.archive, provider.id, clinic.office.by)
    await clinic.watch.scan()

    await clinic.provider(200, npi=provider.npi)
    did = await clinic.watch.scan()

    assert (did.reopened, did.raised) == (1, 0)
    assert await clinic.named() == ["ATTESTATION_PAST_DUE"]
