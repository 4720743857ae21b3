"""How long applications stand where, payer by payer. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from gate.credentialing.model.reports import PayerDurations, StatusDuration
from gate.web.portal.condition import Badge
from gate.web.portal.credentialing.views.badges import APPLICATION

NOTHING: Final = ("No figures yet", "They count how long applications stood at each status once they have left it.")


class FigureLine(msgspec.Struct, frozen=True, kw_only=True):
    """One status at one payer."""

    payer: str
    payer_id: str
    badge: Badge
    duration: StatusDuration


def figure_lines(payers: Sequence[PayerDurations]) -> list[FigureLine]:
    """Payers in their order, each with the statuses that applications to it have left."""
    return [
        FigureLine(
            payer=payer.payer_name,
            payer_id=payer.payer_id,
            badge=APPLICATION[duration.application_status],
            duration=duration,
        )
        for payer in payers
        for duration in payer.statuses
    ]
