"""What is counted of answers, and said where audit mode let a claim pass (row C11)."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
from hypothesis import given as example
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from gate.checks.held_claims import Held, HeldClaims
from gate.checks.model import Decision, GivenAnswers
from gate.checks.recording import CountingRecorder
from gate.decision.model import ClaimAction, GateMode, Policy
from gate.observability import request_ids
from gate.observability.metrics import Metrics
from tests.checks.builders import given
from tests.decision.building import DOS, claim, empty, evidence, failed, found, national, of, segment

ANSWERS = [
    msgspec.structs.replace(given(claim(), known, Policy(mode=mode)), tenant=tenant)
    for known in (
        of(segment()),
        of(),
        of(segment(end="2025-12-31")),
        of(segment("SUSPENDED")),
        evidence(failed(), national(empty())),
        evidence(found(segment(effective=str(DOS))), national(failed())),
    )
    for mode in GateMode
    for tenant in ("acme", "other")
]
OF_ACME = [decision for decision in ANSWERS if decision.tenant == "acme"]
requests = st.lists(st.sampled_from(ANSWERS), max_size=60)


class Counted:
    """Hears what is counted."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, ...]] = Counter()
        self.freshness: Counter[str] = Counter()

    def decided(self, answers: Mapping[tuple[str, ...], int], freshness: Mapping[str, int]) -> None:
        self.answers.update(answers)
        self.freshness.update(freshness)


def noted(decisions: Sequence[Decision]) -> GivenAnswers:
    """With one object for the facts of each distinct decision, as a batch has, and errors in between."""
    facts = {id(decision): decision.facts() for decision in decisions}
    return GivenAnswers(
        [None, *(facts[id(decision)] for decision in decisions)],
        ["", *(decision.decision_id for decision in decisions)],
    )


def labels_of(decision: Decision) -> tuple[str, ...]:
    return (
        decision.tenant,
        decision.claim.state,
        decision.policy.mode.value,
        decision.finding.code.value,
        decision.verdict.action.value,
        decision.verdict.would_action.value,
    )


def recorded(recorder: CountingRecorder, *of_requests: Sequence[Decision]) -> None:
    """All within a second, and told to the end."""
    for decisions in of_requests:
        recorder.record(noted(decisions))
    recorder.flush()


def would_be_pended(decision: Decision) -> bool:
    return decision.policy.mode is GateMode.AUDIT and decision.verdict.would_action is not ClaimAction.CONTINUE


@example(requests)
def test_every_answer_is_counted_once_under_its_own_labels(decisions: Sequence[Decision]) -> None:
    counted = Counted()
    with capture_logs():
        recorded(CountingRecorder(counted), decisions)

    assert counted.answers == Counter(map(labels_of, decisions))
    assert counted.freshness == Counter(
        each.finding.answer.freshness.value for each in decisions if each.finding.answer is not None
    )


@example(requests)
def test_one_line_a_tenant_tells_what_audit_mode_let_pass_and_none_tells_of_nothing(
    decisions: Sequence[Decision],
) -> None:
    held = [decision for decision in decisions if would_be_pended(decision)]
    with capture_logs() as lines:
        recorded(CountingRecorder(Counted()), decisions)

    assert sorted(line["tenant"] for line in lines) == sorted({decision.tenant for decision in held})
    for line in lines:
        own = [decision for decision in held if decision.tenant == line["tenant"]]
        answered = sum(decision.tenant == line["tenant"] for decision in decisions)
        assert (line["event"], line["claims"], line["of"]) == ("claims_would_pend", len(own), answered)
        assert line["codes"] == Counter(decision.finding.code.value for decision in own)
        assert [each["decision_id"] for each in line["first"]] == [each.decision_id for each in own[:5]]


@example(st.lists(st.lists(st.sampled_from(OF_ACME), max_size=20), max_size=8))
def test_c11_two_lines_tell_of_all_that_came_within_a_second(of_requests: Sequence[Sequence[Decision]]) -> None:
    held = [decision for decisions in of_requests for decision in decisions if would_be_pended(decision)]
    counted = CountingRecorder(Counted())
    with capture_logs() as lines:
        for decisions in of_requests:
            counted.record(noted(decisions))
            counted.count()
        counted.flush()

    assert len(lines) <= 2
    assert sum(line["claims"] for line in lines) == len(held)
    assert sum((line["codes"] for line in lines), Counter()) == Counter(each.finding.code.value for each in held)


def test_c11_what_goes_on_is_told_once_a_second_as_long_as_it_does() -> None:
    now = 0.0
    telling = HeldClaims(lambda: now)
    with capture_logs() as lines:
        for number in range(13):
            now = number / 4
            telling.add("acme", Held(1, 2, Counter(["ENROLLMENT_EXPIRED"]), []))
            telling.tell()

    assert [line["claims"] for line in lines] == [1, 4, 4, 4]
    assert [line["of"] for line in lines] == [2, 8, 8, 8]


def test_a_line_names_the_request_of_each_claim_it_names_and_is_itself_of_none() -> None:
    counted = CountingRecorder(Counted())
    failing = [decision for decision in OF_ACME if would_be_pended(decision)]
    with capture_logs() as lines:
        for name in ("run-1", "run-2"):
            before = request_ids.current.set(name)
            counted.record(noted(failing[:1]))
            request_ids.current.reset(before)
        counted.flush()

    assert [claim["request_id"] for line in lines for claim in line["first"]] == ["run-1", "run-2"]


def test_many_claims_are_counted_before_their_notes_take_much_memory() -> None:
    counted = Counted()
    recorder = CountingRecorder(counted)
    with capture_logs():
        for _ in range(200):
            recorder.record(noted(OF_ACME * 10))

    assert counted.answers


@example(st.lists(requests, max_size=5))
def test_prometheus_is_told_the_sum_over_all_requests_in_the_words_of_the_vocabulary(
    of_requests: Sequence[Sequence[Decision]],
) -> None:
    registry = CollectorRegistry()
    recorder = CountingRecorder(Metrics(registry))
    with capture_logs():
        recorded(recorder, *of_requests)

    names = ("tenant", "state", "mode", "code", "action", "would_action")
    told = {
        tuple(sample.labels[name] for name in names): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
        if sample.name == "enrollment_gate_decisions_total"
    }
    assert told == Counter(labels_of(decision) for decisions in of_requests for decision in decisions)
