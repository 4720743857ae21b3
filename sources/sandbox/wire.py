"""What each portal puts on the wire. Pure. Written apart from the adapters' mappings, so that each checks the other."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from sources.sandbox.population import STATE_PORTALS, Population, Profile, Segment, resolved, unwrapped
from sources.states import TIME_ZONES

_PROVIDER_PATH: Final = re.compile(r"v1/providers/(?P<npi>[^/]+)/enrollments")
_PROFILE_PATH: Final = "rosterapi/api/providerstatusbynpi"
_CENTRAL: Final = TIME_ZONES["TX"]


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer with a JSON body."""

    status: HTTPStatus
    body: dict[str, Any]


UNKNOWN_PROVIDER: Final = Answer(
    HTTPStatus.NOT_FOUND, {"error": "PROVIDER_NOT_FOUND", "message": "No provider has this NPI."}
)


def answer(
    population: Population, portal: str, path: str, parameters: Mapping[str, str], now: datetime
) -> Answer | None:
    """What the portal answers to a GET of `path` below its prefix; None where it serves no such path."""
    if portal in STATE_PORTALS:
        match = _PROVIDER_PATH.fullmatch(path)
        return None if match is None else _enrollments(population, portal, match["npi"], now)
    if path.lower() == _PROFILE_PATH:
        return _profile_status(population, {name.lower(): value for name, value in parameters.items()}, now)
    return None


def _enrollments(population: Population, portal: str, npi: str, now: datetime) -> Answer:
    provider = population.providers.get(npi)
    segments = provider.segments(portal) if provider is not None else None
    if segments is None:
        return UNKNOWN_PROVIDER
    today = now.astimezone(TIME_ZONES[STATE_PORTALS[portal]]).date()
    names = _NAMES[portal]
    records = [
        {name: value for field, value in _values(segment, npi, today).items() if (name := names.get(field))}
        for segment in segments
    ]
    return Answer(HTTPStatus.OK, {"npi": npi, "enrollments": records})


def _values(segment: Segment, npi: str, today: date) -> dict[str, Any]:
    return {
        "npi": str(segment.npi or npi),
        "id": str(segment.id),
        "status": unwrapped(segment.status),
        "effective": resolved(segment.effective, today),
        "end": resolved(segment.end, today),
        "revalidation_due": resolved(segment.revalidation_due, today),
        "lines_of_business": segment.lines_of_business,
        "taxonomies": segment.taxonomies,
        "specialty": segment.specialty,
        "provider_type": str(segment.provider_type),
        "service_category": segment.service_category,
        "medicaid_type": segment.medicaid_type,
    }


_COMMON_NAMES: Final = {"npi": "npi", "end": "endDate", "lines_of_business": "programs", "taxonomies": "taxonomyCodes"}
_NAMES: Final[dict[str, dict[str, str]]] = {
    "tmhp_pems": _COMMON_NAMES
    | {
        "id": "tpi",
        "status": "enrollmentStatus",
        "effective": "effectiveDate",
        "revalidation_due": "revalidationDueDate",
    },
    "ca_pave": _COMMON_NAMES
    | {
        "id": "mediCalProviderId",
        "status": "status",
        "effective": "effectiveDate",
        "revalidation_due": "revalidationDueDate",
        "specialty": "specialty",
    },
    "fl_fmmis": _COMMON_NAMES
    | {
        "id": "medicaidProviderId",
        "status": "enrollmentStatus",
        "effective": "effectiveDate",
        "revalidation_due": "nextRevalidationDate",
        "provider_type": "providerTypeCode",
    },
    "ny_emedny": _COMMON_NAMES
    | {
        "id": "mmisProviderId",
        "status": "status",
        "effective": "enrollmentBeginDate",
        "end": "enrollmentEndDate",
        "revalidation_due": "nextRevalidationDate",
        "service_category": "serviceCategory",
        "medicaid_type": "medicaidType",
    },
}


def _profile_status(population: Population, parameters: Mapping[str, str], now: datetime) -> Answer:
    npi, organization = parameters.get("npi_provider_id"), parameters.get("organization_id")
    if not npi or not organization or parameters.get("product") != "PV":
        return Answer(HTTPStatus.BAD_REQUEST, {"Message": "The request is invalid."})
    provider = population.providers.get(npi)
    profile = provider.caqh_proview if provider is not None else None
    if profile is None:
        return Answer(HTTPStatus.OK, {"organization_id": organization, "provider_found_flag": "N"})
    return Answer(HTTPStatus.OK, _profile(profile, organization, now))


def _profile(profile: Profile, organization: str, now: datetime) -> dict[str, Any]:
    zone: ZoneInfo = TIME_ZONES.get(profile.practice_state or "", _CENTRAL)
    reached_on = resolved(profile.provider_status_date, now.astimezone(zone).date())
    body = {
        "organization_id": organization,
        "caqh_provider_id": str(profile.caqh_provider_id),
        "roster_status": profile.roster_status,
        "authorization_flag": profile.authorization_flag,
        "provider_status": profile.provider_status and unwrapped(profile.provider_status),
        "provider_status_date": reached_on and reached_on.replace("-", ""),
        "provider_practice_state": profile.practice_state,
        "provider_found_flag": "Y",
    }
    return {key: value for key, value in body.items() if value is not None}
