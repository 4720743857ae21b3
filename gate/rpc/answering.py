"""The only way for an answer about claims to leave: as bytes, and those are made here, after the ledger has them.

A check is handed to its servicer as a message and comes back as `Answered`, which no serializer knows. Requests and
replies are kept as they go over the wire, so requests are parsed here, once, and gRPC passes the bytes on.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import wraps
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

from google.protobuf.message import Message

from gate.auth.permissions import Permission
from gate.checks.profile import ProviderQuestion, StateEnrollment
from gate.checks.recording import DecisionRecorder
from gate.ledger.batches import GivenBatch
from gate.ledger.journal import Exchange, Journal
from gate.ledger.model import WireKind
from gate.rpc.audit_records import AuditRecords
from gate.rpc.batch import Answered
from gate.rpc.door import Call, Door, streaming, unary
from gate.rpc.reading import AS_BYTES, read
from gate.rpc.refusals import ServicerContext

Request = TypeVar("Request", bound=Message)
Reply = TypeVar("Reply", bound=Message)


class WayOut:
    """What every answer passes: first it is kept, then it is counted, then it leaves."""

    def __init__(self, journal: Journal, recorder: DecisionRecorder, records: AuditRecords) -> None:
        self._journal = journal
        self._recorder = recorder
        self._records = records

    async def give(self, call: Call, kind: WireKind, request: bytes, answered: Answered) -> bytes:
        """The reply as it is sent.

        Raises:
            StoreUnavailable: the ledger cannot keep it; it is not given, and not counted as given.
        """
        if isinstance(answered.kept, GivenBatch):
            await self._journal.keep_batch(exchange(call, kind, request, b""), answered.kept)
        else:
            await self._journal.keep(exchange(call, kind, request, answered.reply), answered.kept)
        self._recorder.record(answered.answers)
        return answered.reply

    async def show(
        self, call: Call, wire: tuple[Message, Message], question: ProviderQuestion, entries: Sequence[StateEnrollment]
    ) -> None:
        """Let a provider's file leave: its reading is recorded, and what the sources just said of it is kept.

        `wire` are the request and the reply.

        Raises:
            StoreUnavailable: the one or the other cannot be done, so it must not leave.
        """
        states = tuple(entry.state for entry in entries)
        await self._records.provider_read(call, question.npi, states, question.as_of)
        if question.as_of is None:
            request, reply = (message.SerializeToString() for message in wire)
            kept = exchange(call, WireKind.LOOKUP_PROVIDER, request, reply)
            await self._journal.keep_evidence(kept, [entry.evidence for entry in entries])


class HasWayOut(Protocol):
    """A servicer that answers about claims."""

    @property
    def door(self) -> Door:
        """Where its callers come in."""
        ...

    @property
    def way_out(self) -> WayOut:
        """Where its answers go out."""
        ...


Servicer = TypeVar("Servicer", bound=HasWayOut)
Claims = Callable[[Any], int]
"""How many claims a request asks about, by which it is weighed (`gate.rpc.admission`)."""


class _Received(NamedTuple, Generic[Request]):
    wire: bytes
    message: Request


def exchange(call: Call, kind: WireKind, request: bytes, reply: bytes) -> Exchange:
    """What is kept of a call beside its answers."""
    return Exchange(
        tenant=call.principal.tenant,
        caller=call.principal.subject,
        request_id=call.request_id,
        kind=kind,
        request=request,
        reply=reply,
    )


def answering(
    kind: WireKind, message: type[Request], claims: Claims
) -> Callable[
    [Callable[[Servicer, Request, Call], Awaitable[Answered]]],
    Callable[[Servicer, Request, ServicerContext], Awaitable[Reply]],
]:
    """A call with one request and one reply that decides claims."""

    def decorate(
        method: Callable[[Servicer, Request, Call], Awaitable[Answered]],
    ) -> Callable[[Servicer, Request, ServicerContext], Awaitable[Reply]]:
        @unary(Permission.GATE_CHECK)
        @wraps(method)
        async def answered(servicer: Servicer, request: bytes, call: Call) -> bytes:
            parsed = read(message, request)
            with servicer.door.take_on(call, claims(parsed)):
                return await servicer.way_out.give(call, kind, request, await method(servicer, parsed, call))

        setattr(answered, AS_BYTES, True)
        # To gRPC's types it speaks messages, as the contract has it; `gate.rpc.reading` sees to it that it gets bytes.
        return cast("Callable[[Servicer, Request, ServicerContext], Awaitable[Reply]]", answered)

    return decorate


def answering_stream(
    kind: WireKind, message: type[Request], claims: Claims
) -> Callable[
    [Callable[[Servicer, Request, Call], Awaitable[Answered]]],
    Callable[[Servicer, AsyncIterator[Request], ServicerContext], AsyncIterator[Reply]],
]:
    """A stream of requests that decide claims, each answered before the next is read, which is the back-pressure."""

    def decorate(
        method: Callable[[Servicer, Request, Call], Awaitable[Answered]],
    ) -> Callable[[Servicer, AsyncIterator[Request], ServicerContext], AsyncIterator[Reply]]:
        @streaming(Permission.GATE_CHECK)
        @wraps(method)
        async def answered(servicer: Servicer, requests: AsyncIterator[bytes], call: Call) -> AsyncIterator[bytes]:
            received = (_Received(request, read(message, request)) async for request in requests)
            taking_on = servicer.door.taking_on(received, call, lambda one: claims(one.message))
            async with aclosing(taking_on) as taken_on:
                async for request in taken_on:
                    yield await servicer.way_out.give(
                        call, kind, request.wire, await method(servicer, request.message, call)
                    )

        setattr(answered, AS_BYTES, True)
        # As above.
        return cast("Callable[[Servicer, AsyncIterator[Request], ServicerContext], AsyncIterator[Reply]]", answered)

    return decorate
