from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.knowledge import SHORTEST_SHARE, CacheRules, Knowledge, KnowledgeKey, KnownAnswer, learn
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
    assert (twice.absent_since is None) is confirmed


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
    merged = held.merged_with(came)

    for source in ("a", "b", "c"):
        given_at = [known.verified_at for known in (held.of(source), came.of(source)) if known is not None]
        stays = merged.of(source)
        assert (stays.verified_at if stays else None) == max(given_at, default=None)


@given(knowledge)
def test_knowledge_merged_with_itself_is_the_same(known: Knowledge) -> None:
    assert known.merged_with(known) == known
