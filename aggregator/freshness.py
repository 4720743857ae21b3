"""What remembered answers are worth at a given instant, under a panel's rules. Pure."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from aggregator.cache.contract import Hit
from aggregator.evidence import SourceAnswer
from aggregator.knowledge import Knowledge, KnowledgeKey, KnownAnswer
from aggregator.merge import answered
from aggregator.panel import Panel

NEVER: Final = datetime.max.replace(tzinfo=UTC)


def fresh_answers(key: KnowledgeKey, panel: Panel, hit: Hit, now: datetime) -> dict[str, SourceAnswer]:
    """The answers for which no source has to be asked, by source (rows K1, K3, K4)."""
    spread = key.spread()
    answers = {}
    for description in panel.descriptions:
        known = hit.knowledge.of(description.name)
        if known is not None and now < known.fresh_until(panel.rules, spread):
            answers[description.name] = answered(description, known, hit.layer)
    return answers


def stand_ins(panel: Panel, knowledge: Knowledge, now: datetime) -> dict[str, KnownAnswer]:
    """The records that may be used where a source gives no answer, by source (rows K13, K14)."""
    return {known.source: known for known in knowledge.answers if known.stands_in(panel.rules, now)}


def good_until(
    key: KnowledgeKey,
    panel: Panel,
    knowledge: Knowledge,
    fresh: Collection[str],
    standing_in: Mapping[str, KnownAnswer],
) -> datetime:
    """The first instant at which the sources in `fresh`, and those standing in beside them, would be judged anew."""
    spread = key.spread()
    instants = [known.fresh_until(panel.rules, spread) for known in knowledge.answers if known.source in fresh]
    instants += [known.usable_until(panel.rules) for name, known in standing_in.items() if name not in fresh]
    return min(instants, default=NEVER)
