"""`gate check-file`: files of every kind through a running server, and files that are none."""

import asyncio
import csv
import gzip
import io
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import aiohttp
import pytest

from gate.demo.claim_file import DemoCase, write_demo_claims
from tests.cli.providers import ENROLLED, TODAY, UNKNOWN, inactive
from tests.cli.shell import Shell
from tests.support.gates import GateProcess, gate_process

_DAY = date.fromisoformat(TODAY)
_HEADER = "claim_id,rendering_npi,state,service_date,charge\n"


def _rows(*npis: str) -> str:
    return _HEADER + "".join(f"C{number},{npi},TX,{TODAY},100.00\n" for number, npi in enumerate(npis, 1))


def _json_lines(*npis: str) -> str:
    return "".join(
        f'{{"claim_id": "C{number}", "rendering_npi": "{npi}", "state": "TX", "service_date": "{TODAY}"}}\n'
        for number, npi in enumerate(npis, 1)
    )


def _x12(folder: Path, npis: Iterable[str]) -> bytes:
    path = folder / "made.837"
    cases = (DemoCase(npi=npi, state="TX", service_date=_DAY, charge_cents=10_000) for npi in npis)
    write_demo_claims(path, cases, _DAY)
    content = path.read_bytes()
    path.unlink()
    return content


def _files(folder: Path) -> dict[str, bytes]:
    """The same three claims in every form that can be read."""
    npis = (ENROLLED, inactive(), UNKNOWN)
    x12 = _x12(folder, npis)
    return {
        "claims.837": x12,
        "claims.837.gz": gzip.compress(x12),
        "claims.csv": _rows(*npis).encode(),
        "claims.jsonl": _json_lines(*npis).encode(),
        "claims.jsonl.gz": gzip.compress(_json_lines(*npis).encode()),
    }


_NAMES = ("claims.837", "claims.837.gz", "claims.csv", "claims.jsonl", "claims.jsonl.gz")
_CODES = ["PASS", "ENROLLMENT_INACTIVE", "ENROLLMENT_NOT_FOUND"]


@pytest.mark.parametrize("name", _NAMES)
def test_every_format_gives_one_result_per_claim_in_file_order(name: str, shell: Shell, tenant: str) -> None:
    file = shell.write(name, _files(shell.folder)[name])
    ran = shell.gate("check-file", str(file), "--tenant", tenant)
    assert ran.code == 0, ran.err
    results = ran.objects
    assert [result["code"] for result in results] == _CODES
    assert [result["rendering_npi"] for result in results] == [ENROLLED, inactive(), UNKNOWN]
    assert all(result["action"] == "CONTINUE" and result["decision_id"] for result in results)
    assert [line.split()[:2] for line in ran.err.splitlines() if line.startswith("together")] == [["together", "3"]]


def test_results_go_to_a_file_in_the_form_of_its_name(shell: Shell, tenant: str) -> None:
    file = shell.write("claims.csv", _rows(ENROLLED, inactive()))
    ran = shell.gate("check-file", str(file), "--tenant", tenant, "--out", "results.csv")
    assert (ran.code, ran.out) == (0, "")
    with (shell.folder / "results.csv").open(newline="") as results:
        rows = list(csv.DictReader(results))
    assert [(row["claim_id"], row["code"], row["charge_cents"]) for row in rows] == [
        ("C1", "PASS", "10000"),
        ("C2", "ENROLLMENT_INACTIVE", "10000"),
    ]
    assert shell.files() == {"claims.csv", "results.csv"}


def test_the_form_may_be_said(shell: Shell, tenant: str) -> None:
    file = shell.write("claims.csv", _rows(ENROLLED))
    ran = shell.gate("check-file", str(file), "--tenant", tenant, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(ran.out))
    assert (row["claim_id"], row["code"]) == ("C1", "PASS")


def test_a_dash_reads_standard_input(shell: Shell, tenant: str) -> None:
    ran = shell.gate("check-file", "-", "--tenant", tenant, stdin=_json_lines(ENROLLED))
    assert ran.code == 0
    assert [result["code"] for result in ran.objects] == ["PASS"]


def test_a_claim_nobody_can_check_ends_with_1_and_says_why(shell: Shell, tenant: str) -> None:
    file = shell.write("claims.csv", _rows("12345", ENROLLED))
    ran = shell.gate("check-file", str(file), "--tenant", tenant)
    assert ran.code == 1
    failure, result = ran.objects
    assert failure["claim_id"] == "C1"
    assert "rendering_npi" in failure["error"]
    assert result["code"] == "PASS"


def test_the_state_that_is_billed_may_be_said_for_the_whole_file(shell: Shell, tenant: str) -> None:
    across_the_border = _rows(ENROLLED).replace(",TX,", ",NM,")
    unreadable = _rows(ENROLLED).replace(",TX,", ",??,")
    for content in (across_the_border, unreadable):
        file = shell.write("claims.csv", content)
        ran = shell.gate("check-file", str(file), "--tenant", tenant, "--state", "tx")
        assert ran.code == 0, ran.err
        assert [(result["state"], result["code"], result["source"]) for result in ran.objects] == [
            ("TX", "PASS", "tmhp_pems")
        ]

    refused = shell.gate("check-file", str(file), "--tenant", tenant, "--state", "Texas")
    assert refused.code == 2
    assert "Texas" in refused.err


