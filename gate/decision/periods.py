"""For how long an answer stays the same, counted in days of service. Pure.

Between two days on which something begins or has ended every day has the same answer (row D25), but for the day itself,
which the answer names. So what was found for one day is what is found for all days of its period.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from aggregator.evidence import Evidence
from gate.decision.model import Claim

_ONE_DAY = timedelta(days=1)


class Period(msgspec.Struct, frozen=True, gc=False):
    """From the first day to the last one, both included."""

    first: date
    last: date

    def covers(self, first: date, last: date) -> bool:
        """Whether all days from `first` to `last` are days of it."""
        return self.first <= first and last <= self.last

    def within(self, first: date, last: date) -> "Period":
        """What of it lies between these days."""
        return Period(max(self.first, first), min(self.last, last))


ALL_DAYS = Period(date.min, date.max)


def same_finding(claim: Claim, evidence: Evidence, today: date) -> Period | None:
    """The days on which `gate.decision.rules.decide` comes to the finding for `claim`, `judged_on` aside.

    It does for each claim that differs in its days of service only, and has all of them in this period. None where the
    claim's own days are not of one period, so that no other claim's are certain to be judged alike.
    """
    day = claim.service_date
    first, last = date.min, date.max
    for begins in _first_days(evidence):
        if begins <= day:
            first = max(first, begins)
        else:
            last = min(last, begins - _ONE_DAY)
    for ends in _last_days(evidence, today):
        if ends < day:
            first = max(first, ends + _ONE_DAY)
        else:
            last = min(last, ends)
    if claim.service_end_date is not None and claim.service_end_date > last:
        return None
    return Period(first, last)


def _first_days(evidence: Evidence) -> Iterator[date]:
    """The days from which on the rules see something that they did not see the day before."""
    if evidence.npi_deactivated_on is not None:
        yield evidence.npi_deactivated_on
    for answer in evidence.answers:
        for record in answer.records:
            yield record.effective
            if record.revalidation_due is not None:
                yield record.revalidation_due
            if record.attestation is not None:
                yield record.attestation.attested_on


def _last_days(evidence: Evidence, today: date) -> Iterator[date]:
    """The days up to which the rules see something that they do not see the day after."""
    yield today
    for answer in evidence.answers:
        for record in answer.records:
            if record.end is not None:
                yield record.end
