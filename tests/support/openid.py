"""An identity provider on loopback: discovery, keys, the authorization endpoint, and codes that are good once.

Whoever is sent to it is signed in as `person` at once. `mistakes` change the claims of the next tokens, to be refused.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

CLIENT_ID = "gate-portal"
CLIENT_SECRET = "a secret/of the+client"


class Provider:
    def __init__(self) -> None:
        self.issuer = ""
        self.person: dict[str, Any] = {
            "sub": "ann",
            "name": "Ann Smith",
            "tenant": "clinic",
            "roles": ["coordinator", "gate_operator"],
        }
        self.mistakes: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.is_down = False
        self.asked: list[dict[str, str]] = []
        """Queries of the authorization endpoint."""
        self._codes: dict[str, dict[str, str]] = {}
        self._keys: dict[str, rsa.RSAPrivateKey] = {}
        self.rotate()

    def rotate(self) -> None:
        """Sign with another key from now on, and publish that one alone."""
        self._keys = {secrets.token_hex(4): rsa.generate_private_key(public_exponent=65_537, key_size=2048)}

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._outage])
        application.router.add_get("/.well-known/openid-configuration", self._discovery)
        application.router.add_get("/keys", self._published)
        application.router.add_get("/authorize", self._authorize)
        application.router.add_post("/token", self._token)
        return application

    @web.middleware
    async def _outage(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.is_down:
            raise web.HTTPServiceUnavailable
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _discovery(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            }
        )

    async def _published(self, _: web.Request) -> web.Response:
        keys = [
            {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": name, "use": "sig", "alg": "RS256"}
            for name, key in self._keys.items()
        ]
        return web.json_response({"keys": keys})

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        answer = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{answer}")

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        login = base64.b64encode(f"{CLIENT_ID}:a%20secret%2Fof%20the%2Bclient".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {login}":
            return web.json_response({"error": "invalid_client"}, status=401)
        asked = self._codes.pop(str(form["code"]), None)  # good once
        verifier = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        access_token = secrets.token_urlsafe(16)
        id_token = self.signed(asked["nonce"])
        return web.json_response({"id_token": id_token, "access_token": access_token, "token_type": "Bearer"})

    def signed(self, nonce: str) -> str:
        """A token for `person`, with the `mistakes` that a test wants; a claim of None is left out."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce}
        said = {name: value for name, value in {**claims, **self.person, **self.mistakes}.items() if value is not None}
        ((name, key),) = self._keys.items()
        if self.algorithm == "none":
            return jwt.encode(said, "", algorithm="none", headers={"kid": name})
        if self.algorithm == "HS256":  # with the published key as the secret, as the old attack has it
            header = _part({"alg": "HS256", "typ": "JWT", "kid": name})
            body = f"{header}.{_part(said)}"
            published = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            digest = hmac.digest(published, body.encode(), "sha256")
            return f"{body}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
        return jwt.encode(said, key, algorithm=self.algorithm, headers={"kid": name})


def _part(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@asynccontextmanager
async def running_provider() -> AsyncIterator[Provider]:
    provider = Provider()
    runner = web.AppRunner(provider.application())
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        provider.issuer = f"http://127.0.0.1:{port}"
        yield provider
    finally:
        await runner.cleanup()
