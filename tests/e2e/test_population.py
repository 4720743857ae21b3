"""The bundled population through the whole service: every provider gets the answer that its note announces."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gate.clock import system_clock, today_in
from gate.decision.model import DecisionCode
from gate.v1 import claim_pb2, decision_pb2
from sources.sandbox.population import STATE_PORTALS, Provider, default_population
from tests.e2e.providers import ALL_STATES
from tests.support.callers import Caller, claim, code_of
from tests.support.gates import running_in_process

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANNOUNCED = re.compile("|".join(DecisionCode))
NOW = system_clock()
"""One instant for gate and portals, so that midnight may pass while the tests run."""
OF_ONE_ANSWER = ("decision_id", "evaluated_at", "freshness", "sources")
"""Fields that differ from answer to answer about the same thing: their names, their times, where they came from."""


def cases() -> dict[str, tuple[claim_pb2.Claim, str]]:
    """A claim for every provider in each state that knows it, or in all where none does, with its note's code.

    A profile's days are counted from today where its practice is. In the hours when another state has tomorrow already,
    what ends today has ended there: only states with the same day are asked.
    """
    announced = {}
    for npi, provider in default_population().providers.items():
        code = ANNOUNCED.search(provider.note)
        assert code is not None
        known_in = [state for portal, state in STATE_PORTALS.items() if provider.segments(portal) is not None]
        for state in known_in or same_day_as(provider):
            name = f"{npi}-{state}"
            announced[name] = claim(npi, state, today_in(state, NOW), correlation_id=name), code[0]
    return announced


def same_day_as(provider: Provider) -> list[str]:
    """The states where it is the same day as where the provider's practice is."""
    practice = provider.caqh_proview.practice_state if provider.caqh_proview is not None else None
    return [state for state in ALL_STATES if practice is None or today_in(state, NOW) == today_in(practice, NOW)]


CASES = cases()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caller(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Caller]:
    async with running_in_process(tmp_path_factory.mktemp("gate"), clock=lambda: NOW) as gate:
        caller = gate.of("payer")
        await caller.configure(enabled_states=ALL_STATES, gate_mode=decision_pb2.GATE_MODE_ENFORCE)
        yield caller


LEFT_OUT_OF_A_BATCH = ("npi", "state", "verified_at", "attributes")


def finding(decision: decision_pb2.Decision) -> decision_pb2.Decision:
    """What of a decision is the same however and whenever it is asked for."""
    copy = decision_pb2.Decision()
    copy.CopyFrom(decision)
    for field in OF_ONE_ANSWER:
        copy.ClearField(field)  # type: ignore[arg-type]  # the stubs want each name as a literal
    if copy.HasField("record"):
        for field in LEFT_OUT_OF_A_BATCH:
            copy.record.ClearField(field)  # type: ignore[arg-type]  # as above
    for answer in copy.sources:
        answer.ClearField("verified_at")
    return copy


async def test_every_state_gives_every_code_and_each_provider_the_one_of_its_note(caller: Caller) -> None:
    results = await caller.check_many([asked for asked, _ in CASES.values()])

    assert [result.correlation_id for result in results] == list(CASES)
    given = {result.correlation_id: code_of(result.decision) for result in results}
    assert given == {name: code for name, (_, code) in CASES.items()}
    codes_of_state = defaultdict(set)
    for name, code in given.items():
        codes_of_state[name.rpartition("-")[2]].add(code)
    assert codes_of_state == {state: set(DecisionCode) for state in ALL_STATES}


async def test_one_by_one_in_a_batch_and_in_a_stream_the_findings_are_the_same(caller: Caller) -> None:
    asked = [each for each, _ in CASES.values()]

    one_by_one = [finding(await caller.check(each)) for each in asked]
    batch = [finding(result.decision) for result in await caller.check_many(asked)]
    thirds = [asked[start::3] for start in range(3)]
    streamed = [response async for response in caller.stream(thirds)]

    assert batch == one_by_one
    assert len(streamed) == len(thirds)
    for start, response in enumerate(streamed):
        assert [finding(result.decision) for result in response.results] == one_by_one[start::3]


async def test_every_answer_says_why_in_one_sentence_and_holds_a_decision_id_of_its_own(caller: Caller) -> None:
    decisions = [result.decision for result in await caller.check_many([asked for asked, _ in CASES.values()])]

    assert all(re.fullmatch(r"\S.+\.", decision.reason) for decision in decisions)
    assert len({decision.decision_id for decision in decisions}) == len(decisions)
