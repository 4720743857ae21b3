"""Which alerts are wanted of the list, as its address has it. Pure."""

from collections.abc import Mapping
from typing import Self

import msgspec

from gate.alerts.model.alerts import AlertStatus
from gate.alerts.model.kinds import AlertKind, Urgency
from gate.alerts.model.pages import AlertFilter
from gate.errors import FieldViolation, InvalidInput
from gate.web.portal.alerts.views import ALERTS
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.whose import login_of

_RETURNS = "back-"


class Wish(msgspec.Struct, frozen=True):
    """What is set must match."""

    kind: str = ""
    urgency: str = ""
    status: str = ""
    who: str = ""
    """Empty: everybody's; ``me``; else a login."""
    escalated: str = ""

    @classmethod
    def returning(cls, typed: Mapping[str, str]) -> Self:
        """The list to which a form leads back."""
        return cls(*(typed.get(_RETURNS + name, "") for name in cls.__struct_fields__))

    @property
    def kept(self) -> dict[str, str]:
        """What its address says."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value}

    @property
    def back(self) -> dict[str, str]:
        """Hidden fields of a form that lead back to it."""
        return {_RETURNS + name: value for name, value in self.kept.items()}

    def at(self, **more: str) -> str:
        """Its address."""
        return address(ALERTS, **self.kept, **more)

    def filter(self, login: str) -> AlertFilter:
        """The same, as the service takes it, for whoever is signed in as `login`.

        Raises:
            InvalidInput: a part is none.
        """
        try:
            return AlertFilter(
                kind=AlertKind(self.kind) if self.kind else None,
                urgency=Urgency(self.urgency) if self.urgency else None,
                status=AlertStatus(self.status) if self.status else None,
                assigned_to=login_of(self.who, login),
                escalated=bool(self.escalated),
            )
        except ValueError:
            raise InvalidInput(FieldViolation("filter", "is none that this page has")) from None
