"""The deployment's settings: environment variables with the prefix ``GATE_``, mounted files and secret stores
(`gate.secret_sources`), or a TOML file.

Nested keys are joined by two underscores: ``GATE_PROVIDER_ENROLLMENT__TMHP_PEMS__API_KEY``. Settings are frozen and
verified together: a configuration that is half secured or contradicts itself refuses to start and names the key.
"""

import os
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from gate.lending import LentCredential
from gate.origins import is_confidential, is_loopback
from gate.secret_sources import VARIABLES, secret_sources
from gate.setting_sections import (
    AuditSettings,
    AuthSettings,
    DeliverySettings,
    JobSettings,
    LedgerSettings,
    LimitSettings,
    Listed,
    OidcSettings,
    PortalSettings,
    ProviderEnrollmentSettings,
    RefreshSettings,
    TlsSettings,
)
from sources.connection import SourceConnection

_LAST_PORT: Final = 65_535
_ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""By which an identity provider may sign."""

_SHORTEST_KEY: Final = 32
_PREFIX: Final = "GATE_"
_READ_BY_THE_COMMAND_LINE: Final = ("token", "client_ca_file", "client_certificate_file", "client_key_file")
_READ_BEFORE_SETTINGS: Final = tuple(variable.removeprefix(_PREFIX).lower() for variable in VARIABLES)


class Environment(StrEnum):
    """Production refuses what only development may do: the local signing key, the sandbox, plaintext off loopback.

    That is true of both doors, of the identity provider's keys and of every source.
    """

    DEVELOPMENT = "development"
    PRODUCTION = "production"


def _host_and_port(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _LAST_PORT:
        raise ValueError("write host:port, like 127.0.0.1:50051")
    return address


Address = Annotated[str, AfterValidator(_host_and_port)]
"""``host:port``; port 0 takes any free one."""


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    environment: Environment = Environment.DEVELOPMENT
    data_dir: Path = Path(".gate")
    """Where the embedded database, the development key and spools live."""
    database_url: SecretStr = SecretStr("")
    """``postgresql://user:password@host/name`` or ``sqlite:///path``; empty: SQLite below `data_dir`."""
    redis_url: SecretStr = SecretStr("")
    """``redis://host:6379/0``; empty: each process caches on its own."""
    migrate_on_start: bool = True
    """Bring the database to this release's schema before serving; replicas take turns."""
    grpc_address: Address = "127.0.0.1:50051"
    http_address: Address = "127.0.0.1:8080"
    http_plaintext: bool = False
    """The HTTP door speaks no TLS. In production it therefore stays on loopback, unless this says that something else
    keeps the way to it private: a proxy that terminates TLS, or the pod's own network."""
    http_trusted_proxies: Listed = ()
    """Addresses or networks of proxies whose word about the caller's address (X-Forwarded-For) is taken."""
    metrics_token: SecretStr = SecretStr("")
    """What Prometheus shows as its bearer token at ``/metrics``, which name every tenant; empty: they are for whoever
    reaches the HTTP door, as in development."""
    sandbox_address: Address = "127.0.0.1:8090"
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that serve together at the same two ports; connections are spread over them. What is said to hold for
    one process (`cache_memory_mb`, `limits`) holds for each of them; of a source's limits each keeps its share."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    check_budget_seconds: Annotated[float, Field(gt=0, le=60)] = 8.0
    """Longest time one claim's check may take when its caller names no deadline."""
    batch_budget_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0
    """The same for one batch."""
    stop_notice_seconds: Annotated[float, Field(ge=0, le=120)] = 1.0
    """How long calls are still taken after readiness dropped, so that whoever sends them can notice."""
    drain_seconds: Annotated[float, Field(ge=0, le=300)] = 15.0
    """How long calls in flight may take to finish after SIGTERM."""
    nppes_deactivations_file: Path | None = None
    """NPPES's monthly report of deactivated NPIs (ZIP, workbook or CSV); looked at once a minute for a newer one."""
    cache_memory_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 256
    """What providers remembered in this process may take, in megabytes: some 2 800 of them each."""
    provider_enrollment: ProviderEnrollmentSettings = ProviderEnrollmentSettings()
    credentials: dict[str, LentCredential] = {}
    auth: AuthSettings = AuthSettings()
    tls: TlsSettings = TlsSettings()
    ledger: LedgerSettings = LedgerSettings()
    limits: LimitSettings = LimitSettings()
    refresh: RefreshSettings = RefreshSettings()
    audit: AuditSettings = AuditSettings()
    portal: PortalSettings = PortalSettings()
    oidc: OidcSettings = OidcSettings()
    delivery: DeliverySettings = DeliverySettings()
    jobs: JobSettings = JobSettings()

    @property
    def sqlalchemy_url(self) -> str:
        """The database URL with the asynchronous driver named."""
        url = self.database_url.get_secret_value()
        if not url:
            return f"sqlite+aiosqlite:///{self.data_dir / 'gate.db'}"
        for plain, driver in (("postgresql://", "postgresql+asyncpg://"), ("postgres://", "postgresql+asyncpg://")):
            if url.startswith(plain):
                return driver + url.removeprefix(plain)
        return url.replace("sqlite:///", "sqlite+aiosqlite:///", 1) if url.startswith("sqlite:///") else url

    @property
    def uses_development_key(self) -> bool:
        """Whether the local key, not an identity provider, vouches for callers."""
        return not self.auth.jwks_url

    @property
    def has_secure_cookies(self) -> bool:
        """Whether browsers are to send cookies over TLS only: always, but for development on one's own machine."""
        if self._is_production:
            return True
        if self.portal.base_url:
            return self.portal.base_url.startswith("https://")
        return not is_loopback(self.http_address)

    @model_validator(mode="after")
    def _must_be_whole(self) -> Self:
        problems = [
            *self._unreachable(),
            *self._half_secured(),
            *self._half_signed_in(),
            *self._half_delivered(),
            *(self._unfit_for_production() if self._is_production else ()),
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def _is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    def _unreachable(self) -> list[str]:
        """The URLs may hold passwords, so no problem repeats any part of one."""
        problems = []
        if not self.sqlalchemy_url.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
            problems.append("GATE_DATABASE_URL must begin with postgresql:// or sqlite:///")
        redis_url = self.redis_url.get_secret_value()
        if redis_url and not redis_url.startswith(("redis://", "rediss://", "unix://")):
            problems.append("GATE_REDIS_URL must begin with redis://, rediss:// or unix://")
        return problems

    def _half_secured(self) -> list[str]:
        problems = []
        if self.auth.jwks_url and not (self.auth.issuer and self.auth.audience):
            problems.append("GATE_AUTH__JWKS_URL needs GATE_AUTH__ISSUER and GATE_AUTH__AUDIENCE beside it")
        if (self.auth.issuer or self.auth.audience) and not self.auth.jwks_url:
            problems.append("GATE_AUTH__ISSUER and GATE_AUTH__AUDIENCE mean nothing without GATE_AUTH__JWKS_URL")
        if not self.auth.algorithms or not set(self.auth.algorithms) <= set(_ALGORITHMS):
            # Asymmetric ones alone: a published key cannot be a shared secret.
            problems.append(f"GATE_AUTH__ALGORITHMS must name some of {', '.join(_ALGORITHMS)}, and no other")
        if (self.tls.certificate_file is None) != (self.tls.private_key_file is None):
            problems.append("GATE_TLS__CERTIFICATE_FILE and GATE_TLS__PRIVATE_KEY_FILE need each other")
        if self.tls.client_ca_file is not None and not self.tls.is_on:
            problems.append("GATE_TLS__CLIENT_CA_FILE means nothing without GATE_TLS__CERTIFICATE_FILE")
        return problems

    def _half_signed_in(self) -> list[str]:
        problems = []
        if self.oidc.is_on and not (self.oidc.client_id and self.portal.base_url):
            problems.append("GATE_OIDC__ISSUER needs GATE_OIDC__CLIENT_ID and GATE_PORTAL__BASE_URL beside it")
        if not self.oidc.is_on and (self.oidc.client_id or self.oidc.client_secret.get_secret_value()):
            problems.append("GATE_OIDC__CLIENT_ID and GATE_OIDC__CLIENT_SECRET mean nothing without GATE_OIDC__ISSUER")
        if not self.oidc.is_on and not self.portal.local_accounts:
            problems.append("GATE_PORTAL__LOCAL_ACCOUNTS=false needs GATE_OIDC__ISSUER: nobody could sign in")
        if any(algorithm.startswith("HS") or algorithm == "none" for algorithm in self.oidc.algorithms):
            problems.append("GATE_OIDC__ALGORITHMS must be asymmetric: a published key cannot be a shared secret")
        # Not only in production: a provider asked in the clear could vouch for anybody.
        addresses = {"GATE_OIDC__ISSUER": self.oidc.issuer, "GATE_PORTAL__BASE_URL": self.portal.base_url}
        problems += [
            f"{key} must begin with https:// (http:// on loopback only)"
            for key, address in addresses.items()
            if address and not is_confidential(address)
        ]
        return problems

    def _half_delivered(self) -> list[str]:
        email, webhooks = self.delivery.email, self.delivery.webhooks
        problems = []
        if email.is_on != bool(email.sender):
            problems.append("GATE_DELIVERY__EMAIL__HOST and GATE_DELIVERY__EMAIL__SENDER need each other")
        if bool(email.username) != bool(email.password.get_secret_value()):
            problems.append("GATE_DELIVERY__EMAIL__USERNAME and GATE_DELIVERY__EMAIL__PASSWORD need each other")
        if email.username and email.security == "none" and not is_loopback(f"{email.host}:{email.port}"):
            problems.append("GATE_DELIVERY__EMAIL__SECURITY=none would send the password in the clear")
        if webhooks.previous_signing_key.get_secret_value() and not webhooks.signing_key.get_secret_value():
            problems.append(
                "GATE_DELIVERY__WEBHOOKS__PREVIOUS_SIGNING_KEY needs GATE_DELIVERY__WEBHOOKS__SIGNING_KEY beside it"
            )
        for name in ("signing_key", "previous_signing_key"):
            key = getattr(webhooks, name).get_secret_value()
            if key and len(key) < _SHORTEST_KEY:
                problems.append(
                    f"GATE_DELIVERY__WEBHOOKS__{name.upper()} must have {_SHORTEST_KEY} characters at least"
                )
        return problems

    def _unfit_for_production(self) -> list[str]:
        problems = []
        if self.delivery.email.is_on and self.delivery.email.security == "none":
            problems.append("GATE_ENVIRONMENT=production sends mail over TLS only: set GATE_DELIVERY__EMAIL__SECURITY")
        if self.uses_development_key:
            problems.append("GATE_ENVIRONMENT=production refuses the development signing key: set GATE_AUTH__JWKS_URL")
        elif not self.auth.jwks_url.startswith("https://"):
            problems.append("GATE_ENVIRONMENT=production fetches keys over https:// only: set GATE_AUTH__JWKS_URL")
        if not self.tls.is_on and not is_loopback(self.grpc_address):
            problems.append("GATE_ENVIRONMENT=production refuses plaintext gRPC off loopback: set GATE_TLS__…")
        if not self.http_plaintext and not is_loopback(self.http_address):
            problems.append(
                "GATE_ENVIRONMENT=production refuses plaintext HTTP off loopback: change GATE_HTTP_ADDRESS, or set "
                "GATE_HTTP_PLAINTEXT=true where a proxy or the pod's network keeps it private"
            )
        if not self.metrics_token.get_secret_value():
            problems.append(
                "GATE_ENVIRONMENT=production tells metrics, which name tenants, to nobody without a token: set "
                "GATE_METRICS_TOKEN"
            )
        return [*problems, *self._unfit_connections()]

    def _unfit_connections(self) -> list[str]:
        connections: dict[str, SourceConnection] = {
            **{f"PROVIDER_ENROLLMENT__{key}": at for key, at in self.provider_enrollment.by_variable().items()},
            **{f"CREDENTIALS__{name.upper()}": credential for name, credential in self.credentials.items()},
        }
        problems = [
            f"GATE_ENVIRONMENT=production asks sources over https:// only: set GATE_{key}__BASE_URL"
            for key, connection in connections.items()
            if connection.is_configured and not is_confidential(connection.base_url)
        ]
        problems += [
            f"GATE_ENVIRONMENT=production lets no tenant choose loopback: change GATE_CREDENTIALS__{name.upper()}"
            "__ALLOWED_HOSTS"
            for name, credential in self.credentials.items()
            if credential.lets_tenants_choose_loopback
        ]
        return problems

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - `secret_sources` stands in its place
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before environment before mounted files before a cloud's store before the TOML file."""
        toml = [TomlConfigSettingsSource(settings_cls)] if settings_cls.model_config.get("toml_file") else []
        return (init_settings, env_settings, *secret_sources(settings_cls, os.environ), *toml)


def load_settings(config_file: Path | None = None, **overrides: Any) -> Settings:  # noqa: ANN401 - one override per field, verified by the model
    """Read the settings of this process; `config_file` is TOML with the same nested keys in lower case.

    Raises:
        pydantic.ValidationError: naming each key that does not fit; values are left out.
    """
    if config_file is None:
        return Settings(**overrides)

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=config_file)

    return FromFile(**overrides)


def unknown_variables(environment: Iterable[str]) -> list[str]:
    """Variables with our prefix that name no setting: most likely misspelt ones.

    Nested keys are verified with their section; only the first part is looked at here.
    """
    known = {*Settings.model_fields, *_READ_BY_THE_COMMAND_LINE, *_READ_BEFORE_SETTINGS}
    return sorted(
        name
        for name in environment
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX).lower().partition("__")[0] not in known
    )


def with_connections(settings: Settings, connections: Mapping[str, SourceConnection]) -> Settings:
    """`settings` with these connections in place of the deployment's own."""
    enrollment = settings.provider_enrollment
    built_in = {name: at for name, at in connections.items() if name in ProviderEnrollmentSettings.model_fields}
    others = {name: at for name, at in connections.items() if name not in built_in}
    changed = enrollment.model_copy(
        update={**built_in, "other_sources": {**enrollment.other_sources, **others}},
    )
    return settings.model_copy(update={"provider_enrollment": changed})
