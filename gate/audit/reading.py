"""Reading the audit log: a page of it, all of it in order, and whether it is what was written."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

import msgspec

from gate.audit import repository
from gate.audit.chain import Anchor, AuditEntry, UnknownFormat
from gate.audit.model import EVERYTHING, AuditAction, EntryFilter
from gate.audit.verification import Verdict, Verification
from gate.errors import FieldViolation, InvalidInput, PreconditionFailed
from gate.persistence.unit_of_work import Database, UnitOfWork

_DEFAULT_PAGE: Final = 50
_LARGEST_PAGE: Final = 500
_AT_ONCE: Final = 250
"""Entries read and hashed in one go; the event loop is free for others in between."""
_PAGE_TOKEN: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


class EntryPage(msgspec.Struct, frozen=True):
    """Some entries, newest first."""

    entries: Sequence[AuditEntry]
    next_page_token: str
    """Empty: there are no more."""


class AuditReader:
    """Reads one tenant's log. What may be long is read in pieces, each in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(
        self, unit: UnitOfWork, wanted: EntryFilter, *, page_size: int = 0, page_token: str = ""
    ) -> EntryPage:
        """Entries, newest first. Page size 0: 50; at most 500.

        Raises:
            InvalidInput: the filter, page size or token cannot be.
        """
        refuse_unfit_filter(wanted)
        if page_size < 0:
            raise InvalidInput(FieldViolation("page_size", "must not be negative"))
        if page_token and _PAGE_TOKEN.fullmatch(page_token) is None:
            raise InvalidInput(FieldViolation("page_token", "is not a token that an earlier page gave"))
        size = min(page_size or _DEFAULT_PAGE, _LARGEST_PAGE)
        before = int(page_token) if page_token else None
        found = await repository.newest_first(unit.session, unit.tenant, wanted, before=before, limit=size + 1)
        page = found[:size]
        return EntryPage(page, str(page[-1].sequence) if len(found) > size else "")

    async def in_order(
        self, tenant: str, wanted: EntryFilter = EVERYTHING, *, until: int
    ) -> AsyncIterator[Sequence[AuditEntry]]:
        """Entries up to number `until` in pieces, oldest first."""
        after = 0
        while True:
            async with self._database.reading(tenant) as unit:
                found = await repository.oldest_first(
                    unit.session, tenant, wanted, after=after, until=until, limit=_AT_ONCE
                )
            if found:
                yield found
                after = found[-1].sequence
            if len(found) < _AT_ONCE:
                return

    async def verify(self, tenant: str, anchors: Iterable[Anchor]) -> Verdict:
        """Whether the chain, as it stands when this begins, is what was written.

        Raises:
            PreconditionFailed: a later release wrote it; only that can tell.
            StoreUnavailable: the database cannot be reached, or does not answer in time.
        """
        async with self._database.reading(tenant) as unit:
            end = await repository.head(unit.session, tenant)
        verification = Verification(tenant, anchors)
        try:
            async for entries in self.in_order(tenant, until=end.sequence):
                if not verification.follow(entries):
                    break
        except UnknownFormat as unknown:
            raise PreconditionFailed(f"{unknown}: verify with the release that wrote it") from unknown
        return verification.verdict()


def refuse_unfit_filter(wanted: EntryFilter) -> None:
    """An action that does not exist would find nothing, and nothing would be taken for an answer.

    Raises:
        InvalidInput: naming what does not fit.
    """
    if wanted.action and wanted.action not in set(AuditAction):
        raise InvalidInput(FieldViolation("filter.action", f"is none of {', '.join(AuditAction)}"))
    if wanted.since is not None and wanted.until is not None and wanted.since >= wanted.until:
        raise InvalidInput(FieldViolation("filter.until_time", "must be later than from_time"))
