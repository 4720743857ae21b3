"""Who is calling, for which tenant, and what they may do."""

from datetime import datetime

import msgspec

from gate.audit.model import Via
from gate.auth.permissions import Permission, Role
from gate.errors import PermissionDenied


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified credential says. The tenant comes from here and from nowhere else."""

    tenant: str
    subject: str
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    expires_at: datetime
    """UTC."""
    via: Via = Via.TOKEN

    def require(self, permission: Permission) -> None:
        """Let pass who holds `permission`.

        Raises:
            PermissionDenied: naming the permission that is missing.
        """
        if permission not in self.permissions:
            raise PermissionDenied(f"this needs the permission {permission}")
