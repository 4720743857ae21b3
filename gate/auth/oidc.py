"""Sign-in at the site's identity provider: OpenID Connect, authorization code flow with PKCE, state and nonce.

The signature, issuer, audience and lifetime of its token are verified by PyJWT with the provider's published keys, what
OpenID Connect asks beyond that (nonce, authorized party, hash of the access token) by Authlib.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

import aiohttp
import jwt
import msgspec
import structlog

from gate.auth.jwks import PublishedKeys
from gate.auth.oidc_claims import ClaimNames, Identity, identity_of
from gate.auth.oidc_flow import Flow
from gate.auth.permissions import Role
from gate.errors import PreconditionFailed, StoreUnavailable, Unauthenticated
from gate.origins import is_confidential
from gate.setting_sections import OidcSettings

_DISCOVERY: Final = "/.well-known/openid-configuration"
_SECONDS: Final = aiohttp.ClientTimeout(total=5.0)
_LARGEST_ANSWER: Final = 1024 * 1024
_REDISCOVER_AFTER_SECONDS: Final = 3600.0
_UNREACHABLE: Final = "the identity provider cannot be reached"
_NOT_VERIFIED: Final = "the identity provider's answer does not verify"
_log = structlog.stdlib.get_logger(__name__)


class _Metadata(msgspec.Struct, frozen=True):
    """What its discovery document says, as far as we ask."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Redeemed(msgspec.Struct, frozen=True):
    """What it gives for a code."""

    id_token: str
    access_token: str | None = None


