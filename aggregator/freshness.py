"""What remembered answers are worth at a given instant, under a panel's rules. Pure."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from aggregator.cache.contract import Hit
from aggregator.evidence import Evidence, SourceAnswer
from aggregator.knowledge import CLOCK_TOLERANCE, Knowledge, KnowledgeKey, KnownAnswer
from aggregator.merge import answered, assemble, settled
from aggregator.panel import Panel

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
NEVER: Final = datetime.max.replace(tzinfo=UTC)


def fresh_answers(key: KnowledgeKey, panel: Panel, hit: Hit, now: datetime) -> dict[str, SourceAnswer]:
    """The answers for which no source has to be asked, by source (rows K1, K3, K4)."""
    spread = key.spread()
    answers = {}
    for description, identity in zip(panel.descriptions, panel.identities, strict=True):
        known = hit.knowledge.told_by(description.name, identity)
        if known is not None and known.is_fresh(panel.rules, spread, now):
            answers[description.name] = answered(description, known, hit.layer)
    return answers


def stand_ins(panel: Panel, knowledge: Knowledge, now: datetime) -> dict[str, KnownAnswer]:
    """The records that may be used where a source gives no answer, by source (rows K13, K14)."""
    known = (
        knowledge.told_by(description.name, identity)
        for description, identity in zip(panel.descriptions, panel.identities, strict=True)
    )
    return {answer.source: answer for answer in known if answer is not None and answer.stands_in(panel.rules, now)}


class Judged(NamedTuple):
    """Remembered answers that settle a question."""

    evidence: Evidence
    fresh: dict[str, SourceAnswer]
    standing_in: dict[str, KnownAnswer]


def judged(key: KnowledgeKey, panel: Panel, hit: Hit, now: datetime) -> Judged | None:
    """What is remembered, where it settles the question without a source being asked."""
    fresh = fresh_answers(key, panel, hit, now)
    if not settled(panel.descriptions, fresh):
        return None
    complete = len(fresh) == len(panel.descriptions)
    standing_in = {} if complete else stand_ins(panel, hit.knowledge, now)
    return Judged(assemble(key.npi, key.state, panel.descriptions, fresh, standing_in), fresh, standing_in)


def lasting(
    key: KnowledgeKey,
    panel: Panel,
    knowledge: Knowledge,
    fresh: Mapping[str, SourceAnswer],
    share: float,
    now: datetime,
) -> dict[str, SourceAnswer]:
    """Those of the answers in `fresh` that have more than the last `share` of their lives before them."""
    return {name: answer for name, answer in fresh.items() if now < _refresh_from(key, panel, knowledge, name, share)}


def refresh_from(
    key: KnowledgeKey, panel: Panel, knowledge: Knowledge, fresh: Mapping[str, SourceAnswer], share: float
) -> datetime:
    """The first instant at which the answers in `fresh` that last beyond it (see `lasting`) do not settle it any more.

    What a source of lower priority said may come to its end before: nobody would ask it again for that.
    """
    remaining = dict(fresh)
    for at, name in sorted((_refresh_from(key, panel, knowledge, name, share), name) for name in fresh):
        del remaining[name]
        if not settled(panel.descriptions, remaining):
            return at
    return NEVER


def _refresh_from(key: KnowledgeKey, panel: Panel, knowledge: Knowledge, source: str, share: float) -> datetime:
    known = knowledge.of(source)
    return NEVER if known is None else known.refresh_from(panel.rules, key.spread(), share)


def good_between(
    key: KnowledgeKey,
    panel: Panel,
    knowledge: Knowledge,
    fresh: Collection[str],
    standing_in: Mapping[str, KnownAnswer],
) -> tuple[datetime, datetime]:
    """From when until before when the sources in `fresh`, and those standing in beside them, are judged as they are.

    Time reaches the first instant only where a clock is set back: then they are from the future.
    """
    spread = key.spread()
    current = [known for known in knowledge.answers if known.source in fresh]
    beside = [known for name, known in standing_in.items() if name not in fresh]
    begins = [known.verified_at - CLOCK_TOLERANCE for known in (*current, *beside)]
    ends = [known.fresh_until(panel.rules, spread) for known in current]
    ends += [known.usable_until(panel.rules) for known in beside]
    return max(begins, default=ALWAYS), min(ends, default=NEVER)
