"""What a source is, and the ways in which asking it can fail.

    SourceError                 not a clean answer; never "not enrolled"
    ├── SourceUnreachable       connection refused or reset, DNS, TLS, a 5xx answer
    ├── SourceTimeout           no answer within the time given
    ├── SourceThrottled         429; `retry_after` seconds when the upstream names them
    ├── SourceCredentials       401 or 403: an operator must act
    ├── SourceMalformed         an answer that is not the agreed format (an HTML error page, broken JSON)
    ├── SourceDataError         a record without effective date, with an inverted period, about another NPI …
    ├── SourceUnmappedStatus    a status word nobody mapped
    ├── SourceCircuitOpen       not asked: it failed repeatedly a moment ago
    ├── SourceNotConfigured     not asked: no base URL or credential
    ├── SourceNotImplemented    a source that cannot answer yet
    └── SourceUnexpected        anything else an adapter raised

Messages are for operators and never hold an upstream's text, a secret or a member's data.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar, Protocol, runtime_checkable

import msgspec

from sources.records import EnrollmentRecord


class SourceScope(StrEnum):
    """Whether a source speaks for one or more states' Medicaid or for the whole nation."""

    STATE = "STATE"
    NATIONAL = "NATIONAL"


class ErrorKind(StrEnum):
    """The kinds of failure as they appear in answers, logs and metrics."""

    UNREACHABLE = "UNREACHABLE"
    TIMEOUT = "TIMEOUT"
    THROTTLED = "THROTTLED"
    CREDENTIALS = "CREDENTIALS"
    MALFORMED = "MALFORMED"
    DATA_ERROR = "DATA_ERROR"
    UNMAPPED_STATUS = "UNMAPPED_STATUS"
    CIRCUIT_OPEN = "CIRCUIT_OPEN"
    NOT_CONFIGURED = "NOT_CONFIGURED"
    NOT_IMPLEMENTED = "NOT_IMPLEMENTED"
    UNEXPECTED = "UNEXPECTED"


class Query(msgspec.Struct, frozen=True):
    """The question every source is asked. There is no date of service in it: sources return all segments (row K8)."""

    npi: str
    state: str


class SourceDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What is fixed about a source, read from the `source.toml` beside its adapter. Times are seconds."""

    name: str
    title: str
    scope: SourceScope
    states: frozenset[str] = frozenset()
    """States it speaks for; empty for a national source, which answers for every state."""
    priority: int = 100
    """Lower is asked for its opinion first among sources of one scope; state sources always precede national ones."""
    implemented: bool = True
    attempt_timeout: float = 3.0
    attempts: int = 2
    budget: float = 5.0
    """Longest wait for one answer, retries included."""
    max_concurrency: int = 16
    max_per_second: float = 50.0
    breaker_failures: int = 5
    """Consecutive failures after which the source is left alone for `breaker_seconds`."""
    breaker_seconds: float = 15.0
    hedge_after: float | None = None
    """How long one attempt is waited for before a second request is sent beside it, and the first clean answer taken;
    None: never. For upstreams of which some answers are much slower than most, and that bear a few calls more."""

    def speaks_for(self, state: str) -> bool:
        """Whether the source can be asked about `state`."""
        return self.scope is SourceScope.NATIONAL or state in self.states


@runtime_checkable
class EnrollmentSource(Protocol):
    """One upstream. Implementations know no tenant, claim, cache, retry or metric; guards add those."""

    @property
    def description(self) -> SourceDescription:
        """What is fixed about this source."""
        ...

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """Every segment known for the NPI in the state; empty when the upstream says it knows none.

        Raises:
            SourceError: for everything that is not a clean answer.
        """
        ...


class SourceError(Exception):
    """Root of the tree above."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNEXPECTED


class SourceUnreachable(SourceError):
    """The upstream cannot be reached or answers 5xx."""

    kind = ErrorKind.UNREACHABLE


class SourceTimeout(SourceError):
    """No answer within the time given."""

    kind = ErrorKind.TIMEOUT


class SourceThrottled(SourceError):
    """The upstream asks for fewer calls (row A11)."""

    kind = ErrorKind.THROTTLED

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceCredentials(SourceError):
    """The upstream refuses our credentials (row A10)."""

    kind = ErrorKind.CREDENTIALS


class SourceMalformed(SourceError):
    """The answer is not in the agreed format (row A12)."""

    kind = ErrorKind.MALFORMED


class SourceDataError(SourceError):
    """The answer is in the agreed format and says something impossible (rows D20-D22)."""

    kind = ErrorKind.DATA_ERROR


class SourceUnmappedStatus(SourceError):
    """A status word nobody mapped (row D19)."""

    kind = ErrorKind.UNMAPPED_STATUS


class SourceCircuitOpen(SourceError):
    """Not asked, because it failed repeatedly a moment ago."""

    kind = ErrorKind.CIRCUIT_OPEN


class SourceNotConfigured(SourceError):
    """Not asked, because nobody said where it is or with which credential."""

    kind = ErrorKind.NOT_CONFIGURED


class SourceNotImplemented(SourceError):
    """A source that cannot answer yet (row A17)."""

    kind = ErrorKind.NOT_IMPLEMENTED


class SourceUnexpected(SourceError):
    """Anything else an adapter raised (row A16)."""

    kind = ErrorKind.UNEXPECTED
