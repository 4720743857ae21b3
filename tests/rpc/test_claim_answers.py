"""What is kept ready, shared within a batch and put together from bytes is the answer that a plain check gives."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from google.type.date_pb2 import Date
from hypothesis import event, given, settings
from hypothesis import strategies as st

from gate.checks.model import Decision
from gate.decision.model import DosRule, GateMode, NationalFallback, PastDueAction, Strictness
from gate.errors import InvalidInput
from gate.rpc.refusals import status_of
from gate.tenancy.model import TenantConfig
from gate.v1 import claim_pb2, decision_pb2, enrollment_gate_pb2
from sources.contract import SourceUnreachable
from sources.records import EnrollmentRecord, EnrollmentStatus
from tests.aggregator.fakes import NPI, START, full_record, record
from tests.rpc.answering_site import Site

TENANTS = ("acme", "other")
NPIS = (NPI, "1000000004", "1000000012", "123")
TODAY = START.date()
FURTHEST = TODAY + timedelta(days=366)
DAYS = (
    *(TODAY + timedelta(days=days) for days in (-400, -60, -1, 0, 1, 2)),
    *(date(2024, 12, 31), date(2025, 1, 1), date(2025, 6, 1), date(2025, 12, 31), date(2026, 1, 1)),
    *(date(1965, 12, 31), date(1966, 1, 1), FURTHEST, FURTHEST + timedelta(days=1), FURTHEST + timedelta(days=2)),
)

SERVED = (TODAY, date(2025, 6, 1))

TENANT = TenantConfig(tenant="")
CONFIGS = (
    TENANT,
    msgspec.structs.replace(TENANT, gate_mode=GateMode.ENFORCE),
    msgspec.structs.replace(TENANT, gate_mode=GateMode.OFF),
    msgspec.structs.replace(TENANT, enabled_states=("CA",)),
    msgspec.structs.replace(TENANT, cache_ttl_seconds=0),
    msgspec.structs.replace(TENANT, cache_ttl_seconds=120, negative_ttl_seconds=0),
)
ANSWERS: dict[str, Callable[[datetime], Sequence[EnrollmentRecord] | Exception]] = {
    "enrolled": lambda now: [record(verified_at=now)],
    "due": lambda now: [msgspec.structs.replace(record(verified_at=now), revalidation_due=TODAY + timedelta(days=60))],
    "ended": lambda now: [msgspec.structs.replace(record(verified_at=now), end=date(2025, 12, 31))],
    "resumed": lambda now: [
        msgspec.structs.replace(record(verified_at=now), end=date(2025, 12, 31)),
        msgspec.structs.replace(record(verified_at=now), effective=TODAY, taxonomies=("208D00000X",)),
    ],
    "terminated": lambda now: [
        msgspec.structs.replace(
            record(verified_at=now, status=EnrollmentStatus.TERMINATED), end=TODAY, lines_of_business=("STAR",)
        )
    ],
    "attested": lambda now: [msgspec.structs.replace(full_record(), verified_at=now)],
    "suspended": lambda now: [record(status=EnrollmentStatus.SUSPENDED, verified_at=now)],
    "unknown": lambda _: [],
    "down": lambda _: SourceUnreachable("refused"),
}


def _message(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)


def _claim(day: date = TODAY, **fields: Any) -> claim_pb2.Claim:
    return claim_pb2.Claim(rendering_npi=NPI, state="TX", service_date=_message(day), **fields)


VARIATIONS: dict[str, Sequence[Any]] = {
    "rendering_npi": NPIS,
    "billing_npi": NPIS,
    "state": ("tx", "CA", "NY", "ZZ", ""),
    "service_date": (*map(_message, DAYS), Date(), None),
    "service_end_date": (Date(), *map(_message, DAYS)),
    "taxonomy_code": ("207Q00000X", "208D00000X", "no"),
    "line_of_business": ("STAR", "star", "nonsense"),
    "claim_id": ("CLM-1", "C" * 200, "C" * 201, "a\nb", "ä\u200b€"),
    "line_number": (1, 127, 128, 100_000, -1),
    "charge_cents": (1, 10**12),
}


@st.composite
def claims(draw: st.DrawFn) -> claim_pb2.Claim:
    """Claims that differ from one another in little."""
    claim = _claim(draw(st.sampled_from(DAYS)))
    for field in draw(st.lists(st.sampled_from(sorted(VARIATIONS)), max_size=2)):
        value = draw(st.sampled_from(VARIATIONS[field]))
        claim.ClearField(field)  # type: ignore[arg-type]  # the stubs want each name as a literal
        if isinstance(value, Date):
            getattr(claim, field).CopyFrom(value)
            getattr(claim, field).SetInParent()
        elif value is not None:
            setattr(claim, field, value)
    return claim


happenings = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(TENANTS), st.lists(claims(), min_size=1, max_size=8)),
    st.tuples(st.just("ask"), st.sampled_from(TENANTS), st.lists(claims(), min_size=1, max_size=8)),
    st.tuples(st.just("refresh"), st.sampled_from(TENANTS), claims()),
    st.tuples(st.just("time"), st.sampled_from([1.0, 100.0, 250.0, 3_000.0, 40_000.0, 90_000.0, -50.0, -90_000.0])),
    st.tuples(st.just("source"), st.sampled_from(["tmhp_pems", "caqh_proview"]), st.sampled_from(sorted(ANSWERS))),
    st.tuples(st.just("configure"), st.sampled_from(TENANTS), st.sampled_from(CONFIGS)),
    st.tuples(st.just("deactivate"), st.sets(st.sampled_from(NPIS[:3]))),
    st.tuples(st.just("stale"), st.booleans()),
)


@settings(max_examples=150)
@given(st.lists(happenings, min_size=3, max_size=25))
def test_whatever_happened_before_a_claim_is_answered_as_if_it_were_the_first(script: list[Any]) -> None:
    asyncio.run(_plays_out(script))


RULES = (
    TENANT,
    msgspec.structs.replace(TENANT, dos_rule=DosRule.ALL, lob_check=Strictness.STRICT),
    msgspec.structs.replace(TENANT, past_due_action=PastDueAction.PEND, national_fallback=NationalFallback.ADVISORY),
)
periods_asked = st.lists(
    st.tuples(
        st.sampled_from(DAYS) | st.dates(date(2024, 12, 1), TODAY + timedelta(days=20)),
        st.none() | st.integers(-1, 40),
        st.sampled_from(["", "", "", "STAR", "CHIP"]),
    ),
    min_size=2,
    max_size=20,
)


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(ANSWERS)),
    st.sampled_from(sorted(ANSWERS)),
    st.sampled_from(RULES),
    st.sampled_from([None, None, None, TODAY - timedelta(days=30)]),
    periods_asked,
)
def test_d25_whatever_days_were_asked_about_before_the_next_are_answered_as_if_they_were_the_first(
    of_state: str, of_nation: str, rules: TenantConfig, deactivated_on: date | None, asked: Any
) -> None:
    async def plays_out() -> None:
        site = Site()
        await site.start()
        try:
            await site.configure(msgspec.structs.replace(rules, tenant="acme"))
            for source, answer in (("tmhp_pems", of_state), ("caqh_proview", of_nation)):
                site.sources[source].answer = ANSWERS[answer](site.clock())
            if deactivated_on is not None:
                site.deactivations.replace([(NPI, deactivated_on)])
            await _is_answered_plainly(site, "acme", [_of_days(*each) for each in asked])
        finally:
            await site.aclose()

    asyncio.run(plays_out())


def _of_days(first: date, length: int | None, line_of_business: str) -> claim_pb2.Claim:
    claim = _claim(first, line_of_business=line_of_business)
    if length is not None:
        claim.service_end_date.CopyFrom(_message(first + timedelta(days=length)))
    return claim


async def _plays_out(script: list[Any]) -> None:
    site = Site()
    await site.start()
    try:
        for what, *about in script:
            await _happens(site, what, *about)
    finally:
        await site.aclose()


async def _happens(site: Site, what: str, *about: Any) -> None:
    match what:
        case "ask":
            await _is_answered_plainly(site, *about)
        case "refresh":
            tenant, claim = about
            try:
                await site.one(tenant, claim, fresh=True)
            except InvalidInput:
                event("refused")
        case "time":
            site.clock.advance(about[0])
        case "source":
            source, answer = about
            site.sources[source].answer = ANSWERS[answer](site.clock())
        case "configure":
            tenant, config = about
            await site.configure(msgspec.structs.replace(config, tenant=tenant))
        case "deactivate":
            site.deactivations.replace((npi, date(2026, 1, 1)) for npi in about[0])
        case "stale":
            site.monotonic.now = 5_000.0 if about[0] else 1_000.0


async def _is_answered_plainly(site: Site, tenant: str, asked: Sequence[claim_pb2.Claim]) -> None:
    for claim in asked:  # so that both ways find the same remembered
        await _plain_result(site, tenant, claim)
    before = site.sources["tmhp_pems"].calls
    results = await site.many(tenant, *asked)
    event("asked a source" if site.sources["tmhp_pems"].calls > before else "was answered from memory")
    assert len(results) == len(asked)
    ids = [result.decision.decision_id for result in results if result.HasField("decision")]
    assert len(set(ids)) == len(ids)
    for place, (claim, result) in enumerate(zip(asked, results, strict=True)):
        assert _comparable(result) == _comparable(await _plain_result(site, tenant, claim, place))
        await _alone_is_answered_plainly(site, tenant, claim)


async def _alone_is_answered_plainly(site: Site, tenant: str, claim: claim_pb2.Claim) -> None:
    for _ in range(2):
        plainly, said = [
            await _said(way) for way in (site.plainly(tenant, claim, brief=False), site.one(tenant, claim))
        ]
        assert said == plainly


async def _said(answer: Awaitable[decision_pb2.Decision]) -> object:
    try:
        return _unnumbered(await answer)
    except InvalidInput as error:
        return error.violations


async def _plain_result(
    site: Site, tenant: str, claim: claim_pb2.Claim, place: int = 0
) -> enrollment_gate_pb2.ClaimResult:
    try:
        decision = await site.plainly(tenant, claim, brief=True)
    except InvalidInput as error:
        named = InvalidInput(
            *(
                msgspec.structs.replace(each, field=each.field.replace("claim.", f"claims[{place}].", 1))
                for each in error.violations
            )
        )
        return enrollment_gate_pb2.ClaimResult(correlation_id=claim.correlation_id, error=status_of(named))
    return enrollment_gate_pb2.ClaimResult(correlation_id=claim.correlation_id, decision=decision)


def _comparable(result: enrollment_gate_pb2.ClaimResult) -> enrollment_gate_pb2.ClaimResult:
    if result.HasField("decision"):
        assert len(result.decision.decision_id) == 36
        result.decision.CopyFrom(_unnumbered(result.decision))
    return result


def _unnumbered(decision: decision_pb2.Decision) -> decision_pb2.Decision:
    """Without what is different each time: its own number, and how long asking took."""
    copy = decision_pb2.Decision()
    copy.CopyFrom(decision)
    copy.ClearField("decision_id")
    for answer in copy.sources:
        answer.ClearField("latency_ms")
    return copy


class TestWhatIsReady:
    async def test_a_question_asked_before_is_answered_without_a_check(self, site: Site, checked: list[str]) -> None:
        claim = _claim()
        for _ in range(3):
            await site.many("acme", claim)
        before = len(checked)

        (result,) = await site.many("acme", _claim(claim_id="another", line_number=7, charge_cents=5))

        assert len(checked) == before
        assert (result.decision.claim_id, result.decision.line_number) == ("another", 7)
        assert result.decision.code == decision_pb2.DECISION_CODE_PASS

    async def test_a_batch_checks_each_question_once(self, site: Site, checked: list[str]) -> None:
        batch = [_claim(claim_id=str(number), day=SERVED[number % 2]) for number in range(10)]

        results = await site.many("acme", *batch)

        assert len(checked) == 2
        assert [result.decision.claim_id for result in results] == [str(number) for number in range(10)]

    async def test_d25_other_days_of_the_same_period_are_answered_without_a_check(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site.sources["tmhp_pems"].answer = ANSWERS["resumed"](site.clock())
        for _ in range(2):
            await site.many("acme", _claim(date(2025, 6, 1)))
        monkeypatch.setattr(site.checks, "_decide", None)

        first, last = await site.many("acme", _claim(date(2025, 1, 1)), _claim(date(2025, 12, 31)))

        assert [result.decision.reason.partition("(")[0] for result in (first, last)] == [
            f"According to tmhp_pems, NPI {NPI} is enrolled in TX on {day} " for day in ("2025-01-01", "2025-12-31")
        ]
        with pytest.raises(TypeError):  # of the next period nothing is known without a decision
            await site.many("acme", _claim(date(2026, 1, 1)))

    async def test_d25_a_service_that_goes_on_beyond_the_period_is_decided_by_itself(self, site: Site) -> None:
        site.sources["tmhp_pems"].answer = ANSWERS["ended"](site.clock())
        for _ in range(2):
            await site.many("acme", _of_days(date(2025, 12, 1), None, ""))

        within, beyond = await site.many(
            "acme", _of_days(date(2025, 12, 2), 29, ""), _of_days(date(2025, 12, 2), 30, "")
        )

        assert list(within.decision.warnings) == []
        assert list(beyond.decision.warnings) == ["PARTIAL_SPAN"]

    async def test_a_batch_of_many_days_decides_once_for_each_period(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await site.one("acme", _claim())
        decided: list[date] = []
        plain = site.checks._decide

        def decide(tenant: str, question: Any, *how: Any) -> Decision:
            decided.append(question.claim.service_date)
            return plain(tenant, question, *how)

        monkeypatch.setattr(site.checks, "_decide", decide)
        days = [TODAY + timedelta(days=number) for number in range(-300, 300)]

        results = await site.many("acme", *map(_claim, days))

        assert decided == [days[0], TODAY + timedelta(days=1)]
        assert all(day.isoformat() in result.decision.reason for day, result in zip(days, results, strict=True))

    async def test_k7_what_is_ready_for_one_tenant_is_not_ready_for_another(
        self, site: Site, checked: list[str]
    ) -> None:
        for _ in range(3):
            await site.many("acme", _claim())
        before = len(checked)

        await site.many("other", _claim())

        assert len(checked) == before + 1

    async def test_a_new_answer_of_the_source_is_given_at_once(self, site: Site) -> None:
        for _ in range(3):
            await site.many("acme", _claim())
        site.sources["tmhp_pems"].answer = ANSWERS["suspended"](site.clock())
        await site.one("acme", _claim(), fresh=True)

        (result,) = await site.many("acme", _claim())

        assert result.decision.code == decision_pb2.DECISION_CODE_ENROLLMENT_INACTIVE

    async def test_r19_past_midnight_in_the_state_days_are_counted_anew(self, site: Site) -> None:
        site.clock.now = datetime(2026, 3, 11, 4, 59, tzinfo=UTC)  # a minute before it in Texas
        site.sources["tmhp_pems"].answer = ANSWERS["due"](site.clock())
        for _ in range(3):
            (before,) = await site.many("acme", _claim())
        site.clock.advance(61)

        (after,) = await site.many("acme", _claim())

        days = [result.decision.revalidation.days_remaining for result in (before, after)]
        assert days == [60, 59]

    async def test_c16_a_switched_mode_holds_for_the_next_claim(self, site: Site) -> None:
        modes = []
        for mode in (GateMode.OFF, GateMode.ENFORCE, GateMode.AUDIT):
            await site.configure(TenantConfig(tenant="acme", gate_mode=mode))
            for _ in range(3):
                (result,) = await site.many("acme", _claim())
                modes.append(result.decision.mode)

        off, enforce, audit = (decision_pb2.GateMode.Value(f"GATE_MODE_{name}") for name in ("OFF", "ENFORCE", "AUDIT"))
        assert modes == [off] * 3 + [enforce] * 3 + [audit] * 3

    async def test_a_clock_that_is_set_back_takes_the_day_with_it(self, site: Site) -> None:
        site.clock.now = datetime(2026, 3, 11, 5, 1, tzinfo=UTC)  # a minute past midnight in Texas
        site.sources["tmhp_pems"].answer = ANSWERS["due"](site.clock())
        for _ in range(3):
            (after,) = await site.many("acme", _claim())
        site.clock.advance(-61)

        (before,) = await site.many("acme", _claim())

        assert [result.decision.revalidation.days_remaining for result in (before, after)] == [60, 59]

    async def test_forgotten_is_not_ready(self, site: Site) -> None:
        for _ in range(3):
            await site.many("acme", _claim())
        site.sources["tmhp_pems"].answer = ANSWERS["ended"](site.clock())
        await site.resolver.forget("acme", NPI, "TX")

        (result,) = await site.many("acme", _claim())

        assert result.decision.code == decision_pb2.DECISION_CODE_ENROLLMENT_EXPIRED

    async def test_what_is_kept_is_bounded(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        ready = site.answers._in_batches
        monkeypatch.setattr(ready._room, "most", 10)
        for _ in range(3):
            for first in range(0, 50, 5):
                codes = [f"{number:010}" for number in range(first, first + 5)]
                await site.many("acme", *(_claim(taxonomy_code=code) for code in codes))
                assert sum(map(len, ready._of_tenant.values())) <= 10

    async def test_evidence_of_the_past_is_let_go_of(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        ready = site.answers._in_batches
        monkeypatch.setattr(ready._room, "most", 10)
        for _ in range(30):
            await site.one("acme", _claim(), fresh=True)
            await site.many("acme", _claim())
            assert sum(len(answers._facts) for answers in ready._of_tenant.values()) <= 10
            site.clock.advance(60)


@pytest.fixture
async def site() -> Any:
    site = Site()
    await site.start()
    site.sources["tmhp_pems"].answer = ANSWERS["enrolled"](site.clock())
    yield site
    await site.aclose()


@pytest.fixture
def checked(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The claims that were checked, one by one."""
    heard: list[str] = []
    plain = site.checks.check_many

    async def check_many(tenant: str, claims: Any, **how: Any) -> list[Decision | InvalidInput]:
        heard.extend(claim.claim_id for claim in claims.values())
        return await plain(tenant, claims, **how)

    monkeypatch.setattr(site.checks, "check_many", check_many)
    return heard
