"""Every answer names the row of the decision table that it follows."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from aggregator.evidence import Evidence
from gate.checks.scope import MODE_OFF, NO_PROVIDER_HAS_THIS_NPI, NOT_CONFIGURED, STATE_NOT_ENABLED
from gate.decision.explaining import rule_of, rule_of_warning
from gate.decision.model import Caution, Claim, DecisionCode, Detail, Finding, GateMode, Policy
from gate.decision.rules import decide
from tests.decision.building import TODAY, claim
from tests.decision.test_conformance import asked, known, rows, settled
from tests.decision.test_laws import claims, knowledge, policies

TABLE = Path(__file__).parents[3] / "shared" / "reference" / "semantics.md"
_FOLLOWS = {
    "D4": "D3",
    "D8": "D7",  # an end in the year 9999 as it stands; sources read it as open
    "D8b": "D7",
    "D10": "D9",
    "D24": "D3",
    "D25a": "D25",
    "D25b": "D25",
    "D25c": "D7",
    "D27": "D5",
    "S2a": "D5",
    "S2b": "D2",
    "S3": "D7",
    "S4": "D14",
    "S5": "D11",
    "S7": "D1",  # and the warning follows S7
}
"""Rows of the table that show what another one says."""


@given(claims, knowledge, policies)
def test_every_answer_follows_a_row_and_every_warning_too(submitted: Claim, evidence: Evidence, policy: Policy) -> None:
    finding = decide(submitted, evidence, policy, TODAY)

    assert rule_of(submitted, finding).text.endswith(".")
    assert all(rule_of_warning(warning).text.endswith(".") for warning in finding.warnings)


@pytest.mark.parametrize("detail", Detail)
def test_every_detail_follows_a_row(detail: Detail) -> None:
    assert rule_of(claim(), Finding(code=DecisionCode.SOURCE_UNAVAILABLE, detail=detail)).row


@pytest.mark.parametrize("warning", Caution)
def test_every_warning_follows_a_row(warning: Caution) -> None:
    assert rule_of_warning(warning).row


@pytest.mark.parametrize("code", DecisionCode)
def test_a_code_alone_follows_a_row(code: DecisionCode) -> None:
    """What an older release said with a detail that is no longer known."""
    assert rule_of(claim(), Finding(code=code)).row


@pytest.mark.parametrize(
    ("finding", "row"),
    [(NOT_CONFIGURED, "C1"), (STATE_NOT_ENABLED, "C5"), (MODE_OFF, "C13"), (NO_PROVIDER_HAS_THIS_NPI, "V2")],
)
def test_what_was_never_asked_follows_the_row_of_its_scope(finding: Finding, row: str) -> None:
    assert rule_of(claim(), finding).row == row


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in rows() if row["id"][0] in "DS"])
def test_the_rows_about_dates_name_themselves(row: dict[str, Any]) -> None:
    finding = decide(asked(row), known(row), settled(row, GateMode.ENFORCE), row["today"])

    explained = rule_of(asked(row), finding).row

    assert explained == _FOLLOWS.get(row["id"], row["id"])


def test_every_row_that_is_named_is_in_the_table() -> None:
    if not TABLE.exists():
        pytest.skip("the decision table is not beside this checkout")
    known = set(re.findall(r"^\| ([A-Z]\d+b?) \|", TABLE.read_text(encoding="utf-8"), re.MULTILINE))
    named = {rule_of(claim(), Finding(code=code)).row for code in DecisionCode}
    named |= {rule_of(claim(), Finding(code=DecisionCode.PASS, detail=detail)).row for detail in Detail}
    named |= {rule_of_warning(warning).row for warning in Caution}
    assert named <= known
