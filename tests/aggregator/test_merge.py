from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.evidence import Evidence, Freshness, SourceAnswer, SourceOutcome
from aggregator.knowledge import KnownAnswer
from aggregator.merge import answered, assemble, by_priority, failed, settled
from aggregator.panel import Panel
from sources.contract import ErrorKind, SourceDescription
from tests.aggregator.fakes import NPI, RULES, START, FakeSource, describe, record

STATE = describe("tmhp_pems")
SECOND = describe("state_list")
NATIONAL = describe("caqh_proview", national=True)
ORDER = (STATE, SECOND, NATIONAL)


def found(description: SourceDescription) -> SourceAnswer:
    known = KnownAnswer(description.name, (record(description.name),), START)
    return answered(description, known, Freshness.LIVE)


def empty(description: SourceDescription) -> SourceAnswer:
    return answered(description, KnownAnswer(description.name, (), START), Freshness.LIVE)


def error(description: SourceDescription, kind: ErrorKind = ErrorKind.UNREACHABLE) -> SourceAnswer:
    return failed(description, kind)


def by_name(*answers: SourceAnswer) -> dict[str, SourceAnswer]:
    return {answer.source: answer for answer in answers}


def evidence_of(answers: Mapping[str, SourceAnswer], stand_ins: Mapping[str, KnownAnswer] | None = None) -> Evidence:
    return assemble(NPI, "TX", ORDER, answers, stand_ins or {})


def deciding_source(*answers: SourceAnswer) -> str | None:
    chosen = evidence_of(by_name(*answers)).chosen()
    return chosen.source if chosen else None


@pytest.mark.parametrize(
    ("answers", "decides"),
    [
        pytest.param((found(STATE), empty(SECOND), found(NATIONAL)), "tmhp_pems", id="A1-the-state-decides"),
        pytest.param((empty(STATE), empty(SECOND), found(NATIONAL)), "caqh_proview", id="A2-the-state-knows-nobody"),
        pytest.param((error(STATE), error(SECOND), found(NATIONAL)), "caqh_proview", id="A3-the-state-is-down"),
        pytest.param((error(STATE), empty(SECOND), empty(NATIONAL)), None, id="A4-down-and-unknown"),
        pytest.param((error(STATE), error(SECOND), error(NATIONAL)), None, id="A5-all-down"),
        pytest.param((empty(STATE), empty(SECOND), empty(NATIONAL)), None, id="A8-nobody-knows"),
        pytest.param((found(STATE), found(SECOND), empty(NATIONAL)), "tmhp_pems", id="A15-two-of-one-state"),
    ],
)
def test_who_decides(answers: Sequence[SourceAnswer], decides: str | None) -> None:
    assert deciding_source(*answers) == decides


@pytest.mark.parametrize(
    ("answers", "is_settled"),
    [
        pytest.param((), False, id="nobody-answered"),
        pytest.param((found(STATE),), True, id="A1-the-first-found"),
        pytest.param((found(NATIONAL),), False, id="A14-the-last-found-first"),
        pytest.param((empty(STATE), found(NATIONAL)), False, id="A14-the-second-is-out"),
        pytest.param((error(STATE), found(SECOND)), True, id="A3-an-error-is-final"),
        pytest.param((empty(STATE), empty(SECOND)), False, id="the-last-may-still-find"),
        pytest.param((empty(STATE), empty(SECOND), error(NATIONAL)), True, id="all-answered"),
    ],
)
def test_what_settles_who_decides(answers: Sequence[SourceAnswer], is_settled: bool) -> None:
    assert settled(ORDER, by_name(*answers)) is is_settled


def test_without_sources_everything_is_settled_and_nothing_known() -> None:
    assert settled((), {})
    assert assemble(NPI, "TX", (), {}, {}).answers == ()


def test_sources_that_could_not_change_the_answer_are_skipped() -> None:
    outcomes = [answer.outcome for answer in evidence_of(by_name(found(STATE))).answers]

    assert outcomes == [SourceOutcome.FOUND, SourceOutcome.SKIPPED, SourceOutcome.SKIPPED]


def test_a13_sources_that_could_have_changed_the_answer_are_timeouts() -> None:
    evidence = evidence_of(by_name(found(NATIONAL)))

    assert [answer.outcome for answer in evidence.answers] == [
        SourceOutcome.TIMEOUT,
        SourceOutcome.TIMEOUT,
        SourceOutcome.FOUND,
    ]
    assert evidence.answers[0].error is ErrorKind.TIMEOUT


def test_k13_last_known_records_are_shown_for_a_source_that_did_not_answer() -> None:
    known = KnownAnswer("tmhp_pems", (record(),), START)

    chosen = evidence_of(by_name(found(NATIONAL)), {"tmhp_pems": known}).chosen()

    assert chosen is not None
    assert (chosen.source, chosen.freshness, chosen.error) == ("tmhp_pems", Freshness.STALE, ErrorKind.TIMEOUT)


def test_a15_state_before_national_then_priority_then_the_order_given() -> None:
    sources = [
        FakeSource(describe("national", national=True, priority=1)),
        FakeSource(describe("late", priority=200)),
        FakeSource(describe("zeta")),
        FakeSource(describe("alpha")),
        FakeSource(describe("early", priority=10)),
    ]

    assert [source.description.name for source in by_priority(sources)] == [
        "early",
        "zeta",
        "alpha",
        "late",
        "national",
    ]


def test_a_panel_holds_the_sources_that_speak_for_its_state_only() -> None:
    sources = [FakeSource(STATE), FakeSource(NATIONAL)]

    names = [description.name for description in Panel.of("acme", "NY", sources, RULES).descriptions]

    assert names == ["caqh_proview"]


def test_two_sources_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two sources of one name for TX: tmhp_pems, tmhp_pems"):
        Panel.of("acme", "TX", [FakeSource(STATE), FakeSource(STATE)], RULES)


says = st.sampled_from([found, empty, error])


@given(st.tuples(says, says, says), st.permutations(ORDER))
def test_arrival_never_decides(
    said: tuple[Callable[[SourceDescription], SourceAnswer], ...], arrival: Sequence[SourceDescription]
) -> None:
    answers = by_name(*(say(description) for say, description in zip(said, ORDER, strict=True)))
    in_the_end = evidence_of(answers).chosen()

    arrived: dict[str, SourceAnswer] = {}
    for description in arrival:
        arrived[description.name] = answers[description.name]
        if settled(ORDER, arrived):
            assert evidence_of(arrived).chosen() == in_the_end
    assert settled(ORDER, arrived)


@given(st.sampled_from(ErrorKind), st.sets(st.sampled_from([SECOND, NATIONAL])))
def test_an_error_never_becomes_an_absence(kind: ErrorKind, unknown_to: set[SourceDescription]) -> None:
    answers = by_name(error(STATE, kind), *(empty(description) for description in unknown_to))

    shown = evidence_of(answers).answers[0]

    assert shown.outcome in {SourceOutcome.ERROR, SourceOutcome.TIMEOUT}
    assert shown.error is kind
    assert not shown.is_clean
