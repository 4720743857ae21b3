"""What a tenant may configure. Everything wrong is reported at once, each with the path of its field."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

import msgspec
from pydantic import ValidationError

from gate.errors import FieldViolation, InvalidInput
from gate.lending import LentCredential, lent_credential
from gate.origins import Origin
from gate.tenancy.model import PolicyChoices, PolicyOverride, Scope, TenantConfig, TenantSource
from sources.connection import SourceConnection
from sources.lines_of_business import LINES_OF_BUSINESS, canonical, is_known
from sources.states import STATES

_TENANT_FORM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST_WARNING_DAYS: Final = 400
_LONGEST_URL: Final = 2048
_LONGEST_SECONDS: Final[Mapping[str, int]] = {
    "cache_ttl_seconds": 7 * 24 * 3600,
    "negative_ttl_seconds": 24 * 3600,
    "max_stale_seconds": 30 * 24 * 3600,
}
"""The same bounds as those of the deployment's own defaults (`gate.settings`)."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the deployment offers its tenants."""

    source_names: frozenset[str]
    """Every source that is installed."""
    credentials: Mapping[str, LentCredential]
    """Credentials that are lent, by name."""

    def lent(self, credential: str, tenant: str) -> LentCredential | None:
        """The credential, if `tenant` may name it."""
        return lent_credential(self.credentials, credential, tenant)


def is_tenant_id(text: str) -> bool:
    """1 to 64 letters, digits, dots, underscores and hyphens; none of them separates anything in a cache key."""
    return _TENANT_FORM.fullmatch(text) is not None


def verified(config: TenantConfig, surroundings: Surroundings) -> TenantConfig:
    """The configuration in canonical spelling: states in upper case (row C6), lines of business by their one name.

    Raises:
        InvalidInput: naming every field that does not fit, as ``config.overrides[1].state``.
    """
    spelled = _spelled_canonically(config)
    if violations := tuple(_violations(spelled, surroundings)):
        raise InvalidInput(*violations)
    return msgspec.structs.replace(
        spelled,
        enabled_states=tuple(sorted(set(spelled.enabled_states))),
        umbrella_covers=tuple(sorted(set(spelled.umbrella_covers))),
    )


def verified_scope(scope: Scope) -> Scope:
    """The scope in canonical spelling.

    Raises:
        InvalidInput: the state or the line of business is unknown.
    """
    state, line = _canonical_state(scope.state), _canonical_line(scope.line_of_business)
    violations = [
        *(_state_violations("state", state) if state else ()),
        *(_line_violations("line_of_business", line) if line else ()),
    ]
    if violations:
        raise InvalidInput(*violations)
    return Scope(state, line)


def _canonical_state(text: str) -> str:
    return text.strip().upper()


def _canonical_line(text: str) -> str:
    # A word nobody knows stays as it is and fails verification.
    return canonical(text) or text.strip()


def _spelled_canonically(config: TenantConfig) -> TenantConfig:
    return msgspec.structs.replace(
        config,
        enabled_states=tuple(map(_canonical_state, config.enabled_states)),
        umbrella_covers=tuple(map(_canonical_line, config.umbrella_covers)),
        overrides=tuple(
            msgspec.structs.replace(
                override,
                state=_canonical_state(override.state),
                line_of_business=_canonical_line(override.line_of_business),
            )
            for override in config.overrides
        ),
        sources=tuple(
            TenantSource(
                name=source.name.strip(),
                base_url=source.base_url.strip().rstrip("/"),
                credential=source.credential.strip(),
            )
            for source in config.sources
        ),
    )


