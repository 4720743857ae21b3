"""The series of several processes, read as one."""

import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry

from gate.observability.merged import forget_gauges, merged_series


def counting(folder: Path, slot: int, calls: int) -> "subprocess.Popen[bytes]":
    """A process that has counted, and holds its gauges."""
    command = [sys.executable, "-m", "tests.observability.counting", str(folder), str(slot), str(calls)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"counted\n"
    return process


def ended(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.communicate()


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def test_counters_add_up_over_workers_and_over_those_that_were_killed_and_gauges_are_of_the_living(
    tmp_path: Path,
) -> None:
    serving: dict[int, int] = {}
    merged = merged_series(str(tmp_path), lambda: serving, lambda: 4)
    call = {"method": "CheckClaim", "status": "OK"}

    one, two = counting(tmp_path, 1, 30), counting(tmp_path, 2, 12)
    assert value(merged, "enrollment_gate_request_seconds_count", **call) == 42
    assert value(merged, "enrollment_gate_claims_in_flight") == 42
    assert value(merged, "enrollment_gate_ledger_queued") == 42
    assert value(merged, "enrollment_gate_ledger_oldest_queued_seconds") == 20
    assert value(merged, "enrollment_gate_ledger_spool_bytes") == 1000, "both speak of the folder that they share"
    assert value(merged, "enrollment_gate_api_keys_age_seconds") == 2
    assert value(merged, "enrollment_gate_tls_certificate_expiry_seconds", certificate="server") == 100

    of_all = {"kind": "attestation", "urgency": "critical"}
    assert value(merged, "enrollment_gate_alerts_current", **of_all) == 12, "as it was told last, by whomever"

    ended(one)
    forget_gauges(str(tmp_path), 1)
    assert value(merged, "enrollment_gate_request_seconds_count", **call) == 42
    assert value(merged, "enrollment_gate_claims_in_flight") == 12
    assert value(merged, "enrollment_gate_tls_certificate_expiry_seconds", certificate="server") == 200

    another = counting(tmp_path, 1, 8)
    assert value(merged, "enrollment_gate_request_seconds_count", **call) == 50
    assert value(merged, "enrollment_gate_request_seconds_bucket", le="0.01", **call) == 50
    assert value(merged, "enrollment_gate_claims_in_flight") == 20
    assert value(merged, "enrollment_gate_alerts_current", **of_all) == 8

    serving |= {1: another.pid, 2: two.pid}
    assert value(merged, "enrollment_gate_workers") == 2
    assert value(merged, "enrollment_gate_worker_restarts_total") == 4
    for worker in ("1", "2"):
        assert (value(merged, "process_resident_memory_bytes", worker=worker) or 0) > 1_000_000
    for process in (another, two):
        ended(process)
