"""The sections of the deployment's settings (`gate.settings`), each for one part of the service. Frozen, and closed
against keys that do not exist.
"""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import NoDecode

from sources.connection import SourceConnection
from sources.states import STATES


def _listed(value: object) -> object:
    """Accept ``TX,CA`` beside a JSON list."""
    if isinstance(value, str) and not value.lstrip().startswith("["):
        return [item.strip() for item in value.split(",") if item.strip()]
    if isinstance(value, str):
        return json.loads(value)
    return value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
"""A list, written with commas or as JSON."""


def _known_states(states: tuple[str, ...]) -> tuple[str, ...]:
    upper = tuple(dict.fromkeys(state.upper() for state in states))
    if unknown := [state for state in upper if state not in STATES]:
        raise ValueError(f"not a US state code: {', '.join(unknown)}")
    return upper


def _mode(value: object) -> object:
    """`warn` and `disabled` are accepted for `audit` and `off`."""
    text = value.lower() if isinstance(value, str) else value
    return {"warn": "audit", "disabled": "off"}.get(text, text) if isinstance(text, str) else text


class ProviderEnrollmentSettings(BaseModel):
    """The defaults that a tenant inherits, and the deployment's own contracts with the sources."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    enabled_states: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_known_states)] = ()
    """States whose claims are checked; empty: checking is off."""
    gate_mode: Annotated[Literal["audit", "enforce", "off"], BeforeValidator(_mode)] = "audit"
    cache_ttl_minutes: Annotated[float, Field(ge=0, le=7 * 24 * 60)] = 60
    negative_ttl_seconds: Annotated[int, Field(ge=0, le=24 * 3600)] = 300
    """How long proven absence is believed."""
    max_stale_hours: Annotated[float, Field(ge=0, le=30 * 24)] = 24
    """How old evidence may be that answers while its source is down."""
    tmhp_pems: SourceConnection = SourceConnection()
    caqh_proview: SourceConnection = SourceConnection()
    ca_pave: SourceConnection = SourceConnection()
    fl_fmmis: SourceConnection = SourceConnection()
    ny_emedny: SourceConnection = SourceConnection()
    other_sources: dict[str, SourceConnection] = {}
    """Connections of sources that other packages provide, by name."""

    def connection(self, source: str) -> SourceConnection:
        """The deployment's own connection to `source`; unconfigured when nothing was said."""
        built_in = getattr(self, source, None) if source in type(self).model_fields else None
        if isinstance(built_in, SourceConnection):
            return built_in
        return self.other_sources.get(source, SourceConnection())

    def by_variable(self) -> dict[str, SourceConnection]:
        """Every connection, by the variable that configures it less the prefix."""
        built_in = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            **{name.upper(): value for name, value in built_in.items() if isinstance(value, SourceConnection)},
            **{f"OTHER_SOURCES__{name.upper()}": connection for name, connection in self.other_sources.items()},
        }


class AuthSettings(BaseModel):
    """Who vouches for callers. Without `jwks_url` the local development key does, in development only."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    jwks_url: str = ""
    """Where the site's identity provider publishes its keys."""
    issuer: str = ""
    audience: str = ""
    algorithms: Listed = ("RS256", "ES256")
    clock_skew_seconds: Annotated[int, Field(ge=0, le=120)] = 30
    api_keys_max_stale_seconds: Annotated[int, Field(ge=5, le=24 * 3600)] = 900
    """How long known API keys go on working while the database cannot be read, which could tell of revocations."""


class AuditSettings(BaseModel):
    """The audit log."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    anchor_minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 60
    """How often the ends of changed logs are written to the service's own log, from which a cut can be told."""


class TlsSettings(BaseModel):
    """Certificate of the gRPC door; with `client_ca_file` callers must present one too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificate_file: Path | None = None
    private_key_file: Path | None = None
    client_ca_file: Path | None = None

    @property
    def is_on(self) -> bool:
        """Whether the gRPC door speaks TLS."""
        return self.certificate_file is not None and self.private_key_file is not None


class LedgerSettings(BaseModel):
    """How the decisions given are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on_failure: Literal["refuse", "continue"] = "refuse"
    """What becomes of an answer that cannot be kept, because the disk is full or fails: it is refused, or it is given,
    counted as lost and logged."""
    sync_seconds: Annotated[float, Field(ge=0, le=60)] = 1.0
    """Between two syncs of the spool to disk: what a loss of power may take. 0: before every answer. A process that is
    killed loses nothing either way."""
    spool_limit_mb: Annotated[int, Field(ge=1, le=10_000_000)] = 10_000
    """How much may wait below `data_dir` for the database, in megabytes; a decision takes some 600 bytes."""
    drainer: Literal["process", "embedded"] = "process"
    """Where decisions are brought to the database: in a process of its own, or between answers."""
    retention_days: Annotated[int, Field(ge=1, le=36_525)] = 3653
    """Ten years, as 42 CFR 438.3(u) asks of managed care; a decision is evidence for the payment that followed it."""


