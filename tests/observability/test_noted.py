"""What is noted in passing is in the counts whenever somebody looks, and soon even if nobody does."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from gate.observability import noted, request_ids
from gate.observability.metrics import Metrics
from gate.observability.noted import Noted


def ended(registry: CollectorRegistry) -> float:
    labels = {"method": "CheckClaim", "status": "OK"}
    return registry.get_sample_value("enrollment_gate_request_seconds_count", labels) or 0.0


def test_who_looks_sees_everything_that_was_noted_before() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.request_ended("CheckClaim", "OK", 0.5)
    metrics.request_ended("CheckClaim", "OK", 0.25)

    told = generate_latest(metrics.registry).decode()

    assert 'request_seconds_count{method="CheckClaim",status="OK"} 2.0' in told
    assert 'request_seconds_sum{method="CheckClaim",status="OK"} 0.75' in told
    assert told == generate_latest(metrics.registry).decode()  # nothing is counted twice


async def test_notes_are_counted_soon_although_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noted, "SOON_SECONDS", 0.01)
    counted: list[str] = []
    one = Noted()
    one.by(lambda: counted.append(request_ids.current.get()))
    request_ids.current.set("")
    one.start()
    request_ids.begin_request("somebody-s-request")
    await asyncio.sleep(0.1)
    one.stop()

    assert len(counted) > 2
    assert set(counted[:-1]) == {""}, "counted for one request, in the name of which it would be logged"
    so_far = len(counted)
    await asyncio.sleep(0.05)
    assert len(counted) == so_far


def test_what_was_noted_last_is_counted_at_the_end() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.request_ended("CheckClaim", "OK", 0.5)
    metrics.noted.stop()

    assert ended(metrics.registry) == 1
