import pytest

from gate.auth.permissions import PERMISSIONS_OF, Permission, Role, permissions_of
from gate.errors import PermissionDenied
from tests.auth.builders import principal


def test_every_role_is_worth_something_and_every_permission_is_somebodys() -> None:
    assert set(PERMISSIONS_OF) == set(Role)
    assert all(PERMISSIONS_OF.values())
    assert permissions_of(frozenset(Role) - {Role.ORG_ADMIN}) == set(Permission) - {Permission.ACCESS_MANAGE}
    assert PERMISSIONS_OF[Role.ORG_ADMIN] == set(Permission)


def test_a_pipeline_checks_claims_and_nothing_else() -> None:
    assert PERMISSIONS_OF[Role.PIPELINE] == {Permission.GATE_CHECK}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_who_only_reads_holds_only_permissions_to_view(role: Role) -> None:
    assert all(permission.endswith(".view") for permission in PERMISSIONS_OF[role] - {Permission.PRACTICE_ADMIN})


def test_what_opens_practice_management_changes_nothing_in_it() -> None:
    opens = {role for role, permissions in PERMISSIONS_OF.items() if Permission.PRACTICE_ADMIN in permissions}
    manages = {role for role, permissions in PERMISSIONS_OF.items() if Permission.CREDENTIALING_MANAGE in permissions}

    assert opens - manages == {Role.VIEWER}
    assert manages <= opens


def test_only_operators_and_admins_change_the_gate() -> None:
    may = {role for role, permissions in PERMISSIONS_OF.items() if Permission.GATE_ADMIN_MANAGE in permissions}

    assert may == {Role.GATE_OPERATOR, Role.ORG_ADMIN}


def test_only_auditors_and_admins_read_the_audit_log() -> None:
    may = {role for role, permissions in PERMISSIONS_OF.items() if Permission.AUDIT_VIEW in permissions}

    assert may == {Role.AUDITOR, Role.ORG_ADMIN}


def test_roles_add_up() -> None:
    both = permissions_of(frozenset({Role.PIPELINE, Role.VIEWER}))

    assert both == PERMISSIONS_OF[Role.PIPELINE] | PERMISSIONS_OF[Role.VIEWER]


def test_a_missing_permission_is_refused_by_its_name() -> None:
    pipeline = principal(Role.PIPELINE)

    pipeline.require(Permission.GATE_CHECK)
    with pytest.raises(PermissionDenied, match=r"gate\.admin\.manage"):
        pipeline.require(Permission.GATE_ADMIN_MANAGE)
