"""An organisation's credentialing records, made up: rows as its tables hold them, in realistic proportions.

Everybody is enrolled with, or on the way to, every payer. Seven applications of ten were approved; those who are on the
way have tasks, and so do a tenth of those who arrived. Records of one provider do not lie beside one another.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from random import Random
from typing import Any, Final

import msgspec

from aggregator.evidence import Evidence, SourceAnswer, SourceOutcome
from gate.credentialing.model.applications import AWAITING, ApplicationStatus
from gate.credentialing.model.enrollments import EnrollmentStatus
from gate.credentialing.model.payers import PayerType, SupervisionLevel
from gate.credentialing.model.tasks import TaskStatus
from gate.credentialing.model.workflows import USUAL_STEPS, WorkflowType
from gate.ledger.observations import Observation, observed
from sources.contract import SourceScope
from sources.npi import check_digit
from sources.records import EnrollmentRecord
from sources.records import EnrollmentStatus as MedicaidStatus

Row = tuple[Any, ...]
S = ApplicationStatus
STATES: Final = ("TX", "CA", "FL", "NY")
COORDINATORS: Final = tuple(f"coordinator-{number}" for number in range(12))
TAXONOMIES: Final = tuple(f"{prefix}{number:06}X" for prefix in ("207", "208", "363", "101") for number in range(12))
_SOURCES: Final = {"TX": "tmhp_pems", "CA": "ca_pave", "FL": "fl_fmmis", "NY": "ny_emedny"}
_TOLD_AGAIN: Final = 5
_TYPICAL_DAYS: Final = 60
_STANDING: Final = ((S.APPROVED, 70), (S.IN_PROGRESS, 6), (S.SUBMITTED, 5), (S.UNDER_REVIEW, 4), (S.NOT_STARTED, 4))
_STANDING_ELSEWHERE: Final = ((S.DENIED, 4), (S.WITHDRAWN, 4), (S.ON_HOLD, 3))
_WAYS: Final[Mapping[S, Sequence[S]]] = {
    S.NOT_STARTED: (),
    S.IN_PROGRESS: (S.IN_PROGRESS,),
    S.SUBMITTED: (S.IN_PROGRESS, S.SUBMITTED),
    S.UNDER_REVIEW: (S.IN_PROGRESS, S.SUBMITTED, S.UNDER_REVIEW),
    S.APPROVED: (S.IN_PROGRESS, S.SUBMITTED, S.UNDER_REVIEW, S.APPROVED),
    S.DENIED: (S.IN_PROGRESS, S.SUBMITTED, S.DENIED),
    S.ON_HOLD: (S.IN_PROGRESS, S.ON_HOLD),
    S.WITHDRAWN: (S.WITHDRAWN,),
}
_FIRST_NAMES: Final = ("Jane", "John", "Ana", "Wei", "Omar", "Ruth", "Ivan", "Noor", "Elif", "Paul")
_LAST_NAMES: Final = ("Doe", "Roe", "Alvarez", "Chen", "Haddad", "Novak", "Okafor", "Patel", "Quinn", "Zimmer")
_PROVIDER: Final = (
    *("id", "first_name", "last_name", "sort_name", "npi", "role", "is_attending", "is_supervising", "is_bookable"),
    *("taxonomies", "states", "created_at", "archived_at"),
)
_PAYER: Final = (
    *("id", "name", "sort_name", "payer_type", "state"),
    *("requires_individual_contract", "allows_supervised", "requires_attending", "supervision_level"),
    *("current_census", "census_counted_on", "created_at", "archived_at"),
)
_WORKFLOW: Final = (
    *("payer_id", "workflow_type", "portal_url", "portal_instructions", "excel_template_url", "excel_submission_email"),
    *("credentialing_contact_name", "credentialing_contact_email", "typical_approval_days", "task_templates"),
    "updated_at",
)
_ENROLLMENT: Final = (
    *("id", "provider_id", "payer_id", "status", "npi", "billing_npi", "taxonomy_code"),
    *("effective_date", "recert_due_on", "submitted_date", "approved_date", "payer_loaded_date"),
    *("coordinator", "notes", "created_at", "archived_at"),
)
_APPLICATION: Final = (
    *("id", "provider_id", "payer_id", "application_status", "status_since"),
    *("application_started_date", "application_submitted_date", "approval_date", "effective_date"),
    *("is_effective_date_assumed", "expected_by", "caqh_application_id", "payer_application_id", "portal_reference"),
    *("denial_reason", "reapplication_eligible", "assigned_to", "notes", "created_at", "archived_at"),
)
_EVENT: Final = (
    "application_id",
    "ordinal",
    "payer_id",
    "from_status",
    "to_status",
    "days_in_from",
    "at",
    "by",
    "note",
)
_TASK: Final = (
    *("id", "provider_id", "payer_id", "task_type", "title", "description", "task_status", "due_date"),
    *("completed_date", "task_order", "notes", "uploaded_document_url", "assigned_to", "application_id", "portal_url"),
    *("created_at", "archived_at"),
)
_CONTRACT: Final = (
    *("id", "provider_id", "payer_id", "application_id", "effective_date", "end_date", "notes", "is_bookable"),
    "created_at",
)
_OBSERVATION: Final = ("npi", "state", "source", "verified_at", "answer", "outcome")


class Pair(msgspec.Struct, frozen=True):
    """One provider and one payer, and where the application stands."""

    number: int
    provider: int
    payer: int
    status: ApplicationStatus
    days: int
    """How long ago it was begun."""
    coordinator: str


class Population:
    """The rows of one tenant; the same for the same arguments."""

    def __init__(self, tenant: str, providers: int, payers: int, today: date) -> None:
        self.tenant = tenant
        self.providers = providers
        self.payers = payers
        self.today = today
        self.now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)

    def id_of(self, kind: int, number: int) -> str:
        """Later records have later ids, as UUIDs of version 7 do."""
        spread = (number * 2654435761 + kind) % 2**32
        at = 0x0190_0000_0000 + number * 1000
        first = f"{at >> 16:08x}-{at & 0xFFFF:04x}-7{kind:03x}"
        return f"{first}-8{spread >> 20:03x}-{spread & 0xFFFFF:05x}{number % 2**28:07x}"

    def provider_id(self, number: int) -> str:
        return self.id_of(1, number)

    def payer_id(self, number: int) -> str:
        return self.id_of(2, number)

    def enrollment_id(self, number: int) -> str:
        return self.id_of(3, number)

    def application_id(self, number: int) -> str:
        return self.id_of(4, number)

    def npi_of(self, provider: int) -> str:
        """Beginning in many ways, as those that the registry gives do."""
        first_nine = f"1{(provider * 7919 + 12345) % 10**8:08}"
        return first_nine + check_digit(first_nine)

    def taxonomy_of(self, provider: int) -> str:
        """A few of the codes are most providers'."""
        return TAXONOMIES[min(provider % 48, provider // 7 % 48)]

    def states_of(self, provider: int) -> list[str]:
        """Of every third provider two, of the others one."""
        return [STATES[provider % 4], *([STATES[(provider + 1) % 4]] if provider % 3 == 0 else [])]

    @cached_property
    def pairs(self) -> Sequence[Pair]:
        """In the order in which they were begun."""
        random = Random(self.tenant)
        both = [(provider, payer) for provider in range(self.providers) for payer in range(self.payers)]
        random.shuffle(both)
        statuses, weights = zip(*_STANDING, *_STANDING_ELSEWHERE, strict=True)
        standing = random.choices(statuses, weights, k=len(both))
        return [
            Pair(number, provider, payer, status, _age(random, status), random.choice(COORDINATORS))
            for number, ((provider, payer), status) in enumerate(zip(both, standing, strict=True))
        ]

    def tables(self) -> Iterator[tuple[str, Sequence[str], Iterator[Row]]]:
        """Every table with its columns but the tenant's, in an order in which rows find what they refer to."""
        yield "providers", _PROVIDER, self._providers()
        yield "payers", _PAYER, self._payers()
        yield "payer_workflows", _WORKFLOW, self._workflows()
        yield "provider_enrollments", _ENROLLMENT, map(self._enrollment, self.pairs)
        yield "payer_applications", _APPLICATION, map(self._application, self.pairs)
        yield "application_events", _EVENT, (row for pair in self.pairs for row in self._events(pair))
        yield "credentialing_tasks", _TASK, self._tasks()
        yield "payer_contracts", _CONTRACT, (self._contract(pair) for pair in self.pairs if pair.status is S.APPROVED)
        told = [each for provider in range(self.providers) for each in self._heard(provider)]
        yield "observed_answers", ("digest", "content"), ((each.digest, each.content) for each in told)
        yield "observations", _OBSERVATION, (row for each in told for row in self._observations(each))

    def _providers(self) -> Iterator[Row]:
        for number in range(self.providers):
            first = _FIRST_NAMES[number % 10]
            last = f"{_LAST_NAMES[number * 7 % 10]}-{number:05}"
            traits = (number % 5 == 0, number % 7 == 0, number % 10 != 0)
            codes = (json.dumps([self.taxonomy_of(number)]), json.dumps(self.states_of(number)))
            named = (self.provider_id(number), first, last, f"{last}, {first}".casefold(), self.npi_of(number))
            yield *named, "Psychiatrist", *traits, *codes, self.now, None

    def _payers(self) -> Iterator[Row]:
        kinds = list(PayerType)
        for number in range(self.payers):
            kind, name = kinds[number % len(kinds)], f"{_LAST_NAMES[number * 3 % 10]} Health Plan {number:04}"
            state = STATES[number % 4] if kind is PayerType.MEDICAID else ""
            wants = (number % 2 == 0, number % 3 == 0, number % 5 == 0, SupervisionLevel.NONE.value)
            named = (self.payer_id(number), name, name.casefold(), kind.value, state)
            yield *named, *wants, number * 37 % 500, self.today, self.now, None

    def _workflows(self) -> Iterator[Row]:
        kinds = list(WorkflowType)
        for number in range(0, self.payers, 2):
            where = ("https://payer.example/portal", "Sign in, then Applications.", "", "", "Ann", "ann@payer.example")
            yield self.payer_id(number), kinds[number % 3].value, *where, _TYPICAL_DAYS, "[]", self.now

    def _enrollment(self, pair: Pair) -> Row:
        status = {S.APPROVED: EnrollmentStatus.ENROLLED, S.DENIED: EnrollmentStatus.DENIED}.get(
            pair.status, EnrollmentStatus.PENDING
        )
        if pair.status is S.APPROVED and pair.number % 12 == 0:
            status = EnrollmentStatus.INACTIVE
        begun = self.today - timedelta(days=pair.days)
        is_approved = pair.status is S.APPROVED
        due = self.today + timedelta(days=pair.number % 1095 - 15) if is_approved else None
        group = f"18{pair.provider % 200:07}"
        billing = "" if pair.provider % 5 == 0 else group + check_digit(group)
        whose = (self.provider_id(pair.provider), self.payer_id(pair.payer), status.value)
        codes = (self.npi_of(pair.provider), billing, self.taxonomy_of(pair.provider))
        dates = (begun, due, begun, begun, begun) if is_approved else (None, None, begun, None, None)
        return self.enrollment_id(pair.number), *whose, *codes, *dates, pair.coordinator, "", self.now, None

    def _application(self, pair: Pair) -> Row:
        begun = self.today - timedelta(days=pair.days)
        is_awaiting, is_approved = pair.status in AWAITING, pair.status is S.APPROVED
        submitted = begun + timedelta(days=10) if is_awaiting or is_approved else None
        expected = submitted + timedelta(days=_TYPICAL_DAYS) if is_awaiting and submitted is not None else None
        approved = begun + timedelta(days=40) if is_approved else None
        reason = "panel closed" if pair.status is S.DENIED else ""
        since = self.now - timedelta(days=pair.days // 2)
        whose = (self.provider_id(pair.provider), self.payer_id(pair.payer), pair.status.value, since)
        dates = (begun, submitted, approved, approved, False, expected)
        told = ("", f"APP-{pair.number}", "", reason, True, pair.coordinator, "", self.now, None)
        return self.application_id(pair.number), *whose, *dates, *told

    def _events(self, pair: Pair) -> Iterator[Row]:
        # Half of those who arrived came with a record that says no more than that.
        is_known = pair.status is not S.APPROVED or pair.number % 2 == 0
        way = (S.NOT_STARTED, *(_WAYS[pair.status] if is_known else (S.APPROVED,)))
        own = (self.application_id(pair.number), self.payer_id(pair.payer))
        yield own[0], 1, own[1], None, way[0].value, None, self.now, "ann", ""
        for ordinal, (before, after) in enumerate(pairwise(way), 2):
            days = (pair.number * 31 + ordinal * 17) % (20 * ordinal)
            yield own[0], ordinal, own[1], before.value, after.value, days, self.now, "ann", ""

    def _tasks(self) -> Iterator[Row]:
        number = 0
        steps = USUAL_STEPS[WorkflowType.ONLINE_PORTAL]
        for pair in self.pairs:
            if pair.status in {S.DENIED, S.WITHDRAWN} or (pair.status is S.APPROVED and pair.number % 10):
                continue
            for order, step in enumerate(steps, 1):
                number += 1
                status = _task_status(pair, order)
                due = self.today + timedelta(days=order * 7 - pair.days)
                done = due if status is TaskStatus.COMPLETED else None
                what = (step.task_type, step.title, step.description, status.value, due, done, order)
                whose = (self.provider_id(pair.provider), self.payer_id(pair.payer))
                told = ("", "", pair.coordinator, "", "https://payer.example/portal", self.now, None)
                yield self.id_of(5, number), *whose, *what, *told

    def _contract(self, pair: Pair) -> Row:
        effective = self.today - timedelta(days=pair.days - 40 if pair.number % 100 else -30)
        end = effective + timedelta(days=365) if pair.number % 20 == 0 else None
        whose = (self.provider_id(pair.provider), self.payer_id(pair.payer), self.application_id(pair.number))
        return self.id_of(6, pair.number), *whose, effective, end, "", pair.provider % 10 != 0, self.now

    def _heard(self, provider: int) -> Iterator[Observation]:
        """What each state said of the provider: of nine in ten that they are enrolled."""
        npi = self.npi_of(provider)
        for state in self.states_of(provider):
            status = MedicaidStatus.ACTIVE if provider % 10 else MedicaidStatus.TERMINATED
            known = EnrollmentRecord(
                source=_SOURCES[state],
                npi=npi,
                state=state,
                status=status,
                effective=self.today - timedelta(days=900),
                end=None if provider % 10 else self.today - timedelta(days=90),
                verified_at=self.now,
                taxonomies=(self.taxonomy_of(provider if provider % 11 else provider + 1),),
            )
            answer = SourceAnswer(
                source=_SOURCES[state],
                scope=SourceScope.STATE,
                outcome=SourceOutcome.FOUND,
                records=(known,),
                verified_at=self.now,
            )
            yield from observed(Evidence(npi=npi, state=state, answers=(answer,)))

    def _observations(self, told: Observation) -> Iterator[Row]:
        """The same was said again and again."""
        for days in range(1, _TOLD_AGAIN + 1):
            at = told.verified_at - timedelta(days=days)
            yield told.npi, told.state, told.source, at, told.digest, told.outcome.value


def _age(random: Random, status: ApplicationStatus) -> int:
    """Those who arrived did so in any of the last eight years; one who is on the way began in the last three months."""
    return random.randrange(41, 2920) if status is S.APPROVED else random.randrange(1, 90)


def _task_status(pair: Pair, order: int) -> TaskStatus:
    if pair.status is S.APPROVED or order <= pair.number % 4:
        return TaskStatus.COMPLETED
    if order == pair.number % 4 + 1:
        return TaskStatus.BLOCKED if pair.number % 9 == 0 else TaskStatus.IN_PROGRESS
    return TaskStatus.NOT_APPLICABLE if pair.number % 50 == 0 else TaskStatus.PENDING
