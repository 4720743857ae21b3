"""Sign-in at an identity provider, against a real one on loopback."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.auth.oidc import OpenIdProvider
from gate.auth.oidc_claims import ClaimNames, identity_of
from gate.auth.oidc_flow import Flow
from gate.auth.permissions import Role
from gate.errors import PermissionDenied, PreconditionFailed, StoreUnavailable, Unauthenticated
from gate.setting_sections import OidcSettings
from tests.support.openid import CLIENT_ID, CLIENT_SECRET, Provider, running_provider

RETURN = "https://gate.example.org/sign-in/oidc/return"
PLAIN = ClaimNames(tenant="tenant", roles="roles", roles_by_name={})


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as provider:
        yield provider


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def ours(provider: Provider, http: aiohttp.ClientSession, **settings: Any) -> OpenIdProvider:
    fields = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **settings}
    return OpenIdProvider(OidcSettings(**fields), RETURN, http)


async def there_and_back(ours: OpenIdProvider, http: aiohttp.ClientSession, flow: Flow) -> dict[str, str]:
    """What the browser brings back."""
    async with http.get(await ours.address_for(flow), allow_redirects=False) as response:
        back = response.headers["Location"]
    assert back.startswith(RETURN)
    return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


async def test_a_person_comes_back_with_name_organisation_and_roles(
    provider: Provider, http: aiohttp.ClientSession
) -> None:
    client, flow = ours(provider, http), Flow.begin("/account")

    identity = await client.identity(await there_and_back(client, http, flow), flow)

    assert (identity.issuer, identity.subject, identity.name) == (provider.issuer, "ann", "Ann Smith")
    assert identity.memberships == {"clinic": {Role.COORDINATOR, Role.GATE_OPERATOR}}
    assert provider.asked[0]["redirect_uri"] == RETURN
    assert flow.secret not in str(provider.asked)
    assert flow.verifier not in str(provider.asked)


@pytest.mark.parametrize(
    "mistakes",
    [
        {"nonce": "another sign-in's"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": [CLIENT_ID, "another client"]},
        {"aud": [CLIENT_ID, "another client"], "azp": "another client"},
        {"iss": "https://id.example.org"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iat": None},
        {"iat": 4_102_444_800},
        {"sub": None},
        {"sub": ""},
        {"at_hash": "b2YgYW5vdGhlcg"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_this_very_sign_in_is_refused(
    provider: Provider, http: aiohttp.ClientSession, mistakes: dict[str, Any]
) -> None:
    client, flow = ours(provider, http), Flow.begin("/")
    answer = await there_and_back(client, http, flow)
    provider.mistakes = mistakes

    with pytest.raises(Unauthenticated):
        await client.identity(answer, flow)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "PS256"])
async def test_only_the_algorithms_that_are_set_are_accepted(
    provider: Provider, http: aiohttp.ClientSession, algorithm: str
) -> None:
    client, flow = ours(provider, http), Flow.begin("/")
    answer = await there_and_back(client, http, flow)
    provider.algorithm = algorithm

    with pytest.raises(Unauthenticated):
        await client.identity(answer, flow)


async def test_a_token_that_a_stranger_signed_is_refused(provider: Provider, http: aiohttp.ClientSession) -> None:
    client, flow = ours(provider, http), Flow.begin("/")
    answer = await there_and_back(client, http, flow)
    await client.identity(answer, flow)
    answer = await there_and_back(client, http, flow)
    stranger = Provider()
    stranger.issuer = provider.issuer
    provider.signed = stranger.signed  # type: ignore[method-assign]  # the endpoint now hands out another's tokens

    with pytest.raises(Unauthenticated):
        await client.identity(answer, flow)


async def test_a_key_that_was_published_since_is_fetched(provider: Provider, http: aiohttp.ClientSession) -> None:
    now = [0.0]
    settings = OidcSettings(issuer=provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    client = OpenIdProvider(settings, RETURN, http, lambda: now[0])
    flow = Flow.begin("/")
    await client.identity(await there_and_back(client, http, flow), flow)
    provider.rotate()
    now[0] += 60

    assert (await client.identity(await there_and_back(client, http, flow), flow)).subject == "ann"


async def test_a_code_is_good_once_and_with_its_own_verifier_only(
    provider: Provider, http: aiohttp.ClientSession
) -> None:
    client, flow, other = ours(provider, http), Flow.begin("/"), Flow.begin("/")
    answer = await there_and_back(client, http, flow)
    await client.identity(answer, flow)

    with pytest.raises(Unauthenticated):
        await client.identity(answer, flow)
    stolen = await there_and_back(client, http, flow)
    with pytest.raises(Unauthenticated):
        await client.identity({**stolen, "state": other.state}, other)


async def test_an_answer_to_another_browser_s_sign_in_is_refused_before_anybody_is_asked(
    provider: Provider, http: aiohttp.ClientSession
) -> None:
    client, mine, theirs = ours(provider, http), Flow.begin("/"), Flow.begin("/")
    answer = await there_and_back(client, http, theirs)
    provider.is_down = True

    for strange in (answer, {**answer, "state": ""}, {"code": answer["code"]}, {}):
        with pytest.raises(Unauthenticated, match="this browser"):
            await client.identity(strange, mine)


async def test_another_issuer_s_answer_and_a_refusal_over_there_are_no_sign_in(
    provider: Provider, http: aiohttp.ClientSession
) -> None:
    client, flow = ours(provider, http), Flow.begin("/")
    answer = await there_and_back(client, http, flow)

    with pytest.raises(Unauthenticated):
        await client.identity({**answer, "iss": "https://id.example.org"}, flow)
    with pytest.raises(Unauthenticated, match="did not sign in"):
        await client.identity({"error": "access_denied", "state": flow.state}, flow)


async def test_a_wrong_client_secret_is_no_sign_in(provider: Provider, http: aiohttp.ClientSession) -> None:
    client, flow = ours(provider, http, client_secret="wrong"), Flow.begin("/")

    with pytest.raises(Unauthenticated, match="refused"):
        await client.identity(await there_and_back(client, http, flow), flow)


async def test_while_the_provider_is_down_that_is_what_is_said(provider: Provider, http: aiohttp.ClientSession) -> None:
    client, flow = ours(provider, http), Flow.begin("/")
    provider.is_down = True
    with pytest.raises(StoreUnavailable):
        await client.address_for(flow)

    provider.is_down = False
    answer = await there_and_back(client, http, flow)
    provider.is_down = True
    with pytest.raises(StoreUnavailable):
        await client.identity(answer, flow)

    provider.is_down = False
    assert (await client.identity(await there_and_back(client, http, flow), flow)).subject == "ann"


async def test_a_provider_that_calls_itself_differently_is_not_taken_for_ours(
    provider: Provider, http: aiohttp.ClientSession
) -> None:
    client = ours(provider, http)
    provider.issuer = "https://id.example.org"

    with pytest.raises(StoreUnavailable):
        await client.address_for(Flow.begin("/"))


async def test_endpoints_in_the_clear_are_not_asked(provider: Provider, http: aiohttp.ClientSession) -> None:
    issuer = f"http://localhost:{urlsplit(provider.issuer).port}"
    client = ours(provider, http, issuer=issuer)
    provider.issuer = issuer
    await client.address_for(Flow.begin("/"))

    provider.issuer = "http://id.example.org"
    with pytest.raises(StoreUnavailable):
        await ours(provider, http, issuer=issuer).address_for(Flow.begin("/"))


async def test_a_role_name_that_means_nothing_stops_the_start(provider: Provider, http: aiohttp.ClientSession) -> None:
    with pytest.raises(PreconditionFailed, match="ROLES_BY_NAME"):
        ours(provider, http, roles_by_name={"staff": "king"})


def test_several_organisations_and_nested_claims_are_understood() -> None:
    names = ClaimNames(tenant="orgs", roles="realm_access.roles", roles_by_name={"gate-staff": Role.VIEWER})
    claims = {
        "iss": "i",
        "sub": "ann",
        "orgs": ["b", "a"],
        "realm_access": {"roles": ["offline_access", "gate-staff"]},
    }

    assert identity_of(claims, names).memberships == {"a": {Role.VIEWER}, "b": {Role.VIEWER}}


def test_a_claim_whose_name_is_an_address_is_not_taken_apart() -> None:
    name = "https://gate.example.org/tenant"
    names = ClaimNames(tenant=name, roles="roles", roles_by_name={})

    assert identity_of({"iss": "i", "sub": "ann", name: "a", "roles": "viewer"}, names).memberships.keys() == {"a"}


@pytest.mark.parametrize(
    "claims",
    [
        {"tenant": "clinic"},
        {"tenant": "clinic", "roles": []},
        {"tenant": "clinic", "roles": ["viewer", "king"]},
        {"tenant": "clinic", "roles": {"viewer": True}},
        {"roles": ["viewer"]},
        {"tenant": "", "roles": ["viewer"]},
        {"tenant": "not a tenant", "roles": ["viewer"]},
        {"tenant": ["clinic", "../other"], "roles": ["viewer"]},
        {"tenant": 7, "roles": ["viewer"]},
    ],
    ids=str,
)
def test_without_an_organisation_or_a_role_of_ours_nobody_comes_in(claims: dict[str, Any]) -> None:
    with pytest.raises(PermissionDenied):
        identity_of({"iss": "i", "sub": "ann", **claims}, PLAIN)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_a_sign_in_under_way_survives_its_cookie(next_path: str) -> None:
    flow = Flow.begin(next_path)

    assert Flow.from_cookie(flow.cookie) == flow


@given(st.text())
def test_no_cookie_that_is_not_ours_is_a_sign_in(cookie: str) -> None:
    flow = Flow.from_cookie(cookie)

    assert flow is None or len(flow.secret) == 43
