"""Lines of business: one canonical name for each, whatever an upstream, a claim or an operator writes."""

import re
from typing import Final

UMBRELLA: Final = "MEDICAID"
"""Enrollment "in Medicaid", without naming a program."""

_ALIASES: Final[dict[str, str]] = {
    "MEDICAID": "MEDICAID MEDICAIDFFS TRADITIONALMEDICAID ACUTECARE FFS FEEFORSERVICE MEDICAL",
    "MANAGED_CARE": "MANAGEDCARE MEDICAIDMANAGEDCARE MCO MMC MMA SMMC MEDICALMANAGEDCARE",
    "STAR": "STAR",
    "STAR+PLUS": "STAR+PLUS STARPLUS STARPLUSPLUS",
    "STAR_KIDS": "STARKIDS",
    "STAR_HEALTH": "STARHEALTH",
    "CHIP": "CHIP CHILDRENSHEALTHINSURANCEPROGRAM CHIPPERINATAL",
    "DENTAL": "DENTAL DENTALMAINTENANCEORGANIZATION DMO DENTALMANAGEDCARE",
    "LTSS": "LTSS LTC LONGTERMCARE MLTC LONGTERMSERVICESANDSUPPORTS",
    "HARP": "HARP HEALTHANDRECOVERYPLAN",
    "MARKETPLACE": "MARKETPLACE EXCHANGE QHP",
    "MEDICARE": "MEDICARE MEDICAREADVANTAGE DUAL DSNP",
    "COMMERCIAL": "COMMERCIAL",
}
_CANONICAL: Final = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
LINES_OF_BUSINESS: Final = tuple(_ALIASES)

COVERED_BY_UMBRELLA: Final = frozenset({"STAR", "STAR+PLUS", "STAR_KIDS", "STAR_HEALTH", "MANAGED_CARE"})
"""What an enrollment in plain Medicaid is read to include, with a warning (row X10)."""

_SEPARATORS: Final = re.compile(r"[|;,]")
_NOISE: Final = re.compile(r"[\s_\-'’/]+")


def canonical(text: str) -> str | None:
    """The canonical name of one line of business, or None where the word is unknown (rows X7, X9)."""
    return _CANONICAL.get(_NOISE.sub("", text).upper())


def parse_upstream(text: str) -> tuple[str, ...]:
    """Split an upstream's field such as ``MEDICAID|STAR`` (row X8). Unknown words are kept raw (row X7)."""
    words = (word.strip() for word in _SEPARATORS.split(text))
    return tuple(canonical(word) or word for word in words if word)


def is_known(name: str) -> bool:
    """Whether `name` is a canonical line of business."""
    return name in _ALIASES
