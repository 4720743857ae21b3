"""What the load generators say, and that they cannot be fooled."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from gate.bench.claims import batch, single
from gate.bench.load import Amount, Loader, PythonClients, Sent, Target, best_loader, told, write_bodies
from gate.bench.machine import Cores
from gate.bench.model import NotMeasured
from gate.bench.run import CHECK_CLAIM, CHECK_CLAIMS, QUICK, Run, echo
from gate.bench.site import portals
from gate.bench.wire import single_checks
from gate.v1 import claim_pb2, decision_pb2, enrollment_gate_pb2
from tests.bench.calls import called

SUMMARY = b"""
finished in 612.50ms, 3265.31 req/s, 1.51MB/s
requests: 2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 2000 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 948.74KB (971512) total, 70.32KB (72008) headers (space savings 85.94%), 781.25KB (800000) data
"""
NOWHERE = Cores()


def test_h2load_s_summary_is_calls_seconds_and_bytes() -> None:
    sent = told(SUMMARY)

    assert (sent.calls, sent.data) == (2000, 800_000)
    assert sent.seconds == pytest.approx(0.6125, rel=1e-4)


@pytest.mark.parametrize(
    "summary",
    [
        SUMMARY.replace(b"2000 succeeded, 0 failed", b"1999 succeeded, 1 failed"),
        SUMMARY.replace(b"3265.31 req/s", b"0.00 req/s"),
        b"Could not connect to host",
        b"",
    ],
)
def test_a_summary_with_failures_or_none_at_all_is_no_measurement(summary: bytes) -> None:
    with pytest.raises(NotMeasured):
        told(summary)


class WithoutCredential:
    """A loader whose every call is refused, as fast as a gate can."""

    name = "nobody"

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    async def send(self, target: Target, bodies: Sequence[Path], amount: Amount, cores: frozenset[int]) -> Sent:
        return await self._loader.send(target._replace(token="nobody"), bodies, amount, cores)


async def test_a_call_that_is_refused_never_counts_as_a_fast_one(tmp_path: Path) -> None:
    async with portals(tmp_path, NOWHERE) as doubles:
        run = Run(tmp_path, QUICK, NOWHERE, WithoutCredential(best_loader()), doubles)

        # h2load finds nothing wrong, so the gate's own count has to say it; a Python client hears it itself.
        with pytest.raises(NotMeasured, match=r"answered 0 calls with OK|UNAUTHENTICATED"):
            await single_checks(run)


async def test_the_bare_server_answers_one_claim_with_what_a_gate_once_said_and_each_of_a_batch_by_its_name(
    tmp_path: Path,
) -> None:
    said = enrollment_gate_pb2.CheckClaimResponse(decision=decision_pb2.Decision(reason="a gate's own words"))

    async with echo(tmp_path, said.SerializeToString(), NOWHERE) as bare:
        one = await called(bare.address, CHECK_CLAIM, single(7))
        each = await called(bare.address, CHECK_CLAIMS, batch(0, 30))

    assert enrollment_gate_pb2.CheckClaimResponse.FromString(one) == said
    many = enrollment_gate_pb2.CheckClaimsResponse.FromString(each)
    assert [result.correlation_id for result in many.results] == [str(number) for number in range(30)]
    assert all(result.decision.decision_id for result in many.results)


async def test_python_clients_make_as_many_calls_where_there_is_no_h2load(tmp_path: Path) -> None:
    bodies = write_bodies(tmp_path / "bodies", "body", [single(1), single(2)])

    async with echo(tmp_path, b"", NOWHERE) as bare:
        target = Target(bare.address, CHECK_CLAIM, "token")
        sent = await PythonClients().send(target, bodies, Amount(calls=20, streams=4), frozenset())

    assert sent.calls == 40
    assert 0 < sent.seconds < 20


def test_a_batch_is_a_thousand_claims_of_their_own_about_a_few_hundred_questions() -> None:
    claims = enrollment_gate_pb2.CheckClaimsRequest.FromString(batch(3)).claims

    def question(claim: claim_pb2.Claim) -> tuple[str, int]:
        return claim.rendering_npi, claim.service_date.day

    assert len({claim.correlation_id for claim in claims}) == len({claim.claim_id for claim in claims}) == 1000
    assert 200 <= len(set(map(question, claims))) <= 500
