"""Providers of the bundled population, by what their notes say."""

from sources.sandbox.population import default_population


def noted(note: str) -> str:
    """The first provider whose note begins so."""
    return next(npi for npi, each in default_population().providers.items() if each.note.startswith(note))


ENROLLED = noted("PASS: the example")
SUSPENDED = noted("TX D14 ENROLLMENT_INACTIVE: suspended")
ENDED = noted("TX D6 ENROLLMENT_EXPIRED")
UNKNOWN = noted("ENROLLMENT_NOT_FOUND: no portal")
UNUSABLE = noted("TX D19 SOURCE_UNAVAILABLE")
WITH_GAP = noted("TX S1 PASS")
