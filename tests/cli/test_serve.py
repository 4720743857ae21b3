"""`gate serve` where it must not start: it says which key and why, and ends with 2."""

import json
import socket
from collections.abc import Iterator

import pytest

from tests.cli.shell import Shell
from tests.support.gates import GateProcess


@pytest.fixture
def taken() -> Iterator[str]:
    """An address somebody else serves at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        yield f"{host}:{port}"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"GATE_ENVIRONMENT": "production"}, ["GATE_ENVIRONMENT=production", "GATE_AUTH__JWKS_URL"]),
        ({"GATE_AUTH__JWKS_URL": "https://identity.example"}, ["GATE_AUTH__ISSUER", "GATE_AUTH__AUDIENCE"]),
        ({"GATE_TLS__CERTIFICATE_FILE": "/tls.crt"}, ["GATE_TLS__PRIVATE_KEY_FILE"]),
        ({"GATE_GRPC_ADDRESS": "everywhere"}, ["GATE_GRPC_ADDRESS: ", "host:port"]),
        ({"GATE_LOG_LEVEL": "loud", "GATE_DRAIN_SECONDS": "-1"}, ["GATE_LOG_LEVEL: ", "GATE_DRAIN_SECONDS: "]),
        ({"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX,ZZ"}, ["GATE_PROVIDER_ENROLLMENT__ENABLED_STATES: ", "ZZ"]),
        ({"GATE_PROVIDER_ENROLLMENT__GATE_MOOD": "x"}, ["GATE_PROVIDER_ENROLLMENT__GATE_MOOD: "]),
        (
            {"GATE_DATABASE_URL": "mysql://root:hunter2@db/gate", "GATE_REDIS_URL": "root:hunter2@cache"},
            ["GATE_DATABASE_URL", "GATE_REDIS_URL"],
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_settings_that_do_not_fit_are_named(settings: dict[str, str], told: list[str], lonely: Shell) -> None:
    ran = lonely.gate("serve", **settings)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("gate: the settings do not fit:\n")
    assert all(word in ran.err for word in told)
    assert "Traceback" not in ran.err
    assert "hunter2" not in ran.err


@pytest.mark.parametrize("key", ["GATE_GRPC_ADDRESS", "GATE_HTTP_ADDRESS", "GATE_SANDBOX_ADDRESS"])
def test_an_address_that_is_taken_is_named_with_its_key(key: str, taken: str, lonely: Shell) -> None:
    free = {"GATE_GRPC_ADDRESS": "127.0.0.1:0"}
    ran = lonely.gate("serve", "--sandbox", **(free | {key: taken}))
    assert (ran.code, ran.out) == (2, "")
    complaint = ran.err.splitlines()[-1]
    assert complaint.startswith("gate: ")
    assert f"at {taken} ({key})" in complaint
    assert "Traceback" not in ran.err


def test_a_certificate_that_is_not_there_is_named(lonely: Shell) -> None:
    key = lonely.write("tls.key", "")
    ran = lonely.gate("serve", GATE_TLS__PRIVATE_KEY_FILE=str(key), GATE_TLS__CERTIFICATE_FILE="/no/tls.crt")
    assert ran.complaint == "cannot start: /no/tls.crt (GATE_TLS__…) cannot be read: No such file or directory"


def test_a_file_of_settings_that_is_not_there_is_not_passed_over(lonely: Shell) -> None:
    ran = lonely.gate("serve", "--config", "nowhere.toml")
    assert ran.code == 2
    assert "nowhere.toml" in ran.err


def test_a_file_of_settings_that_is_no_toml_is_refused_with_the_place(lonely: Shell) -> None:
    file = lonely.write("gate.toml", "[provider_enrollment\n")
    assert "line 1" in lonely.gate("serve", "--config", str(file)).complaint


def test_a_file_of_settings_counts_and_the_environment_comes_first(lonely: Shell) -> None:
    file = lonely.write("gate.toml", 'log_level = "loud"\n')
    assert "GATE_LOG_LEVEL" in lonely.gate("serve", "--config", str(file)).err
    asked = lonely.gate("token", "--tenant", "a", "--role", "viewer", "--config", str(file), GATE_LOG_LEVEL="info")
    assert asked.code == 0


@pytest.mark.parametrize("command", [["serve", "--sandbox"], ["sandbox"]], ids=" ".join)
def test_production_never_asks_the_doubles(command: list[str], lonely: Shell) -> None:
    secured = {
        "GATE_ENVIRONMENT": "production",
        "GATE_AUTH__JWKS_URL": "https://identity.example/keys",
        "GATE_AUTH__ISSUER": "https://identity.example",
        "GATE_AUTH__AUDIENCE": "gate",
        "GATE_METRICS_TOKEN": "for prometheus alone",
    }
    assert lonely.gate(*command, **secured).complaint == "GATE_ENVIRONMENT=production refuses the sandbox"


def test_a_key_that_others_may_read_is_not_used(lonely: Shell) -> None:
    assert lonely.gate("token", "--tenant", "acme", "--role", "viewer").code == 0
    key = lonely.folder / "data" / "development.key"
    key.chmod(0o644)
    ran = lonely.gate("serve", GATE_GRPC_ADDRESS="127.0.0.1:0")
    assert "must be readable by its owner alone" in ran.complaint


def test_logs_are_json_lines(server: GateProcess) -> None:
    log = server.log
    assert "serving" in [json.loads(line)["event"] for line in log.splitlines()]
