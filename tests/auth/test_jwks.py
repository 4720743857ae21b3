import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from gate.auth.jwks import WITHDRAWN_WITHIN_SECONDS, JwksVerifier
from gate.auth.tokens import RememberingVerifier
from gate.errors import StoreUnavailable, Unauthenticated
from gate.setting_sections import AuthSettings
from tests.auth.builders import claims
from tests.support.servers import free_port
from tests.support.waiting import until

ISSUER = "https://login.example"
AUDIENCE = "api://gate"
SOON = 5.0
SKEW = AuthSettings().clock_skew_seconds


class SigningKey:
    """An elliptic key of an identity provider."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self.private = ec.generate_private_key(ec.SECP256R1())

    def published(self) -> dict[str, Any]:
        key: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(self.private.public_key()))
        return {**key, "kid": self.key_id, "use": "sig", "alg": "ES256"}

    def sign(self, headers: Mapping[str, Any] | None = None, **changed: Any) -> str:
        said = claims(**{"iss": ISSUER, "aud": AUDIENCE, **changed})
        if isinstance(said.get("iss"), list):  # what the library refuses to write
            return self._sign_anything(said)
        return jwt.encode(said, self.private, algorithm="ES256", headers={"kid": self.key_id, **(headers or {})})

    def _sign_anything(self, said: Mapping[str, Any]) -> str:
        plain = {name: int(value.timestamp()) if isinstance(value, datetime) else value for name, value in said.items()}
        return jwt.api_jws.encode(
            json.dumps(plain).encode(), self.private, algorithm="ES256", headers={"kid": self.key_id}
        )


FIRST, SECOND = SigningKey("first"), SigningKey("second")


class IdentityProvider:
    """Publishes keys over HTTP; can be taken off the network and put back."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = [FIRST.published()]
        self.fetches = 0
        self.port = free_port()
        self.response: web.Response | None = None
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/keys"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/keys", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, _: web.Request) -> web.Response:
        self.fetches += 1
        return self.response or web.json_response({"keys": self.keys})


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def provider() -> AsyncIterator[IdentityProvider]:
    provider = IdentityProvider()
    await provider.start()
    yield provider
    await provider.stop()


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
async def verifier(provider: IdentityProvider, watch: Stopwatch) -> AsyncIterator[JwksVerifier]:
    verifier = JwksVerifier(AuthSettings(jwks_url=provider.url, issuer=ISSUER, audience=AUDIENCE), watch)
    yield verifier
    await verifier.aclose()


async def test_a_token_of_the_sites_identity_provider_is_accepted(verifier: JwksVerifier) -> None:
    principal = await verifier.verify(FIRST.sign(tenant="globex"))

    assert principal.tenant == "globex"


