"""`gate accounts`: an operator's work at the shell, on the database itself."""

import asyncio

import pytest

from gate.accounts.model import Client
from gate.auth.oidc_claims import Identity
from gate.auth.permissions import Role
from gate.errors import Unauthenticated
from gate.settings import Settings
from gate.wiring.people import people_of
from tests.cli.shell import Ran, Shell
from tests.support.gates import gate_environment

PASSWORD = "seven green bicycles"
ANOTHER = "nine yellow umbrellas"
ISSUER = "https://id.example.org"


def accounts(lonely: Shell, *arguments: str, password: str = "") -> Ran:
    stdin = ("--password-stdin",) if password else ()
    return lonely.gate("accounts", *arguments, *stdin, stdin=f"{password}\n" if password else "")


@pytest.fixture(scope="module")
def ann(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A deployment where Ann looks on at a clinic; the database is made by this very command."""
    folder = tmp_path_factory.mktemp("deployment")
    lonely = Shell(folder, gate_environment(folder / "data"))
    made = accounts(lonely, "create", "Ann@Example.org", "--tenant", "clinic", "--role", "viewer", password=PASSWORD)
    assert made.code == 0, made.err
    assert made.out == "Ann@Example.org may sign in to the portal, for clinic.\n"
    return lonely


def test_who_has_an_account_is_listed_with_roles_and_without_secrets(ann: Shell) -> None:
    listed = accounts(ann, "list", "--json")

    (person,) = listed.json
    assert (person["login"], person["memberships"]) == ("ann@example.org", {"clinic": ["viewer"]})
    assert person["disabled_at"] is None
    assert "argon2" not in listed.out
    table = accounts(ann, "list").out
    assert "ann@example.org" in table
    assert "clinic: viewer" in table


def test_roles_are_granted_and_taken_away(ann: Shell) -> None:
    granted = accounts(ann, "grant", "ann@example.org", "--tenant", "hospital", "--role", "auditor", "--role", "viewer")
    assert granted.out == "ann@example.org is auditor, viewer of hospital.\n"
    (person,) = accounts(ann, "list", "--json").json
    assert person["memberships"] == {"clinic": ["viewer"], "hospital": ["auditor", "viewer"]}

    taken = accounts(ann, "grant", "ann@example.org", "--tenant", "hospital")
    assert taken.out == "ann@example.org is no member of hospital.\n"
    (person,) = accounts(ann, "list", "--json").json
    assert person["memberships"] == {"clinic": ["viewer"]}


def test_a_password_is_set_and_an_account_disabled_and_enabled(ann: Shell) -> None:
    assert accounts(ann, "set-password", "ann@example.org", password=ANOTHER).code == 0
    assert accounts(ann, "disable", "ann@example.org").code == 0
    assert accounts(ann, "list", "--json").json[0]["disabled_at"]
    assert accounts(ann, "enable", "ann@example.org").code == 0
    assert accounts(ann, "list", "--json").json[0]["disabled_at"] is None


def test_whom_an_identity_provider_vouches_for_can_be_thrown_out_signed_in_or_not(lonely: Shell) -> None:
    settings = Settings(data_dir=lonely.folder / "data")
    vouched = Identity(issuer=ISSUER, subject="u-7", name="Eve", memberships={"clinic": frozenset({Role.VIEWER})})

    async def come() -> str:
        async with people_of(settings) as people:
            return (await people.sign_in.with_identity(vouched, Client(address="192.0.2.7"))).token

    async def is_in(token: str) -> bool:
        async with people_of(settings) as people:
            return await people.sessions.recognized(token) is not None

    token = asyncio.run(come())
    out = accounts(lonely, "disable", "u-7", "--issuer", ISSUER)
    assert (out.code, asyncio.run(is_in(token))) == (0, False)
    with pytest.raises(Unauthenticated, match="was disabled"):
        asyncio.run(come())

    assert "--tenant" in accounts(lonely, "enable", "u-7", "--issuer", ISSUER).complaint
    assert accounts(lonely, "enable", "u-7", "--issuer", ISSUER, "--tenant", "clinic").code == 0
    assert asyncio.run(is_in(asyncio.run(come())))


@pytest.mark.parametrize(
    ("arguments", "password", "complaint"),
    [
        (["create", "ann@example.org", "--tenant", "t", "--role", "viewer"], PASSWORD, "there is an account with this"),
        (["create", "bob", "--tenant", "t", "--role", "viewer"], "short", "password must have at least 12 characters"),
        (["create", "bob", "--tenant", "t"], PASSWORD, "role must name at least one role"),
        (["create", "bob smith", "--tenant", "t", "--role", "viewer"], PASSWORD, "login must be an address"),
        (["create", "bob", "--tenant", "no tenant", "--role", "viewer"], PASSWORD, "tenant must be"),
        (["set-password", "nobody"], PASSWORD, "there is no account with this login"),
        (["set-password", "ann@example.org"], "short", "password must have at least 12 characters"),
        (["disable", "nobody"], "", "there is no account with this login"),
        (["grant", "nobody", "--tenant", "t"], "", "there is no account with this login"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said_in_one_line_without_the_password(
    ann: Shell, arguments: list[str], password: str, complaint: str
) -> None:
    said = accounts(ann, *arguments, password=password).complaint

    assert said.startswith(complaint)
    assert not password or password not in said


def test_without_a_terminal_a_password_has_to_come_from_standard_input(lonely: Shell) -> None:
    ran = accounts(lonely, "create", "ann", "--tenant", "clinic", "--role", "viewer")

    assert ran.complaint == "there is no terminal to ask for the password at: give --password-stdin"


def test_a_password_is_no_argument(lonely: Shell) -> None:
    for command in ("create", "set-password"):
        assert "--password " not in lonely.gate("accounts", command, "--help").out
