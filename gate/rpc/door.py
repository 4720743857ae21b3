"""What every call passes: who is it, may they, until when, and how it ended. One decorator per kind of call."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from functools import wraps
from typing import Any, Final, NoReturn, Protocol, TypeVar, cast

import grpc
import msgspec
import structlog
from google.rpc import code_pb2
from grpc_status import rpc_status

from gate.audit.model import Actor
from gate.auth.authenticate import authenticate
from gate.auth.permissions import Permission
from gate.auth.principal import Principal
from gate.auth.tokens import RecognizingVerifier
from gate.clock import Clock
from gate.errors import PermissionDenied, Unauthenticated
from gate.observability import request_ids
from gate.rpc.admission import Admission, Shed, UnderWay
from gate.rpc.metadata import TENANT_METADATA
from gate.rpc.reading import opened
from gate.rpc.refusals import ServicerContext, status_of

SHORTEST_WAY_BACK: Final = 0.02
"""Seconds kept of the caller's deadline, so that the answer still reaches it (row B6)."""
SHARE_FOR_THE_WAY_BACK: Final = 0.05
"""Of the time the caller gave, where that is more: who waits longer is often farther away."""
SECONDS_PER_ANSWER: Final = 0.0002
"""Kept for each answer that has to be put into words; a tenth of a millisecond is what it was measured to take."""

LONGEST_WAIT_OF_A_STREAM: Final = 5.0
"""Seconds for which a batch of an open stream waits for room before it is refused; a call of its own never waits."""
_LOOK_SECONDS: Final = 0.02

_log = structlog.stdlib.get_logger(__name__)


Request = TypeVar("Request")
Response = TypeVar("Response")
Weigh = Callable[[Any], int]
"""How many claims a request amounts to."""


class Call(msgspec.Struct, frozen=True):
    """What a servicer knows of one call besides the request."""

    principal: Principal
    deadline: float | None
    """Event loop time at which the caller stops waiting; None: it named none."""
    request_id: str
    """As the caller named the request in `x-request-id`, or made up here."""
    address: Callable[[], str]
    """The caller's, as gRPC tells it while the call is under way: only what goes into the audit log needs it."""

    def actor(self) -> Actor:
        """Who acts, for the audit log."""
        principal = self.principal
        return Actor(
            tenant=principal.tenant,
            subject=principal.subject,
            via=principal.via,
            request_id=self.request_id,
            address=self.address(),
        )

    def deadline_within(self, budget: float, answers: int = 1) -> float:
        """When to answer with what is known: `budget` seconds from now, or in time to be heard with so many answers.

        At most half of the time there is left is kept for saying it.
        """
        now = asyncio.get_running_loop().time()
        if self.deadline is None:
            return now + budget
        left = max(0.0, self.deadline - now)
        to_say_it = max(SHORTEST_WAY_BACK, left * SHARE_FOR_THE_WAY_BACK) + answers * SECONDS_PER_ANSWER
        return min(now + budget, self.deadline - min(to_say_it, left / 2))


class CallObserver(Protocol):
    """Hears how calls end."""

    def request_ended(self, method: str, status: str, seconds: float) -> None:
        """One call ended with a gRPC status name."""
        ...


