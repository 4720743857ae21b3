"""What is remembered about one provider in one state: each source's latest clean answer. Pure.

Decisions are never remembered, and neither is an error (row K6). Segments carry no date of service, so one entry
answers every claim about the provider (rows K8, K9). An entry stores when each source answered; how long that is good
for is the reader's rule, so that a lowered time to live reaches entries already there (row K15).
"""

import zlib
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self

import msgspec

from sources.records import EnrollmentRecord

SHORTEST_SHARE: Final = 0.8
"""An entry lives between this share of its time to live and the whole of it: nine tenths, spread by ± 10 % (row K16).
The spread goes downward only, because an answer must never outlive the time its tenant set (row K4)."""


class KnowledgeKey(NamedTuple):
    """Whose knowledge, about whom, where. The tenant comes first: nothing is shared between tenants (row K7)."""

    tenant: str
    npi: str
    state: str

    def spread(self) -> float:
        """A share between `SHORTEST_SHARE` and 1, the same for this key in every process and at every time.

        One share for all of a key's answers, so that they lapse together and are asked for together.
        """
        hashed: int = zlib.crc32(f"{self.tenant}:{self.npi}:{self.state}".encode())
        return SHORTEST_SHARE + (1 - SHORTEST_SHARE) * hashed / 0xFFFFFFFF


class CacheRules(msgspec.Struct, frozen=True, kw_only=True):
    """How long a tenant lets answers live. All in seconds."""

    ttl: float = 3600.0
    """For records. 0 turns caching off (row K5)."""
    negative_ttl: float = 300.0
    """For a proven absence, and for records whose disappearance is not confirmed yet (rows K3, S14)."""
    max_stale: float = 86_400.0
    """How old records may be that stand in for a source that is down (rows K13, K14)."""

    @property
    def caching(self) -> bool:
        """Whether anything is remembered at all."""
        return self.ttl > 0

    @property
    def keep_for(self) -> float:
        """How long an entry can still be of use."""
        return max(self.ttl, self.negative_ttl, self.max_stale)


class KnownAnswer(msgspec.Struct, frozen=True):
    """One source's latest clean answer; without records: the source does not know the provider."""

    source: str
    records: tuple[EnrollmentRecord, ...]
    verified_at: datetime
    """When the source gave this answer, UTC."""
    absent_since: datetime | None = None
    """When the source first answered without the records it used to have, UTC (row S14)."""

    def fresh_until(self, rules: CacheRules, spread: float) -> datetime:
        """The first instant at which the answer no longer counts as fresh (row K4)."""
        proven = bool(self.records) and self.absent_since is None
        lifetime = rules.ttl if proven else rules.negative_ttl
        return self.verified_at + timedelta(seconds=lifetime * spread)

    def usable_until(self, rules: CacheRules) -> datetime:
        """The last instant at which the records may stand in for a source that is down (rows K13, K14)."""
        return self.verified_at + timedelta(seconds=rules.max_stale)

    def stands_in(self, rules: CacheRules, now: datetime) -> bool:
        """Whether this may be used while the source is down.

        Only records may. An old absence with a source that cannot be asked now would make "not enrolled" out of a
        portal's outage.
        """
        return bool(self.records) and now <= self.usable_until(rules)


class Knowledge(msgspec.Struct, frozen=True):
    """The known answers of all sources for one key, at most one per source."""

    answers: tuple[KnownAnswer, ...] = ()

    def of(self, source: str) -> KnownAnswer | None:
        """What is known from `source`."""
        for answer in self.answers:
            if answer.source == source:
                return answer
        return None

    def merged_with(self, other: Self) -> "Knowledge":
        """Both, and for each source the answer given last; `other` wins a tie."""
        latest = {answer.source: answer for answer in self.answers}
        for answer in other.answers:
            held = latest.get(answer.source)
            if held is None or held.verified_at <= answer.verified_at:
                latest[answer.source] = answer
        return Knowledge(tuple(latest[source] for source in sorted(latest)))


def learn(
    previous: KnownAnswer | None,
    fetched: KnownAnswer,
    rules: CacheRules,
) -> KnownAnswer:
    """What is known from a source once it gave a clean answer.

    A source that drops records it used to have keeps them, marked `absent_since`, until it has said so again at least
    `negative_ttl` after the first time: an empty file or a half-loaded portal must not end an enrollment (row S14).
    """
    if fetched.records or previous is None or not previous.records:
        return fetched
    first = previous.absent_since
    if first is not None and fetched.verified_at >= first + timedelta(seconds=rules.negative_ttl):
        return fetched
    return KnownAnswer(fetched.source, previous.records, fetched.verified_at, first or fetched.verified_at)
