"""Who the sandbox's portals know: a YAML or JSON document, checked whole before it is served."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Final

import msgspec
import yaml

from sources.npi import is_npi_shaped
from sources.records import EnrollmentStatus
from sources.sandbox.faults import Fault, parse_faults

STATE_PORTALS: Final = {"tmhp_pems": "TX", "ca_pave": "CA", "fl_fmmis": "FL", "ny_emedny": "NY"}
"""Each state portal and the state whose date is its "today"."""
PORTALS: Final = (*STATE_PORTALS, "caqh_proview")
DEFAULT_POPULATION: Final = Path(__file__).with_name("population.yaml")

_RAW: Final = "RAW:"
_RELATIVE: Final = re.compile(r"today(?P<days>[+-][0-9]{1,5})?", re.ASCII)
# An impossible day such as 2026-02-30 is let through: sending one is what a double is for.
_WRITTEN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class PopulationError(ValueError):
    """The document is no population; the message names the provider and the field."""


Day = Annotated[str, msgspec.Meta(description="2026-03-10, today, today-30, today+45, or RAW:<text> sent as it stands")]
Scalar = str | int
"""YAML reads an unquoted number as a number; it is sent as text."""


class Segment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One period of enrollment as a state portal reports it."""

    status: str
    """A status of ours, or ``RAW:<text>`` for something the upstream never documented."""
    id: Scalar = ""
    effective: Day | None = None
    end: Day | None = None
    revalidation_due: Day | None = None
    lines_of_business: tuple[str, ...] = ()
    taxonomies: tuple[str, ...] = ()
    specialty: str = ""
    """Sent by California."""
    provider_type: Scalar = ""
    """Sent by Florida."""
    service_category: str = ""
    medicaid_type: str = ""
    """Both sent by New York."""
    npi: Scalar = ""
    """The number the record names, where that is not the provider's own."""
    source: str = ""
    """May repeat the portal in whose list the segment stands."""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A CAQH ProView profile's status. Null leaves the key out of the answer."""

    caqh_provider_id: Scalar = ""
    roster_status: str | None = "ACTIVE"
    authorization_flag: str | None = "Y"
    provider_status: str | None = "Re-attestation"
    provider_status_date: Day | None = None
    practice_state: str | None = None


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One provider. A portal without an entry does not know the provider; an empty list knows it without a period."""

    npi: Scalar
    name: str = ""
    note: str = ""
    """Which case this provider shows."""
    tmhp_pems: tuple[Segment, ...] | None = None
    ca_pave: tuple[Segment, ...] | None = None
    fl_fmmis: tuple[Segment, ...] | None = None
    ny_emedny: tuple[Segment, ...] | None = None
    caqh_proview: Profile | None = None

    def segments(self, portal: str) -> tuple[Segment, ...] | None:
        """What one state portal knows; None when it does not know the provider."""
        known: tuple[Segment, ...] | None = getattr(self, portal)
        return known


class Population(msgspec.Struct, frozen=True):
    """Providers by NPI, and the faults the portals start with (None: the document says nothing about faults)."""

    providers: Mapping[str, Provider]
    faults: Mapping[str, Fault] | None = None


@cache
def default_population() -> Population:
    """The bundled population: every decision code in every state, by dates relative to today. Read once a process."""
    return read_population(DEFAULT_POPULATION)


def read_population(path: Path) -> Population:
    """A population file in YAML (JSON is YAML).

    Raises:
        PopulationError: the file is no population.
    """
    try:
        document = yaml.load(path.read_bytes(), Loader=_PlainLoader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        raise PopulationError(f"{path.name} is not YAML: {error}") from error
    return parse_population(document)


def parse_population(document: object) -> Population:
    """A population from plain objects: the whole document, or the list of providers alone.

    Raises:
        PopulationError: naming the provider and the field that is wrong.
    """
    if isinstance(document, list):
        document = {"providers": document}
    if not isinstance(document, dict) or not isinstance(document.get("providers"), list):
        raise PopulationError("a population holds a list named `providers`")
    if surplus := document.keys() - {"providers", "faults"}:
        raise PopulationError(
            f"a population holds `providers` and `faults`, not {', '.join(sorted(map(str, surplus)))}"
        )
    providers: dict[str, Provider] = {}
    for position, entry in enumerate(document["providers"]):
        provider = _provider(position, entry)
        npi = str(provider.npi)
        if npi in providers:
            raise PopulationError(f"provider {npi}: listed twice")
        providers[npi] = provider
    faults = document.get("faults")
    return Population(providers, None if faults is None else _faults(faults))


def resolved(day: Day | None, today: date) -> str | None:
    """The day as it is sent, in ISO form unless the document asked for something raw."""
    if day is None:
        return None
    if day.startswith(_RAW):
        return day.removeprefix(_RAW)
    if relative := _RELATIVE.fullmatch(day):
        return (today + timedelta(days=int(relative["days"] or 0))).isoformat()
    return day


def unwrapped(status: str) -> str:
    """The text sent for a status."""
    return status.removeprefix(_RAW)


def _provider(position: int, entry: object) -> Provider:
    npi = entry.get("npi") if isinstance(entry, dict) else None
    who = f"provider {npi}" if npi else f"provider at position {position + 1}"
    try:
        provider = msgspec.convert(entry, Provider)
    except msgspec.ValidationError as error:
        raise PopulationError(f"{who}: {error}") from error
    if not is_npi_shaped(str(provider.npi)):
        raise PopulationError(f"{who}: npi: not ten digits")
    for field, problem in _problems(provider):
        raise PopulationError(f"{who}: {field}: {problem}")
    return provider


def _problems(provider: Provider) -> list[tuple[str, str]]:
    problems = []
    for portal in STATE_PORTALS:
        for position, segment in enumerate(provider.segments(portal) or ()):
            field = f"{portal}[{position}]"
            if not segment.status.startswith(_RAW) and segment.status not in EnrollmentStatus.__members__:
                problems.append((f"{field}.status", f"neither RAW:<text> nor one of {', '.join(EnrollmentStatus)}"))
            if segment.source not in {"", portal}:
                problems.append((f"{field}.source", f"a segment of another portal among those of {portal}"))
            problems += [
                (f"{field}.{name}", "neither yyyy-mm-dd, today, today-30, today+45 nor RAW:<text>")
                for name in ("effective", "end", "revalidation_due")
                if not _is_day(getattr(segment, name))
            ]
    if provider.caqh_proview is not None and not _is_day(provider.caqh_proview.provider_status_date):
        problems.append(("caqh_proview.provider_status_date", "not a day"))
    return problems


def _is_day(day: Day | None) -> bool:
    return day is None or day.startswith(_RAW) or bool(_WRITTEN.fullmatch(day) or _RELATIVE.fullmatch(day))


def _faults(document: object) -> Mapping[str, Fault]:
    try:
        return parse_faults(document, PORTALS)
    except ValueError as error:
        raise PopulationError(str(error)) from error


class _PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time: five times as fast where libyaml is built in
    """The safe loader, which leaves dates as they are written: `2026-02-30` is text here as it is in JSON."""

    yaml_implicit_resolvers: Final = {
        first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
