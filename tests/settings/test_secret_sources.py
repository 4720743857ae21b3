"""Settings out of mounted files and out of three clouds' stores, read by the real SDKs from doubles on loopback."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import SettingsError

from gate.secret_sources import remarks_on_files
from gate.settings import Settings, load_settings, unknown_variables
from tests.support.clouds import Environment, aws_double, azure_double, google_double
from tests.support.servers import free_port
from tests.support.settings import LENT, NAMES, PLANTED, ROOT, around, read_by_a_process


def complaint_of_a_process(environment: Mapping[str, str], seconds: float = 60) -> str:
    """With which words `gate` gives up."""
    program = "import sys; sys.argv = ['gate', 'token', '--tenant', 'a', '--role', 'viewer']\n"
    program += "from gate.cli.main import main; main()"
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={**around(), **environment},
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=seconds,
    )
    words = ran.stderr.decode()
    assert (ran.returncode, ran.stdout, words.count("\n")) == (2, b"", 1), words
    assert PLANTED not in words
    return words


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of secrets as Kubernetes mounts it: links through ..data, readable by all."""
    release = tmp_path / "secrets" / "..2026_03_01"
    release.mkdir(parents=True)
    (tmp_path / "secrets" / "..data").symlink_to(release.name)
    for name, value in NAMES.items():
        (release / name).write_text(f"{value}\n")
        (release / name).chmod(0o644)
        (tmp_path / "secrets" / name).symlink_to(Path("..data") / name)
    monkeypatch.setenv("GATE_SECRETS_DIR", str(tmp_path / "secrets"))
    for name, value in LENT.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "secrets"


def test_every_secret_can_come_from_a_mounted_file(mounted: Path) -> None:
    settings = load_settings()

    assert settings.database_url.get_secret_value() == NAMES["database_url"]
    pems = settings.provider_enrollment.tmhp_pems.api_key
    lent = settings.credentials["acme_pems"].api_key
    assert pems is not None
    assert lent is not None
    assert (pems.get_secret_value(), lent.get_secret_value()) == (f"{PLANTED}-2", f"{PLANTED}-3")
    assert PLANTED not in repr(settings)


def test_the_environment_comes_before_files_and_files_before_the_configuration_file(
    mounted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mounted / "log_level").write_text("error")
    (mounted / "redis_url").write_text("redis://of-the-file")
    monkeypatch.setenv("GATE_REDIS_URL", "redis://of-the-environment")
    toml = tmp_path / "gate.toml"
    toml.write_text('log_level = "debug"\ngrpc_address = "127.0.0.1:6000"\nredis_url = "redis://of-the-toml"')

    settings = load_settings(toml)

    assert settings.redis_url.get_secret_value() == "redis://of-the-environment"
    assert settings.log_level == "error"
    assert settings.grpc_address == "127.0.0.1:6000"


def test_files_that_name_no_setting_or_are_open_to_all_are_remarked_on(mounted: Path) -> None:
    (mounted / "databse_url").write_text(PLANTED)
    (mounted / "databse_url").chmod(0o600)

    remarks = remarks_on_files(Settings, os.environ)

    assert remarks == [
        "GATE_SECRETS_DIR: databse_url names no setting and is ignored",
        f"GATE_SECRETS_DIR: every user of this machine may read {', '.join(sorted(NAMES))}",
    ]
    assert remarks_on_files(Settings, {}) == []


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda folder: (folder / "redis_url").write_bytes(b"\xff\xfeplanted-secret"), "not UTF-8"),
        (lambda folder: (folder / "credentials").write_text("{planted-secret"), "credentials"),
    ],
    ids=["not-text", "no-json"],
)
def test_files_that_cannot_be_read_are_refused_without_their_content(mounted: Path, spoil: Any, complaint: str) -> None:
    spoil(mounted)

    with pytest.raises(SettingsError, match=complaint) as refusal:
        load_settings()

    assert PLANTED not in str(refusal.value)


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"GATE_SECRETS_DIR": "/nowhere"}, "does not exist"),
        ({"GATE_SECRETS_FROM": "paper"}, "GATE_SECRETS_FROM must be one of azure, aws, gcp"),
        ({"GATE_SECRETS_FROM": "azure"}, "needs GATE_SECRETS_AZURE_VAULT_URL"),
        ({"GATE_SECRETS_FROM": "aws"}, "needs GATE_SECRETS_AWS_SECRET_ID"),
        ({"GATE_SECRETS_FROM": "gcp"}, "needs GATE_SECRETS_GCP_PROJECT_ID"),
    ],
    ids=lambda value: "" if isinstance(value, str) else " ".join(f"{k}={v}" for k, v in value.items()),
)
def test_a_store_that_is_half_named_refuses_to_start(
    environment: dict[str, str], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=complaint):
        load_settings()


