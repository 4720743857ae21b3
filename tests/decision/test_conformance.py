"""The decision table as data: every row of decisions.yaml, in every mode."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from aggregator.evidence import Evidence
from gate.decision.actions import verdict
from gate.decision.model import Claim, ClaimAction, DecisionCode, GateMode, Policy
from gate.decision.rules import decide
from sources.lines_of_business import canonical, parse_upstream
from sources.records import EnrollmentRecord
from tests.decision.building import NATIONAL_SOURCE, STATE_SOURCE, claim, empty, evidence, found, national, segment

OWN_COPY = Path(__file__).with_name("decisions.yaml")
MASTER = Path(__file__).parents[3] / "shared" / "conformance" / "decisions.yaml"


def rows() -> list[dict[str, Any]]:
    loaded: dict[str, list[dict[str, Any]]] = yaml.safe_load((MASTER if MASTER.exists() else OWN_COPY).read_text())
    return loaded["rows"]


def record(row: dict[str, Any]) -> EnrollmentRecord:
    return segment(
        row["status"],
        row["effective"].isoformat(),
        row["end"].isoformat() if row["end"] else None,
        source=row["source"],
        revalidation_due=row["revalidation_due"],
        lines_of_business=tuple(name for word in row.get("lines_of_business", ()) for name in parse_upstream(word)),
        taxonomies=tuple(row.get("taxonomies", ())),
        upstream_id=row.get("id", ""),
    )


def policy(row: dict[str, str], mode: GateMode) -> Policy:
    return msgspec.convert({name: value.upper() for name, value in row.items()} | {"mode": mode}, Policy)


def asked(row: dict[str, Any]) -> Claim:
    parts = {**row["claim"]}
    taxonomy, line = parts.pop("taxonomy_code", None), parts.pop("line_of_business", None)
    return claim(
        **parts, taxonomy=taxonomy.upper() if taxonomy else None, line_of_business=canonical(line) if line else None
    )


def known(row: dict[str, Any]) -> Evidence:
    records = [record(item) for item in row["segments"]]
    of_state = tuple(item for item in records if item.source == STATE_SOURCE)
    of_nation = tuple(item for item in records if item.source == NATIONAL_SOURCE)
    return evidence(found(*of_state) if of_state else empty(), national(found(*of_nation) if of_nation else empty()))


def settled(row: dict[str, Any], mode: GateMode) -> Policy:
    return policy(row.get("policy", {}), mode)


@pytest.mark.parametrize("mode", [GateMode.AUDIT, GateMode.ENFORCE])
@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in rows()])
def test_every_row_of_the_decision_table(row: dict[str, Any], mode: GateMode) -> None:
    finding = decide(asked(row), known(row), settled(row, mode), row["today"])
    expected = row["expect"]

    assert finding.code == expected["code"]
    assert "detail" not in expected or finding.detail == expected["detail"]
    assert set(expected.get("warnings", ())) <= set(finding.warnings)
    assert finding.soft_hold is expected.get("soft_hold", finding.soft_hold)
    passes = finding.code is DecisionCode.PASS
    continues = verdict(finding.code, settled(row, mode)).action is ClaimAction.CONTINUE
    assert continues is (passes or mode is GateMode.AUDIT)


def test_the_own_copy_of_the_table_is_the_master() -> None:
    if not MASTER.exists():
        pytest.skip("the master of the decision table is not beside this checkout")
    assert OWN_COPY.read_text() == MASTER.read_text()


def test_the_table_is_read_as_dates_and_not_as_text() -> None:
    assert all(isinstance(row["today"], date) for row in rows())
