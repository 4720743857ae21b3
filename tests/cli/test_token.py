"""`gate token`."""

from datetime import UTC, datetime

import jwt
import pytest

from tests.cli.providers import ENROLLED, TODAY
from tests.cli.shell import Shell


def test_a_token_says_for_whom_it_stands_and_until_when(lonely: Shell) -> None:
    before = datetime.now(UTC).timestamp()
    ran = lonely.gate(
        "token", "--tenant", "acme", "--role", "viewer", "--role", "pipeline", "--sub", "nightly run", "--ttl", "90"
    )
    assert (ran.code, ran.err) == (0, "")
    claims = jwt.decode(ran.out.strip(), options={"verify_signature": False})
    assert (claims["tenant"], claims["sub"], claims["roles"]) == ("acme", "nightly run", ["pipeline", "viewer"])
    assert claims["exp"] - claims["iat"] == 90
    assert claims["iat"] == pytest.approx(before, abs=30)


def test_the_key_is_made_once_and_only_its_owner_may_read_it(lonely: Shell) -> None:
    for _ in range(2):
        assert lonely.gate("token", "--tenant", "acme", "--role", "viewer").code == 0
    (key,) = (lonely.folder / "data").iterdir()
    assert key.stat().st_mode & 0o077 == 0


def test_a_server_takes_it(shell: Shell, tenant: str) -> None:
    token = shell.gate("token", "--tenant", tenant, "--role", "pipeline").out.strip()
    assert shell.gate("check", "--npi", ENROLLED, "--state", "TX", "--date", TODAY, GATE_TOKEN=token).code == 0


def test_a_role_that_does_not_exist_is_refused_with_those_that_do(lonely: Shell) -> None:
    ran = lonely.gate("token", "--tenant", "acme", "--role", "boss")
    assert ran.code == 2
    assert "'boss'" in ran.err
    assert "'gate_operator'" in ran.err


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--tenant", "a:b"], "tenant: must be 1 to 64 letters, digits, '.', '_' or '-', no sign first"),
        (["--tenant", "acme", "--ttl", "0"], "ttl: must be longer than nothing"),
        (["--tenant", "acme", "--sub", " "], "sub: must name somebody"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_server_would_take_is_not_signed(options: list[str], complaint: str, lonely: Shell) -> None:
    assert lonely.gate("token", "--role", "pipeline", *options).complaint == complaint


def test_where_an_identity_provider_vouches_nothing_is_signed(lonely: Shell) -> None:
    provider = {
        "GATE_AUTH__JWKS_URL": "https://identity.example/keys",
        "GATE_AUTH__ISSUER": "https://identity.example",
        "GATE_AUTH__AUDIENCE": "gate",
    }
    assert "identity provider" in lonely.gate("token", "--tenant", "acme", "--role", "pipeline", **provider).complaint
