"""What the credentialing pages show, as functions of what the services say."""

from datetime import timedelta

import msgspec
import pytest

from gate.credentialing.model.applications import ApplicationStatus, StatusEvent
from gate.credentialing.model.attestations import AttestationStanding
from gate.credentialing.model.contracts import Contract
from gate.credentialing.model.dashboard import OverallStatistics, PayerProgress
from gate.credentialing.model.enrollments import EnrollmentStatus, deadline
from gate.credentialing.model.payers import PayerType
from gate.credentialing.model.reconciliation import Mismatch, MismatchKind
from gate.credentialing.model.reports import PayerDurations, duration, pipeline
from gate.credentialing.model.selection import PayerSort, PayerStanding, SelectionFilter
from gate.credentialing.model.tasks import TaskStatus
from gate.credentialing.model.workflows import WorkflowType
from gate.web.portal.credentialing.notices import generated, notice_of
from gate.web.portal.credentialing.views import applications, badges, enrollments, task_board
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.credentials import attestation
from gate.web.portal.credentialing.views.figures import figure_lines
from gate.web.portal.credentialing.views.mismatches import mismatch_line
from gate.web.portal.credentialing.views.payer_table import (
    Wish,
    columns,
    first_page,
    next_page,
    payer_lines,
    selection_in,
)
from tests.web.credentialing_records import NOON, TODAY, a_choice, a_task, an_application, an_attestation, an_enrollment

BADGES = (badges.ENROLLMENT, badges.APPLICATION, badges.TASK, badges.WORKFLOW)


@pytest.mark.parametrize(
    ("status", "words", "look"),
    [
        (EnrollmentStatus.ENROLLED, "Enrolled", "filled"),
        (EnrollmentStatus.PENDING, "Pending", "outline"),
        (EnrollmentStatus.INACTIVE, "Inactive", "secondary"),
        (EnrollmentStatus.DENIED, "Denied", "destructive"),
    ],
)
def test_an_enrollment_s_status_looks_as_the_customer_has_it(status: EnrollmentStatus, words: str, look: str) -> None:
    badge = enrollments.line_of(an_enrollment(status)).badge

    assert (badge.words, badge.look) == (words, look)


def test_no_two_statuses_of_a_kind_share_their_words_or_their_mark() -> None:
    for kind in BADGES:
        shown = list(kind.values())
        assert len({badge.words for badge in shown}) == len({badge.mark for badge in shown}) == len(shown)


@pytest.mark.parametrize(
    ("days", "words", "look"),
    [
        (15, "15 days", "outline"),
        (14, "14 days", "destructive"),
        (1, "1 day", "destructive"),
        (0, "today", "destructive"),
        (-1, "1 day overdue", "destructive"),
    ],
)
def test_r29_r30_a_deadline_within_14_days_or_past_is_destructive(days: int, words: str, look: str) -> None:
    due = TODAY + timedelta(days=days)

    line = enrollments.deadline_line(deadline(an_enrollment(recert_due_on=due), due, TODAY))

    assert (line.badge.words, line.badge.look, line.due_on) == (words, look, due)


def test_b_the_fixed_words_of_the_enrollments_page() -> None:
    assert enrollments.NOTHING_YET == (
        "No provider enrollments",
        "Add provider enrollments to track credentialing status with payers.",
    )
    assert enrollments.NO_MATCH[0] == "No enrollments match the current filters."
    assert enrollments.NOTHING_DUE == (
        "No upcoming deadlines",
        "All enrolled providers are current on their re-credentialing.",
    )
    assert enrollments.ARCHIVING == (
        "Archive Enrollment",
        "This enrollment will be soft-deleted. Existing claims are not affected.",
    )
    assert [title for _, title in enrollments.STATUSES] == [
        "All Statuses",
        "Pending",
        "Enrolled",
        "Denied",
        "Inactive",
    ]


def test_an_address_carries_what_is_wanted_and_nothing_empty() -> None:
    assert address("/x", search="a b&c", status="") == "/x?search=a+b%26c"
    assert address("/x", page="") == "/x"