def test_the_variables_that_name_stores_are_not_taken_for_misspelt_ones() -> None:
    assert unknown_variables(["GATE_SECRETS_DIR", "GATE_SECRETS_FROM", "GATE_SECRETS_AZURE_VAULT_URL"]) == []
    assert unknown_variables(["GATE_SECRET_DIR"]) == ["GATE_SECRET_DIR"]


@contextmanager
def store_of(cloud: str, folder: Path) -> Iterator[Environment]:
    """A double that holds `NAMES`, each under its name in that cloud."""
    if cloud == "azure":
        dashed = {name.replace("_", "-"): value for name, value in NAMES.items()}
        with azure_double(dashed | {"somebody-elses": "x"}, folder) as environment:
            yield environment
    elif cloud == "aws":
        with aws_double(NAMES | {"somebody_elses": "x"}) as environment:
            yield environment
    else:
        variables = {f"GATE_{name.upper()}": value for name, value in NAMES.items()}
        with google_double({**variables, "somebody_elses": None}, folder) as environment:
            yield environment


CLOUDS = ("azure", "aws", "gcp")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_secret_can_come_from_a_clouds_store(cloud: str, tmp_path: Path) -> None:
    with store_of(cloud, tmp_path) as environment:
        assert read_by_a_process(environment) == NAMES


@pytest.mark.parametrize("cloud", CLOUDS)
def test_files_come_before_the_clouds_store(cloud: str, tmp_path: Path) -> None:
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (mounted / "database_url").write_text("postgresql://of-the-file@db/gate")

    with store_of(cloud, tmp_path) as environment:
        found = read_by_a_process(environment | {"GATE_SECRETS_DIR": str(mounted)})

    assert found == NAMES | {"database_url": "postgresql://of-the-file@db/gate"}


def test_a_secret_of_ours_that_google_withholds_stops_the_start(tmp_path: Path) -> None:
    with google_double({"GATE_DATABASE_URL": None, "GATE_REDIS_URL": PLANTED}, tmp_path) as environment:
        assert "no leave to read" in (words := complaint_of_a_process(environment))
    assert "gate_database_url" in words.lower()


@pytest.mark.parametrize("content", ["no JSON: planted-secret", '["planted-secret"]', '"planted-secret"'])
def test_an_aws_secret_that_is_no_json_object_stops_the_start(content: str) -> None:
    with aws_double(content) as environment:
        assert "GATE_SECRETS_FROM=aws" in complaint_of_a_process(environment)


def test_an_aws_secret_that_does_not_exist_stops_the_start() -> None:
    with aws_double(NAMES) as environment:
        words = complaint_of_a_process(environment | {"GATE_SECRETS_AWS_SECRET_ID": "gate/other"})
    assert "can't find the specified secret" in words


def test_a_store_that_cannot_be_reached_stops_the_start() -> None:
    with aws_double(NAMES) as environment:
        nowhere = {"AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://127.0.0.1:{free_port()}", "AWS_MAX_ATTEMPTS": "1"}
        words = complaint_of_a_process(environment | nowhere)
    assert "GATE_SECRETS_FROM=aws: it cannot be read: EndpointConnectionError" in words


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_missing_extra_is_named(cloud: str, tmp_path: Path) -> None:
    # A module that cannot be imported stands before the installed one.
    for package in ("azure", "boto3"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise ImportError")
    google = tmp_path / "sitecustomize.py"
    google.write_text("import sys\nsys.modules['google.cloud.secretmanager'] = None\n")
    named = {
        "GATE_SECRETS_AZURE_VAULT_URL": "https://x.vault.azure.net",
        "GATE_SECRETS_AWS_SECRET_ID": "x",
        "GATE_SECRETS_GCP_PROJECT_ID": "x",
    }

    words = complaint_of_a_process(
        {**named, "GATE_SECRETS_FROM": cloud, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    )

    assert f"pip install 'enrollment-gate[{cloud}]'" in words
