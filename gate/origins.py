"""Where addresses lead: to which origin a URL belongs, and whether an address leaves this machine. Pure."""

from ipaddress import ip_address
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

_USUAL_PORTS: Final = {"https": 443, "http": 80}


class Origin(NamedTuple):
    """Whose server a URL speaks to, whatever the path."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """The origin of an HTTP URL, with the port written out.

        Raises:
            ValueError: it is none, or names a user, which makes a host look like another.
        """
        parts = urlsplit(url)
        if parts.scheme not in _USUAL_PORTS or not parts.hostname or "@" in parts.netloc:
            raise ValueError("not an http:// or https:// URL that names a host and no user")
        return cls(parts.scheme, parts.hostname, _USUAL_PORTS[parts.scheme] if parts.port is None else parts.port)

    @property
    def is_confidential(self) -> bool:
        """Whether nobody on the way can read along: over HTTPS, or without leaving this machine."""
        return self.scheme == "https" or _is_loopback_host(self.host)


def is_confidential(url: str) -> bool:
    """See `Origin.is_confidential`; nothing is where `url` leads nowhere."""
    try:
        return Origin.of(url).is_confidential
    except ValueError:
        return False


def is_loopback(address: str) -> bool:
    """Whether ``host:port`` can only be reached from this machine."""
    return _is_loopback_host(address.rpartition(":")[0].strip("[]"))


def _is_loopback_host(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
