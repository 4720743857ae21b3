"""Observations read back as what a source answered."""

import msgspec
import structlog

from aggregator.knowledge import KnownAnswer
from gate.ledger.observations import Observation

_log = structlog.stdlib.get_logger(__name__)


def known_answer(seen: Observation) -> KnownAnswer | None:
    """What the source said. None: a release that said it otherwise wrote it.

    That is as good as never heard: anything else would be a guess.
    """
    try:
        return KnownAnswer(seen.source, seen.records, seen.verified_at, seen.absent_since)
    except msgspec.DecodeError:
        _log.warning("observation_not_understood", source=seen.source, state=seen.state)
        return None
