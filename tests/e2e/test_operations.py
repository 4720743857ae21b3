"""What a site's engineers see: health, readiness, metrics, logs, reflection. None of it tells a secret."""

import asyncio
import base64
import json
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from gate.auth.permissions import Role
from gate.v1 import decision_pb2
from sources.sandbox.access import API_KEYS, CAQH_PASSWORD, CAQH_USERNAME
from sources.sandbox.faults import FaultKind
from sources.sandbox.population import PORTALS
from tests.e2e.bundled import ENROLLED, SUSPENDED, UNKNOWN
from tests.e2e.providers import ALL_STATES
from tests.e2e.test_callers import FOR_ANYBODY, NEEDS, served
from tests.support.callers import CALL_SECONDS, Caller, claim, code_of, token_for
from tests.support.gates import GATE, GateInProcess, GateProcess, running_in_process
from tests.support.servers import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICES = {rpc.split("/")[1] for rpc in NEEDS}
REDIS_PASSWORD = "password-of-the-cache"  # opens nothing
SECRETS = {
    *API_KEYS.values(),
    CAQH_PASSWORD,
    base64.b64encode(f"{CAQH_USERNAME}:{CAQH_PASSWORD}".encode()).decode(),
    REDIS_PASSWORD,
}


def samples(metrics: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
    }


async def serving(gate: GateInProcess, service: str) -> int:
    stub: Any = health_pb2_grpc.HealthStub(gate.shared_channel)  # the stubs know it without its methods
    answer: health_pb2.HealthCheckResponse = await stub.Check(
        health_pb2.HealthCheckRequest(service=service), timeout=CALL_SECONDS
    )
    return answer.status


async def test_a_running_gate_is_alive_and_ready_and_says_so_at_every_door(gate: GateInProcess) -> None:
    assert await gate.page("/healthz") == (200, "ok\n")
    ready = await gate.page("/readyz")
    assert (ready.status, json.loads(ready.text)) == (200, {"ready": True, "reasons": []})
    for service in ("", *SERVICES):
        assert await serving(gate, service) == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await serving(gate, "gate.v1.Nothing")
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


async def test_reflection_lists_our_services(gate: GateInProcess) -> None:
    assert await served(gate) == SERVICES | FOR_ANYBODY


async def test_openapi_is_served(gate: GateInProcess) -> None:
    assert "/readyz" in json.loads((await gate.page("/api/openapi.json")).text)["paths"]


async def test_health_tells_every_source_s_condition_and_age(tmp_path: Path) -> None:
    async with running_in_process(tmp_path) as gate:

        async def told() -> tuple[str, dict[str, dict[str, object]]]:
            page = await gate.page("/health")
            assert page.status == 200  # a portal that is down never makes the gate itself unhealthy
            health = json.loads(page.text)
            return health["status"], {source["name"]: source for source in health["sources"]}

        status, sources = await told()
        assert status == "ok"
        assert sources.keys() == set(PORTALS)
        for source in sources.values():
            assert (source["status"], source["breaker"], source["last_error"]) == ("UP", "CLOSED", None)
            age = source["seconds_since_success"]
            assert isinstance(age, float)
            assert 0 <= age < 10

        caller = gate.of("payer")
        await caller.configure(enabled_states=ALL_STATES)
        gate.misbehave("ny_emedny", kind=FaultKind.ERROR_401)
        for _ in range(5):
            await caller.check(claim(ENROLLED, "NY"), fresh=True)

        status, sources = await told()
        assert status == "degraded"
        ailing = sources["ny_emedny"]
        assert (ailing["status"], ailing["breaker"], ailing["last_error"]) == ("DOWN", "OPEN", "CREDENTIALS")
        assert {name for name, source in sources.items() if source["status"] != "UP"} == {"ny_emedny"}
        assert (await gate.page("/readyz")).status == 200


async def test_metrics_count_answers_calls_to_sources_and_requests(tmp_path: Path) -> None:
    async with running_in_process(tmp_path) as gate:
        caller = gate.of("payer")
        await caller.configure(enabled_states=["TX"], gate_mode=decision_pb2.GATE_MODE_AUDIT)
        await caller.check(claim(SUSPENDED))
        await caller.check_many([claim(SUSPENDED), claim(SUSPENDED), claim(UNKNOWN)])
        gate.misbehave("tmhp_pems", kind=FaultKind.HTML)
        await caller.check(claim(ENROLLED), fresh=True)
        counted = samples((await gate.page("/metrics")).text)

    def count(name: str, **labels: str) -> float:
        return counted[name, frozenset(labels.items())]

    who = {"tenant": "payer", "state": "TX", "mode": "AUDIT", "action": "CONTINUE"}
    inactive = {"code": "ENROLLMENT_INACTIVE", "would_action": "PEND_REVIEW"}
    unknown = {"code": "ENROLLMENT_NOT_FOUND", "would_action": "PEND_MANUAL_VERIFICATION"}
    assert count("enrollment_gate_decisions_total", **who, **inactive) == 3
    assert count("enrollment_gate_decisions_total", **who, **unknown) == 1
    assert count("enrollment_gate_evidence_total", freshness="MEMORY") == 2
    assert count("enrollment_gate_request_seconds_count", method="CheckClaims", status="OK") == 1
    source = {"source": "tmhp_pems", "contract": "deployment"}
    assert count("enrollment_gate_source_call_seconds_count", **source, outcome="FOUND") == 1
    assert count("enrollment_gate_source_errors_total", **source, kind="MALFORMED") == 1