def test_fail_on_pend_ends_with_3_only_where_a_claim_would_be_pended(shell: Shell, tenant: str) -> None:
    for npi, code in ((inactive(), 3), (ENROLLED, 0)):
        file = shell.write("claims.csv", _rows(npi))
        assert shell.gate("check-file", str(file), "--tenant", tenant, "--fail-on-pend").code == code


def test_a_problem_of_the_envelope_is_told_and_the_claims_are_checked(shell: Shell, tenant: str) -> None:
    content = _x12(shell.folder, [ENROLLED]).replace(b"IEA*1*", b"IEA*7*")
    ran = shell.gate("check-file", str(shell.write("claims.837", content)), "--tenant", tenant)
    assert ran.code == 0
    assert [result["code"] for result in ran.objects] == ["PASS"]
    assert "IEA" in ran.err


_BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "the file is empty"),
    "no claims": (lambda _: _HEADER.encode(), "the file holds no claims"),
    "not X12": (lambda _: b"Dear Sir or Madam,\n", "neither X12 (ISA), nor JSON lines, nor CSV"),
    "X12 without ISA": (lambda x12: x12[x12.index(b"GS*") :], "must begin with an ISA segment"),
    "X12 cut short": (lambda x12: x12[: len(x12) * 2 // 3], "segment "),
    "X12 cut in ISA": (lambda x12: x12[:80], "ISA"),
    "gzip cut short": (lambda x12: gzip.compress(x12)[:-20], "the gzip data is damaged or cut short"),
    "a workbook": (lambda _: b"PK\x03\x04\x00\x00", "a ZIP archive or a workbook"),
    "a JSON array": (lambda _: b'[{"claim_id": "C1"}]\n', "one object a line"),
    "binary": (lambda _: bytes(range(256)) * 4, "not text"),
}
"""What becomes of a good 837 file, and what the complaint must name."""


@pytest.mark.parametrize("case", _BROKEN)
def test_a_file_that_cannot_be_read_leaves_nothing_behind(case: str, shell: Shell, tenant: str) -> None:
    broken, told = _BROKEN[case]
    file = shell.write("claims.dat", broken(_x12(shell.folder, [ENROLLED] * 3)))
    ran = shell.gate("check-file", str(file), "--tenant", tenant, "--out", "results.jsonl")
    assert ran.complaint.startswith(f"{file}: ")
    assert told in ran.complaint
    assert shell.files() == {"claims.dat"}


def test_a_file_that_breaks_off_keeps_the_results_of_before(shell: Shell, tenant: str) -> None:
    shell.write("results.jsonl", "yesterday's")
    file = shell.write("claims.dat", _x12(shell.folder, [ENROLLED] * 3)[:-400])
    assert shell.gate("check-file", str(file), "--tenant", tenant, "--out", "results.jsonl").code == 2
    assert (shell.folder / "results.jsonl").read_text() == "yesterday's"


def test_a_file_that_is_not_there_is_named(lonely: Shell) -> None:
    ran = lonely.gate("check-file", "nowhere.837", "--tenant", "acme")
    assert ran.complaint == "nowhere.837: the file cannot be read: No such file or directory"


def test_results_that_cannot_be_written_are_named(shell: Shell, tenant: str) -> None:
    file = shell.write("claims.csv", _rows(ENROLLED))
    ran = shell.gate("check-file", str(file), "--tenant", tenant, "--out", "no/such/folder/results.csv")
    assert ran.complaint == "no/such/folder/results.csv: No such file or directory"


def test_without_a_server_nothing_is_written(lonely: Shell) -> None:
    file = lonely.write("claims.csv", _rows(ENROLLED))
    ran = lonely.gate("check-file", str(file), "--tenant", "acme", "--out", "results.csv")
    assert ran.complaint == "no server answers at 127.0.0.1:1; is `gate serve` running?"
    assert "results.csv" not in lonely.files()


async def test_a_server_that_goes_in_the_middle_leaves_no_file(tmp_path: Path) -> None:
    async with gate_process(
        tmp_path / "server", "--sandbox", environment={"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX"}
    ) as server:
        await server.misbehave({"tmhp_pems": {"kind": "timeout"}})
        shell = Shell(tmp_path, server.environment)
        file = shell.write("claims.csv", _rows(ENROLLED, UNKNOWN))
        command = shell.begin("check-file", str(file), "--tenant", "acme", "--out", "results.csv")
        await _asked(server)
        await server.kill()
        out, err = await asyncio.to_thread(command.communicate, timeout=30)
    assert (command.returncode, out) == (2, b"")
    assert err.startswith(b"gate: ")
    assert b"Traceback" not in err
    assert shell.files() == {"claims.csv", "server"}


async def _asked(server: GateProcess) -> None:
    """Wait until a portal's double was called."""
    async with asyncio.timeout(20), aiohttp.ClientSession(server.sandbox_url) as session:
        while True:
            async with session.get("/sandbox/calls") as response:
                if any((await response.json()).values()):
                    return
            await asyncio.sleep(0.05)
