"""The providers and claims of a run: invented people, and requests as a clearinghouse's day would make them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from google.type.date_pb2 import Date

from gate.clock import system_clock, today_in
from gate.v1 import claim_pb2, enrollment_gate_pb2
from sources.npi import check_digit

STATE: Final = "TX"
PORTALS: Final = ("tmhp_pems", "caqh_proview")
"""Who is asked about a provider of that state."""
TAXONOMY: Final = "207Q00000X"
BATCH: Final = 1000
PROVIDERS_OF_BATCH: Final = 100
DAYS_OF_BATCH: Final = 4
"""A batch of a thousand claims is a few hundred questions: so many providers, each on so many days."""
_NOT_ENROLLED_EVERY: Final = 20


def npi(number: int) -> str:
    """A valid one that was never given to anybody: none begins with 29 so far."""
    first_nine = f"29{number:07d}"
    return first_nine + check_digit(first_nine)


def population(providers: range, *, only_nationally: range = range(0)) -> dict[str, Any]:
    """As the sandbox takes it, which then behaves. One in twenty is not enrolled; some CAQH alone knows."""
    known = [{"npi": npi(number), "tmhp_pems": [_segment(number)]} for number in providers]
    attested = {"provider_status": "Re-attestation", "provider_status_date": "today-30", "practice_state": STATE}
    others = [
        {"npi": npi(number), "caqh_proview": {"caqh_provider_id": str(number), **attested}}
        for number in only_nationally
    ]
    return {"providers": known + others, "faults": {}}


def _segment(number: int) -> dict[str, Any]:
    return {
        "id": f"{number:07d}-01",
        "status": "ACTIVE" if number % _NOT_ENROLLED_EVERY else "INACTIVE",
        "effective": "today-900",
        "revalidation_due": "today+400",
        "lines_of_business": ["STAR", "CHIP"],
        "taxonomies": [TAXONOMY],
    }


def today() -> date:
    """In the state that is asked about."""
    return today_in(STATE, system_clock())


def claim(provider: int, number: int = 0, day: date | None = None) -> claim_pb2.Claim:
    """The `number`-th claim; without `day`, of a service today."""
    served = day or today()
    return claim_pb2.Claim(
        correlation_id=str(number),
        claim_id=f"B{number:09d}",
        line_number=1,
        rendering_npi=npi(provider),
        billing_npi=npi(provider // 10),
        state=STATE,
        service_date=Date(year=served.year, month=served.month, day=served.day),
        taxonomy_code=TAXONOMY,
        charge_cents=12_500 + number % 97 * 100,
    )


def single(provider: int) -> bytes:
    """A request about one claim."""
    return enrollment_gate_pb2.CheckClaimRequest(claim=claim(provider, provider)).SerializeToString()


def batch(number: int, size: int = BATCH) -> bytes:
    """The `number`-th request about a thousand claims, all of different identifiers."""
    return enrollment_gate_pb2.CheckClaimsRequest(claims=_claims(number, size)).SerializeToString()


def _claims(number: int, size: int) -> Iterator[claim_pb2.Claim]:
    last = today()
    for position in range(size):
        provider = position * 7 % PROVIDERS_OF_BATCH
        day = last - timedelta(days=position // PROVIDERS_OF_BATCH % DAYS_OF_BATCH)
        yield claim(provider, number * size + position, day)
