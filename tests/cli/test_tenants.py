"""`gate tenants` and `gate sources`: an operator's day at the shell."""

import json

import pytest

from tests.cli.shell import Shell


def test_a_tenant_without_a_configuration_inherits_the_deployments(shell: Shell, tenant: str) -> None:
    assert "the deployment's defaults are in force" in shell.gate("tenants", "show", "--tenant", tenant).out
    effective = shell.gate("tenants", "show", "--tenant", tenant, "--effective", "--json").json
    assert (effective["version"], effective["enabled_states"]) == (0, ["CA", "TX"])
    assert (effective["gate_mode"], effective["cache_ttl_seconds"]) == ("AUDIT", 3600)


def test_what_show_writes_configure_reads(shell: Shell, tenant: str) -> None:
    document = shell.gate("tenants", "show", "--tenant", tenant, "--json").json
    document |= {
        "enabled_states": ["TX"],
        "cache_ttl_seconds": 600,
        "overrides": [{"state": "TX", "gate_mode": "ENFORCE"}],
    }
    file = shell.write("tenant.json", json.dumps(document))
    configured = shell.gate("tenants", "configure", str(file), "--tenant", tenant, "--reason", "go live")
    assert (configured.code, configured.out) == (0, "Version 1 is in force.\n")

    shown = shell.gate("tenants", "show", "--tenant", tenant)
    assert [line.split(maxsplit=1) for line in shown.out.splitlines()] == [
        ["tenant", tenant],
        ["version", "1"],
        ["enabled_states", "TX"],
        ["cache_ttl_seconds", "600"],
        ["overrides", "state: TX  gate_mode: ENFORCE"],
    ]
    again = shell.gate("tenants", "configure", str(file), "--tenant", tenant)
    assert again.complaint == "ABORTED: version 1 of the configuration is in force, not 0"


def test_a_switch_of_mode_is_told_and_kept_with_its_reason(shell: Shell, tenant: str) -> None:
    for mode, scope in (("enforce", ["--state", "TX"]), ("warn", ["--state", "TX"]), ("disabled", [])):
        ran = shell.gate("tenants", "mode", mode, "--tenant", tenant, "--reason", f"to {mode}", *scope)
        assert ran.code == 0, ran.err
    changes = shell.gate("tenants", "mode-changes", "--tenant", tenant, "--json").json
    assert [(change["state"], change["from_mode"], change["to_mode"], change["reason"]) for change in changes] == [
        ("", "AUDIT", "OFF", "to disabled"),
        ("TX", "ENFORCE", "AUDIT", "to warn"),
        ("TX", "AUDIT", "ENFORCE", "to enforce"),
    ]
    newest = shell.gate("tenants", "mode-changes", "--tenant", tenant, "--limit", "1").out
    assert "the whole tenant: AUDIT to OFF by command-line, version 3: to disabled" in newest
    assert newest.count("\n") == 1


def test_a_switch_needs_a_reason(shell: Shell, tenant: str) -> None:
    assert "--reason" in shell.gate("tenants", "mode", "enforce", "--tenant", tenant).err
    refused = shell.gate("tenants", "mode", "enforce", "--tenant", tenant, "--reason", "")
    assert refused.complaint == "INVALID_ARGUMENT: reason must say why"


def test_the_list_holds_the_credentials_own_tenant(shell: Shell, tenant: str) -> None:
    (listed,) = shell.gate("tenants", "list", "--tenant", tenant, "--json").json
    assert (listed["tenant"], listed["gate_mode"], listed["enabled_states"]) == (tenant, "AUDIT", ["CA", "TX"])
    table = shell.gate("tenants", "list", "--tenant", tenant).out
    assert [tenant, "AUDIT", "CA", "TX", "0"] in [line.split() for line in table.splitlines()]


def test_every_source_is_listed_with_its_condition(shell: Shell, tenant: str) -> None:
    sources = {source["name"]: source for source in shell.gate("sources", "list", "--tenant", tenant, "--json").json}
    assert sources["tmhp_pems"]["states"] == ["TX"]
    assert sources["caqh_proview"]["scope"] == "NATIONAL"
    assert "every state" in shell.gate("sources", "list", "--tenant", tenant).out


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "is no tenant configuration"),
        ("[]", "a JSON object is expected"),
        ('{"no_such_field": 1}', "there is no field no_such_field"),
        ('{"gate_mode": "PERHAPS"}', "PERHAPS"),
        ('{"enabled_states": ["ZZ"]}', "enabled_states"),
        (b"\xff\xfe", "is no tenant configuration"),
    ],
    ids=str,
)
def test_a_configuration_that_cannot_be_is_refused(
    content: str | bytes, complaint: str, shell: Shell, tenant: str
) -> None:
    file = shell.write("tenant.json", content)
    assert complaint in shell.gate("tenants", "configure", str(file), "--tenant", tenant).complaint


def test_a_file_that_is_not_there_is_named(lonely: Shell) -> None:
    ran = lonely.gate("tenants", "configure", "nowhere.json", "--tenant", "acme")
    assert ran.complaint == "nowhere.json: No such file or directory"


def test_another_tenants_configuration_is_out_of_reach(shell: Shell, tenant: str) -> None:
    file = shell.write("tenant.json", json.dumps({"tenant": "somebody-else", "enabled_states": []}))
    complaint = shell.gate("tenants", "configure", str(file), "--tenant", tenant).complaint
    assert complaint.startswith("PERMISSION_DENIED: ")


def test_a_pipelines_token_may_not_switch_modes(shell: Shell, tenant: str) -> None:
    token = shell.gate("token", "--tenant", tenant, "--role", "pipeline").out.strip()
    ran = shell.gate("tenants", "mode", "off", "--reason", "x", GATE_TOKEN=token)
    assert ran.complaint == "PERMISSION_DENIED: this needs the permission gate.admin.manage"
