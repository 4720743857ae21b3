"""What a key is, and who may give which."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.audit.model import Via
from gate.auth.api_keys import ApiKey, KeyOrder, make_key, presented
from gate.auth.permissions import PERMISSIONS_OF, Permission, Role, permissions_of
from gate.auth.principal import Principal
from gate.errors import InvalidInput, PermissionDenied
from tests.auth.builders import principal

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ADMIN = principal(Role.ORG_ADMIN)
SCANNER = re.compile(r"\bgate_[0-9a-f]{32}_[0-9a-f]{64}\b")


def order(*roles: str, only: tuple[str, ...] = (), account: str = "nightly", days: float = 30) -> KeyOrder:
    return KeyOrder(
        account=account, roles=roles or ("pipeline",), narrowed_to=only, expires_at=NOW + timedelta(days=days)
    )


def made(*roles: str, only: tuple[str, ...] = (), maker: Principal = ADMIN) -> ApiKey:
    return make_key(order(*roles, only=only), maker, NOW).key


def test_a_key_belongs_to_its_makers_tenant_and_speaks_for_its_service_account() -> None:
    key = make_key(order("pipeline"), principal(Role.ORG_ADMIN, tenant="globex"), NOW).key

    assert (key.principal.tenant, key.principal.subject) == ("globex", "service-account/nightly")
    assert key.principal.via is Via.API_KEY
    assert key.principal.permissions == {Permission.GATE_CHECK}
    assert key.principal.expires_at == NOW + timedelta(days=30)


def test_a_key_is_written_so_that_scanners_find_it_and_stored_without_its_secret() -> None:
    new = make_key(order(), ADMIN, NOW)
    shown = presented(new.written)

    assert SCANNER.search(f'token = "{new.written}"')
    assert shown is not None
    assert shown.key_id == new.key.key_id
    assert new.key.digest == sha256(shown.secret.encode()).digest()
    assert shown.secret not in repr(new.key)
    assert new.key.has_secret(shown.secret)


def test_no_two_keys_are_alike() -> None:
    keys = [make_key(order(), ADMIN, NOW) for _ in range(100)]

    assert len({new.key.key_id for new in keys}) == len({new.key.digest for new in keys}) == 100
    assert not keys[0].key.has_secret(keys[1].written.rpartition("_")[2])


@given(st.text(max_size=120) | st.from_regex(r"gate_[0-9a-fA-F]{30,34}_[0-9a-f]{62,66}", fullmatch=True))
def test_what_is_not_written_as_a_key_is_none(text: str) -> None:
    assert (presented(text) is not None) == (SCANNER.fullmatch(text) is not None and text.isascii())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (order(account=""), "service_account"),
        (order(account="a b"), "service_account"),
        (order(account="x" * 65), "service_account"),
        (order(account="-x"), "service_account"),
        (KeyOrder(account="nightly", roles=(), expires_at=NOW + timedelta(days=1)), "roles"),
        (order("boss"), "roles"),
        (order("pipeline", "boss"), "roles"),
        (order("pipeline", only=("gate.admin.manage",)), "narrowed_to"),
        (order("pipeline", only=("gate.check", "everything")), "narrowed_to"),
        (order(days=0), "expires_at"),
        (order(days=-1), "expires_at"),
        (order(days=366.001), "expires_at"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_key_that_does_not_fit_is_refused_by_field(wrong: KeyOrder, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make_key(wrong, ADMIN, NOW)

    assert [violation.field for violation in refusal.value.violations] == [field]


def test_a_key_may_live_366_days() -> None:
    assert make_key(order(days=366), ADMIN, NOW).key.expires_at - NOW == timedelta(days=366)


@given(st.sets(st.sampled_from(Role), min_size=1), st.sets(st.sampled_from(Role), min_size=1))
def test_nobody_gives_what_they_do_not_hold(held: set[Role], given_away: set[Role]) -> None:
    maker = principal(*held)

    try:
        key = made(*given_away, maker=maker)
    except PermissionDenied:
        assert not permissions_of(frozenset(given_away)) <= maker.permissions
    else:
        assert key.permissions <= maker.permissions


def test_a_narrowed_key_cannot_make_a_wider_one() -> None:
    narrowed = made("org_admin", only=("access.manage", "gate.check")).principal

    assert narrowed.permissions == {Permission.ACCESS_MANAGE, Permission.GATE_CHECK}
    assert made("pipeline", maker=narrowed).permissions == {Permission.GATE_CHECK}
    for beyond in ("org_admin", "viewer"):
        with pytest.raises(PermissionDenied, match=beyond):
            made(beyond, only=("gate.decisions.view",), maker=narrowed)


def test_a_key_may_allow_less_than_its_roles() -> None:
    assert made("claims_analyst").permissions == PERMISSIONS_OF[Role.CLAIMS_ANALYST]
    assert made("claims_analyst", only=("gate.check",)).permissions == {Permission.GATE_CHECK}
