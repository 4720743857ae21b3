"""Contracts that do not go together with Medicaid enrollment, in words. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from gate.credentialing.model.reconciliation import Mismatch, MismatchKind
from gate.web.portal.condition import Badge
from gate.web.portal.credentialing.views.roster import board_of

MISMATCHES: Final = "/pm/credentialing/mismatches"
NOTHING: Final = ("Contracts and Medicaid enrollment agree", "As far as the gate has heard from the states.")
NOTHING_HERE: Final = ("Nothing on this page of providers", "There are more providers on the next one.")
_KINDS: Final[Mapping[MismatchKind, tuple[Badge, str]]] = {
    MismatchKind.CONTRACTED_NOT_ENROLLED: (
        Badge("Contracted, not enrolled", "■", "bad"),
        "The state’s Medicaid does not know the provider as enrolled: claims to this payer will be denied.",
    ),
    MismatchKind.ENROLLED_NOT_CONTRACTED: (
        Badge("Enrolled, not contracted", "▲", "ill"),
        "The state has enrolled the provider, and no Medicaid payer there has a contract.",
    ),
    MismatchKind.TAXONOMY_MISMATCH: (
        Badge("Taxonomy differs", "▲", "ill"),
        "None of the provider’s taxonomy codes is one under which the state enrolled them.",
    ),
    MismatchKind.NOT_VERIFIED: (
        Badge("Not verified", "○", "quiet"),
        "There is a contract, and the gate has not heard from the state lately. That is not “not enrolled”.",
    ),
}


class MismatchLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    path: str
    provider: str
    npi: str
    state: str
    payer: str
    badge: Badge
    meaning: str
    taxonomies: str
    """The provider's, and those of the state, where they differ."""
    source: str
    verified_at: datetime | None


def mismatch_line(mismatch: Mismatch) -> MismatchLine:
    """How the list shows it."""
    badge, meaning = _KINDS[mismatch.kind]
    differ = mismatch.kind is MismatchKind.TAXONOMY_MISMATCH
    ours, theirs = " ".join(mismatch.taxonomies), " ".join(mismatch.medicaid_taxonomies)
    return MismatchLine(
        path=board_of(mismatch.provider_id),
        provider=mismatch.provider_name,
        npi=mismatch.npi,
        state=mismatch.state,
        payer=mismatch.payer_name,
        badge=badge,
        meaning=meaning,
        taxonomies=f"{ours}; the state has {theirs}" if differ else "",
        source=mismatch.source,
        verified_at=mismatch.verified_at,
    )
