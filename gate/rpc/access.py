"""The service `Access`: who may call in a tenant's name."""

from datetime import UTC, datetime
from typing import ClassVar

from google.protobuf.timestamp_pb2 import Timestamp

from gate.auth.api_keys import ApiKey, KeyOrder
from gate.auth.permissions import Permission
from gate.auth.service import AccessService
from gate.errors import FieldViolation, InvalidInput
from gate.persistence.unit_of_work import Database
from gate.rpc.door import Call, Door, unary
from gate.rpc.messages import instant_message, known_instant_message
from gate.v1 import access_pb2, access_pb2_grpc


class AccessServicer(access_pb2_grpc.AccessServicer):
    """Acts on the tenant of the caller's credential and on no other."""

    service: ClassVar = access_pb2.DESCRIPTOR.services_by_name["Access"]

    def __init__(self, door: Door, database: Database, access: AccessService) -> None:
        self.door = door
        self._database = database
        self._access = access

    @unary(Permission.ACCESS_MANAGE)
    async def CreateApiKey(  # noqa: N802 - the contract's name
        self, request: access_pb2.CreateApiKeyRequest, call: Call
    ) -> access_pb2.CreateApiKeyResponse:
        """A key of a service account; its secret is in this answer and nowhere else."""
        order = KeyOrder(
            account=request.service_account,
            roles=tuple(request.roles),
            narrowed_to=tuple(request.narrowed_to),
            expires_at=_instant_in(request.expires_at if request.HasField("expires_at") else None, "expires_at"),
        )
        async with self._database.writing(call.principal.tenant) as unit:
            made = await self._access.create_key(unit, order, call.principal, call.actor())
        return access_pb2.CreateApiKeyResponse(api_key=_key_message(made.key), token=made.written)

    @unary(Permission.ACCESS_MANAGE)
    async def ListApiKeys(  # noqa: N802 - the contract's name
        self, request: access_pb2.ListApiKeysRequest, call: Call
    ) -> access_pb2.ListApiKeysResponse:
        """Newest first, in pages."""
        async with self._database.reading(call.principal.tenant) as unit:
            page = await self._access.list_keys(unit, page_size=request.page_size, page_token=request.page_token)
        return access_pb2.ListApiKeysResponse(
            api_keys=[_key_message(key) for key in page.keys], next_page_token=page.next_page_token
        )

    @unary(Permission.ACCESS_MANAGE)
    async def RevokeApiKey(  # noqa: N802 - the contract's name
        self, request: access_pb2.RevokeApiKeyRequest, call: Call
    ) -> access_pb2.RevokeApiKeyResponse:
        """For good."""
        async with self._database.writing(call.principal.tenant) as unit:
            revoked = await self._access.revoke_key(unit, request.key_id, call.actor())
        return access_pb2.RevokeApiKeyResponse(api_key=_key_message(revoked))


def _instant_in(message: Timestamp | None, field: str) -> datetime:
    if message is None:
        raise InvalidInput(FieldViolation(field, "is required: no key is good for ever"))
    try:
        return message.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(FieldViolation(field, "is not an instant")) from None


def _key_message(key: ApiKey) -> access_pb2.ApiKey:
    return access_pb2.ApiKey(
        key_id=key.key_id,
        service_account=key.account,
        roles=sorted(key.roles),
        narrowed_to=sorted(key.narrowed_to or ()),
        created_by=key.created_by,
        created_at=instant_message(key.created_at),
        expires_at=instant_message(key.expires_at),
        revoked_by=key.revoked_by,
        revoked_at=known_instant_message(key.revoked_at),
        last_used_at=known_instant_message(key.last_used_at),
    )
