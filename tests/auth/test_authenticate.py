import pytest

from gate.auth.authenticate import authenticate
from gate.auth.development import DevelopmentKeyVerifier
from gate.errors import PermissionDenied, Unauthenticated
from tests.auth.builders import KEY, claims, token

VERIFIER = DevelopmentKeyVerifier(KEY)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("claimed_tenant", [None, "", "acme"])
async def test_a_good_bearer_token_stands_for_its_principal(scheme: str, claimed_tenant: str | None) -> None:
    principal = await authenticate(f"{scheme} {token(claims())}", claimed_tenant, VERIFIER)

    assert (principal.tenant, principal.subject) == ("acme", "ada")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YWRhOnNlY3JldA==", "Bearerx y", token(claims()), "Bearer ключ"]
)
async def test_c2_without_a_bearer_token_nobody_is_calling(header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await authenticate(header, None, VERIFIER)


async def test_c2_a_claimed_tenant_is_no_credential() -> None:
    with pytest.raises(Unauthenticated):
        await authenticate(None, "acme", VERIFIER)


@pytest.mark.parametrize("claimed_tenant", ["globex", "ACME", "acme ", " "])
async def test_c3_naming_another_tenant_than_the_credentials_is_refused(claimed_tenant: str) -> None:
    with pytest.raises(PermissionDenied) as refusal:
        await authenticate(f"Bearer {token(claims())}", claimed_tenant, VERIFIER)

    assert "globex" not in str(refusal.value)
    assert "acme" not in str(refusal.value).lower()


async def test_a_token_of_absurd_length_is_not_even_looked_at() -> None:
    with pytest.raises(Unauthenticated):
        await authenticate(f"Bearer {token(claims(padding='x' * 20_000))}", None, VERIFIER)
