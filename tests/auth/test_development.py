import asyncio
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gate
from gate.auth.development import KEY_FILE, DevelopmentKeyVerifier, _create, development_key, sign_development_token
from gate.auth.permissions import Permission, Role
from gate.auth.principal import Principal
from gate.errors import GateError, InvalidInput, PermissionDenied, PreconditionFailed, Unauthenticated
from tests.auth.builders import HOUR, KEY, claims, token

MAKE_KEY = """
import sys
from pathlib import Path
from gate.auth.development import development_key
print(development_key(Path(sys.argv[1])).hex())
"""
PROCESSES = 2


async def verified(text: str, key: bytes = KEY) -> Principal:
    return await DevelopmentKeyVerifier(key).verify(text)


async def test_a_signed_token_says_who_calls_for_which_tenant_and_how_long() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    signed = sign_development_token(
        KEY, tenant="acme", subject="ada", roles=[Role.PIPELINE, Role.AUDITOR], now=now, ttl=HOUR
    )

    principal = await verified(signed)

    assert (principal.tenant, principal.subject) == ("acme", "ada")
    assert principal.roles == {Role.PIPELINE, Role.AUDITOR}
    assert {Permission.GATE_CHECK, Permission.AUDIT_VIEW} <= principal.permissions
    assert principal.expires_at == now + HOUR


@pytest.mark.parametrize(
    ("field", "tenant", "subject", "roles", "ttl"),
    [
        ("tenant", "a b", "ada", [Role.VIEWER], HOUR),
        ("tenant", "", "ada", [Role.VIEWER], HOUR),
        ("sub", "acme", " ", [Role.VIEWER], HOUR),
        ("role", "acme", "ada", [], HOUR),
        ("ttl", "acme", "ada", [Role.VIEWER], timedelta(0)),
    ],
)
def test_a_token_that_no_verifier_would_accept_is_not_signed(
    field: str, tenant: str, subject: str, roles: list[Role], ttl: timedelta
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        sign_development_token(KEY, tenant=tenant, subject=subject, roles=roles, now=datetime.now(UTC), ttl=ttl)

    assert [violation.field for violation in refusal.value.violations] == [field]


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": datetime.now(UTC) - HOUR},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": 10**20},
        {"iat": None},
        {"iat": datetime.now(UTC) + HOUR},
        {"nbf": datetime.now(UTC) + HOUR},
        {"iss": None},
        {"iss": "somebody-else"},
        {"aud": None},
        {"aud": "another-service"},
        {"sub": None},
        {"sub": ""},
        {"sub": "line\nbreak"},
        {"sub": "x" * 257},
        {"sub": 7},
        {"tenant": None},
        {"tenant": ""},
        {"tenant": "acme:globex"},
        {"tenant": ["acme"]},
        {"roles": None},
        {"roles": "pipeline"},
        {"roles": [1]},
    ],
    ids=",".join,
)
async def test_c2_a_token_with_a_claim_missing_or_malformed_stands_for_nobody(changed: dict[str, object]) -> None:
    with pytest.raises(Unauthenticated):
        await verified(token(claims(**changed)))


@pytest.mark.parametrize("roles", [[], ["superuser"], ["pipeline", "superuser"], ["PIPELINE"]])
async def test_a_token_without_known_roles_allows_nothing(roles: list[str]) -> None:
    with pytest.raises(PermissionDenied):
        await verified(token(claims(roles=roles)))


async def test_a_token_signed_with_another_key_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        await verified(token(claims(), key=bytes(32)))


async def test_an_unsigned_token_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        await verified(jwt.encode(claims(), "", algorithm="none"))


async def test_a_token_with_one_character_changed_is_refused() -> None:
    good = token(claims())
    head, payload, signature = good.split(".")
    for changed in (
        f"{head}.{payload[:-2]}{'AA' if payload[-2:] != 'AA' else 'BB'}.{signature}",
        f"{head}.{payload}.{signature[::-1]}",
        f"{head}.{payload}.",
        f"{head}.{payload}",
    ):
        with pytest.raises(Unauthenticated):
            await verified(changed)


@given(st.text() | st.text(alphabet="eyJ0.-_A", max_size=60) | st.just("W" * 9000 + ".e30.x"))
def test_whatever_is_sent_as_a_token_is_refused_in_our_own_words(text: str) -> None:
    with pytest.raises(Unauthenticated):
        asyncio.run(verified(text))


async def test_a_header_of_a_thousand_brackets_is_refused() -> None:
    nested = jwt.utils.base64url_encode(b"[" * 6000).decode()

    with pytest.raises(Unauthenticated):
        await verified(f"{nested}.e30.AAAA")


@pytest.mark.parametrize("said", [claims(tenant="a b"), claims(roles=["superuser"]), claims(exp=1)])
async def test_no_refusal_repeats_the_token_or_what_it_says(said: dict[str, object]) -> None:
    sent = token(said)

    with pytest.raises(GateError) as refusal:
        await verified(sent)

    assert refusal.value.__cause__ is None
    assert not any(part in str(refusal.value) for part in (*sent.split("."), "a b", "superuser", "ada"))


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    key = development_key(folder)

    assert len(key) == 32
    assert development_key(folder) == key
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    folder = Path(gate.__file__).parent.parent
    processes = [
        subprocess.Popen([sys.executable, "-c", MAKE_KEY, tmp_path], stdout=subprocess.PIPE, cwd=folder)
        for _ in range(PROCESSES)
    ]

    keys = {process.communicate()[0] for process in processes}

    assert len(keys) == 1
    assert keys == {f"{development_key(tmp_path).hex()}\n".encode()}


def test_of_two_processes_that_both_found_no_key_the_second_keeps_the_firsts(tmp_path: Path) -> None:
    path = tmp_path / KEY_FILE
    _create(path)
    first = path.read_text()

    _create(path)

    assert path.read_text() == first
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    development_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(mode)

    with pytest.raises(PreconditionFailed, match="chmod 600"):
        development_key(tmp_path)


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "00" * 31, "schlüssel"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / KEY_FILE
    path.write_text(content)
    path.chmod(0o600)

    with pytest.raises(PreconditionFailed, match="remove it"):
        development_key(tmp_path)
