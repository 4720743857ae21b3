"""The demonstration's claims: fifty for each state, of providers of the bundled population."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Final

from gate.clock import today_in
from gate.decision.model import DecisionCode
from gate.demo.claim_file import DemoCase
from sources.sandbox.population import Population, Provider

PORTAL_OF: Final = {"TX": "tmhp_pems", "CA": "ca_pave", "FL": "fl_fmmis", "NY": "ny_emedny"}
_CLAIMS_PER_STATE: Final = 50
_SHOWN: Final = (
    (DecisionCode.ENROLLMENT_INACTIVE, 6),
    (DecisionCode.ENROLLMENT_EXPIRED, 4),
    (DecisionCode.ENROLLMENT_NOT_FOUND, 3),
    (DecisionCode.SOURCE_UNAVAILABLE, 2),
    (DecisionCode.PASS, 9),
)
"""How many situations of each kind; the rest of a state's claims are of plainly enrolled providers."""
_CHARGES: Final = (12_500, 8_640, 21_975, 4_310, 35_000, 15_225, 9_990)
"""US cents."""


def demo_cases(population: Population, now: datetime) -> Iterator[DemoCase]:
    """A service today for every chosen provider; the population's notes say what each of them shows."""
    providers = population.providers.values()
    unknown = [provider for provider in providers if provider.note.startswith(DecisionCode.ENROLLMENT_NOT_FOUND)]
    for number, (state, portal) in enumerate(PORTAL_OF.items()):
        known = [provider for provider in providers if provider.segments(portal) is not None]
        special = [*(provider for provider in known if provider.note != f"{state} PASS"), *_share(unknown, number)]
        plain = (provider for provider in known if provider.note == f"{state} PASS")
        shown = (islice((provider for provider in special if code in provider.note), most) for code, most in _SHOWN)
        chosen = islice(chain(chain.from_iterable(shown), plain), _CLAIMS_PER_STATE)
        for index, provider in enumerate(chosen):
            yield DemoCase(
                npi=str(provider.npi),
                state=state,
                service_date=today_in(state, now),
                charge_cents=_CHARGES[index % len(_CHARGES)],
                note=provider.note,
            )


def _share(unknown: list[Provider], number: int) -> list[Provider]:
    return unknown[number :: len(PORTAL_OF)]
