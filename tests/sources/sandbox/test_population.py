"""Population files: what they may say and how a mistake in one is told."""

from datetime import date
from pathlib import Path

import pytest

from sources.sandbox.faults import Fault, FaultKind
from sources.sandbox.population import DEFAULT_POPULATION, PopulationError, parse_population, read_population, resolved

NPI = "1234567893"
TODAY = date(2026, 3, 10)

EXAMPLE = """
providers:
  - npi: "1234567893"
    name: "Doe, Jane"
    tmhp_pems:
      - {id: "1234567-01", status: ACTIVE, effective: 2025-01-01, end: null, revalidation_due: 2027-01-01,
         lines_of_business: [STAR, CHIP], taxonomies: [207Q00000X]}
    caqh_proview: {caqh_provider_id: "12345678", roster_status: ACTIVE, authorization_flag: "Y",
         provider_status: "Re-Attestation", provider_status_date: 2026-09-01, practice_state: TX}
  - {npi: 2000000002, name: Nobody}
faults:
  tmhp_pems: {kind: error_500, share: 1.0}
"""


def test_the_documented_example_is_read(tmp_path: Path) -> None:
    path = tmp_path / "population.yaml"
    path.write_text(EXAMPLE)

    population = read_population(path)

    (segment,) = population.providers[NPI].tmhp_pems or ()
    assert (segment.effective, segment.end, segment.revalidation_due) == ("2025-01-01", None, "2027-01-01")
    assert population.providers[NPI].caqh_proview is not None
    assert population.providers["2000000002"].tmhp_pems is None
    assert population.faults is not None
    assert population.faults["tmhp_pems"].kind is FaultKind.ERROR_500


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("2025-01-01", "2025-01-01"),
        ("2026-02-30", "2026-02-30"),
        ("today", "2026-03-10"),
        ("today-10", "2026-02-28"),
        ("today+22", "2026-04-01"),
        ("RAW:soon", "soon"),
        (None, None),
    ],
)
def test_days_are_counted_from_today_or_sent_as_they_stand(written: str | None, sent: str | None) -> None:
    assert resolved(written, TODAY) == sent


@pytest.mark.parametrize(
    ("provider", "problem"),
    [
        ({"npi": "12345"}, "provider 12345: npi: not ten digits"),
        ({"name": "Doe"}, "provider at position 1: .*npi"),
        ("Doe", "provider at position 1: "),
        ({"npi": NPI, "tmhp": []}, f"provider {NPI}: .*tmhp"),
        ({"npi": NPI, "tmhp_pems": {}}, f"provider {NPI}: .*tmhp_pems"),
        ({"npi": NPI, "tmhp_pems": [{}]}, f"provider {NPI}: .*status.*tmhp_pems"),
        ({"npi": NPI, "tmhp_pems": [{"status": "FINE"}]}, rf"provider {NPI}: tmhp_pems\[0\].status: neither RAW"),
        (
            {"npi": NPI, "ca_pave": [{"status": "ACTIVE"}, {"status": "ACTIVE", "end": "01/02/2026"}]},
            rf"provider {NPI}: ca_pave\[1\].end: neither yyyy-mm-dd",
        ),
        (
            {"npi": NPI, "fl_fmmis": [{"status": "ACTIVE", "effctive": "today"}]},
            f"provider {NPI}: .*effctive.*fl_fmmis",
        ),
        ({"npi": NPI, "ny_emedny": [{"status": "ACTIVE", "source": "ca_pave"}]}, f"provider {NPI}: .*another portal"),
        (
            {"npi": NPI, "caqh_proview": {"provider_status_date": "20260901"}},
            f"provider {NPI}: caqh_proview.*not a day",
        ),
    ],
)
def test_a_mistake_is_told_with_provider_and_field(provider: object, problem: str) -> None:
    with pytest.raises(PopulationError, match=problem):
        parse_population({"providers": [provider]})


@pytest.mark.parametrize(
    "document",
    [None, {}, {"provider": []}, {"providers": {}}, {"providers": [], "fault": {}}, {"providers": [], "faults": []}],
)
def test_what_is_no_population_is_refused(document: object) -> None:
    with pytest.raises(PopulationError):
        parse_population(document)


def test_the_example_in_the_readme_is_a_population(tmp_path: Path) -> None:
    readme = DEFAULT_POPULATION.with_name("README.md").read_text(encoding="utf-8")
    path = tmp_path / "population.yaml"
    path.write_text(readme.split("```yaml\n")[1].split("```")[0])

    assert read_population(path).faults == {"tmhp_pems": Fault(FaultKind.ERROR_500, share=0.5)}


def test_a_provider_listed_twice_is_refused() -> None:
    with pytest.raises(PopulationError, match=f"provider {NPI}: listed twice"):
        parse_population([{"npi": NPI}, {"npi": int(NPI)}])


def test_a_file_that_is_not_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "population.yaml"
    path.write_text("providers: [")

    with pytest.raises(PopulationError, match=r"population\.yaml is not YAML"):
        read_population(path)
