"""Credentials the deployment lends to tenants for contracts of their own, and how far each of them may travel.

A tenant chooses an address, the deployment owns the secret: where it may go is the deployment's word alone. Otherwise
a tenant could have the secret sent to itself, or have the gate call addresses that only the gate can reach.
"""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from gate.origins import Origin
from sources.connection import SourceConnection


def _host(text: str) -> str:
    host = text.strip().lower()
    if set(host) & set("/?#\\"):
        raise ValueError("an allowed host is written host or host:port")
    Origin.of(f"https://{host}")
    return host


class LentCredential(SourceConnection):
    """A credential that some tenants may name; it goes to the origin of `base_url` and to `allowed_hosts` only."""

    tenants: frozenset[str]
    """Tenants that may name it."""
    allowed_hosts: frozenset[Annotated[str, AfterValidator(_host)]] = frozenset()
    """``host`` or ``host:port`` of further upstreams: over HTTPS; on loopback, for development, over HTTP too."""

    @model_validator(mode="after")
    def _must_lead_somewhere(self) -> Self:
        if self.base_url:
            Origin.of(self.base_url)
        elif not self.allowed_hosts:
            raise ValueError("a lent credential needs base_url or allowed_hosts: they say where it may go")
        return self

    @property
    def lets_tenants_choose_loopback(self) -> bool:
        """Whether a tenant may have the gate call its own machine."""
        return any(Origin.of(f"http://{host}").is_confidential for host in self.allowed_hosts)

    def may_go_to(self, url: str) -> bool:
        """Whether the deployment lets this credential be sent to `url`."""
        try:
            origin = Origin.of(url)
        except ValueError:
            return False
        if self.base_url and origin == Origin.of(self.base_url):
            return True
        return origin.is_confidential and any(
            origin == Origin.of(f"{origin.scheme}://{host}") for host in self.allowed_hosts
        )

    def connection(self, base_url: str) -> SourceConnection:
        """With this credential to `base_url`, or to its own address where that is empty.

        Unconfigured, without any secret, where the credential may not go there.
        """
        url = base_url or self.base_url
        if not self.may_go_to(url):
            return SourceConnection()
        return SourceConnection(**{**self.model_dump(exclude={"tenants", "allowed_hosts"}), "base_url": url})


def lent_credential(credentials: Mapping[str, LentCredential], name: str, tenant: str) -> LentCredential | None:
    """The credential of that name if it is lent to `tenant`; whether it exists otherwise is not told."""
    credential = credentials.get(name)
    return credential if credential is not None and tenant in credential.tenants else None