class Door:
    """Admits callers to every service of this process."""

    def __init__(
        self, verifier: RecognizingVerifier, admission: Admission, observer: CallObserver, clock: Clock
    ) -> None:
        self._verifier = verifier
        self._admission = admission
        self._clock = clock
        self.observer = observer

    async def still_admits(self, context: ServicerContext, permission: Permission, call: Call) -> None:
        """A stream may outlive the credential that opened it.

        Raises:
            GateError: the credential has expired or was revoked since; or as `admit`.
        """
        if call.principal.expires_at <= self._clock():
            raise Unauthenticated("the token has expired")
        await self.admit(context, permission)

    async def admit(self, context: ServicerContext, permission: Permission) -> Call:
        """The call, once its credential is verified and holds `permission`.

        Raises:
            GateError: Unauthenticated, PermissionDenied or StoreUnavailable.
        """
        authorization = claimed_tenant = request_id = None
        for key, value in context.invocation_metadata() or ():
            if key == "authorization":
                # Of two, somebody in between may have judged the one and we the other.
                if authorization is not None:
                    raise Unauthenticated("one bearer token is needed, not several")
                authorization = value if isinstance(value, str) else ""
            elif key == TENANT_METADATA:
                named = value if isinstance(value, str) else value.decode("latin-1")
                if claimed_tenant not in {None, named}:
                    raise PermissionDenied("the request names several tenants")
                claimed_tenant = named
            elif key == request_ids.HEADER:
                request_id = value if isinstance(value, str) else ""
        request_id = request_ids.begin_request(request_id)
        # With the trailing metadata, which travel with the status anyway: to send them first is an operation of its
        # own and was measured to add 25 us to a call of 290 us.
        context.set_trailing_metadata(((request_ids.HEADER, request_id),))
        principal = self._verifier.recognized(authorization) if authorization and not claimed_tenant else None
        if principal is None:
            principal = await authenticate(authorization, claimed_tenant, self._verifier)
        principal.require(permission)
        left = cast("float | None", context.time_remaining())  # the stubs forget calls without a deadline
        deadline = asyncio.get_running_loop().time() + left if left is not None else None
        return Call(principal, deadline, request_id, context.peer)

    def take_on(self, call: Call, claims: int) -> UnderWay:
        """A block within which so many claims count as under way.

        Raises:
            Overloaded: there is no room for them, or nobody waits for their answer any more.
        """
        if call.deadline is not None and call.deadline <= asyncio.get_running_loop().time():
            raise self._admission.refusal(Shed.TOO_LATE)
        return self._admission.enter(call.principal.tenant, claims)

    async def taking_on(self, requests: AsyncIterator[Request], call: Call, claims: Weigh) -> AsyncGenerator[Request]:
        """The requests of a stream. Each counts as under way until the next is asked for, and first waits for room.

        Raises:
            Overloaded: there was no room for `LONGEST_WAIT_OF_A_STREAM`.
        """
        now = asyncio.get_running_loop().time
        async for request in requests:
            weight, patience_ends = claims(request), now() + LONGEST_WAIT_OF_A_STREAM
            while now() < patience_ends and not self._admission.has_room(call.principal.tenant, weight):  # noqa: ASYNC110 - see below
                await asyncio.sleep(_LOOK_SECONDS)  # an event would cost every other call, for what is rare
            with self.take_on(call, weight):
                yield request


class HasDoor(Protocol):
    """A servicer behind a door."""

    @property
    def door(self) -> Door:
        """Where its callers come in."""
        ...


Servicer = TypeVar("Servicer", bound=HasDoor)


def unary(
    permission: Permission, claims: Weigh | None = None
) -> Callable[
    [Callable[[Servicer, Request, Call], Awaitable[Response]]],
    Callable[[Servicer, Request, ServicerContext], Awaitable[Response]],
]:
    """A call with one request and one response that needs `permission`.

    `claims` weighs a request; without it the call is let in under any load, as what an operator does must be.
    """

    def decorate(
        method: Callable[[Servicer, Request, Call], Awaitable[Response]],
    ) -> Callable[[Servicer, Request, ServicerContext], Awaitable[Response]]:
        name = method.__name__

        @wraps(method)
        async def answered(servicer: Servicer, request: Request, context: ServicerContext) -> Response:
            began = time.perf_counter()
            try:
                call = await servicer.door.admit(context, permission)
                request = opened(request)
                if claims is None:
                    response = await method(servicer, request, call)
                else:
                    with servicer.door.take_on(call, claims(request)):
                        response = await method(servicer, request, call)
            except Exception as error:  # noqa: BLE001 - the door is where every error becomes a status
                await _refuse(servicer.door, context, name, began, error)
            servicer.door.observer.request_ended(name, "OK", time.perf_counter() - began)
            return response

        return answered

    return decorate


def streaming(
    permission: Permission,
) -> Callable[
    [Callable[[Servicer, Request, Call], AsyncIterator[Response]]],
    Callable[[Servicer, Request, ServicerContext], AsyncIterator[Response]],
]:
    """A call with a stream of responses that needs `permission`; its request is one message or a stream."""

    def decorate(
        method: Callable[[Servicer, Request, Call], AsyncIterator[Response]],
    ) -> Callable[[Servicer, Request, ServicerContext], AsyncIterator[Response]]:
        name = method.__name__

        @wraps(method)
        async def answered(servicer: Servicer, request: Request, context: ServicerContext) -> AsyncIterator[Response]:
            began = time.perf_counter()
            try:
                call = await servicer.door.admit(context, permission)
                request = opened(request)
                async for response in method(servicer, request, call):
                    await servicer.door.still_admits(context, permission, call)
                    yield response
            except Exception as error:  # noqa: BLE001 - the door is where every error becomes a status
                await _refuse(servicer.door, context, name, began, error)
            servicer.door.observer.request_ended(name, "OK", time.perf_counter() - began)

        return answered

    return decorate


async def _refuse(door: Door, context: ServicerContext, name: str, began: float, error: Exception) -> NoReturn:
    if isinstance(error, grpc.aio.AbortError | grpc.aio.UsageError):
        raise error
    status = status_of(error)
    if status.code == code_pb2.INTERNAL:
        _log.error("call_failed", method=name, exc_info=error)
    door.observer.request_ended(name, code_pb2.Code.Name(status.code), time.perf_counter() - began)
    told = rpc_status.to_status(status)
    await context.abort(told.code, told.details, (*(context.trailing_metadata() or ()), *told.trailing_metadata))
