"""Redis killed, frozen and restarted while checks run (row K12), and what two gates share through it (rows K2, K7)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from aggregator.cache.codec import UnreadableEntry, decode
from aggregator.knowledge import KnowledgeKey
from tests.chaos.clients import calls_of, checking, codes_of, eventually, metric, texans
from tests.support.callers import Caller, claim, code_of, freshness_of
from tests.support.gates import GateProcess, asking_portals_at, gate_process
from tests.support.servers import RedisServer, redis_server

pytestmark = pytest.mark.timeout(90)

_TEXAS = {"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX"}
_SHORT_LIVED = {"GATE_PROVIDER_ENROLLMENT__CACHE_TTL_MINUTES": "0.01", "GATE_PROVIDER_ENROLLMENT__MAX_STALE_HOURS": "0"}
"""Every answer is asked for anew after half a second, so that Redis is read and written all the time."""
_ALLOWANCE = 0.25


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


_ANYBODY, *_OTHERS = texans("TX PASS", 11)
_SHARED, _SPOILT = _OTHERS[:5], _OTHERS[5:]


def _npis() -> list[str]:
    kinds = ("TX PASS", "TX D13 ENROLLMENT_INACTIVE", "TX D6 ENROLLMENT_EXPIRED", "ENROLLMENT_NOT_FOUND")
    return [npi for kind in kinds for npi in texans(kind, 6)]


def _killed(redis: RedisServer) -> Callable[[], None]:
    redis.kill()
    return redis.start


def _frozen(redis: RedisServer) -> Callable[[], None]:
    redis.freeze()
    return redis.thaw


@pytest.mark.parametrize("fall", [_killed, _frozen])
async def test_checks_go_on_without_redis_and_use_it_again(
    fall: Callable[[RedisServer], Callable[[], None]], redis: RedisServer, tmp_path: Path
) -> None:
    environment = _TEXAS | _SHORT_LIVED | {"GATE_REDIS_URL": redis.url}
    async with gate_process(tmp_path, "--sandbox", environment=environment) as gate, gate.caller("acme") as caller:
        before = await codes_of(caller, _npis())
        async with checking(caller, _npis()) as usual:
            await usual.asked_about(_npis())
        restore = fall(redis)
        async with checking(caller, _npis()) as during:
            await asyncio.sleep(3)
            assert await metric(gate, "enrollment_gate_cache_errors_total") > 0
            assert await metric(gate, "enrollment_gate_cache_breaker") > 0
            restore()
            await eventually(partial(_is_closed, gate), 10)
            await during.asked_about(_npis())
            await asyncio.sleep(1)

        for pipeline in (usual, during):
            assert not pipeline.refusals
            assert pipeline.codes() == before
        # Beside what a busy machine adds to any call. A gate that waited for Redis each time would take a second.
        assert during.p95() < _ALLOWANCE + 3 * usual.p95()
        assert during.slowest() < 3 + 3 * usual.slowest()
        assert "Traceback" not in gate.log

        async with Redis.from_url(redis.url) as client:
            assert await client.dbsize() > 0


async def test_a_gate_starts_and_answers_while_redis_is_down(redis: RedisServer, tmp_path: Path) -> None:
    redis.kill()
    environment = _TEXAS | _SHORT_LIVED | {"GATE_REDIS_URL": redis.url}
    async with gate_process(tmp_path, "--sandbox", environment=environment) as gate, gate.caller("acme") as caller:
        assert code_of(await caller.check(claim())) == "PASS"
        redis.start()
        async with checking(caller, _npis()) as pipeline, Redis.from_url(redis.url) as client:
            await eventually(client.dbsize, 10)
        assert not pipeline.refusals
        assert await gate.stop() == 0


@pytest.fixture(scope="module")
def shared_redis() -> Iterator[RedisServer]:
    """Not to be killed by any test."""
    with redis_server() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def two_gates(
    shared_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[GateProcess, GateProcess]]:
    """Both ask the doubles of the first: only answers of the same upstream are shared."""
    environment = _TEXAS | {"GATE_REDIS_URL": shared_redis.url}
    async with (
        gate_process(tmp_path_factory.mktemp("one"), "--sandbox", environment=environment) as one,
        gate_process(
            tmp_path_factory.mktemp("two"), environment=environment | asking_portals_at(one.sandbox_url)
        ) as two,
    ):
        yield one, two


@pytest_asyncio.fixture
async def entries(shared_redis: RedisServer) -> AsyncIterator[Redis]:
    """What lies in Redis."""
    async with Redis.from_url(shared_redis.url) as client:
        await client.flushdb()
        yield client


async def test_what_one_gate_was_told_the_other_uses_for_the_same_tenant_only_k7(
    two_gates: tuple[GateProcess, GateProcess], entries: Redis
) -> None:
    one, two = two_gates
    async with one.caller("acme") as there, two.caller("acme") as here, two.caller("other") as stranger:
        await here.check(claim(_ANYBODY))  # connects: a first read may take longer than the gate waits for it
        for npi in _SHARED:
            assert freshness_of(await there.check(claim(npi))) == "LIVE"
            await eventually(partial(_is_readable, entries, npi), 5)

        shared = [await here.check(claim(npi)) for npi in _SHARED]
        assert {code_of(decision) for decision in shared} == {"PASS"}
        # One read of several may be late on a busy machine; that costs a call and nothing else.
        assert [freshness_of(decision) for decision in shared].count("REDIS") >= len(_SHARED) - 1

        before = (await calls_of(one.sandbox_url))["tmhp_pems"]
        own = [await stranger.check(claim(npi)) for npi in _SHARED]
        assert {(code_of(decision), freshness_of(decision)) for decision in own} == {("PASS", "LIVE")}
        assert (await calls_of(one.sandbox_url))["tmhp_pems"] == before + len(_SHARED)


async def test_garbage_under_a_key_is_a_miss_and_is_replaced_k2(
    two_gates: tuple[GateProcess, GateProcess], entries: Redis
) -> None:
    one, two = two_gates
    for npi, garbage in zip(_SPOILT, (b"null", b"", b"\xff\x00garbage", b"[]"), strict=False):
        await entries.set(_key(npi), garbage)
    await entries.rpush(_key(_SPOILT[-1]), "a list is no string")
    async with one.caller("acme") as there, two.caller("acme") as here:
        for caller in (here, there):
            await caller.check(claim(_ANYBODY))
        asked = [await there.check(claim(npi)) for npi in _SPOILT]
        assert {(code_of(decision), freshness_of(decision)) for decision in asked} == {("PASS", "LIVE")}
        for npi in _SPOILT:
            await eventually(partial(_is_replaced, there, entries, npi), 10)
        read = [freshness_of(await here.check(claim(npi))) for npi in _SPOILT]
        assert read.count("REDIS") >= len(_SPOILT) - 1


def _key(npi: str) -> str:
    return f"enrollment:acme:{npi}:TX"


async def _is_readable(entries: Redis, npi: str) -> bool:
    """Whether there lies what Texas said of the provider."""
    (value,) = await entries.mget([_key(npi)])  # nil where something else than a string lies
    try:
        known = decode(KnowledgeKey("acme", npi, "TX"), value).answers if isinstance(value, bytes) else ()
    except UnreadableEntry:
        return False
    return any(answer.source == "tmhp_pems" for answer in known)


async def _is_replaced(caller: Caller, entries: Redis, npi: str) -> bool:
    """Asks once more where it is not: on a busy machine Redis may be late, and is left alone for a moment then."""
    if not await _is_readable(entries, npi):
        await caller.check(claim(npi), fresh=True)
    return await _is_readable(entries, npi)


async def _is_closed(gate: GateProcess) -> bool:
    return await metric(gate, "enrollment_gate_cache_breaker") == 0
