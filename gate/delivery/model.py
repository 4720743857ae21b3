"""Webhook endpoints: where a tenant wants to be told. Pure."""

from collections.abc import Sequence
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec

_LONGEST_URL: Final = 2048
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""By which a network that speaks IPv6 alone reaches IPv4 (RFC 6052)."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One address of a tenant's."""

    tenant: str
    id: str
    url: str
    topics: Sequence[str] = ()
    """Empty: all."""
    description: str = ""
    generation: int = 1
    """Of its secret; the next one has the next secret."""
    previous_until: datetime | None = None
    """Until then requests are signed with the secret before, too."""
    created_at: datetime
    created_by: str
    disabled_at: datetime | None = None
    disabled_because: str = ""

    def wants(self, topic: str) -> bool:
        """Whether it is to hear of such things. ``alert.`` stands for all whose names begin so."""
        if self.disabled_at is not None:
            return False
        return not self.topics or any(
            topic == each or (each.endswith(".") and topic.startswith(each)) for each in self.topics
        )


def is_public(address: str) -> bool:
    """Whether an IP address belongs to somebody in the open Internet, and not to this machine or its networks."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        # Each of these leads to an IPv4 address, which may be anything.
        within = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if parsed in _TRANSLATED:
            within = IPv4Address(int(parsed) & 0xFFFFFFFF)
        if within is not None:
            return is_public(str(within))
    return parsed.is_global and not parsed.is_multicast


def problem_with(url: str, *, private_allowed: bool) -> str:
    """What is wrong with an endpoint's URL, in words; empty: nothing that can be seen without looking its name up."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is not a URL"
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"must be written in {_LONGEST_URL} plain characters at most"
    if parts.scheme != "https" and not (private_allowed and parts.scheme == "http"):
        return "must begin with https://"
    if not host or "@" in parts.netloc or parts.fragment:
        return "must name a host, no user and no fragment"
    if not private_allowed and ((_is_literal(host) and not is_public(host)) or _is_local_name(host)):
        return "leads into a private network"
    return ""


def _is_literal(host: str) -> bool:
    # Besides usual ones, numbers like 2130706433 and 0x7f.1, which resolvers take for addresses.
    if ":" in host:
        return True
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdecimal() or last.startswith("0x")


def _is_local_name(host: str) -> bool:
    name = host.rstrip(".")
    return name == "localhost" or name.endswith((".localhost", ".local", ".internal")) or "." not in name