ROWS = [
    a_choice("Aetna", total_contracts=2, current_census=5, already_contracted=True, is_recommended=True),
    a_choice("Molina", total_contracts=9, current_census=1, requires_individual_contract=True),
    a_choice("Regence", total_contracts=1, current_census=9, is_recommended=True, requires_attending=True),
    a_choice(
        "Optum",
        workflow_type=WorkflowType.EXCEL_SUBMISSION,
        already_credentialing=True,
        has_tasks=True,
        allows_supervised=True,
    ),
]


@pytest.mark.parametrize(
    ("wish", "selection"),
    [
        (Wish(), SelectionFilter(sort=PayerSort.RECOMMENDED)),
        (Wish(sort="name"), SelectionFilter()),
        (Wish(sort="-contracts"), SelectionFilter(sort=PayerSort.CONTRACTS, is_descending=True)),
        (Wish(sort="nonsense"), SelectionFilter(sort=PayerSort.RECOMMENDED)),
        (Wish(sort="name", search="eGe"), SelectionFilter(search="eGe")),
        (Wish(sort="name", workflow="excel_submission"), SelectionFilter(workflow_type=WorkflowType.EXCEL_SUBMISSION)),
        (Wish(sort="name", standing="contracted"), SelectionFilter(standing=PayerStanding.CONTRACTED)),
        (Wish(sort="name", workflow="nonsense", standing="nonsense"), SelectionFilter()),
    ],
)
def test_what_an_address_wants_of_payers_is_asked_of_the_service(wish: Wish, selection: SelectionFilter) -> None:
    assert selection_in(wish) == selection
    assert selection_in(wish, "p-1") == msgspec.structs.replace(selection, provider_id="p-1")


def test_pages_of_payers_keep_what_is_wanted() -> None:
    wish = Wish(search="mol", sort="-census")

    assert (first_page("/x", wish), next_page("/x", wish, "")) == ("", "")
    assert next_page("/x", wish, "t1", tab="payers") == "/x?tab=payers&search=mol&sort=-census&page=t1"
    assert first_page("/x", Wish(search="mol", page="t1"), tab="payers") == "/x?tab=payers&search=mol"


def test_a_payer_s_row_says_what_it_asks_how_it_works_and_how_the_two_stand() -> None:
    aetna, molina, regence, optum = payer_lines(ROWS)

    assert [badge.words for badge in molina.requirements] == ["Individual Contract"]
    assert [(badge.words, badge.look) for badge in regence.requirements] == [("Attending", "info")]
    assert [(badge.words, badge.look) for badge in optum.requirements] == [("Allows Supervised", "good")]
    assert [each.standing.words for each in (aetna, molina, optum)] == ["Contracted", "Not started", "In progress"]
    assert [each.can_choose for each in (aetna, molina, optum, regence)] == [False, True, False, True]
    assert (optum.workflow.words, molina.workflow.words) == ("Excel", "Instant")
    assert (regence.is_recommended, molina.is_recommended) == (True, False)
    assert molina.kind == "Medicaid · UT"
    assert payer_lines([a_choice("Any", state="", payer_type=PayerType.TRICARE)])[0].kind == "Tricare"


def test_a_column_sorts_first_the_useful_way_and_then_the_other() -> None:
    unsorted = columns("/x", Wish(search="mol"), tab="payers")
    assert unsorted["name"].path == "/x?tab=payers&search=mol&sort=name"
    assert unsorted["census"].path == "/x?tab=payers&search=mol&sort=-census"
    assert unsorted["census"].sorted == ""
    again = columns("/x", Wish(sort="-census"))["census"]
    assert (again.sorted, again.path) == ("descending", "/x?sort=census")
    assert columns("/x", Wish(sort="census"))["census"].sorted == "ascending"


