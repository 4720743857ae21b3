from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.knowledge import (
    CLOCK_TOLERANCE,
    LONGEST_CONCERN,
    SHORTEST_SHARE,
    CacheRules,
    Knowledge,
    KnowledgeKey,
    KnownAnswer,
    learn,
)
from sources.records import EnrollmentStatus
from tests.aggregator.fakes import KEY, RULES, START, record

FOUND = KnownAnswer("tmhp_pems", (record(),), START)
EMPTY = KnownAnswer("tmhp_pems", (), START)
MICROSECOND = timedelta(microseconds=1)


def said(records: int, seconds: float) -> KnownAnswer:
    return KnownAnswer("tmhp_pems", (record(),) * records, START + timedelta(seconds=seconds))


def test_k4_an_answer_as_old_as_its_time_to_live_is_no_longer_fresh() -> None:
    assert FOUND.fresh_until(RULES, spread=1.0) == START + timedelta(seconds=RULES.ttl)


def test_k3_a_proven_absence_lives_for_the_shorter_time() -> None:
    assert EMPTY.fresh_until(RULES, spread=1.0) == START + timedelta(seconds=RULES.negative_ttl)


def test_k15_a_lowered_time_to_live_reaches_answers_already_known() -> None:
    lowered = CacheRules(ttl=60, negative_ttl=RULES.negative_ttl, max_stale=RULES.max_stale)

    assert FOUND.fresh_until(lowered, spread=1.0) == START + timedelta(seconds=60)


def test_k16_ten_thousand_keys_lapse_spread_over_a_fifth_of_their_time_and_never_after_it() -> None:
    spreads = [KnowledgeKey("acme", str(1_000_000_000 + number), "TX").spread() for number in range(10_000)]
    tenths = [sum(low / 50 <= spread - SHORTEST_SHARE < (low + 1) / 50 for spread in spreads) for low in range(10)]

    assert max(spreads) <= 1
    assert min(spreads) >= SHORTEST_SHARE
    assert min(tenths) > 800
    assert max(tenths) < 1200


def test_k16_a_key_has_one_spread_at_all_times() -> None:
    assert KEY.spread() == KnowledgeKey(*KEY).spread()


def test_k13_records_stand_in_up_to_and_at_max_stale() -> None:
    assert FOUND.stands_in(RULES, START + timedelta(seconds=RULES.max_stale))


def test_k14_records_older_than_max_stale_do_not_stand_in() -> None:
    assert not FOUND.stands_in(RULES, START + timedelta(seconds=RULES.max_stale) + MICROSECOND)


def test_an_absence_never_stands_in_for_a_source_that_is_down() -> None:
    assert not EMPTY.stands_in(RULES, START)


def test_k5_a_time_to_live_of_zero_is_no_caching() -> None:
    assert not CacheRules(ttl=0).caching


def test_s14_a_source_that_drops_its_records_keeps_them_marked() -> None:
    learned = learn(FOUND, said(0, 100), RULES)

    assert learned.records == FOUND.records
    assert learned.absent_since == START + timedelta(seconds=100)
    assert learned.verified_at == START + timedelta(seconds=100)


def test_s14_a_disappearance_is_judged_anew_after_the_shorter_time() -> None:
    learned = learn(FOUND, said(0, 100), RULES)

    assert learned.fresh_until(RULES, 1.0) == START + timedelta(seconds=100 + RULES.negative_ttl)


@pytest.mark.parametrize(
    ("seconds_after_the_first", "confirmed"),
    [(0, False), (299.999999, False), (300, True), (9000, True)],
)
def test_s14_only_a_second_absence_long_enough_after_the_first_confirms(
    seconds_after_the_first: float, confirmed: bool
) -> None:
    once = learn(FOUND, said(0, 100), RULES)
    twice = learn(once, said(0, 100 + seconds_after_the_first), RULES)

    assert (twice.records == ()) is confirmed
    assert twice.absent_since == START + timedelta(seconds=100)


@pytest.mark.parametrize(("seconds", "confirmed"), [(0, False), (299, False), (300, True)])
def test_s14_a_tenant_that_does_not_keep_absences_still_has_them_confirmed(seconds: float, confirmed: bool) -> None:
    at_once = CacheRules(negative_ttl=0)
    once = learn(FOUND, said(0, 100), at_once)

    assert once.records == FOUND.records
    assert (learn(once, said(0, 100 + seconds), at_once).records == ()) is confirmed


def test_s14_a_shorter_time_than_usual_is_taken_at_its_word() -> None:
    hurried = CacheRules(negative_ttl=10)

    assert learn(learn(FOUND, said(0, 100), hurried), said(0, 110), hurried).records == ()


def test_s14_a_disappearance_noticed_by_a_clock_that_was_ahead_is_confirmed_all_the_same() -> None:
    ahead = learn(FOUND, said(0, 9000), RULES)
    first = learn(ahead, said(0, 100), RULES)

    assert first.absent_since == START + timedelta(seconds=100)
    assert learn(first, said(0, 400), RULES).records == ()


def test_what_is_known_of_one_connection_is_not_known_of_another() -> None:
    known = Knowledge((KnownAnswer("tmhp_pems", (record(),), START, identity="old"),))

    assert known.told_by("tmhp_pems", "old") == known.of("tmhp_pems")
    assert known.told_by("tmhp_pems", "new") is None
    assert known.told_by("caqh_proview", "old") is None


