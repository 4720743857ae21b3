"""Where settings may come from besides the environment: files of a mounted folder, and one cloud's secret store.

Which ones is told by the environment alone, because it has to be known before any setting is read:

GATE_SECRETS_DIR   a folder of one file per setting, ``provider_enrollment__tmhp_pems__api_key``, as Docker and
                   Kubernetes mount secrets
GATE_SECRETS_FROM  one of
    azure          Key Vault at GATE_SECRETS_AZURE_VAULT_URL: ``provider-enrollment--tmhp-pems--api-key``
    aws            Secrets Manager's secret GATE_SECRETS_AWS_SECRET_ID, one JSON object: names as of the files
    gcp            Secret Manager of the project GATE_SECRETS_GCP_PROJECT_ID: names as of the variables

The SDKs find their own credentials, as on any machine of that cloud. A store that was named and cannot be read stops
the start: a service that goes on without its secrets would be another service.
"""

import stat
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from enum import StrEnum
from pathlib import Path
from threading import Thread
from typing import Any, Final

from pydantic_settings import (
    AWSSecretsManagerSettingsSource,
    AzureKeyVaultSettingsSource,
    BaseSettings,
    GoogleSecretManagerSettingsSource,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsError,
)

DIRECTORY: Final = "GATE_SECRETS_DIR"
STORE: Final = "GATE_SECRETS_FROM"
_VAULT_URL: Final = "GATE_SECRETS_AZURE_VAULT_URL"
_SECRET_ID: Final = "GATE_SECRETS_AWS_SECRET_ID"  # noqa: S105 - the name of a variable
_PROJECT_ID: Final = "GATE_SECRETS_GCP_PROJECT_ID"
VARIABLES: Final = (DIRECTORY, STORE, _VAULT_URL, _SECRET_ID, _PROJECT_ID)
PATIENCE_SECONDS: Final = 30.0
_PREFIX: Final = "gate_"
_DELIMITER: Final = "__"


class SecretStore(StrEnum):
    """The clouds whose stores can be read, by the name of the extra that brings their SDK."""

    AZURE = "azure"
    AWS = "aws"
    GCP = "gcp"


def secret_sources(
    settings: type[BaseSettings], environment: Mapping[str, str]
) -> Iterator[PydanticBaseSettingsSource]:
    """The sources that the environment names; the files come before the cloud.

    Raises:
        SettingsError: one of them cannot be used, in words without any value.
    """
    if folder := environment.get(DIRECTORY):
        yield _files(settings, Path(folder))
    if store := environment.get(STORE):
        yield _Plainly(settings, _known(store), environment)


def remarks_on_files(settings: type[BaseSettings], environment: Mapping[str, str]) -> list[str]:
    """What an operator should know of the mounted files: those that name no setting, and those that anybody may read.

    Kubernetes mounts files for everybody by default, so that is no reason to refuse them.
    """
    folder = environment.get(DIRECTORY)
    if not folder:
        return []
    files = sorted(file for file in Path(folder).iterdir() if file.is_file() and not file.name.startswith("."))
    remarks = [
        f"{DIRECTORY}: {file.name} names no setting and is ignored"
        for file in files
        if file.name.lower().partition(_DELIMITER)[0] not in settings.model_fields
    ]
    if open_ones := [file.name for file in files if stat.S_IMODE(file.stat().st_mode) & stat.S_IRWXO]:
        remarks.append(f"{DIRECTORY}: every user of this machine may read {', '.join(open_ones)}")
    return remarks


def _files(settings: type[BaseSettings], folder: Path) -> PydanticBaseSettingsSource:
    try:
        return NestedSecretsSettingsSource(
            settings,  # type: ignore[arg-type]  # as its constructor says, the class will do
            secrets_dir=folder,
            secrets_dir_missing="error",
            secrets_prefix="",
            secrets_nested_delimiter=_DELIMITER,
        )
    except UnicodeDecodeError:
        raise SettingsError(f"{DIRECTORY}: a file in it is not UTF-8 text") from None
    except OSError as error:
        raise SettingsError(f"{DIRECTORY}: {error.strerror}") from None