class LimitSettings(BaseModel):
    """What one process takes on at most."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    claims_in_flight: Annotated[int, Field(ge=1, le=10_000_000)] = 50_000
    """Claims under way at a time, batches counted by their claims; what comes on top is refused at once with
    RESOURCE_EXHAUSTED. Five full batches, or as many single checks as one process can hold open."""


class RefreshSettings(BaseModel):
    """Asking portals again, in the background, about providers whose known answers are used near their end."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    share: Annotated[float, Field(ge=0, le=0.5)] = 0.2
    """The last share of an answer's time to live, in which its use renews it; 0: never."""
    at_once: Annotated[int, Field(ge=1, le=1000)] = 8
    """Refreshes of one source under way at a time, in one process."""


class OidcSettings(BaseModel):
    """Where people sign in to the portal, beside or instead of local accounts; nowhere without `issuer`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    issuer: str = ""
    """As the provider's own tokens name it; its discovery document is below it."""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    """Empty: a public client, which PKCE alone protects."""
    scopes: Listed = ("openid", "profile", "email")
    tenant_claim: str = "tenant"
    """Names one organisation, or a list of them. A dot leads into an object."""
    roles_claim: str = "roles"
    roles_by_name: dict[str, str] = {}
    """What the provider's names mean here; others are passed over. Empty: its names are our roles'."""
    algorithms: Listed = ("RS256", "ES256")
    clock_skew_seconds: Annotated[int, Field(ge=0, le=120)] = 30

    @property
    def is_on(self) -> bool:
        """Whether people may sign in there."""
        return bool(self.issuer)


class PortalSettings(BaseModel):
    """The pages for people."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: str = ""
    """As browsers see it, like ``https://gate.example.org``; empty: whatever host a request names."""
    session_idle_minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 30
    """A session ends so long after it was last heard of."""
    session_hours: Annotated[float, Field(gt=0, le=7 * 24)] = 12
    """A session ends so long after sign-in, whatever happens."""
    local_accounts: bool = True
    """Whether people may sign in with a password of this deployment (`gate accounts`)."""


class JobSettings(BaseModel):
    """Scheduled work."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    """Off where something else runs every job, as a CronJob with ``gate jobs run`` does."""
    lease_seconds: Annotated[float, Field(ge=1, le=3600)] = 30.0
    """A process that runs a job and is not heard of for so long is taken for dead: another goes on with it."""


class EmailSettings(BaseModel):
    """The mail server that takes the gate's messages; none without `host`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    """STARTTLS is insisted on: a server that does not offer it gets no mail."""
    username: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""
    """The address from which messages come."""
    timeout_seconds: Annotated[float, Field(gt=0, le=25)] = 20.0

    @property
    def is_on(self) -> bool:
        """Whether mail can be sent."""
        return bool(self.host)


class WebhookSettings(BaseModel):
    """Signed requests to addresses that tenants name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    signing_key: SecretStr = SecretStr("")
    """From it every endpoint's secret is derived: at least 32 characters. In development the local key does."""
    previous_signing_key: SecretStr = SecretStr("")
    """While it is set, requests are signed with what was derived from it, too."""
    allow_private_addresses: bool = False
    """Tenants may name addresses of this machine and its networks, and plain http://."""
    timeout_seconds: Annotated[float, Field(gt=0, le=25)] = 15.0
    rotation_hours: Annotated[float, Field(ge=0, le=24 * 30)] = 24
    """How long an endpoint's secret still signs, beside the new one, after it was replaced."""


class EventSettings(BaseModel):
    """CloudEvents on a Redis stream; within the process where there is no Redis."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stream: str = "enrollment-gate:events"
    max_length: Annotated[int, Field(ge=100, le=100_000_000)] = 100_000
    """About so many events are kept; the oldest go first."""


class DeliverySettings(BaseModel):
    """How what happened is told outside."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    email: EmailSettings = EmailSettings()
    webhooks: WebhookSettings = WebhookSettings()
    events: EventSettings = EventSettings()
    pace_seconds: Annotated[int, Field(ge=1, le=3600)] = 5
    """How often is looked for messages to send."""
    give_up_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 72
    """A message that could not be delivered for so long is a dead letter."""
    keep_days: Annotated[int, Field(ge=1, le=3653)] = 400
    """Delivered messages are kept for so long; a message of the same key is not sent again meanwhile."""
