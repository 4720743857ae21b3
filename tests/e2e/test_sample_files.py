"""Real 837 files, where they are at hand, through `gate check-file` and a running gate."""

import asyncio
import json
import subprocess
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gate.auth.permissions import Role
from gate.cli.main import app
from tests.support.callers import token_for
from tests.support.gates import GATE, GateInProcess, gate_environment

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
EXPECTED = SAMPLES / "expected.jsonl"

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not EXPECTED.exists(), reason="the folder of sample files is not here"),
]
CHECKED, SOME_UNCHECKED, FAILED = 0, 1, 2
ANSWERED_FIELDS = {"code", "action", "would_action", "decision_id", "reason"}


def expected() -> dict[str, list[dict[str, Any]]]:
    by_file = defaultdict(list)
    if EXPECTED.exists():
        for row in EXPECTED.read_text().splitlines():
            claim = json.loads(row)
            by_file[claim["file"]].append(claim)
    return by_file


EXPECTED_CLAIMS = expected()
OTHERS = sorted(
    str(path.relative_to(SAMPLES))
    for path in SAMPLES.rglob("*")
    if path.is_file() and str(path.relative_to(SAMPLES)) not in EXPECTED_CLAIMS
)
"""Files that are broken, of another version, or no claims at all."""


async def check_file(gate: GateInProcess, file: str, out: Path) -> Result:
    """`gate check-file` as it is on the command line, in a thread of its own because it runs a loop of its own."""
    environment = {
        "GATE_DATA_DIR": str(gate.data_dir),
        "GATE_GRPC_ADDRESS": gate.grpc_address,
        "GATE_TOKEN": token_for(gate.data_dir, "payer-of-samples", Role.PIPELINE),
    }
    arguments = ["check-file", str(SAMPLES / file), "--out", str(out)]
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)


def are_there(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def results_in(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def seen(result: dict[str, Any]) -> tuple[object, ...]:
    first, last = (str(result[field] or "").replace("-", "") for field in ("service_date", "service_end_date"))
    return (
        result["claim_id"],
        result["rendering_npi"],
        result["billing_npi"],
        result["state"],
        first,
        last,
        result["charge_cents"],
    )


def known(claim: dict[str, Any]) -> tuple[object, ...]:
    return (
        claim["claim_id"],
        claim["rendering_effective"],
        claim["billing_npi"],
        claim["service_state"],
        claim["service_from"],
        claim["service_to"],
        int(Decimal(claim["total_charge"]) * 100),
    )


@pytest.mark.parametrize(("file", "claims"), EXPECTED_CLAIMS.items(), ids=list(EXPECTED_CLAIMS))
async def test_every_claim_of_a_readable_file_gets_a_result_with_its_provider_state_and_dates(
    gate: GateInProcess, tmp_path: Path, file: str, claims: list[dict[str, Any]]
) -> None:
    await gate.of("payer-of-samples").configure(enabled_states=["TX", "FL", "NY", "CA"])
    out = tmp_path / "results.jsonl"

    ended = await check_file(gate, file, out)

    results = results_in(out)
    assert [seen(result) for result in results] == [known(claim) for claim in claims]
    failures = [result["error"] for result in results if result.get("error")]
    assert ended.exit_code == (SOME_UNCHECKED if failures else CHECKED)
    assert all(failures)
    for result in results:
        assert result.get("error") or all(result[field] for field in ANSWERED_FIELDS)


@pytest.mark.parametrize("file", OTHERS)
async def test_a_file_that_is_broken_or_no_claims_ends_with_words_and_never_half_written(
    gate: GateInProcess, tmp_path: Path, file: str
) -> None:
    out = tmp_path / "results.jsonl"

    ended = await check_file(gate, file, out)

    assert ended.exit_code in {CHECKED, SOME_UNCHECKED, FAILED}
    assert ended.exception is None or isinstance(ended.exception, SystemExit)
    assert "Traceback" not in ended.output
    if ended.exit_code == FAILED:
        assert are_there(tmp_path) == []
        assert Path(file).name in ended.stderr
    else:
        results = results_in(out)
        assert results
        assert any(result.get("error") for result in results) == (ended.exit_code == SOME_UNCHECKED)


async def test_as_a_process_of_its_own_it_writes_results_to_standard_output_and_refuses_in_one_line(
    gate: GateInProcess,
) -> None:
    token = token_for(gate.data_dir, "payer-of-samples", Role.PIPELINE)
    environment = gate_environment(gate.data_dir, GATE_GRPC_ADDRESS=gate.grpc_address, GATE_TOKEN=token)

    async def run(file: str) -> subprocess.CompletedProcess[str]:
        command = [GATE, "check-file", str(SAMPLES / file)]
        return await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, check=False
        )

    readable, claims = next(iter(EXPECTED_CLAIMS.items()))
    other_version = next(file for file in OTHERS if "other_version" in file and file.startswith("837"))
    good, refused = await asyncio.gather(run(readable), run(other_version))

    assert (good.returncode, len(good.stdout.splitlines())) == (CHECKED, len(claims))
    assert (refused.returncode, refused.stdout) == (FAILED, "")
    assert "not supported" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
