"""`gate demo` and `gate sandbox`: what a newcomer runs first."""

import json
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import pytest

from gate.demo.records import APPLICATIONS, PAYERS
from sources.sandbox.population import PORTALS
from tests.cli.shell import Shell
from tests.support.gates import gate_environment

_CODES = {"PASS", "ENROLLMENT_INACTIVE", "ENROLLMENT_EXPIRED", "ENROLLMENT_NOT_FOUND", "SOURCE_UNAVAILABLE"}
_KEPT = {"providers": 8, "payers": len(PAYERS), "credentialing-applications": len(APPLICATIONS)}
_STATES = {"CA", "FL", "NY", "TX"}


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Runs the demonstration again over what it left before."""
    folder = tmp_path_factory.mktemp("newcomer")
    addresses = {f"GATE_{door}_ADDRESS": "127.0.0.1:0" for door in ("GRPC", "HTTP", "SANDBOX")}
    return Shell(folder, gate_environment(folder / "data", **addresses))


def test_the_demonstration_shows_every_code_in_every_state_and_ends(newcomer: Shell) -> None:
    ran = newcomer.script("demo", "--once")
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err
    lines = [line for line in ran.out.splitlines() if re.match(r"(CA|FL|NY|TX)\d{5} ", line)]
    assert len(lines) == 200
    shown = {(line[:2], code) for line in lines for code in _CODES if f" {code}" in line}
    assert shown == {(state, code) for state in _STATES for code in _CODES}
    assert all(("→ PEND" in line) == (line.startswith("TX") and " PASS" not in line) for line in lines)

    results = (newcomer.folder / "data" / "demo-results.jsonl").read_text().splitlines()
    assert {json.loads(line)["code"] for line in results} == _CODES
    assert "CONTINUE: " in ran.err
    assert "if enforced" in ran.err


def test_the_demonstration_goes_on_serving_and_what_it_says_to_try_works(newcomer: Shell) -> None:
    with _running(newcomer, "demo") as demo:
        assert demo.stdout is not None
        said = _until("Californian", demo.stdout)
        health = _found(r"health +(http://\S+)", said)
        password = _found(r"sign in as demo, password (\S+)\)", said)
        assert (newcomer.folder / "data" / "demo.password").read_text() == f"{password}\n"
        assert password not in health
        with urllib.request.urlopen(health) as answer:
            assert json.load(answer)["status"] in ("ok", "degraded")

        advice = said.partition("to try it:")[2]
        tried = subprocess.run(
            ["sh", "-ec", advice],
            check=False,
            cwd=newcomer.folder,
            env=newcomer.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert tried.returncode == 0, tried.stderr
        assert tried.stdout.startswith("PASS\n")
        assert "CA: AUDIT to ENFORCE" in tried.stdout

        # The second run over the same data: what the practice keeps was not entered once more.
        token = newcomer.gate("token", "--tenant", "demo", "--role", "org_admin").out.strip()
        kept = {what: _listed(health, f"/api/admin/{what}", token) for what in _KEPT}
        assert {what: len(records) for what, records in kept.items()} == _KEPT
        kinds = {mismatch["kind"] for mismatch in _listed(health, "/api/admin/credentialing-mismatches", token)}
        assert {"contracted_not_enrolled", "taxonomy_mismatch"} <= kinds


def test_the_doubles_serve_every_portal_until_stopped(lonely: Shell) -> None:
    with _running(lonely, "sandbox", "--port", "0") as sandbox:
        assert sandbox.stdout is not None
        said = _until("Ctrl-C", sandbox.stdout)
        addresses = dict.fromkeys(PORTALS, "") | {
            url.rpartition("/")[2]: url for url in re.findall(r"http://\S+", said)
        }
        assert all(addresses.values())
        base, _, _ = addresses["tmhp_pems"].rpartition("/")
        with urllib.request.urlopen(f"{base}/sandbox/calls") as answer:
            assert json.load(answer) == dict.fromkeys(PORTALS, 0)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file or directory"),
        ('providers: [{npi: "123"}]', "npi"),
        ("providers: {", "not YAML"),
    ],
    ids=["missing", "wrong", "no YAML"],
)
def test_a_population_that_cannot_be_is_refused(content: str | None, told: str, lonely: Shell) -> None:
    if content is not None:
        lonely.write("people.yaml", content)
    ran = lonely.gate("sandbox", "--port", "0", "--population", "people.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("gate: ")
    assert told in ran.err
    assert "Traceback" not in ran.err


@contextmanager
def _running(shell: Shell, *arguments: str, **environment: str) -> "Iterator[subprocess.Popen[bytes]]":
    """A command that serves; Ctrl-C at the end of the block ends it with 0 and without a complaint."""
    process = shell.begin(*arguments, **environment)
    try:
        yield process
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert b"Traceback" not in err
    finally:
        process.kill()
        process.communicate()


def _until(word: str, stream: IO[bytes]) -> str:
    """What was said up to the line with `word`."""
    said = ""
    for line in stream:
        said += line.decode()
        if word in said:
            return said
    raise AssertionError(said)


def _listed(health: str, path: str, token: str) -> list[dict[str, Any]]:
    asked = urllib.request.Request(health.removesuffix("/health") + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked) as answer:
        records: list[dict[str, Any]] = json.load(answer)["data"]
        return records


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, text
    return match[1]
