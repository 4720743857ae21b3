"""Secrets of webhook endpoints, and signatures by them. Pure.

No secret is stored: each is derived from the deployment's key and what is on record of its endpoint, so that who reads
the database, or a backup of it, can sign nothing.
"""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from standardwebhooks import Webhook

from gate.delivery.model import Endpoint


def secret_of(endpoint: Endpoint, key: bytes, generation: int | None = None) -> str:
    """The endpoint's secret as its receiver gets it, ``whsec_…``; by default the present one."""
    number = endpoint.generation if generation is None else generation
    purpose = f"webhook\0{endpoint.tenant}\0{endpoint.id}\0{number}".encode()
    return "whsec_" + base64.b64encode(hmac.new(key, purpose, sha256).digest()).decode()


def secrets_of(endpoint: Endpoint, keys: Sequence[bytes], now: datetime) -> list[str]:
    """All secrets by which its requests are signed at present, the one in force first."""
    generations = [endpoint.generation]
    if endpoint.previous_until is not None and now < endpoint.previous_until:
        generations.append(endpoint.generation - 1)
    return [secret_of(endpoint, key, generation) for key in keys for generation in generations]


def headers(message_id: str, at: datetime, body: str, secrets: Sequence[str]) -> dict[str, str]:
    """As the Standard Webhooks convention wants them."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in secrets),
    }
