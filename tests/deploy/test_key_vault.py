"""deploy/key-vault/fill-key-vault.py, with an `az` on the path that writes down what it is asked."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.clouds import azure_double
from tests.support.settings import NAMES, PLANTED, read_by_a_process

SCRIPT = Path(__file__).parents[2] / "deploy" / "key-vault" / "fill-key-vault.py"
AZ = f"""#!{sys.executable}
import json, os, stat, sys
arguments = sys.argv[1:]
file = arguments[arguments.index("--file") + 1]
with open(os.environ["AZ_CALLS"], "a") as calls:
    mode = stat.S_IMODE(os.stat(file).st_mode)
    calls.write(json.dumps({{"arguments": arguments, "value": open(file).read(), "mode": mode}}) + "\\n")
sys.exit(3 if os.environ.get("AZ_REFUSES") in arguments else 0)
"""
ENV_FILE = f"""
# of the gate
GATE_DATABASE_URL="{NAMES["database_url"]}"
export GATE_PROVIDER_ENROLLMENT__TMHP_PEMS__API_KEY='{NAMES["provider_enrollment__tmhp_pems__api_key"]}'
GATE_CREDENTIALS__ACME_PEMS__API_KEY={NAMES["credentials__acme_pems__api_key"]}
GATE_REDIS_URL=
GATE_SECRETS_FROM=azure
GATE_TOKEN={PLANTED}
HOME={PLANTED}
"""
WANTED = ["credentials--acme-pems--api-key", "database-url", "provider-enrollment--tmhp-pems--api-key"]


class Filled(NamedTuple):
    code: int
    names: list[str]
    words: str
    calls: list[Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    az = tmp_path / "bin" / "az"
    az.write_text(AZ)
    az.chmod(0o755)
    (tmp_path / "secrets.env").write_text(ENV_FILE)
    return tmp_path


def fill(folder: Path, *options: str, **environment: str) -> Filled:
    calls = folder / "calls"
    ran = subprocess.run(
        [sys.executable, SCRIPT, folder / "secrets.env", "--vault", "gate-test", *options],
        env={"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "AZ_CALLS": str(calls), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert PLANTED not in ran.stdout + ran.stderr
    made = [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
    return Filled(ran.returncode, ran.stdout.split(), ran.stderr, made)


def test_without_being_told_to_write_it_only_prints_names(folder: Path) -> None:
    filled = fill(folder)

    assert (filled.code, filled.names, filled.calls) == (0, WANTED, [])
    assert "nothing was written" in filled.words
    for left_out in ("GATE_REDIS_URL", "GATE_SECRETS_FROM", "GATE_TOKEN", "HOME"):
        assert f"left out: {left_out}\n" in filled.words


def test_values_reach_az_in_files_of_their_owner_and_never_on_its_command_line(folder: Path) -> None:
    filled = fill(folder, "--write")

    assert (filled.code, filled.names) == (0, WANTED)
    assert [call["arguments"][call["arguments"].index("--name") + 1] for call in filled.calls] == WANTED
    assert all(
        call["arguments"][:5] == ["keyvault", "secret", "set", "--vault-name", "gate-test"] for call in filled.calls
    )
    assert [call["value"] for call in filled.calls] == [
        NAMES["credentials__acme_pems__api_key"],
        NAMES["database_url"],
        NAMES["provider_enrollment__tmhp_pems__api_key"],
    ]
    assert {call["mode"] for call in filled.calls} == {0o600}
    assert not any(PLANTED in argument for call in filled.calls for argument in call["arguments"])


def test_what_was_filled_the_gate_finds_again(folder: Path) -> None:
    calls = fill(folder, "--write").calls
    vault = {call["arguments"][call["arguments"].index("--name") + 1]: call["value"] for call in calls}

    with azure_double(vault, folder) as environment:
        assert read_by_a_process(environment) == NAMES


def test_it_stops_where_az_refuses_and_says_how_far_it_came(folder: Path) -> None:
    filled = fill(folder, "--write", AZ_REFUSES="database-url")

    assert (filled.code, filled.names) == (1, WANTED[:1])
    assert "database-url was not written" in filled.words


def test_a_name_that_no_vault_takes_is_refused_before_anything_is_written(folder: Path) -> None:
    (folder / "secrets.env").write_text(f"{ENV_FILE}\nGATE_A.B={PLANTED}\n")
    filled = fill(folder, "--write")

    assert (filled.code, filled.calls) == (2, [])
    assert "GATE_A.B" in filled.words


def test_a_file_that_is_not_there_is_told(folder: Path) -> None:
    (folder / "secrets.env").unlink()

    assert (fill(folder).code, fill(folder).words.count("no such file")) == (2, 1)