class OpenIdProvider:
    """The one identity provider of this deployment's portal. Nothing is asked before somebody wants to sign in.

    Raises:
        PreconditionFailed: the settings name a role that does not exist.
    """

    def __init__(
        self,
        settings: OidcSettings,
        redirect_uri: str,
        http: aiohttp.ClientSession,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._redirect_uri = redirect_uri
        self._http = http
        self._monotonic = monotonic
        self._names = ClaimNames(
            tenant=settings.tenant_claim, roles=settings.roles_claim, roles_by_name=_roles_by_name(settings)
        )
        self._metadata: _Metadata | None = None
        self._discovered_at = float("-inf")
        self._keys: PublishedKeys | None = None
        self._discovering = asyncio.Lock()

    async def address_for(self, flow: Flow) -> str:
        """Where to send the browser so that the person signs in there.

        Raises:
            StoreUnavailable: the provider cannot be reached and never was.
        """
        metadata, _ = await self._discovered()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(self._settings.scopes),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        separator = "&" if "?" in metadata.authorization_endpoint else "?"
        return f"{metadata.authorization_endpoint}{separator}{urlencode(query)}"

    async def identity(self, answer: Mapping[str, str], flow: Flow) -> Identity:
        """The person for whom `answer`, the query of the browser's return, vouches.

        Raises:
            Unauthenticated: it is no answer to this sign-in, or does not verify, or the person did not sign in there.
            PermissionDenied: it verifies and gives no organisation or no role of ours.
            StoreUnavailable: the provider cannot be reached.
        """
        if not flow.fits(answer.get("state", "")):
            raise Unauthenticated("this is no answer to a sign-in from this browser")
        if answer.get("iss", self._settings.issuer) != self._settings.issuer:
            raise Unauthenticated(_NOT_VERIFIED)  # RFC 9207: another provider's answer
        if not answer.get("code"):
            raise Unauthenticated("you did not sign in at your identity provider")
        metadata, keys = await self._discovered()
        redeemed = await self._redeemed(metadata, answer["code"], flow)
        return identity_of(await self._verified(redeemed, keys, flow), self._names)

    async def aclose(self) -> None:
        """End a fetch of keys that may be under way."""
        if self._keys is not None:
            await self._keys.aclose()

    async def _discovered(self) -> tuple[_Metadata, PublishedKeys]:
        async with self._discovering:
            if self._monotonic() - self._discovered_at > _REDISCOVER_AFTER_SECONDS:
                await self._discover()
            if self._metadata is None or self._keys is None:
                raise StoreUnavailable(_UNREACHABLE)
            return self._metadata, self._keys

    async def _discover(self) -> None:
        try:
            body = await self._answer("GET", self._settings.issuer.rstrip("/") + _DISCOVERY)
            metadata = msgspec.json.decode(body, type=_Metadata)
            _verify_metadata(metadata, self._settings.issuer)
        except (msgspec.DecodeError, StoreUnavailable, ValueError) as error:
            # What was known stays in use: a provider's endpoints do not move because it is down.
            _log.warning("identity_provider_not_discovered", error=type(error).__name__, is_known=bool(self._metadata))
            return
        if self._metadata is None or self._metadata.jwks_uri != metadata.jwks_uri:
            await self.aclose()
            self._keys = PublishedKeys(metadata.jwks_uri, self._monotonic)
        self._metadata = metadata
        self._discovered_at = self._monotonic()

    async def _redeemed(self, metadata: _Metadata, code: str, flow: Flow) -> _Redeemed:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": flow.verifier,
        }
        headers = {}
        client, secret = self._settings.client_id, self._settings.client_secret.get_secret_value()
        if not secret:
            form["client_id"] = client
        elif "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            # RFC 6749, 2.3.1: each of the two is form-encoded before they are joined.
            headers["Authorization"] = aiohttp.encode_basic_auth(quote(client, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": client, "client_secret": secret}
        body = await self._answer("POST", metadata.token_endpoint, data=form, headers=headers)
        try:
            return msgspec.json.decode(body, type=_Redeemed)
        except msgspec.DecodeError:
            raise Unauthenticated(_NOT_VERIFIED) from None

    async def _verified(self, redeemed: _Redeemed, keys: PublishedKeys, flow: Flow) -> Mapping[str, Any]:
        # Not for every gate that starts: with an identity provider or without, only a sign-in there needs them.
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        settings = self._settings
        try:
            header = jwt.get_unverified_header(redeemed.id_token)
            if not isinstance(key_id := header.get("kid"), str):
                raise Unauthenticated(_NOT_VERIFIED)
            claims: dict[str, Any] = jwt.decode(
                redeemed.id_token,
                await keys.named(key_id),
                algorithms=list(settings.algorithms),
                issuer=settings.issuer,
                audience=settings.client_id,
                leeway=settings.clock_skew_seconds,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
            )
            wanted = {"nonce": flow.nonce, "client_id": settings.client_id, "access_token": redeemed.access_token}
            CodeIDToken(claims, header, params=wanted).validate(leeway=settings.clock_skew_seconds)
        except (jwt.PyJWTError, JoseError, RecursionError) as error:
            _log.warning("identity_provider_token_refused", error=type(error).__name__)
            raise Unauthenticated(_NOT_VERIFIED) from None
        return claims

    async def _answer(self, method: str, url: str, **request: Any) -> bytes:  # noqa: ANN401 - the client's own arguments
        try:
            async with self._http.request(method, url, timeout=_SECONDS, allow_redirects=False, **request) as response:
                body = await _bounded_body(response)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("identity_provider_unreachable", error=type(error).__name__)
            raise StoreUnavailable(_UNREACHABLE) from None
        if status == HTTPStatus.OK:
            return body
        _log.warning("identity_provider_refused", status=status, method=method)
        if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise Unauthenticated("the identity provider refused to complete the sign-in")
        raise StoreUnavailable(_UNREACHABLE)


def _roles_by_name(settings: OidcSettings) -> Mapping[str, Role]:
    try:
        return {name: Role(role) for name, role in settings.roles_by_name.items()}
    except ValueError:
        raise PreconditionFailed("GATE_OIDC__ROLES_BY_NAME names a role that does not exist") from None


async def _bounded_body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    while chunk := await response.content.readany():
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            response.close()
            raise StoreUnavailable(_UNREACHABLE)
    return bytes(body)


def _verify_metadata(metadata: _Metadata, issuer: str) -> None:
    if metadata.issuer != issuer:
        raise ValueError("the discovery document speaks of another issuer")
    endpoints = (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri)
    if not all(is_confidential(endpoint) for endpoint in endpoints):
        raise ValueError("an endpoint would be asked in the clear")
