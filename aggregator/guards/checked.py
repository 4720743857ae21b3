"""Asserts for every source what one adapter would forget."""

from collections.abc import Sequence
from typing import Final

import msgspec

from aggregator.guards.guard import Guard
from sources.contract import Query, SourceDataError, SourceError, SourceUnexpected
from sources.records import EnrollmentRecord

_DECODER: Final = msgspec.msgpack.Decoder(EnrollmentRecord)


class Checked(Guard):
    """Lets only records about the provider asked for pass, and only errors of the named kinds (rows A16, D21)."""

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """The inner source's records.

        Raises:
            SourceDataError: a record is about something else, its period is inverted, or it holds text that no
                encoding has.
            SourceUnexpected: the adapter raised something foreign, or returned something that is not a record.
        """
        name = self.description.name
        try:
            records = tuple(await self._inner.fetch(query))
        except SourceError:
            raise
        except Exception as error:
            # The class alone: a foreign message may quote what the upstream sent.
            raise SourceUnexpected(f"{name}: the adapter raised {type(error).__name__}") from error
        for record in records:
            _check(record, name, query)
        return records


def _check(record: EnrollmentRecord, name: str, query: Query) -> None:
    try:
        # Adapters of other packages may be untyped; what has another type inside would fail far from here.
        _DECODER.decode(msgspec.msgpack.encode(record))
    except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can escape and nobody can store
        raise SourceDataError(f"{name}: a record holds text that cannot be encoded") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise SourceUnexpected(f"{name}: the adapter returned a malformed record") from error
    if (record.source, record.npi, record.state) != (name, query.npi, query.state):
        raise SourceDataError(f"{name}: a record about another source, provider or state than was asked for")
    if record.end is not None and record.end < record.effective:
        raise SourceDataError(f"{name}: a record ends before it begins")
    if record.verified_at.tzinfo is None:
        raise SourceDataError(f"{name}: a record's time of verification names no time zone")
