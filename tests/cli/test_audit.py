"""`gate audit`: an inspector's day at the shell."""

import asyncio
import csv
import io
import json
from pathlib import Path

import pytest

from gate.persistence.engine import open_engine
from tests.cli.shell import Shell
from tests.support.databases import tamper
from tests.support.gates import GateProcess


def switch(shell: Shell, tenant: str, *modes: str) -> None:
    for mode in modes:
        ran = shell.gate("tenants", "mode", mode, "--tenant", tenant, "--reason", f"to {mode}")
        assert ran.code == 0, ran.err


def test_the_list_tells_who_did_what_newest_first(shell: Shell, tenant: str) -> None:
    switch(shell, tenant, "off", "audit")

    newest, oldest = shell.gate("audit", "list", "--tenant", tenant, "--json").json

    assert (newest["sequence"], newest["action"], newest["subject"]) == (2, "gate_mode.changed", "command-line")
    assert (newest["details"]["before"], newest["details"]["after"]) == ("OFF", "AUDIT")
    assert oldest["hash"] == newest["previous_hash"]
    table = shell.gate("audit", "list", "--tenant", tenant, "--action", "gate_mode.changed", "--limit", "1").out
    assert (
        "gate_mode.changed  gate_mode/*/*  after: AUDIT, before: OFF, forced: no, reason: to audit, version: 2" in table
    )
    assert table.count("\n") == 2


def test_the_list_can_be_narrowed(shell: Shell, tenant: str) -> None:
    switch(shell, tenant, "off")

    def sequences(*options: str) -> list[int]:
        return [entry["sequence"] for entry in shell.gate("audit", "list", "--tenant", tenant, "--json", *options).json]

    assert sequences("--object", "gate_mode/", "--actor", "command-line", "--since", "2026-01-01") == [1]
    assert sequences("--until", "2026-01-01T00:00:00Z") == []
    assert "written like" in shell.gate("audit", "list", "--tenant", tenant, "--since", "yesterday").err
    complaint = shell.gate("audit", "list", "--tenant", tenant, "--action", "no.such").complaint
    assert complaint.startswith("INVALID_ARGUMENT: filter.action is none of session.signed_in, ")


def test_an_export_is_a_file_of_either_kind(shell: Shell, tenant: str) -> None:
    switch(shell, tenant, "off")

    assert shell.gate("audit", "export", "--tenant", tenant, "--out", "log.csv").code == 0
    lines = shell.gate("audit", "export", "--tenant", tenant).objects

    rows = list(csv.DictReader(io.StringIO((shell.folder / "log.csv").read_text(encoding="utf-8"), newline="")))
    assert [row["action"] for row in rows] == ["gate_mode.changed", "audit.exported"]
    assert [line["sequence"] for line in lines] == [1, 2, 3]
    assert shell.files() == {"log.csv"}


def test_an_export_that_is_refused_leaves_no_file(shell: Shell, tenant: str) -> None:
    ran = shell.gate("audit", "export", "--tenant", tenant, "--out", "log.csv", "--action", "no.such")

    assert ran.complaint.startswith("INVALID_ARGUMENT: ")
    assert shell.files() == set()


def test_anchors_are_gathered_in_a_file_and_fit(shell: Shell, tenant: str) -> None:
    for mode in ("off", "audit"):
        switch(shell, tenant, mode)
        assert shell.gate("audit", "anchor", "--tenant", tenant, "--out", "anchors.jsonl").out == ""
    printed = shell.gate("audit", "anchor", "--tenant", tenant).json

    kept = [json.loads(line) for line in (shell.folder / "anchors.jsonl").read_text().splitlines()]
    assert [line["sequence"] for line in [*kept, printed]] == [2, 4, 5]
    assert kept[0].keys() == {"tenant", "sequence", "hash", "at"}
    ran = shell.gate("audit", "verify", "--tenant", tenant, "--anchors", "anchors.jsonl")
    assert (ran.code, ran.out) == (0, "intact: 5 entries; 2 anchors fit\n")


