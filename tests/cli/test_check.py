"""`gate check`: one claim through a running server."""

import pytest

from tests.cli.providers import ENROLLED, TODAY, UNKNOWN, inactive
from tests.cli.shell import Shell

_TX_TODAY = ("--state", "TX", "--date", TODAY)


def test_an_enrolled_provider_ends_with_0_and_a_sentence(shell: Shell, tenant: str) -> None:
    ran = shell.gate("check", "--tenant", tenant, "--npi", ENROLLED, *_TX_TODAY, "--explain")
    assert (ran.code, ran.err) == (0, "")
    answer, reason, *facts = ran.out.splitlines()
    assert answer == "PASS"
    assert reason == f"According to tmhp_pems, NPI {ENROLLED} is enrolled in TX on {TODAY}."
    assert any(fact.split()[:4] == ["action", "CONTINUE", "in", "mode"] for fact in facts)
    assert any(fact.split()[:3] == ["considered", "tmhp_pems", "ACTIVE"] for fact in facts)


def test_a_claim_that_enforcing_would_pend_ends_with_1_in_audit_mode_too(shell: Shell, tenant: str) -> None:
    ran = shell.gate("check", "--tenant", tenant, "--npi", inactive(), *_TX_TODAY)
    assert ran.code == 1
    assert ran.out.startswith("ENROLLMENT_INACTIVE (INACTIVE)\n")
    assert "CONTINUE in mode AUDIT; enforcing would be PEND_REVIEW" in ran.out


def test_json_holds_the_whole_decision(shell: Shell, tenant: str) -> None:
    ran = shell.gate("check", "--tenant", tenant, "--npi", UNKNOWN, *_TX_TODAY, "--json")
    assert ran.code == 1
    decision = ran.json
    assert decision["code"] == "ENROLLMENT_NOT_FOUND"
    assert (decision["mode"], decision["action"], decision["would_action"]) == (
        "AUDIT",
        "CONTINUE",
        "PEND_MANUAL_VERIFICATION",
    )
    assert decision["evaluated_npi"] == UNKNOWN
    assert {answer["source"]: answer["outcome"] for answer in decision["sources"]} == {
        "tmhp_pems": "EMPTY",
        "caqh_proview": "EMPTY",
    }


def test_every_option_of_a_claim_reaches_the_decision(shell: Shell, tenant: str) -> None:
    asked = ["check", "--tenant", tenant, "--npi", ENROLLED, *_TX_TODAY, "--json", "--taxonomy", "999999999X"]
    assert "TAXONOMY_NOT_ENROLLED" in shell.gate(*asked).json["warnings"]
    assert shell.gate(*asked, "--fresh").json["freshness"] == "LIVE"


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        (["--npi", "12", "--state", "ZZ", "--date", TODAY], ["claim.rendering_npi", "claim.state"]),
        (["--npi", ENROLLED, "--state", "TX", "--date", "2999-01-01"], ["claim.service_date"]),
        (["--npi", ENROLLED, *_TX_TODAY, "--end-date", "2020-01-01"], ["claim.service_end_date"]),
        (["--npi", ENROLLED, *_TX_TODAY, "--lob", "FOO"], ["claim.line_of_business"]),
    ],
    ids=["V1 and C8", "D23", "inverted", "X7"],
)
def test_a_malformed_claim_is_refused_by_field(
    options: list[str], fields: list[str], shell: Shell, tenant: str
) -> None:
    complaint = shell.gate("check", "--tenant", tenant, *options).complaint
    assert complaint.startswith("INVALID_ARGUMENT: ")
    assert all(f"{field} " in complaint for field in fields)


def test_a_date_in_another_form_is_refused_before_anybody_is_asked(lonely: Shell) -> None:
    ran = lonely.gate("check", "--tenant", "acme", "--npi", ENROLLED, "--state", "TX", "--date", "03/10/2026")
    assert ran.code == 2
    assert "a date is written like 2026-03-10" in ran.err


def test_without_credential_or_tenant_nothing_is_asked(shell: Shell) -> None:
    complaint = shell.gate("check", "--npi", ENROLLED, *_TX_TODAY).complaint
    assert "GATE_TOKEN" in complaint
    assert "--tenant" in complaint


def test_a_token_the_server_does_not_know_is_refused(shell: Shell) -> None:
    ran = shell.gate("check", "--npi", ENROLLED, *_TX_TODAY, GATE_TOKEN="not.a.token")
    assert ran.complaint == "UNAUTHENTICATED: the token does not verify"


def test_a_role_without_the_permission_is_told_which_one_is_missing(shell: Shell, tenant: str) -> None:
    token = shell.gate("token", "--tenant", tenant, "--role", "auditor").out.strip()
    ran = shell.gate("check", "--npi", ENROLLED, *_TX_TODAY, GATE_TOKEN=token)
    assert ran.complaint == "PERMISSION_DENIED: this needs the permission gate.check"


def test_where_no_server_answers_the_address_is_named(lonely: Shell) -> None:
    ran = lonely.gate("check", "--tenant", "acme", "--npi", ENROLLED, *_TX_TODAY)
    assert ran.complaint == "no server answers at 127.0.0.1:1; is `gate serve` running?"


def test_a_missing_certificate_is_named(lonely: Shell) -> None:
    ran = lonely.gate("check", "--tenant", "a", "--npi", ENROLLED, *_TX_TODAY, GATE_CLIENT_CA_FILE="/no/ca.pem")
    assert ran.complaint == "GATE_CLIENT_CA_FILE: /no/ca.pem: No such file or directory"
