"""The cookies of the HTTP door: names that bind them to this host, and flags that keep them from everybody else."""

from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

SESSION: Final = "gate-session"
VISITOR: Final = "gate-visitor"
"""Of who is not signed in yet; what the sign-in form's own token is made from."""
FLOW: Final = "gate-sign-in"
"""A sign-in at the identity provider that is under way."""
THEME: Final = "gate-theme"
"""Light or dark, no secret."""


class Cookies:
    """Reads, sets and clears them.

    Over TLS their names begin with ``__Host-``: browsers then take them only from this very host, over TLS, for every
    path. Browsers that speak to their own machine in the clear, in development, would refuse such cookies.
    """

    def __init__(self, *, are_secure: bool) -> None:
        self._are_secure = are_secure

    def get(self, request: HTTPConnection, name: str) -> str:
        """What the browser sent; empty where it sent none."""
        return request.cookies.get(self._full(name), "")

    def put(self, response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
        """Have the browser keep `value` for `max_age` seconds, or until it is closed.

        Lax: other sites' forms and frames do not carry it, a link to a page does.
        """
        response.set_cookie(
            self._full(name),
            value,
            max_age=max_age,
            path="/",
            secure=self._are_secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, name: str) -> None:
        """Have the browser forget it."""
        self.put(response, name, "", max_age=0)

    def _full(self, name: str) -> str:
        return f"__Host-{name}" if self._are_secure else name
