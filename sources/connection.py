"""Where one upstream is, with which credential, and how its contract differs from the documented one."""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from sources.parsing import DateFormat
from sources.statuses import StatusMeaning

_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f]")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9-]+")


def _without_trailing_newline(value: object) -> object:
    # Secrets mounted as files end in a newline, which would be an illegal header.
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return (plain.strip() or None) if isinstance(plain, str) else value


def _fit_for_a_header(secret: SecretStr | None) -> SecretStr | None:
    if secret is not None and _CONTROL_CHARACTERS.search(secret.get_secret_value()):
        raise ValueError("a credential cannot hold control characters")
    return secret


def _fit_for_a_prefix(text: str | None) -> str | None:
    if text is not None and _CONTROL_CHARACTERS.search(text):
        raise ValueError("a header cannot hold control characters")
    return text


def _http_origin(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a base URL starts with http:// or https:// and names a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("a base URL holds no credential, query or fragment")
    return text.rstrip("/")


def _header_name(text: str | None) -> str | None:
    if text is not None and not _HEADER_NAME.fullmatch(text):
        raise ValueError("not the name of an HTTP header")
    return text


def _absolute_path(text: str | None) -> str | None:
    if text is not None and not text.startswith("/"):
        raise ValueError("a path starts with /")
    return text


def _known_meanings(words: Mapping[str, str]) -> Mapping[str, str]:
    for meaning in words.values():
        StatusMeaning.parse(meaning)
    return words


Secret = Annotated[SecretStr | None, BeforeValidator(_without_trailing_newline), AfterValidator(_fit_for_a_header)]


class SourceConnection(BaseModel):
    """One source's connection. Without `base_url` the source is not configured and is never asked.

    Everything below `organization_id` overrides the documented contract in the adapter's `source.toml`,
    so that a site maps its own contracted endpoint without code; unset means: as documented.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: Annotated[str, AfterValidator(_http_origin)] = ""
    api_key: Secret = None
    username: Secret = None
    password: Secret = None
    organization_id: str = ""
    """CAQH's number for the organization that asks."""
    path: Annotated[str | None, AfterValidator(_absolute_path)] = None
    """Path below `base_url`; `{npi}` and `{state}` are replaced."""
    key_header: Annotated[str | None, AfterValidator(_header_name)] = None
    """Header that carries `api_key`."""
    key_prefix: Annotated[str | None, AfterValidator(_fit_for_a_prefix)] = None
    """What precedes the key in that header, such as "Bearer "."""
    records: str | None = None
    """Where the list of records is in the body, as a dotted path; empty: the body itself is the list."""
    not_found_field: str | None = None
    not_found_code: str | None = None
    """A 404 means "unknown provider" only when its JSON body holds this code in that field (row A9)."""
    date_format: DateFormat | None = None
    fields: Mapping[str, str] = {}
    """Our name of a field to the upstream's, as a dotted path."""
    statuses: Annotated[Mapping[str, str], AfterValidator(_known_meanings)] = {}
    """The upstream's status word to one of ours, with an optional reason: ``EXPIRED/FAILED_TO_REVALIDATE``."""

    max_per_second: Annotated[float | None, Field(gt=0, le=10_000)] = None
    """Calls a second that the site's contract allows; unset: as the source's description says."""
    max_concurrency: Annotated[int | None, Field(gt=0, le=1_000)] = None
    """Calls at a time that the site's contract allows; unset: as the source's description says."""
    attempt_timeout: Annotated[float | None, Field(gt=0, le=60)] = None
    """Seconds one attempt may take; unset: as the source's description says."""
    hedge_after: Annotated[float | None, Field(gt=0, le=60)] = None
    """Seconds after which a second request is sent beside one that is slow; unset: as the source's description says,
    which is never for all of ours."""

    @property
    def is_configured(self) -> bool:
        """Whether anybody said where the upstream is."""
        return bool(self.base_url)

    def basic_authorization(self) -> dict[str, str]:
        """The header of HTTP Basic authentication; empty when user name or password is missing."""
        if self.username is None or self.password is None:
            return {}
        pair = f"{self.username.get_secret_value()}:{self.password.get_secret_value()}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}

    def key_authorization(self, header: str, prefix: str) -> dict[str, str]:
        """`api_key` in the header the upstream reads, unless overridden; empty when there is no key."""
        if self.api_key is None:
            return {}
        prefix = prefix if self.key_prefix is None else self.key_prefix
        return {self.key_header or header: f"{prefix}{self.api_key.get_secret_value()}"}