def test_an_anchor_that_does_not_fit_is_told_by_exit_code_1(shell: Shell, tenant: str) -> None:
    switch(shell, tenant, "off")
    anchor = shell.gate("audit", "anchor", "--tenant", tenant).json
    shell.write("future.jsonl", json.dumps(anchor | {"sequence": 999}))
    shell.write("other.jsonl", json.dumps(anchor | {"hash": "0" * 64}))

    cut_off = shell.gate("audit", "verify", "--tenant", tenant, "--anchors", "future.jsonl")
    rewritten = shell.gate("audit", "verify", "--tenant", tenant, "--anchors", "other.jsonl", "--json")

    assert cut_off.code == rewritten.code == 1
    assert cut_off.out.startswith("broken at entry 3: the log ends with entry 2, but there were 999 ")
    assert (rewritten.json["first_break"]["kind"], rewritten.json["first_break"]["sequence"]) == ("REWRITTEN", 2)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"hash": "abc", "tenant": "acme", "sequence": 1, "at": "2026-03-01T12:00:00Z"}', "line 1 is no anchor"),
        ('\n{"hash": ', "line 2 is no anchor"),
        ('["hash"]', "line 1 is no anchor"),
        ("", "holds no anchor of this tenant"),
        ('{"event": "serving", "hash": 1}\nTraceback (most recent call last):', "holds no anchor of this tenant"),
    ],
)
def test_what_cannot_be_compared_is_not_called_intact(content: str, complaint: str, shell: Shell, tenant: str) -> None:
    shell.write("anchors.jsonl", content)

    ran = shell.gate("audit", "verify", "--tenant", tenant, "--anchors", "anchors.jsonl")

    assert ran.code == 2
    assert complaint in ran.err


def test_without_a_server_nothing_is_verified(lonely: Shell) -> None:
    assert "no server answers" in lonely.gate("audit", "verify", "--tenant", "acme").complaint
    assert lonely.gate("audit", "verify", "--anchors", "nowhere.jsonl", "--tenant", "acme").complaint == (
        "nowhere.jsonl: No such file or directory"
    )


def test_a_role_that_may_not_see_the_log_is_refused(shell: Shell, tenant: str) -> None:
    token = shell.gate("token", "--tenant", tenant, "--role", "gate_operator").out.strip()

    assert shell.gate("audit", "list", GATE_TOKEN=token).complaint == (
        "PERMISSION_DENIED: this needs the permission audit.view"
    )


def test_a_service_that_stopped_left_anchors_in_its_log_and_they_tell_what_was_cut_off(tmp_path: Path) -> None:
    gate = GateProcess(tmp_path / "data", environment={"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX"})
    shell = Shell(tmp_path, gate.environment)
    log = shell.folder / "service.log"

    async def restart() -> None:
        assert await gate.stop() == 0
        log.write_text(gate.log)
        await gate.start()

    async def cut_off() -> None:
        engine = open_engine(f"sqlite+aiosqlite:///{gate.data_dir / 'gate.db'}")
        await tamper(engine, "DELETE FROM audit_entries WHERE tenant = 'acme' AND sequence >= 2")
        await engine.dispose()

    asyncio.run(gate.start())
    try:
        switch(shell, "acme", "off", "audit")
        switch(shell, "globex", "off")
        asyncio.run(restart())
        intact = shell.gate("audit", "verify", "--tenant", "acme", "--anchors", str(log))
        asyncio.run(cut_off())
        broken = shell.gate("audit", "verify", "--tenant", "acme", "--anchors", str(log))
    finally:
        asyncio.run(gate.kill())

    assert (intact.code, intact.out) == (0, "intact: 2 entries; 1 anchor fits\n")
    assert broken.code == 1
    assert broken.out.startswith("broken at entry 2: the log ends with entry 1, but there were 2 ")
