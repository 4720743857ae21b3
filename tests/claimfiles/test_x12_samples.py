"""Real 837 files, where they are at hand, against what is known to be in them."""

import json
from collections import defaultdict
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import FileClaim
from gate.claimfiles.reading import open_claim_file

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
EXPECTED = SAMPLES / "expected.jsonl"

pytestmark = pytest.mark.skipif(not EXPECTED.exists(), reason="the folder of sample files is not here")


def expected() -> dict[str, list[dict[str, Any]]]:
    by_file = defaultdict(list)
    if EXPECTED.exists():
        for row in EXPECTED.read_text().splitlines():
            claim = json.loads(row)
            by_file[claim["file"]].append(claim)
    return by_file


def day(value: date | None) -> str:
    return value.strftime("%Y%m%d") if value else ""


def seen(claim: FileClaim) -> tuple[object, ...]:
    return (
        claim.claim_id,
        claim.kind.value,
        claim.rendering_npi,
        claim.billing_npi,
        claim.state,
        day(claim.service_date),
        day(claim.service_end_date),
        claim.charge_cents,
    )


def known(claim: dict[str, Any]) -> tuple[object, ...]:
    return (
        claim["claim_id"],
        claim["type"],
        claim["rendering_effective"],
        claim["billing_npi"],
        claim["service_state"],
        claim["service_from"],
        claim["service_to"],
        int(Decimal(claim["total_charge"]) * 100),
    )


@pytest.mark.parametrize(("file", "claims"), expected().items())
def test_every_claim_of_a_readable_file_has_the_npi_state_and_dates_that_are_known(
    file: str, claims: list[dict[str, Any]]
) -> None:
    if not (SAMPLES / file).exists():
        pytest.skip("this sample is not here")
    with open_claim_file(SAMPLES / file) as claim_file:
        found = list(claim_file)

    assert [seen(claim) for claim in found] == [known(claim) for claim in claims]
    assert len({claim.claim_key for claim in found}) == len(found)


@pytest.mark.parametrize(("file", "claims"), expected().items())
def test_v6_line_overrides_are_those_that_are_known(file: str, claims: list[dict[str, Any]]) -> None:
    if not (SAMPLES / file).exists():
        pytest.skip("this sample is not here")
    with open_claim_file(SAMPLES / file) as claim_file:
        found = [
            [
                (str(line.line_number), line.rendering_npi, line.state)
                for line in claim.lines
                if line.rendering_npi or line.state
            ]
            for claim in claim_file
        ]

    def override(line: dict[str, Any]) -> tuple[str, str, str]:
        return line["lx"], line.get("rendering_npi", ""), line.get("facility_state") or line.get("pickup_state", "")

    assert found == [[override(line) for line in claim["line_overrides"]] for claim in claims]


@pytest.mark.parametrize("kind", ["bad", "other_version", "quirk"])
def test_no_sample_does_worse_than_being_refused(kind: str) -> None:
    files = [path for path in SAMPLES.glob(f"*/{kind}/*") if path.is_file()]
    assert files
    for path in files:
        with suppress(ClaimFileError), open_claim_file(path) as claim_file:
            assert list(claim_file)


def test_other_versions_of_the_837_are_refused_by_version() -> None:
    for path in SAMPLES.glob("837*/other_version/*"):
        with open_claim_file(path) as claim_file, pytest.raises(ClaimFileError, match="of the 837 is not supported"):
            list(claim_file)