class Talkative:
    """A gate that has met every kind of trouble, and everything that it said."""

    def __init__(self, gate: GateProcess, pages: dict[str, str]) -> None:
        self.gate = gate
        self.said = pages


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talkative(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talkative]:
    nobody = f"redis://:{REDIS_PASSWORD}@127.0.0.1:{free_port()}/0"  # row K12: the gate goes on without its cache
    settings = {"GATE_REDIS_URL": nobody, "GATE_LOG_LEVEL": "debug"}
    gate = GateProcess(tmp_path_factory.mktemp("gate"), "--sandbox", environment=settings)
    try:
        await gate.start()
        async with gate.caller("payer") as caller:
            await meet_trouble(gate, caller)
        pages = {path: (await gate.page(path)).text for path in ("/health", "/metrics", "/readyz", "/api/openapi.json")}
        for command in (["sources", "list"], ["tenants", "show"], ["tenants", "mode-changes"]):
            pages[" ".join(command)] = await as_json(gate, *command)
        assert await gate.stop() == 0
        pages["log"] = gate.log
        yield Talkative(gate, pages)
    finally:
        await gate.kill()


async def meet_trouble(gate: GateProcess, caller: Caller) -> None:
    await caller.configure(enabled_states=ALL_STATES, gate_mode=decision_pb2.GATE_MODE_AUDIT)
    assert code_of(await caller.check(claim(ENROLLED))) == "PASS"
    for kind in (FaultKind.ERROR_401, FaultKind.HTML, FaultKind.RESET, FaultKind.MALFORMED):
        await gate.misbehave({portal: {"kind": kind} for portal in PORTALS})
        for state in ALL_STATES:
            await caller.check(claim(ENROLLED, state), fresh=True)
    with pytest.raises(grpc.aio.AioRpcError):
        await caller.check(claim(claim_id='A\n{"event": "forged", "level": "error"}'))


async def as_json(gate: GateProcess, *command: str) -> str:
    environment = {**gate.environment, "GATE_TOKEN": token_for(gate.data_dir, "payer", Role.GATE_OPERATOR)}
    done = await asyncio.to_thread(
        subprocess.run, [GATE, *command, "--json"], env=environment, capture_output=True, text=True, check=True
    )
    json.loads(done.stdout)
    return str(done.stdout)


async def test_k12_without_its_redis_the_gate_answers_and_counts_the_failures(talkative: Talkative) -> None:
    counted = samples(talkative.said["/metrics"])

    assert any(name == "enrollment_gate_cache_errors_total" and value > 0 for (name, _), value in counted.items())


async def test_no_secret_is_said_anywhere(talkative: Talkative) -> None:
    key = (talkative.gate.data_dir / "development.key").read_text()
    tokens = re.compile(r"eyJ[\w-]+\.")

    for where, said in talkative.said.items():
        for secret in {*SECRETS, key}:
            assert secret not in said, where
        assert not tokens.search(said), where


async def test_v9_every_line_of_the_log_is_one_json_object_and_no_caller_forged_one(talkative: Talkative) -> None:
    lines = [json.loads(line) for line in talkative.said["log"].splitlines()]

    assert {"serving", "claims_would_pend"} <= {line["event"] for line in lines}
    assert "forged" not in {line["event"] for line in lines}
    assert not [line for line in lines if "exception" in line]


async def test_c11_what_audit_mode_lets_pass_is_logged(talkative: Talkative) -> None:
    lines = [json.loads(line) for line in talkative.said["log"].splitlines()]
    passed = [line for line in lines if line["event"] == "claims_would_pend"]

    assert passed
    for line in passed:
        assert (line["tenant"], line["codes"]) == ("payer", {"SOURCE_UNAVAILABLE": line["claims"]})
        assert {noted["npi"] for noted in line["first"]} == {ENROLLED}
        assert 0 < len(line["first"]) <= 5