async def test_an_rsa_key_without_named_algorithm_is_accepted(
    provider: IdentityProvider, verifier: JwksVerifier
) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    provider.keys = [{**json.loads(RSAAlgorithm.to_jwk(private.public_key())), "kid": "rsa"}]
    said = claims(iss=ISSUER, aud=AUDIENCE)

    assert (
        await verifier.verify(jwt.encode(said, private, algorithm="RS256", headers={"kid": "rsa"}))
    ).tenant == "acme"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"iss": f"{ISSUER}/"},
        {"iss": [ISSUER]},
        {"iss": None},
        {"aud": "api://other"},
        {"aud": ["api://other", "api://another"]},
        {"aud": None},
        {"tenant": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
    ],
    ids=str,
)
async def test_a_token_meant_for_somebody_else_is_refused(verifier: JwksVerifier, changed: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(FIRST.sign(**changed))


@pytest.mark.parametrize(
    ("claim", "seconds", "is_good"),
    [
        ("exp", -SKEW + 2, True),
        ("exp", -SKEW, False),
        ("nbf", SKEW - 2, True),
        ("nbf", SKEW + 2, False),
        ("iat", SKEW - 2, True),
        ("iat", SKEW + 2, False),
    ],
)
async def test_a_clock_is_forgiven_as_much_as_was_settled_and_no_more(
    verifier: JwksVerifier, claim: str, seconds: int, is_good: bool
) -> None:
    changed: dict[str, Any] = {claim: int(datetime.now(UTC).timestamp()) + seconds}
    signed = FIRST.sign(**changed)
    if is_good:
        assert (await verifier.verify(signed)).tenant == "acme"
    else:
        with pytest.raises(Unauthenticated):
            await verifier.verify(signed)


async def test_a_public_key_is_not_taken_for_a_shared_secret(verifier: JwksVerifier) -> None:
    public = FIRST.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned = jwt.utils.base64url_encode(b'{"alg":"HS256","kid":"first","typ":"JWT"}').decode()
    payload = FIRST.sign().split(".")[1]
    signature = jwt.utils.base64url_encode(
        jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(f"{unsigned}.{payload}".encode(), public)
    ).decode()

    with pytest.raises(Unauthenticated):
        await verifier.verify(f"{unsigned}.{payload}.{signature}")


async def test_a_key_of_the_same_name_that_the_provider_does_not_publish_is_refused(verifier: JwksVerifier) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(SigningKey("first").sign())


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é.e30.x"])
async def test_garbage_is_refused_without_asking_the_provider(
    provider: IdentityProvider, verifier: JwksVerifier, text: str
) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(text)

    assert provider.fetches == 0


async def test_a_token_that_names_no_key_is_refused(provider: IdentityProvider, verifier: JwksVerifier) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(jwt.encode(claims(iss=ISSUER, aud=AUDIENCE), FIRST.private, algorithm="ES256"))

    assert provider.fetches == 0


async def test_many_first_callers_fetch_the_keys_once(provider: IdentityProvider, verifier: JwksVerifier) -> None:
    await asyncio.gather(*(verifier.verify(FIRST.sign()) for _ in range(20)))

    assert provider.fetches == 1


async def test_a_caller_who_hangs_up_does_not_take_the_others_fetch_along(
    provider: IdentityProvider, verifier: JwksVerifier
) -> None:
    impatient = asyncio.create_task(verifier.verify(FIRST.sign()))
    patient = asyncio.create_task(verifier.verify(FIRST.sign()))
    await asyncio.sleep(0)
    impatient.cancel()

    assert (await patient).tenant == "acme"
    assert provider.fetches == 1


async def test_a_rotated_key_is_fetched_when_it_first_appears(
    provider: IdentityProvider, verifier: JwksVerifier, watch: Stopwatch
) -> None:
    await verifier.verify(FIRST.sign())
    provider.keys = [SECOND.published()]
    watch.seconds += 10

    assert (await verifier.verify(SECOND.sign())).tenant == "acme"
    with pytest.raises(Unauthenticated):
        await verifier.verify(FIRST.sign())


async def test_invented_key_ids_do_not_flood_the_identity_provider(
    provider: IdentityProvider, verifier: JwksVerifier, watch: Stopwatch
) -> None:
    await verifier.verify(FIRST.sign())

    for number in range(20):
        watch.seconds += 0.4
        with pytest.raises(Unauthenticated):
            await verifier.verify(SigningKey(f"invented-{number}").sign())

    assert provider.fetches == 1


async def test_known_keys_outlive_an_outage_of_the_identity_provider(
    provider: IdentityProvider, verifier: JwksVerifier, watch: Stopwatch
) -> None:
    await verifier.verify(FIRST.sign())
    await provider.stop()

    for seconds in (301, 3601, 86_400):
        watch.seconds += seconds
        assert (await verifier.verify(FIRST.sign())).tenant == "acme"


@pytest.mark.parametrize(
    "response",
    [
        web.Response(status=500),
        web.Response(text="<html>"),
        web.json_response([]),
        web.json_response({"keys": []}),
        web.json_response({"keys": ["no key"]}),
        web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
    ],
    ids=["500", "html", "list", "no-keys", "text-for-a-key", "redirect"],
)
async def test_whatever_the_provider_answers_instead_of_keys_the_known_ones_stay(
    provider: IdentityProvider, verifier: JwksVerifier, watch: Stopwatch, response: web.Response
) -> None:
    await verifier.verify(FIRST.sign())
    provider.response = response
    watch.seconds += 3601

    assert (await verifier.verify(FIRST.sign())).tenant == "acme"
    assert provider.fetches == 2


async def test_without_any_key_yet_the_caller_may_try_again(
    provider: IdentityProvider, verifier: JwksVerifier, watch: Stopwatch
) -> None:
    await provider.stop()
    with pytest.raises(StoreUnavailable):
        await verifier.verify(FIRST.sign())

    await provider.start()
    watch.seconds += 1
    assert (await verifier.verify(FIRST.sign())).tenant == "acme"


async def test_keys_are_refreshed_in_the_background_while_the_known_ones_answer(
    provider: IdentityProvider, verifier: JwksVerifier, watch: Stopwatch
) -> None:
    await verifier.verify(FIRST.sign())
    provider.keys = [SECOND.published()]
    watch.seconds += 61

    assert (await verifier.verify(FIRST.sign())).tenant == "acme"
    await until(lambda: "second" in verifier._keys._keys, SOON)
    with pytest.raises(Unauthenticated):
        await verifier.verify(FIRST.sign())


async def test_a_key_withdrawn_long_ago_does_not_vouch_for_the_first_caller_of_the_morning(
    provider: IdentityProvider, verifier: JwksVerifier, watch: Stopwatch
) -> None:
    await verifier.verify(FIRST.sign())
    provider.keys = [SECOND.published()]
    watch.seconds += 8 * 3600

    with pytest.raises(Unauthenticated):
        await verifier.verify(FIRST.sign())


@pytest.mark.parametrize("then", [1.0, 59.0, 61.0])
@pytest.mark.parametrize("first", [1.0, 59.0, 61.0, 130.0, 199.0, 239.0, 299.0])
async def test_a_withdrawn_key_vouches_for_nobody_after_five_minutes_however_often_it_is_shown(
    provider: IdentityProvider, verifier: JwksVerifier, watch: Stopwatch, first: float, then: float
) -> None:
    began, start = datetime.now(UTC), watch.seconds
    remembering = RememberingVerifier(verifier, lambda: began + timedelta(seconds=watch.seconds - start))
    shown = FIRST.sign()
    await remembering.verify(shown)
    provider.keys = [SECOND.published()]  # a moment after they were fetched
    watch.seconds += first
    while True:
        try:
            await remembering.verify(shown)
        except Unauthenticated:
            break
        assert watch.seconds - start <= WITHDRAWN_WITHIN_SECONDS
        if (fetching := verifier._keys._fetching) is not None:
            await asyncio.wait([fetching])
        watch.seconds += then


async def test_while_the_provider_is_silent_callers_wait_for_it_once_in_a_while_and_not_each_time(
    provider: IdentityProvider, verifier: JwksVerifier, watch: Stopwatch
) -> None:
    await verifier.verify(FIRST.sign())
    await provider.stop()
    watch.seconds += 201
    await verifier.verify(FIRST.sign())

    fetching = verifier._keys._fetching
    assert fetching is not None
    assert fetching.done(), "who came first has waited for the attempt"
    watch.seconds += 2
    await verifier.verify(FIRST.sign())
    assert verifier._keys._fetching is not fetching
    assert not verifier._keys._fetching.done(), "who came next has not"  # type: ignore[union-attr]  # there is one


async def test_a_key_address_that_a_token_names_is_never_asked(
    provider: IdentityProvider, verifier: JwksVerifier
) -> None:
    await verifier.verify(FIRST.sign())
    elsewhere = IdentityProvider()
    forger = SigningKey("forged")
    elsewhere.keys = [forger.published()]
    await elsewhere.start()
    own_key = {"jwk": forger.published(), "jku": elsewhere.url, "x5u": elsewhere.url, "x5c": ["MIIB"]}
    try:
        for key_id in ("forged", "first"):
            with pytest.raises(Unauthenticated):
                await verifier.verify(forger.sign(headers={**own_key, "kid": key_id}))
        assert (await verifier.verify(FIRST.sign(headers=own_key))).tenant == "acme"
    finally:
        await elsewhere.stop()

    assert elsewhere.fetches == 0


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "HS512", "ES384", "RS256", "PS256", "", None, 7])
async def test_the_algorithm_is_the_keys_own_whatever_the_token_says(verifier: JwksVerifier, algorithm: object) -> None:
    _, payload, signature = FIRST.sign().split(".")
    header = jwt.utils.base64url_encode(json.dumps({"alg": algorithm, "kid": "first"}).encode()).decode()

    for end in (signature, ""):
        with pytest.raises(Unauthenticated):
            await verifier.verify(f"{header}.{payload}.{end}")


async def test_a_shared_secret_among_the_published_keys_vouches_for_nobody(
    provider: IdentityProvider, verifier: JwksVerifier
) -> None:
    secret = bytes(32)
    published = {"kty": "oct", "k": jwt.utils.base64url_encode(secret).decode(), "kid": "shared", "alg": "HS256"}
    provider.keys = [FIRST.published(), published]
    said = claims(iss=ISSUER, aud=AUDIENCE)

    with pytest.raises(Unauthenticated):
        await verifier.verify(jwt.encode(said, secret, algorithm="HS256", headers={"kid": "shared"}))
    assert (await verifier.verify(FIRST.sign())).tenant == "acme"


async def test_a_short_rsa_key_vouches_for_nobody(provider: IdentityProvider, verifier: JwksVerifier) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    provider.keys = [{**json.loads(RSAAlgorithm.to_jwk(short.public_key())), "kid": "short"}]
    said = claims(iss=ISSUER, aud=AUDIENCE)
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        signed = jwt.encode(said, short, algorithm="RS256", headers={"kid": "short"})

    with pytest.raises(Unauthenticated):
        await verifier.verify(signed)
