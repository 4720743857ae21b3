"""What one sign-in at the identity provider carries along: everything derives from one secret in the browser's cookie.

The state, the nonce and the PKCE verifier are keyed digests of it. So nothing is stored here, no key of ours signs the
cookie, and an answer fits only the browser that asked: whoever has not the cookie knows none of the three. Pure.
"""

import base64
import hmac
import re
import secrets
from typing import Final, Self

import msgspec

_SECRET_BYTES: Final = 32
_FORM: Final = re.compile(r"([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{0,2000})")


class Flow(msgspec.Struct, frozen=True):
    """One sign-in under way."""

    secret: str
    next_path: str
    """Where the person wanted to go."""

    @classmethod
    def begin(cls, next_path: str) -> Self:
        """A new one."""
        return cls(secrets.token_urlsafe(_SECRET_BYTES), next_path)

    @classmethod
    def from_cookie(cls, cookie: str) -> Self | None:
        """The one that `cookie` keeps; None where it keeps none."""
        match = _FORM.fullmatch(cookie)
        if match is None:
            return None
        try:
            padded = match[2] + "=" * (-len(match[2]) % 4)
            return cls(match[1], base64.urlsafe_b64decode(padded).decode())
        except ValueError:
            return None

    @property
    def cookie(self) -> str:
        """What the browser keeps meanwhile."""
        path = base64.urlsafe_b64encode(self.next_path.encode()).decode().rstrip("=")
        return f"{self.secret}.{path}"

    @property
    def state(self) -> str:
        """Comes back with the answer, and binds it to this browser."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """Comes back within the signed token, and binds it to this sign-in."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Shown when the code is redeemed: who stole the code cannot (PKCE)."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """The verifier's digest, told beforehand."""
        from authlib.oauth2.rfc7636 import create_s256_code_challenge  # not for every gate that starts

        return str(create_s256_code_challenge(self.verifier))

    def fits(self, state: str) -> bool:
        """Whether `state` is this sign-in's."""
        return hmac.compare_digest(state.encode(), self.state.encode())

    def _derived(self, purpose: str) -> str:
        digest = hmac.digest(self.secret.encode(), purpose.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