@pytest.mark.parametrize("answer", [FOUND, EMPTY])
def test_an_answer_from_the_future_is_neither_fresh_nor_a_stand_in(answer: KnownAnswer) -> None:
    clocks_apart = START - CLOCK_TOLERANCE

    assert answer.is_fresh(RULES, 1.0, clocks_apart)
    assert not answer.is_fresh(RULES, 1.0, clocks_apart - MICROSECOND)
    assert FOUND.stands_in(RULES, clocks_apart)
    assert not FOUND.stands_in(RULES, clocks_apart - MICROSECOND)


def test_s14_asking_often_does_not_put_the_confirmation_off() -> None:
    known = FOUND
    for seconds in (0, 100, 200, 299):
        known = learn(known, said(0, seconds), RULES)
        assert known.absent_since == START

    assert learn(known, said(0, 300), RULES).records == ()


def test_s14_records_that_come_back_clear_the_mark() -> None:
    once = learn(FOUND, said(0, 100), RULES)

    assert learn(once, said(1, 200), RULES).absent_since is None


def test_an_absence_where_nothing_was_known_is_an_absence() -> None:
    assert learn(None, EMPTY, RULES) == EMPTY
    assert learn(EMPTY, said(0, 10), RULES) == said(0, 10)


answers = st.builds(
    KnownAnswer,
    source=st.sampled_from(["a", "b", "c"]),
    records=st.sampled_from([(), (record(),)]),
    verified_at=st.integers(0, 3).map(lambda seconds: START + timedelta(seconds=seconds)),
)
knowledge = st.lists(answers, max_size=3, unique_by=lambda answer: answer.source).map(
    lambda some: Knowledge(tuple(sorted(some, key=lambda answer: answer.source)))
)


@given(knowledge, knowledge)
def test_of_two_answers_of_one_source_the_later_one_stays(held: Knowledge, came: Knowledge) -> None:
    merged = held.merged_with(came, START)

    for source in ("a", "b", "c"):
        given_at = [known.verified_at for known in (held.of(source), came.of(source)) if known is not None]
        stays = merged.of(source)
        assert (stays.verified_at if stays else None) == max(given_at, default=None)


@given(knowledge)
def test_knowledge_merged_with_itself_is_the_same(known: Knowledge) -> None:
    assert known.merged_with(known, START) == known


def merged(held: KnownAnswer, came: KnownAnswer, now: datetime | None = None) -> KnownAnswer:
    now = now or max(held.verified_at, came.verified_at)
    both = Knowledge((held,)).merged_with(Knowledge((came,)), now)
    assert len(both.answers) == 1
    return both.answers[0]


ENDED = KnownAnswer("tmhp_pems", (record(status=EnrollmentStatus.TERMINATED),), START)
AHEAD = START + timedelta(hours=2)


@pytest.mark.parametrize(
    ("ahead", "right"),
    [
        pytest.param(said(1, 7200), ENDED, id="ACTIVE"),
        pytest.param(said(0, 7200), FOUND, id="EMPTY"),
        pytest.param(KnownAnswer("tmhp_pems", (), AHEAD, AHEAD), FOUND, id="EMPTY-confirmed"),
        pytest.param(said(0, 7200), EMPTY, id="both-EMPTY"),
    ],
)
def test_an_answer_from_the_future_loses_to_one_that_is_not(ahead: KnownAnswer, right: KnownAnswer) -> None:
    assert merged(ahead, right, START) == right
    assert merged(right, ahead, START) == right
    assert merged(ENDED, ahead, AHEAD).verified_at == AHEAD


def test_s14_even_records_from_the_future_are_not_ended_by_one_absence() -> None:
    kept = merged(said(1, 7200), EMPTY, START)

    assert (kept.records, kept.verified_at, kept.absent_since) == (FOUND.records, START, START)


def test_s14_an_absence_that_nobody_confirmed_does_not_replace_records_known_elsewhere() -> None:
    cold = said(0, 100)

    for kept in (merged(FOUND, cold), merged(cold, FOUND)):
        assert kept == learn(FOUND, cold, RULES)
    assert merged(merged(FOUND, cold), said(0, 9000)).absent_since == cold.verified_at


def test_s14_a_confirmed_absence_replaces_them() -> None:
    marked = learn(FOUND, said(0, 100), RULES)
    gone = learn(marked, said(0, 400), RULES)

    for known in (FOUND, marked):
        assert merged(known, gone) == gone
        assert merged(gone, known) == gone


def test_s14_a_confirmed_absence_told_again_by_a_replica_that_knew_nothing_stays_confirmed() -> None:
    gone = learn(learn(FOUND, said(0, 100), RULES), said(0, 400), RULES)

    assert merged(FOUND, merged(gone, said(0, 800))).records == ()
    assert merged(FOUND, learn(gone, said(0, 800), RULES)).records == ()


def test_s14_records_told_again_after_an_absence_began_were_not_what_was_found_gone() -> None:
    gone = learn(learn(FOUND, said(0, 100), RULES), said(0, 400), RULES)

    assert merged(said(1, 200), gone).absent_since == gone.verified_at


def test_k14_records_that_no_tenant_would_use_any_more_are_not_held_against_an_absence() -> None:
    as_old_as_can_be = said(0, LONGEST_CONCERN.total_seconds())
    older = said(0, LONGEST_CONCERN.total_seconds() + 1)

    assert merged(FOUND, as_old_as_can_be).records == FOUND.records
    assert merged(FOUND, older) == older


def test_an_absence_at_one_connection_says_nothing_about_records_of_another() -> None:
    corrected = KnownAnswer("tmhp_pems", (), START + MICROSECOND, identity="new")

    assert merged(FOUND, corrected) == corrected
