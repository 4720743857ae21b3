"""Who comes to the credentialing pages: `pm.admin` opens their routes, and a second key what is on them."""

from typing import Annotated

from fastapi import Depends

from gate.auth.permissions import Permission
from gate.web.door import Visit, signed_in

_Admitted = Annotated[Visit, Depends(signed_in(Permission.PRACTICE_ADMIN))]


async def _viewer(visit: _Admitted) -> Visit:
    visit.principal.require(Permission.CREDENTIALING_VIEW)
    return visit


async def _manager(visit: _Admitted) -> Visit:
    visit.principal.require(Permission.CREDENTIALING_VIEW)
    visit.principal.require(Permission.CREDENTIALING_MANAGE)
    return visit


Viewer = Annotated[Visit, Depends(_viewer)]
"""Somebody who may look at the records."""
Manager = Annotated[Visit, Depends(_manager)]
"""Somebody who may change them."""


def may_manage(visit: Visit) -> bool:
    """Whether pages offer them what changes records."""
    return Permission.CREDENTIALING_MANAGE in visit.principal.permissions
