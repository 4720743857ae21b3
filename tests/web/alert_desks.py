"""Somebody at a browser who looks after alerts, in an organisation of their own."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from types import MappingProxyType
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from gate.auth.permissions import Role
from gate.clock import system_clock
from gate.v1 import alerts_pb2 as pb
from gate.v1 import credentialing_pb2
from tests.support.admin_api import new_npi
from tests.support.callers import CALL_SECONDS, Caller, as_message
from tests.support.gates import GateInProcess
from tests.support.visitors import Visitor, hire, visitor

_numbers = count(1)


class Desk:
    """Somebody at a browser, in an organisation of their own."""

    def __init__(self, browser: Visitor, caller: Caller, login: str) -> None:
        self.browser = browser
        self.caller = caller
        self.login = login
        self.enrollments: dict[str, str] = {}
        """Ids by payer."""

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.browser.get(path)
        assert answer.status == status, answer.text
        return answer.text

    async def send(
        self, path: str, typed: Mapping[str, str] = MappingProxyType({}), *, status: int = 303, **fields: str
    ) -> str:
        """The page to which a form leads, or what was answered instead."""
        answer = await self.browser.submit("/account", path, **{**typed, **fields})
        assert answer.status == status, answer.text
        return await self.page(answer.location) if status == 303 else answer.text

    async def alert(self, *, due_in: int = 10, payer: str = "Molina") -> str:
        """The path of an alert about an enrollment that is due so soon."""
        provider = await self._record(
            "CreateProvider", provider=credentialing_pb2.Provider(first_name="Jane", last_name="Doe", npi=new_npi())
        )
        made = await self._record("CreatePayer", payer=credentialing_pb2.Payer(name=payer))
        enrollment = credentialing_pb2.ProviderEnrollment(
            provider_id=provider.provider.id,
            payer_id=made.payer.id,
            status=credentialing_pb2.PROVIDER_ENROLLMENT_STATUS_ENROLLED,
            recert_due_on=as_message(system_clock().date() + timedelta(days=due_in)),
        )
        kept = await self._record("CreateEnrollment", enrollment=enrollment)
        self.enrollments[payer] = kept.enrollment.id
        await self._scan()
        page = await self.page("/pm/inbox/alerts")
        found = re.search(rf'href="(/pm/inbox/alerts/[0-9a-f-]+)">Re-credentialing: {payer}<', page)
        assert found is not None
        return found[1]

    async def renew(self, payer: str) -> None:
        """The enrollment with that payer holds for years from now on, and its alert is closed."""
        due_on = as_message(system_clock().date() + timedelta(days=900))
        renewed = credentialing_pb2.ProviderEnrollment(id=self.enrollments[payer], recert_due_on=due_on)
        await self._record("UpdateEnrollment", enrollment=renewed, update_mask=FieldMask(paths=["recert_due_on"]))
        await self._scan()

    async def _record(self, name: str, **fields: object) -> Any:
        request = getattr(credentialing_pb2, f"{name}Request")(**fields)
        return await getattr(self.caller.credentialing, name)(
            request, metadata=self.caller.metadata, timeout=CALL_SECONDS
        )

    async def _scan(self) -> None:
        await self.caller.alerts.RunScan(pb.RunScanRequest(), metadata=self.caller.metadata, timeout=CALL_SECONDS)


@asynccontextmanager
async def desk_of(gate: GateInProcess, role: Role, *, of: str = "", at: str = "") -> AsyncIterator[Desk]:
    """Somebody of this role, in the organisation `of` or in one of their own; who signs in by a mail address `at` a
    host, or by a name.
    """
    word = f"alerts-{role.value.replace('_', '-')}-{next(_numbers)}"
    name, clinic = f"{word}{at}", of or f"{word}-clinic"
    await hire(gate.settings, name, {clinic: role})
    async with visitor(gate.http_url) as browser:
        await browser.sign_in(name)
        yield Desk(browser, gate.of(clinic), name)
