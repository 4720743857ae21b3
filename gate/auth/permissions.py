"""What callers may do: permissions as keys, grouped into roles."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Permission(StrEnum):
    """The keys as they appear in documentation and refusals."""

    GATE_CHECK = "gate.check"
    GATE_DECISIONS_VIEW = "gate.decisions.view"
    GATE_ADMIN_VIEW = "gate.admin.view"
    GATE_ADMIN_MANAGE = "gate.admin.manage"
    CREDENTIALING_VIEW = "pm.credentialing.view"
    CREDENTIALING_MANAGE = "pm.credentialing.manage"
    PRACTICE_ADMIN = "pm.admin"
    """Opens the pages and routes of practice management, and nothing on them: each of those has a key of its own."""
    PAYERS_VIEW = "pm.payers.view"
    PAYERS_MANAGE = "pm.payers.manage"
    INSURANCE_VIEW = "pm.insurance.view"
    INSURANCE_MANAGE = "pm.insurance.manage"
    ELIGIBILITY_RUN = "pm.eligibility.run"
    ALERTS_VIEW = "gate.alerts.view"
    ALERTS_MANAGE = "gate.alerts.manage"
    AUDIT_VIEW = "audit.view"
    ACCESS_MANAGE = "access.manage"
    """Make and take away accounts and API keys. Nobody gives what they do not hold themselves."""


class Role(StrEnum):
    """The roles a credential may carry."""

    PIPELINE = "pipeline"
    """A machine that submits claims."""
    VIEWER = "viewer"
    COORDINATOR = "coordinator"
    """Keeps credentialing records, payers and insurance current."""
    CLAIMS_ANALYST = "claims_analyst"
    PROVIDER_RELATIONS = "provider_relations"
    """Speaks with providers about their enrollment."""
    GATE_OPERATOR = "gate_operator"
    """Turns states and modes on and off."""
    AUDITOR = "auditor"
    ORG_ADMIN = "org_admin"


_VIEWS: Final = frozenset(
    {
        Permission.GATE_DECISIONS_VIEW,
        Permission.GATE_ADMIN_VIEW,
        Permission.CREDENTIALING_VIEW,
        Permission.PAYERS_VIEW,
        Permission.INSURANCE_VIEW,
        Permission.ALERTS_VIEW,
    }
)
"""Reading the tenant's own records. The audit log is not among them: it tells who did what."""

PERMISSIONS_OF: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.PIPELINE: frozenset({Permission.GATE_CHECK}),
        Role.VIEWER: _VIEWS | {Permission.PRACTICE_ADMIN},
        Role.COORDINATOR: frozenset(
            {
                Permission.CREDENTIALING_VIEW,
                Permission.CREDENTIALING_MANAGE,
                Permission.PRACTICE_ADMIN,
                Permission.PAYERS_VIEW,
                Permission.PAYERS_MANAGE,
                Permission.INSURANCE_VIEW,
                Permission.INSURANCE_MANAGE,
                Permission.ELIGIBILITY_RUN,
                Permission.ALERTS_VIEW,
                Permission.ALERTS_MANAGE,
            }
        ),
        Role.CLAIMS_ANALYST: frozenset(
            {Permission.GATE_CHECK, Permission.GATE_DECISIONS_VIEW, Permission.GATE_ADMIN_VIEW}
        ),
        Role.PROVIDER_RELATIONS: frozenset(
            {
                Permission.GATE_CHECK,
                Permission.GATE_DECISIONS_VIEW,
                Permission.GATE_ADMIN_VIEW,
                Permission.CREDENTIALING_VIEW,
                Permission.CREDENTIALING_MANAGE,
                Permission.PRACTICE_ADMIN,
                Permission.PAYERS_VIEW,
                Permission.ALERTS_VIEW,
                Permission.ALERTS_MANAGE,
            }
        ),
        Role.GATE_OPERATOR: frozenset(
            {
                Permission.GATE_CHECK,
                Permission.GATE_DECISIONS_VIEW,
                Permission.GATE_ADMIN_VIEW,
                Permission.GATE_ADMIN_MANAGE,
                Permission.ALERTS_VIEW,
            }
        ),
        Role.AUDITOR: _VIEWS | {Permission.AUDIT_VIEW},
        Role.ORG_ADMIN: frozenset(Permission),
    }
)


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Everything that at least one of the roles allows."""
    return frozenset[Permission]().union(*(PERMISSIONS_OF[role] for role in roles))
