"""Who comes to the pages about alerts."""

from typing import Annotated

from fastapi import Depends

from gate.auth.permissions import Permission
from gate.web.door import Visit, signed_in

Viewer = Annotated[Visit, Depends(signed_in(Permission.ALERTS_VIEW))]
"""Somebody who may look at them, and settle how they are told of them themselves."""
Manager = Annotated[Visit, Depends(signed_in(Permission.ALERTS_MANAGE))]
"""Somebody who may do something about them."""


def may_manage(visit: Visit) -> bool:
    """Whether pages offer them what changes alerts."""
    return Permission.ALERTS_MANAGE in visit.principal.permissions