class _Plainly(PydanticBaseSettingsSource):
    """One cloud's store; whatever its SDK raises ends in one sentence."""

    def __init__(self, settings: type[BaseSettings], store: SecretStore, environment: Mapping[str, str]) -> None:
        super().__init__(settings)
        self._store = store
        self._environment = environment

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ANN401 - pydantic's signature
        """Never asked for: `__call__` answers for all fields."""
        raise NotImplementedError(field_name, field)

    def __call__(self) -> dict[str, Any]:
        """What the store holds for the settings."""
        read = {SecretStore.AZURE: self._azure, SecretStore.AWS: self._aws, SecretStore.GCP: self._gcp}[self._store]
        try:
            return _within_patience(read)
        except SettingsError:
            raise
        except TimeoutError:
            raise SettingsError(f"{STORE}={self._store}: no answer within {PATIENCE_SECONDS:.0f} seconds") from None
        except ImportError:
            raise SettingsError(
                f"{STORE}={self._store} needs its SDK: pip install 'enrollment-gate[{self._store}]'"
            ) from None
        except ValueError as error:
            raise SettingsError(
                f"{STORE}={self._store}: what it holds cannot be read ({type(error).__name__})"
            ) from None
        except Exception as error:
            raise SettingsError(f"{STORE}={self._store}: it cannot be read: {_in_one_line(error)}") from error

    def _azure(self) -> dict[str, Any]:
        from azure.identity import DefaultAzureCredential

        with DefaultAzureCredential() as credential:
            source = AzureKeyVaultSettingsSource(
                self.settings_cls, self._named(_VAULT_URL), credential, dash_to_underscore=True, env_prefix=""
            )
            return _with_our_names(source())

    def _aws(self) -> dict[str, Any]:
        source = AWSSecretsManagerSettingsSource(
            self.settings_cls,
            self._named(_SECRET_ID),
            case_sensitive=False,
            env_prefix="",
            env_nested_delimiter=_DELIMITER,
        )
        return dict(source())

    def _gcp(self) -> dict[str, Any]:
        source = GoogleSecretManagerSettingsSource(
            self.settings_cls, project_id=self._named(_PROJECT_ID), case_sensitive=False, env_prefix=_PREFIX
        )
        found = source()
        # The source takes a secret that it may not read for one that is not set.
        names = [name for name in source.env_vars if name.startswith(_PREFIX)]
        if withheld := sorted(name for name in names if source.env_vars[name] is None):
            raise SettingsError(f"{STORE}={self._store}: no leave to read {', '.join(withheld)}")
        return found

    def _named(self, variable: str) -> str:
        value = self._environment.get(variable)
        if not value:
            raise SettingsError(f"{STORE}={self._store} needs {variable}")
        return value


def _known(store: str) -> SecretStore:
    try:
        return SecretStore(store.lower())
    except ValueError:
        raise SettingsError(f"{STORE} must be one of {', '.join(SecretStore)}") from None


def _with_our_names(found: dict[str, Any]) -> dict[str, Any]:
    """A vault's names hold no underscores, and those of credentials and sources are not fields that would tell them."""
    enrollment = found.get("provider_enrollment", {})
    for holder, field in ((found, "credentials"), (enrollment, "other_sources")):
        if isinstance(named := holder.get(field), dict):
            holder[field] = {name.replace("-", "_"): value for name, value in named.items()}
    return found


def _within_patience(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """In a thread that may be left behind: the SDKs' own patience is minutes, over all their attempts."""
    outcome: Future[dict[str, Any]] = Future()

    def run() -> None:
        try:
            outcome.set_result(read())
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits
            outcome.set_exception(error)

    Thread(target=run, name="secret-store", daemon=True).start()
    return outcome.result(PATIENCE_SECONDS)


def _in_one_line(error: Exception) -> str:
    first_line = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
