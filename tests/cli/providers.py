"""Providers of the bundled population, by what Texas says of them for service today."""

from functools import cache

from gate.clock import system_clock
from sources.sandbox.population import default_population

ENROLLED = "1234567893"
UNKNOWN = "1000000004"
"""A good NPI that no portal knows."""
TODAY = str(system_clock().date())


@cache
def inactive() -> str:
    """One whom the portal calls inactive, whatever the date."""
    noted = default_population().providers.values()
    return next(str(provider.npi) for provider in noted if provider.note == "TX D13 ENROLLMENT_INACTIVE: inactive")
