"""Where a person may be sent after signing in: to a page of ours and nowhere else. Pure."""

from typing import Final
from urllib.parse import urlsplit

HOME: Final = "/"
_LONGEST: Final = 1000
_NOT_AGAIN: Final = ("/sign-in", "/sign-out", "/signed-out")


def own_path(wanted: str) -> str:
    """`wanted` if it is a path of ours, else home. What a browser might read as another host is none."""
    if (
        not wanted.startswith("/")
        or wanted.startswith(("//", *_NOT_AGAIN))
        or "\\" in wanted
        or not wanted.isprintable()
        or not wanted.isascii()
        or len(wanted) > _LONGEST
    ):
        return HOME
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else wanted
