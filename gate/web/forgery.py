"""Whether a request that changes something was meant by the person in whose name the browser sends it. Pure.

Three measures, each enough for a browser of today: cookies are SameSite=Lax, the browser says from which site a request
comes, and every form and script sends a token back that only our pages know.
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

FIELD: Final = "csrf_token"
HEADER: Final = "x-csrf-token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_OWN: Final = frozenset({"same-origin", "none"})
"""``none``: typed, bookmarked, or a form sent again after a reload."""


def token_for(secret: str) -> str:
    """What pages carry for the browser whose cookie holds `secret`; it does not tell the secret."""
    digest = hmac.digest(secret.encode(), b"forms of the portal", "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def is_token(given: str, secret: str) -> bool:
    """Whether `given` is that token."""
    return bool(secret) and hmac.compare_digest(given.encode(), token_for(secret).encode())


def is_from_our_pages(headers: Mapping[str, str], base_url: str) -> bool:
    """Whether nothing in `headers` (names in lower case) says that another site sent the request.

    `base_url` is the portal's own as browsers see it; empty: whatever host the request names.
    """
    if headers.get("sec-fetch-site", "same-origin") not in _OWN:
        return False
    if (origin := headers.get("origin")) is None:
        return True
    own = urlsplit(base_url).netloc if base_url else headers.get("host", "")
    try:
        named = urlsplit(origin).netloc
    except ValueError:  # no browser says so
        return False
    return bool(own) and named.lower() == own.lower()
