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
CLOCK_TOLERANCE: Final = timedelta(seconds=60)
"""How far the clocks of replicas may be apart. An answer stamped further ahead than this was stamped by a clock that
was wrong: it would be fresh for as long as that clock was ahead, and later than whatever corrects it."""
LONGEST_CONCERN: Final = timedelta(days=30)
"""The longest `max_stale` a tenant may set. Older records are of no use to anybody, so a merge, which knows no
tenant's rules, no longer holds them against an absence."""


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
    """For a proven absence, and for records whose disappearance is not confirmed yet (rows K3, S14). 0: asked anew by
    every question."""
    max_stale: float = 86_400.0
    """How old records may be that stand in for a source that is down (rows K13, K14)."""

    @property
    def caching(self) -> bool:
        """Whether anything is remembered at all."""
        return self.ttl > 0

    @property
    def confirm_after(self) -> float:
        """How long after its first time an absence must be told again to end what was known (row S14).

        A tenant that wants absences asked anew at once still does not want a gap of a moment believed.
        """
        return self.negative_ttl or 300.0

    @property
    def keep_for(self) -> float:
        """How long an entry can still be of use."""
        return max(self.ttl, self.negative_ttl, self.max_stale)


class KnownAnswer(msgspec.Struct, frozen=True, gc=False):
    """One source's latest clean answer; without records: the source does not know the provider."""

    source: str
    records: tuple[EnrollmentRecord, ...]
    verified_at: datetime
    """When the source gave this answer, UTC."""
    absent_since: datetime | None = None
    """When the source first answered without the records it used to have, UTC (row S14). Beside records: that is not
    confirmed yet; without records: it is."""
    identity: str = ""
    """Of the connection by which the source was asked (`Panel.identities`): what one endpoint says answers for no
    other."""

    def is_from_the_future(self, now: datetime) -> bool:
        """Whether a wrong clock stamped this, so that nothing can be told from its age."""
        return self.verified_at - now > CLOCK_TOLERANCE

    def is_fresh(self, rules: CacheRules, spread: float, now: datetime) -> bool:
        """Whether the source need not be asked (rows K1, K3, K4)."""
        return not self.is_from_the_future(now) and now < self.fresh_until(rules, spread)

    def fresh_until(self, rules: CacheRules, spread: float) -> datetime:
        """The first instant at which the answer no longer counts as fresh (row K4)."""
        return self.verified_at + timedelta(seconds=self._lifetime(rules) * spread)

    def refresh_from(self, rules: CacheRules, spread: float, share: float) -> datetime:
        """The first instant of the last `share` of its life, in which it is better asked for again ahead of its end.

        Not so an absence that waits to be confirmed (row S14): it is asked about again once that can confirm it.
        """
        if self.records and self.absent_since is not None:
            share = 0.0
        return self.verified_at + timedelta(seconds=self._lifetime(rules) * spread * (1 - share))

    def _lifetime(self, rules: CacheRules) -> float:
        return rules.ttl if self.records and self.absent_since is None else rules.negative_ttl

    def usable_until(self, rules: CacheRules) -> datetime:
        """The last instant at which the records may stand in for a source that is down (rows K13, K14)."""
        return self.verified_at + timedelta(seconds=rules.max_stale)

    def stands_in(self, rules: CacheRules, now: datetime) -> bool:
        """Whether this may be used while the source is down.

        Only records may. An old absence with a source that cannot be asked now would make "not enrolled" out of a
        portal's outage.
        """
        return bool(self.records) and not self.is_from_the_future(now) and now <= self.usable_until(rules)


class Knowledge(msgspec.Struct, frozen=True, gc=False):
    """The known answers of all sources for one key, at most one per source."""

    answers: tuple[KnownAnswer, ...] = ()

    def of(self, source: str) -> KnownAnswer | None:
        """What is known from `source`, at whichever connection."""
        for answer in self.answers:
            if answer.source == source:
                return answer
        return None

    def told_by(self, source: str, identity: str) -> KnownAnswer | None:
        """What is known from `source` at the connection of that identity; what another one said counts for nothing."""
        answer = self.of(source)
        return answer if answer is not None and answer.identity == identity else None

    def merged_with(self, other: Self, now: datetime) -> "Knowledge":
        """Both, and for each source the answer given last; `other` wins a tie.

        An answer from the future counts as the earlier one. Records outlast a later absence that is not confirmed:
        whoever was told it may not have known of them (row S14).
        """
        merged = {answer.source: answer for answer in self.answers}
        for answer in other.answers:
            held = merged.get(answer.source)
            merged[answer.source] = answer if held is None else _merged(held, answer, now)
        return Knowledge(tuple(merged[source] for source in sorted(merged)))


def learn(
    previous: KnownAnswer | None,
    fetched: KnownAnswer,
    rules: CacheRules,
) -> KnownAnswer:
    """What is known from a source once it gave a clean answer; `previous` is what the same connection said before.

    A source that drops records it used to have keeps them, marked `absent_since`, until it has said so again at least
    `confirm_after` after the first time: an empty file or a half-loaded portal must not end an enrollment (row S14).
    """
    if fetched.records or previous is None:
        return fetched
    first = previous.absent_since
    if not previous.records or (
        first is not None and fetched.verified_at >= first + timedelta(seconds=rules.confirm_after)
    ):
        return _absence_since(first, fetched)
    return _missing(previous, fetched)


def _merged(held: KnownAnswer, came: KnownAnswer, now: datetime) -> KnownAnswer:
    def rank(answer: KnownAnswer) -> tuple[bool, datetime]:
        return not answer.is_from_the_future(now), answer.verified_at

    earlier, later = sorted((held, came), key=rank)
    if later.records or earlier.identity != later.identity:
        return later
    if not earlier.records:
        return later if later.absent_since else _absence_since(earlier.absent_since, later)
    return later if _ends(later, earlier) else _missing(earlier, later)


def _ends(absence: KnownAnswer, known: KnownAnswer) -> bool:
    """Whether the later `absence` is confirmed for these records, or they are too old for anybody to miss."""
    if absence.verified_at - (known.absent_since or known.verified_at) > LONGEST_CONCERN:
        return True
    # Records told again after the absence began were not what was found to be gone.
    begun = absence.absent_since
    return begun is not None and (known.absent_since is not None or known.verified_at <= begun)


def _missing(known: KnownAnswer, absence: KnownAnswer) -> KnownAnswer:
    """The records, kept although the source just answered without them."""
    return _absence_since(
        known.absent_since or absence.verified_at, msgspec.structs.replace(absence, records=known.records)
    )


def _absence_since(first: datetime | None, answer: KnownAnswer) -> KnownAnswer:
    # A first time later than this one was told by a clock that was ahead; waiting for it would confirm nothing.
    return msgspec.structs.replace(answer, absent_since=None if first is None else min(first, answer.verified_at))
