"""What the claims of an identity provider say about a person: who they are, and what they may do where. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from gate.auth.permissions import Role
from gate.errors import PermissionDenied, Unauthenticated
from gate.tenancy.validation import is_tenant_id

_LONGEST_SUBJECT: Final = 254
_NAMES: Final = ("name", "preferred_username", "email")


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A person for whom an identity provider vouches."""

    issuer: str
    subject: str
    name: str
    memberships: Mapping[str, frozenset[Role]]


class ClaimNames(msgspec.Struct, frozen=True, kw_only=True):
    """Where the provider says what. A dot leads into an object: ``realm_access.roles``."""

    tenant: str
    roles: str
    roles_by_name: Mapping[str, Role]
    """What the provider's names mean; others are then passed over. Empty: its names are our roles'."""


def identity_of(claims: Mapping[str, Any], names: ClaimNames) -> Identity:
    """The person the claims of a verified token speak of. Who belongs to several tenants has the same roles in each.

    Raises:
        Unauthenticated: they name no subject.
        PermissionDenied: they name no tenant or no role of ours, or something that cannot be one.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise Unauthenticated("your identity provider does not say who you are")
    tenants = _listed(_found(claims, names.tenant))
    if not tenants or not all(is_tenant_id(tenant) for tenant in tenants):
        raise PermissionDenied("your identity provider does not say to which organisation you belong")
    roles = _roles(_listed(_found(claims, names.roles)), names.roles_by_name)
    return Identity(
        issuer=str(claims["iss"]),
        subject=subject,
        name=next((said for name in _NAMES if isinstance(said := claims.get(name), str) and said.isprintable()), ""),
        memberships=dict.fromkeys(sorted(set(tenants)), roles),
    )


def _roles(said: Sequence[str], by_name: Mapping[str, Role]) -> frozenset[Role]:
    if by_name:
        roles = frozenset(by_name[name] for name in said if name in by_name)
    else:
        try:
            roles = frozenset(map(Role, said))
        except ValueError:
            # Going on with the rest would turn a misspelt role into a puzzle.
            raise PermissionDenied("your identity provider names a role that does not exist here") from None
    if not roles:
        raise PermissionDenied("your identity provider gives you no role here")
    return roles


def _found(claims: Mapping[str, Any], name: str) -> object:
    if name in claims:  # URLs are names of claims too, and hold dots
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _listed(said: object) -> list[str]:
    if isinstance(said, str):
        return [said]
    return [item for item in said if isinstance(item, str)] if isinstance(said, list) else []
