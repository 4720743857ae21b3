"""A handful of invented providers, by what the portals know of them."""

from sources.npi import check_digit
from sources.sandbox.population import Population, parse_population

ALL_STATES = ("CA", "FL", "NY", "TX")
PORTAL_OF = {"TX": "tmhp_pems", "CA": "ca_pave", "FL": "fl_fmmis", "NY": "ny_emedny"}


def _npi(number: int) -> str:
    first_nine = f"29{number:07d}"
    return first_nine + check_digit(first_nine)


ENROLLED, ATTESTED, BOTH, UNKNOWN, TERMINATED, WITH_GAP = (_npi(number) for number in range(1, 7))
_ACTIVE = {"id": "1", "status": "ACTIVE", "effective": "today-400", "lines_of_business": ["Medicaid"]}
_PROFILE = {
    "caqh_provider_id": "12345678",
    "provider_status": "Re-attestation",
    "provider_status_date": "today-30",
    "practice_state": "TX",
}


def few_providers() -> Population:
    """ENROLLED, TERMINATED and WITH_GAP in every state, ATTESTED with CAQH only, BOTH with all, UNKNOWN to all."""
    everywhere = PORTAL_OF.values()
    terminated = {"status": "TERMINATED", "effective": "today-400", "end": "today-100"}
    periods = [{"status": "ACTIVE", "effective": "today-400", "end": "today-200"}, _ACTIVE | {"effective": "today-100"}]
    return parse_population(
        [
            {"npi": ENROLLED, **{portal: [_ACTIVE] for portal in everywhere}},
            {"npi": ATTESTED, "caqh_proview": _PROFILE},
            {"npi": BOTH, **{portal: [_ACTIVE] for portal in everywhere}, "caqh_proview": _PROFILE},
            {"npi": TERMINATED, **{portal: [terminated] for portal in everywhere}},
            {"npi": WITH_GAP, **dict.fromkeys(everywhere, periods)},
        ]
    )
