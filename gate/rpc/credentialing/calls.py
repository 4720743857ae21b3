"""What the calls of the service `Credentialing` have in common."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from gate.credentialing.model.paging import PageRequest
from gate.credentialing.service.desk import CredentialingDesk
from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.rpc.door import Call, Door


class _Paged(Protocol):
    page_size: int
    page_token: str


def page_in(request: _Paged) -> PageRequest:
    """Which page is wanted."""
    return PageRequest(request.page_size, request.page_token)


class DeskCalls:
    """Acts on the tenant of the caller's credential and on no other."""

    def __init__(self, door: Door, database: Database, desk: CredentialingDesk) -> None:
        self.door = door
        self._database = database
        self._desk = desk

    def _reading(self, call: Call) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.reading(call.principal.tenant)

    def _writing(self, call: Call) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.writing(call.principal.tenant)
