"""The demonstration's practice fits the portals' doubles, and its pages have something to show."""

from datetime import UTC, datetime

from gate.demo.cases import demo_cases
from gate.demo.records import APPLICATIONS, ATTESTED, CONTRACTS, CREDENTIALS, ENROLLMENTS, LAPSED, PAYERS, providers
from sources.npi import has_valid_check_digit
from sources.sandbox.population import default_population

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def test_everybody_of_the_practice_is_asked_about_by_its_claims() -> None:
    population = default_population()
    cases = list(demo_cases(population, NOW))
    people = providers(cases, population)

    assert {(person.npi, person.state) for person in people} <= {(case.npi, case.state) for case in cases}
    assert len({person.npi for person in people}) == len(people)
    assert all(has_valid_check_digit(person.npi) for person in people)
    assert "ENROLLMENT_EXPIRED" in population.providers[people[LAPSED].npi].note


def test_records_are_about_people_and_payers_that_there_are_and_once_each() -> None:
    people = len(providers(list(demo_cases(default_population(), NOW)), default_population()))
    pairs = [(each.provider, each.payer) for each in APPLICATIONS]

    assert len(set(pairs)) == len(pairs)
    assert {each.provider for each in CREDENTIALS} | ATTESTED.keys() <= set(range(people))
    for provider, payer in [
        *pairs,
        *((each.provider, each.payer) for each in ENROLLMENTS),
        *(each[:2] for each in CONTRACTS),
    ]:
        assert provider < people
        assert payer < len(PAYERS)
