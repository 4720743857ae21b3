"""One contract for every adapter, over real HTTP against its double in the sandbox."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import aiohttp
import pytest
from pydantic import SecretStr

from sources.contract import (
    EnrollmentSource,
    Query,
    SourceCredentials,
    SourceDataError,
    SourceError,
    SourceMalformed,
    SourceThrottled,
    SourceUnmappedStatus,
    SourceUnreachable,
)
from sources.records import EnrollmentStatus
from sources.registry import BUILT_IN, SourceFactory, available_sources
from sources.sandbox.faults import Fault, FaultKind
from sources.sandbox.population import STATE_PORTALS, parse_population
from sources.sandbox.server import RunningSandbox
from tests.sources.conftest import NOW, Upstream, now

NPI = "1234567893"


class Bench(NamedTuple):
    """One adapter, the sandbox it asks, and the ways to script what it will be told."""

    factory: SourceFactory
    source: EnrollmentSource
    running: RunningSandbox
    session: aiohttp.ClientSession

    @property
    def name(self) -> str:
        return self.factory.description.name

    @property
    def query(self) -> Query:
        return Query(NPI, STATE_PORTALS.get(self.name, "TX"))

    def know(self, *segments: dict[str, Any]) -> None:
        told: object = list(segments) if self.name in STATE_PORTALS else self._profile(segments[0])
        self.running.sandbox.replace_population(parse_population([{"npi": NPI, self.name: told}]))

    def fail(self, kind: FaultKind) -> None:
        self.running.sandbox.replace_faults({self.name: Fault(kind, latency_ms=0)})

    @staticmethod
    def _profile(segment: dict[str, Any]) -> dict[str, Any]:
        known = {"provider_status_date": segment["effective"]}
        return known | ({"provider_status": segment["status"]} if segment["status"] != "ACTIVE" else {})


@pytest.fixture(params=BUILT_IN, ids=lambda factory: factory.description.name)
async def bench(request: pytest.FixtureRequest, sandbox: RunningSandbox, session: aiohttp.ClientSession) -> Bench:
    factory: SourceFactory = request.param
    connection = sandbox.connections[factory.description.name]
    return Bench(factory, factory(session, connection, now), sandbox, session)


ENROLLED = {"status": "ACTIVE", "effective": "2026-01-05"}


async def test_a_known_provider_is_found(bench: Bench) -> None:
    bench.know(ENROLLED)

    (record,) = await bench.source.fetch(bench.query)

    assert (record.source, record.npi, record.state) == (bench.name, NPI, bench.query.state)
    assert (record.status, record.effective, record.end) == (EnrollmentStatus.ACTIVE, date(2026, 1, 5), None)
    assert record.verified_at == NOW


async def test_an_unknown_provider_is_an_empty_answer_row_a9(bench: Bench) -> None:
    assert not await bench.source.fetch(bench.query)
    assert bench.running.sandbox.calls()[bench.name] == 1


FAILURES: dict[FaultKind, type[SourceError]] = {
    FaultKind.ERROR_500: SourceUnreachable,
    FaultKind.ERROR_401: SourceCredentials,
    FaultKind.THROTTLE: SourceThrottled,
    FaultKind.MALFORMED: SourceMalformed,
    FaultKind.HTML: SourceMalformed,
    FaultKind.RESET: SourceUnreachable,
}


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("kind", FAILURES)
async def test_a_portal_in_trouble_is_an_error_and_never_an_answer(bench: Bench, kind: FaultKind, known: bool) -> None:
    if known:
        bench.know(ENROLLED)
    bench.fail(kind)

    with pytest.raises(FAILURES[kind]) as raised:
        await bench.source.fetch(bench.query)
    assert NPI not in str(raised.value)


async def test_throttling_names_the_wait_row_a11(bench: Bench) -> None:
    bench.fail(FaultKind.THROTTLE)

    with pytest.raises(SourceThrottled) as raised:
        await bench.source.fetch(bench.query)
    assert raised.value.retry_after == 1.0


async def test_a_portal_that_hangs_can_be_given_up_on(bench: Bench) -> None:
    bench.fail(FaultKind.TIMEOUT)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await bench.source.fetch(bench.query)


@pytest.mark.parametrize("kind", [FaultKind.SLOW, FaultKind.NONE])
async def test_a_slow_portal_still_answers(bench: Bench, kind: FaultKind) -> None:
    bench.know(ENROLLED)
    bench.fail(kind)

    assert len(await bench.source.fetch(bench.query)) == 1


async def test_a_wrong_credential_is_not_an_answer_row_a10(bench: Bench) -> None:
    bench.know(ENROLLED)
    wrong = bench.running.connections[bench.name].model_copy(
        update={"api_key": SecretStr("wrong"), "password": SecretStr("wrong")}
    )

    with pytest.raises(SourceCredentials):
        await bench.factory(bench.session, wrong, now).fetch(bench.query)


async def test_a_base_url_that_is_off_is_an_error_and_never_unknown_row_a9(bench: Bench) -> None:
    right = bench.running.connections[bench.name]
    moved = right.model_copy(update={"base_url": f"{right.base_url}/old"})

    with pytest.raises(SourceMalformed):
        await bench.factory(bench.session, moved, now).fetch(bench.query)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b"0", b'"ok"', b'{"error": "PROVIDER_NOT_FOUND"}', b"\xff\xfe{}"]
)
async def test_garbage_in_a_200_is_an_error_and_never_an_answer_row_a12(
    bench: Bench, upstream: Upstream, body: bytes
) -> None:
    upstream.answers(body)
    elsewhere = bench.running.connections[bench.name].model_copy(update={"base_url": upstream.url})

    with pytest.raises(SourceMalformed):
        await bench.factory(bench.session, elsewhere, now).fetch(bench.query)


async def test_a_status_nobody_mapped_is_an_error_row_d19(bench: Bench) -> None:
    bench.know(ENROLLED | {"status": "RAW:X9"})

    with pytest.raises(SourceUnmappedStatus):
        await bench.source.fetch(bench.query)


@pytest.mark.parametrize("effective", [None, "2026-02-30", "RAW:03/10/2026"], ids=["D20", "D22", "D22 form"])
async def test_a_missing_or_impossible_date_is_a_data_error(bench: Bench, effective: str | None) -> None:
    bench.know(ENROLLED | {"effective": effective})

    with pytest.raises(SourceDataError):
        await bench.source.fetch(bench.query)


async def test_callers_do_not_disturb_each_other(bench: Bench) -> None:
    bench.know(ENROLLED)
    others = [Query(f"20000000{number:02d}", bench.query.state) for number in range(20)]

    answers = await asyncio.gather(*(bench.source.fetch(query) for query in [bench.query, *others]))

    assert [len(answer) for answer in answers] == [1] + [0] * 20


def test_every_built_in_source_meets_the_protocol(bench: Bench) -> None:
    build: Callable[..., EnrollmentSource] = bench.factory

    assert isinstance(build(bench.session, bench.running.connections[bench.name]), EnrollmentSource)
    assert bench.source.description is bench.factory.description


def test_the_sandbox_doubles_every_built_in_source(sandbox: RunningSandbox) -> None:
    assert set(sandbox.connections) == {factory.description.name for factory in BUILT_IN}
    assert set(sandbox.connections) <= set(available_sources())


@pytest.mark.parametrize("portal", STATE_PORTALS)
async def test_state_portals_send_every_field_the_adapter_has_a_place_for(
    sandbox: RunningSandbox, session: aiohttp.ClientSession, portal: str
) -> None:
    segment = ENROLLED | {
        "id": "7",
        "end": "9999-12-31",
        "revalidation_due": "today+30",
        "lines_of_business": ["MEDICAID|STAR", "FOO"],
        "taxonomies": ["207q00000x"],
    }
    sandbox.sandbox.replace_population(parse_population([{"npi": NPI, portal: [segment]}]))
    source = available_sources()[portal](session, sandbox.connections[portal], now)

    (record,) = await source.fetch(Query(NPI, STATE_PORTALS[portal]))

    assert (record.upstream_id, record.end, record.revalidation_due) == ("7", None, date(2026, 4, 9))
    assert (record.lines_of_business, record.taxonomies) == (("MEDICAID", "STAR", "FOO"), ("207Q00000X",))


@pytest.mark.parametrize("portal", STATE_PORTALS)
async def test_a_record_about_another_provider_is_a_data_error(
    sandbox: RunningSandbox, session: aiohttp.ClientSession, portal: str
) -> None:
    segments = [ENROLLED, ENROLLED | {"npi": "2000000002"}]
    sandbox.sandbox.replace_population(parse_population([{"npi": NPI, portal: segments}]))

    with pytest.raises(SourceDataError):
        await available_sources()[portal](session, sandbox.connections[portal], now).fetch(Query(NPI, "TX"))