def _violations(config: TenantConfig, surroundings: Surroundings) -> Iterator[FieldViolation]:
    if not is_tenant_id(config.tenant):
        yield FieldViolation("config.tenant", "must be 1 to 64 letters, digits, '.', '_' or '-', no sign first")
    for index, state in enumerate(config.enabled_states):
        yield from _state_violations(f"config.enabled_states[{index}]", state)
    for name, longest in _LONGEST_SECONDS.items():
        seconds = getattr(config, name)
        if seconds is not None and not 0 <= seconds <= longest:
            yield FieldViolation(f"config.{name}", f"must lie between 0 and {longest} seconds")
    for index, line in enumerate(config.umbrella_covers):
        yield from _line_violations(f"config.umbrella_covers[{index}]", line)
    yield from _warning_day_violations("config", config)
    yield from _override_violations(config.overrides)
    yield from _source_violations(config, surroundings)


def _override_violations(overrides: Iterable[PolicyOverride]) -> Iterator[FieldViolation]:
    seen: dict[tuple[str, str], int] = {}
    for index, override in enumerate(overrides):
        path = f"config.overrides[{index}]"
        key = (override.state, override.line_of_business)
        if key == ("", ""):
            yield FieldViolation(path, "names neither a state nor a line of business")
        elif seen.setdefault(key, index) != index:
            yield FieldViolation(path, f"speaks for the same claims as config.overrides[{seen[key]}]")
        if override.state:
            yield from _state_violations(f"{path}.state", override.state)
        if override.line_of_business:
            yield from _line_violations(f"{path}.line_of_business", override.line_of_business)
        yield from _warning_day_violations(path, override)


def _state_violations(path: str, state: str) -> Iterator[FieldViolation]:
    if state not in STATES:
        yield FieldViolation(path, "is not the two-letter code of a US state or territory")


def _line_violations(path: str, line: str) -> Iterator[FieldViolation]:
    if not is_known(line):
        yield FieldViolation(path, f"is not a line of business; known are {', '.join(LINES_OF_BUSINESS)}")


def _warning_day_violations(path: str, choices: PolicyChoices) -> Iterator[FieldViolation]:
    days = choices.revalidation_warning_days
    if any(not 0 < day <= _LONGEST_WARNING_DAYS for day in days) or any(a <= b for a, b in pairwise(days)):
        yield FieldViolation(
            f"{path}.revalidation_warning_days",
            f"must descend from one tier to the next, each between 1 and {_LONGEST_WARNING_DAYS} days",
        )


def _source_violations(config: TenantConfig, surroundings: Surroundings) -> Iterator[FieldViolation]:
    seen: dict[str, int] = {}
    for index, source in enumerate(config.sources):
        path = f"config.sources[{index}]"
        if source.name not in surroundings.source_names:
            yield FieldViolation(
                f"{path}.name", f"is not a source; known are {', '.join(sorted(surroundings.source_names))}"
            )
        elif seen.setdefault(source.name, index) != index:
            yield FieldViolation(f"{path}.name", f"was named already by config.sources[{seen[source.name]}]")
        credential = surroundings.lent(source.credential, config.tenant)
        if source.credential and credential is None:
            # One answer for "no such credential" and "another tenant's": names of others' credentials stay unknown.
            yield FieldViolation(f"{path}.credential", "is not a credential that the deployment lends to this tenant")
        if source.base_url and not source.credential:
            # Otherwise the deployment's own credential would travel to an address the tenant chose.
            yield FieldViolation(f"{path}.credential", "is needed beside a base URL of the tenant's own")
        if problem := _url_problem(source.base_url) or _destination_problem(source.base_url, credential):
            yield FieldViolation(f"{path}.base_url", problem)


def _url_problem(url: str) -> str | None:
    if not url:
        return None
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"must be at most {_LONGEST_URL} printable ASCII characters without spaces"
    try:
        SourceConnection(base_url=url)
        origin = Origin.of(url)
    except ValidationError as error:
        return str(error.errors()[0]["ctx"]["error"])
    except ValueError:
        return "names no valid host and port"
    return None if origin.is_confidential else "must start with https://"


def _destination_problem(url: str, credential: LentCredential | None) -> str | None:
    """What is wrong with sending `credential` to `url`, or to its own address where that is empty."""
    if credential is None or credential.connection(url).is_configured:
        return None
    if not url:
        return "is needed: the credential names no address of its own"
    return "is not an address to which the deployment lets this credential go"
