"""The bundled population, asked over HTTP and judged: each provider shows the case its note announces."""

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import aiohttp
import pytest

from aggregator.evidence import Evidence, SourceAnswer, SourceOutcome
from gate.decision.model import Claim, DecisionCode, Policy
from gate.decision.rules import decide
from sources.contract import EnrollmentSource, Query, SourceError
from sources.lines_of_business import is_known
from sources.npi import has_valid_check_digit
from sources.registry import available_sources
from sources.sandbox.generate_population import document
from sources.sandbox.population import (
    DEFAULT_POPULATION,
    STATE_PORTALS,
    Provider,
    default_population,
    read_population,
)
from sources.sandbox.server import RunningSandbox, start_sandbox

ANNOUNCED = re.compile("|".join(DecisionCode))
POPULATION = default_population().providers
NOON = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture
async def bundled() -> AsyncIterator[RunningSandbox]:
    running = await start_sandbox(clock=lambda: NOON)
    yield running
    await running.stop()


def test_there_are_at_least_500_providers_with_invented_numbers() -> None:
    assert len(POPULATION) >= 500
    assert all(has_valid_check_digit(npi) for npi in POPULATION)
    assert {npi for npi in POPULATION if not npi.startswith("2")} == {"1234567893"}
    assert all(provider.name and provider.note for provider in POPULATION.values())


def test_the_file_is_what_its_generator_writes() -> None:
    assert DEFAULT_POPULATION.read_text(encoding="utf-8") == document()


def test_loading_it_is_quick() -> None:
    fastest = min(_seconds_to_load() for _ in range(3))

    assert fastest < 1.0


def _seconds_to_load() -> float:
    began = time.perf_counter()
    read_population(DEFAULT_POPULATION)
    return time.perf_counter() - began


async def test_every_state_shows_every_decision_code_and_each_provider_its_own(
    bundled: RunningSandbox, session: aiohttp.ClientSession
) -> None:
    factories = available_sources()
    sources = {name: factories[name](session, bundled.connections[name], lambda: NOON) for name in bundled.connections}
    shown: dict[str, set[DecisionCode]] = defaultdict(set)
    surprises = []
    for portal, state in STATE_PORTALS.items():
        asked = [sources[portal], sources["caqh_proview"]]
        providers = [provider for provider in POPULATION.values() if _concerns(provider, portal)]
        for provider, code in zip(
            providers, await asyncio.gather(*(_judged(asked, str(each.npi), state) for each in providers)), strict=True
        ):
            shown[state].add(code)
            announced = ANNOUNCED.search(provider.note)
            if announced is None or announced[0] != code:
                surprises.append((provider.npi, state, provider.note, code))

    assert surprises == []
    assert shown == {state: set(DecisionCode) for state in ("TX", "CA", "FL", "NY")}


async def _judged(sources: list[EnrollmentSource], npi: str, state: str) -> DecisionCode:
    answers = tuple([await _answer(source, Query(npi, state)) for source in sources])
    evidence = Evidence(npi=npi, state=state, answers=answers)
    return decide(Claim(npi=npi, state=state, service_date=TODAY), evidence, Policy(), TODAY).code


async def _answer(source: EnrollmentSource, query: Query) -> SourceAnswer:
    name, scope = source.description.name, source.description.scope
    try:
        records = tuple(await source.fetch(query))
    except SourceError as error:
        return SourceAnswer(source=name, scope=scope, outcome=SourceOutcome.ERROR, error=error.kind)
    outcome = SourceOutcome.FOUND if records else SourceOutcome.EMPTY
    return SourceAnswer(source=name, scope=scope, outcome=outcome, records=records, verified_at=NOON)


def _concerns(provider: Provider, portal: str) -> bool:
    """Providers of other states are unknown to this one, whatever their note says."""
    known_to = [name for name in STATE_PORTALS if provider.segments(name) is not None]
    return portal in known_to or not known_to


@pytest.mark.parametrize("days", [91, 90, 60, 30, 1, 0, -1])
def test_every_state_shows_every_revalidation_tier(days: int) -> None:
    for portal in STATE_PORTALS:
        due = {segment.revalidation_due for each in POPULATION.values() for segment in each.segments(portal) or ()}
        assert f"today{days:+d}" in due


async def test_its_lines_of_business_are_known_but_for_the_one_that_shows_row_x7(
    bundled: RunningSandbox, session: aiohttp.ClientSession
) -> None:
    factories = available_sources()
    unknown = set()
    for portal, state in STATE_PORTALS.items():
        source = factories[portal](session, bundled.connections[portal], lambda: NOON)
        npis = [npi for npi, each in POPULATION.items() if each.segments(portal) and "PASS" in each.note]
        for answer in await asyncio.gather(*(_answer(source, Query(npi, state)) for npi in npis)):
            unknown |= {name for record in answer.records for name in record.lines_of_business if not is_known(name)}

    assert unknown == {"FOO"}
