"""`gate check-file --999 --277ca`: what a site sends back to whom its claims came from."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from gate.claimfiles.results import ClaimResult
from gate.claimfiles.summary import Summary
from gate.cli import report
from gate.demo.claim_file import DemoCase, write_demo_claims
from tests.claimfiles.acknowledged import segments
from tests.cli.providers import ENROLLED, TODAY, UNKNOWN, inactive
from tests.cli.shell import Ran, Shell
from tests.support.x12_validator import is_valid

_DAY = date.fromisoformat(TODAY)
_NPIS = (ENROLLED, inactive(), UNKNOWN)


@pytest.fixture
def file(shell: Shell) -> Path:
    path = shell.folder / "claims.837"
    cases = (DemoCase(npi=npi, state="TX", service_date=_DAY, charge_cents=10_000) for npi in _NPIS)
    write_demo_claims(path, cases, _DAY)
    return path


def statuses(shell: Shell) -> list[str]:
    """Of each claim, in the order of the file."""
    found = segments((shell.folder / "claims.277").read_bytes())
    return [
        found[index + 1].split("*")[1]
        for index, segment in enumerate(found)
        if segment.startswith("TRN*2") and index > 13
    ]


def acknowledged(shell: Shell, tenant: str, file: Path, *options: str) -> Ran:
    targets = ("--out", "results.jsonl", "--999", "claims.999", "--277ca", "claims.277")
    return shell.gate("check-file", str(file), "--tenant", tenant, *targets, *options)


def test_in_audit_mode_nothing_is_rejected_unless_the_site_says_so(shell: Shell, tenant: str, file: Path) -> None:
    named = ("--reject", "enrollment_not_found,ENROLLMENT_INACTIVE")
    ran = acknowledged(shell, tenant, file, *named)
    assert ran.code == 0, ran.err
    assert statuses(shell) == ["A2:20:PR"] * 3
    assert "gate: 277CA in claims.277: 3 claims, 3 accepted and 0 rejected" in ran.err
    assert "gate: 999 in claims.999: the file is accepted" in ran.err

    ran = acknowledged(shell, tenant, file, *named, "--reject-in-audit")
    assert ran.code == 0, ran.err
    assert statuses(shell) == ["A2:20:PR", "A3:91:82", "A3:26:82"]
    assert "gate: 277CA in claims.277: 3 claims, 1 accepted and 2 rejected" in ran.err


def test_what_is_enforced_is_rejected_where_it_is_named_and_else_only_received(
    shell: Shell, tenant: str, file: Path, tmp_path: Path
) -> None:
    manager = ("--tenant", tenant, "--reason", "a test")
    config = shell.write("config.json", '{"enabled_states": ["TX"], "gate_mode": "ENFORCE"}')
    assert shell.gate("tenants", "configure", str(config), *manager).code == 0

    ran = acknowledged(shell, tenant, file, "--reject", "ENROLLMENT_NOT_FOUND", "--control-number", "41")
    assert ran.code == 0, ran.err
    assert statuses(shell) == ["A2:20:PR", "A1:19:PR", "A3:26:82"]
    of_claims = (shell.folder / "claims.277").read_bytes()
    assert segments(of_claims)[-1] == "IEA*1*000000041"
    assert is_valid(of_claims, tmp_path)
    assert is_valid((shell.folder / "claims.999").read_bytes(), tmp_path)


def test_a_file_that_cannot_be_read_leaves_a_999_and_nothing_else(
    shell: Shell, tenant: str, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(file.read_bytes()[:-200])
    ran = acknowledged(shell, tenant, file)
    assert ran.complaint.endswith("999 in claims.999: the file is rejected")
    assert shell.files() == {"claims.837", "claims.999"}
    of_file = (shell.folder / "claims.999").read_bytes()
    assert any(segment.startswith("AK9*R") for segment in segments(of_file))
    assert is_valid(of_file, tmp_path)


def test_who_sent_a_file_without_an_interchange_cannot_be_told(shell: Shell, tenant: str) -> None:
    ran = acknowledged(shell, tenant, shell.write("claims.837", b"ST*837*0001~"))
    assert "no 999 was written: the file does not say who sent it" in ran.complaint
    assert shell.files() == {"claims.837"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--277ca", "a", "--reject", "SOURCE_UNAVAILABLE"), "an outage says nothing about a provider"),
        (("--277ca", "a", "--reject", "PASS"), "--reject PASS: not one of ENROLLMENT_NOT_FOUND, "),
        (("--277ca", "a", "--reject", "expired"), "--reject EXPIRED: not one of ENROLLMENT_NOT_FOUND, "),
        (("--reject", "ENROLLMENT_NOT_FOUND"), "name its file with --277ca"),
        (("--999", "a", "--277ca", "a"), "cannot go to the same place"),
        (("--999", "-"), "cannot go to the same place"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(
    options: tuple[str, ...], told: str, lonely: Shell
) -> None:
    ran = lonely.gate("check-file", "claims.837", "--tenant", "acme", *options)
    assert told in ran.complaint


def test_only_an_837_is_acknowledged(shell: Shell, tenant: str) -> None:
    rows = shell.write("claims.csv", f"npi,state,dos\n{ENROLLED},TX,{TODAY}\n")
    ran = acknowledged(shell, tenant, rows)
    assert "only an 837 can be acknowledged, and this is CSV" in ran.complaint
    assert shell.files() == {"claims.csv"}


@pytest.fixture
def summary() -> Summary:
    found = Summary()
    for code in ("PASS", "PASS", "ENROLLMENT_EXPIRED"):
        found.add(
            ClaimResult(
                **dict.fromkeys(ClaimResult.__struct_fields__, "")
                | {"code": code, "charge_cents": 100, "warnings": (), "lines": ()}  # type: ignore[arg-type] # as a table has it
            )
        )
    return found


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(report, "_SECONDS_BETWEEN_LINES", 0.0)
    return iter([None])


@pytest.mark.usefixtures("hurried")
def test_progress_is_told_by_lines_where_nobody_watches(capsys: pytest.CaptureFixture[str], summary: Summary) -> None:
    for size, share in ((200, " (25%)"), (None, "")):
        with report.progress_over(size, lines=True) as advance:
            advance(50, summary)
        told = capsys.readouterr().err
        assert told.startswith(f"3 claims{share}, ")
        assert told.endswith("/s: PASS 2, EXPIRED 1\n")


def test_nobody_is_told_who_did_not_ask(capsys: pytest.CaptureFixture[str], summary: Summary) -> None:
    with report.progress_over(200) as advance:
        advance(50, summary)
    assert capsys.readouterr().err == ""


def test_a_terminal_shows_claims_rate_and_answers(
    capsys: pytest.CaptureFixture[str], summary: Summary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "150")
    with report.progress_over(200) as advance:
        advance(50, summary)
    shown = capsys.readouterr().err
    for word in ("25%", "3 claims, ", "PASS 2", "EXPIRED 1"):
        assert word in shown