def test_the_four_cards() -> None:
    overall = OverallStatistics(
        total_payers=5, total_tasks=20, completed_tasks=12, in_progress_payers=2, approved_payers=1, pending_approval=2
    )
    shown = task_board.cards(overall)

    assert [(card.title, card.figure) for card in shown] == [
        ("Total Payers", "5"),
        ("Tasks Progress", "12 / 20"),
        ("Approved Payers", "1"),
        ("Pending Approval", "2"),
    ]
    assert [card.percentage for card in shown] == [None, 60, None, None]


@pytest.mark.parametrize(
    ("status", "days", "due"),
    [
        (TaskStatus.PENDING, 8, "8 days"),
        (TaskStatus.IN_PROGRESS, -4, "4 days overdue"),
        (TaskStatus.COMPLETED, -4, ""),
        (TaskStatus.NOT_APPLICABLE, 8, ""),
        (TaskStatus.BLOCKED, None, ""),
    ],
)
def test_a_task_shows_how_far_its_day_is_while_it_is_open(status: TaskStatus, days: int | None, due: str) -> None:
    task = a_task(status, None if days is None else TODAY + timedelta(days=days))

    line = task_board.task_line(task, TODAY)

    assert (line.due, line.icon) == (due, status.value)


def progress(*tasks: TaskStatus) -> PayerProgress:
    return PayerProgress(
        payer_id="q-1",
        payer_name="Molina",
        application_id="a-1",
        application_status=ApplicationStatus.SUBMITTED,
        denial_reason="",
        reapplication_eligible=True,
        completion_percentage=0,
        total_tasks=len(tasks),
        completed_tasks=tasks.count(TaskStatus.COMPLETED),
        overdue_tasks=0,
        tasks=[a_task(status, assigned_to="bob", portal_url="https://portal.example.org") for status in tasks],
    )


def test_a_payer_with_work_left_is_open_and_one_without_is_folded() -> None:
    rows = [progress(TaskStatus.COMPLETED, TaskStatus.PENDING), progress(TaskStatus.COMPLETED)]

    left, done = task_board.payer_groups(rows, TODAY, "/applications")

    assert (left.is_open, done.is_open) == (True, False)
    assert (left.path, left.badge.words, left.portal_url) == (
        "/applications/a-1",
        "Submitted",
        "https://portal.example.org",
    )
    assert task_board.assignees(rows, "ann") == ["ann", "bob"]


@pytest.mark.parametrize(
    ("due_in", "is_lapsed", "words", "look"),
    [
        (31, False, "CAQH attested, 31 days left", "good"),
        (30, False, "CAQH attested, 30 days left", "ill"),
        (0, False, "CAQH attestation holds until today", "ill"),
        (-1, False, "CAQH attestation 1 day overdue", "bad"),
        (None, True, "CAQH attestation has expired", "bad"),
    ],
)
def test_r26_an_attestation_shows_how_long_it_holds(due_in: int | None, is_lapsed: bool, words: str, look: str) -> None:
    shown = attestation(an_attestation(due_in, is_lapsed=is_lapsed))

    assert shown is not None
    assert (shown.badge.words, shown.badge.look) == (words, look)


def test_an_attestation_shows_who_knows_of_it() -> None:
    own, heard = attestation(an_attestation(5)), attestation(an_attestation(5, source="caqh_proview"))

    assert own is not None
    assert heard is not None
    assert (own.told_by, heard.told_by) == ("by the record kept here", f"by caqh_proview, asked on {NOON:%Y-%m-%d}")
    assert attestation(None) is attestation(an_attestation(None)) is None
    assert attestation(an_attestation(5, standing=AttestationStanding.ENDED)) is None


@pytest.mark.parametrize(
    ("begins", "ends", "words"),
    [(0, None, "In force"), (1, None, "Not yet in force"), (-9, -1, "Ended"), (-9, 0, "In force")],
)
def test_a_contract_says_whether_it_stands_today(begins: int, ends: int | None, words: str) -> None:
    contract = Contract(
        id="c-1",
        provider_id="p-1",
        payer_id="q-1",
        application_id="a-1",
        effective_date=TODAY + timedelta(days=begins),
        end_date=None if ends is None else TODAY + timedelta(days=ends),
        notes="",
        created_at=NOON,
    )

    line = task_board.contract_line(contract, {"q-1": "Molina"}, TODAY, "/applications")

    assert (line.payer, line.badge.words, line.application) == ("Molina", words, "/applications/a-1")


