"""`gate keys`: a service account's key from the shell."""

import re

import pytest

from tests.cli.providers import ENROLLED, TODAY
from tests.cli.shell import Shell

WRITTEN = re.compile(r"gate_[0-9a-f]{32}_[0-9a-f]{64}\n")
CREATE = ("keys", "create", "--account", "nightly", "--role", "pipeline", "--days", "30")
CHECK = ("check", "--npi", ENROLLED, "--state", "TX", "--date", TODAY)


def test_a_key_is_printed_once_alone_and_works_until_it_is_revoked(shell: Shell, tenant: str) -> None:
    made = shell.gate(*CREATE, "--tenant", tenant)
    assert (made.code, WRITTEN.fullmatch(made.out) is not None) == (0, True)
    token = made.out.strip()
    key_id, secret = token.removeprefix("gate_").split("_")
    assert key_id in made.err
    assert secret not in made.err

    assert shell.gate(*CHECK, GATE_TOKEN=token).code == 0
    listed = shell.gate("keys", "list", "--tenant", tenant)
    assert (key_id in listed.out, secret in listed.out) == (True, False)

    revoked = shell.gate("keys", "revoke", key_id, "--tenant", tenant)
    assert revoked.out.startswith(f"{key_id} of nightly: revoked ")
    assert shell.gate(*CHECK, GATE_TOKEN=token).complaint.startswith("UNAUTHENTICATED")
    assert "revoked by command-line" in shell.gate("keys", "list", "--tenant", tenant).out


def test_a_tenant_that_the_credential_does_not_speak_for_is_refused(shell: Shell, tenant: str) -> None:
    token = shell.gate(*CREATE, "--tenant", tenant).out.strip()

    assert shell.gate(*CHECK, "--tenant", tenant, GATE_TOKEN=token).code == 0
    refused = shell.gate(*CHECK, "--tenant", f"{tenant}-stranger", GATE_TOKEN=token)
    assert refused.complaint.startswith("PERMISSION_DENIED")


def test_for_programs_there_is_json(shell: Shell, tenant: str) -> None:
    made = shell.gate(*CREATE, "--role", "viewer", "--only", "gate.check", "--tenant", tenant, "--json").json
    key_id = made["api_key"]["key_id"]
    assert made["token"].startswith(f"gate_{key_id}_")
    assert made["api_key"]["roles"] == ["pipeline", "viewer"]
    assert made["api_key"]["narrowed_to"] == ["gate.check"]

    (listed,) = shell.gate("keys", "list", "--tenant", tenant, "--json").json
    assert listed == made["api_key"]
    revoked = shell.gate("keys", "revoke", key_id, "--tenant", tenant, "--json").json
    assert revoked["revoked_by"] == "command-line"


def test_a_tenant_without_keys_has_an_empty_list(shell: Shell, tenant: str) -> None:
    assert shell.gate("keys", "list", "--tenant", tenant, "--json").json == []


def test_another_tenants_key_is_not_found(shell: Shell, tenant: str) -> None:
    key_id = shell.gate(*CREATE, "--tenant", tenant, "--json").json["api_key"]["key_id"]
    refusal = shell.gate("keys", "revoke", key_id, "--tenant", f"{tenant}-stranger")
    assert refusal.complaint == "NOT_FOUND: there is no such API key"


@pytest.mark.parametrize(("option", "value"), [("--days", "367"), ("--days", "0"), ("--role", "boss"), ("--only", "x")])
def test_what_no_server_would_take_is_refused_before_asking(option: str, value: str, lonely: Shell) -> None:
    ran = lonely.gate(*CREATE, "--tenant", "acme", option, value)
    assert (ran.code, ran.out) == (2, "")
    assert option in ran.err