def test_m11_an_assumed_effective_date_is_flagged_and_not_typed_back_into_the_form() -> None:
    listed = an_application(
        ApplicationStatus.APPROVED, approval_date=TODAY, effective_date=TODAY, is_effective_date_assumed=True
    )

    fact = next(fact for fact in applications.facts_of(listed) if fact.name == "Effective date")

    assert (fact.value, fact.hint) == ("2026-03-10", "nobody told one: the day of approval")
    assert applications.typed_of(listed.application)["effective_date"] == ""


def test_a_history_is_read_from_its_newest_event() -> None:
    first = StatusEvent(
        ordinal=1,
        from_status=None,
        to_status=ApplicationStatus.NOT_STARTED,
        days_in_from=None,
        at=NOON,
        by="ann",
        note="",
    )
    second = StatusEvent(
        ordinal=2,
        from_status=ApplicationStatus.NOT_STARTED,
        to_status=ApplicationStatus.SUBMITTED,
        days_in_from=31,
        at=NOON,
        by="bob",
        note="",
    )

    newest, oldest = applications.events([first, second])

    assert (newest.badge.words, newest.lasted, oldest.before) == ("Submitted", "31 days", None)
    assert newest.before is not None


def test_the_pipeline_lists_every_status_and_counts_what_was_counted() -> None:
    summary = pipeline({ApplicationStatus.DENIED: 2, ApplicationStatus.APPROVED: 3}, overdue=1)

    counted = applications.stages("denied", summary)

    assert [stage.title for stage in counted][:3] == ["All", "Not started", "In progress"]
    assert [(stage.title, stage.count) for stage in counted if stage.count] == [
        ("All", 5),
        ("Approved", 3),
        ("Denied", 2),
        ("Overdue", 1),
    ]
    assert [stage.title for stage in counted if stage.is_chosen] == ["Denied"]


@pytest.mark.parametrize(
    ("done", "words"),
    [
        ("generated-9-3", "9 tasks and 3 applications were created."),
        ("generated-1-1", "1 task and 1 application were created."),
        ("generated-0-0", "Nothing new: these payers were chosen before."),
        ("generated-x-1", ""),
        ("generated", ""),
        ("<b>", ""),
    ],
)
def test_what_was_generated_is_told_and_nothing_that_an_address_made_up(done: str, words: str) -> None:
    assert generated(done) == words
    assert notice_of(done) == ""


def test_figures_stand_by_payer_and_status() -> None:
    stays = duration(ApplicationStatus.SUBMITTED, {10: 1, 30: 1})

    (line,) = figure_lines([PayerDurations(payer_id="q-1", payer_name="Molina", statuses=[stays])])

    assert (line.payer, line.badge.words, line.duration.average_days) == ("Molina", "Submitted", 20.0)
    assert figure_lines([PayerDurations(payer_id="q-1", payer_name="Molina", statuses=[])]) == []


@pytest.mark.parametrize("kind", MismatchKind)
def test_every_mismatch_is_told_in_words_and_only_a_silent_state_is_quiet(kind: MismatchKind) -> None:
    line = mismatch_line(
        Mismatch(
            kind=kind,
            provider_id="p-1",
            provider_name="Jane Doe",
            npi="1234567893",
            state="TX",
            payer_id="",
            payer_name="",
            taxonomies=("2084P0800X",),
            medicaid_taxonomies=("207Q00000X",),
            source="tmhp_pems",
            verified_at=NOON,
        )
    )

    assert line.meaning
    assert (line.badge.look == "quiet") == (kind is MismatchKind.NOT_VERIFIED)
    assert ("the state has 207Q00000X" in line.taxonomies) == (kind is MismatchKind.TAXONOMY_MISMATCH)
