import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.accounts.password_rules import LONGEST_PASSWORD, SHORTEST_PASSWORD, normalized, verify_choice
from gate.errors import InvalidInput

LOGIN = "maria.lopez@example.org"


def objection(password: str, login: str = LOGIN) -> str:
    with pytest.raises(InvalidInput) as refused:
        verify_choice(password, login)
    (violation,) = refused.value.violations
    return violation.description


@pytest.mark.parametrize(
    "password", ["seven green bicycles", "x7$kQ-pl!29z", "дом с зелёной крышей", "correct horse", "aaaa bbbb cccc d"]
)
def test_a_long_password_that_nobody_tries_first_is_fine_whatever_it_is_made_of(password: str) -> None:
    verify_choice(password, LOGIN)


@pytest.mark.parametrize(
    ("password", "because"),
    [
        ("elevenchars", "at least 12"),
        ("x" * (LONGEST_PASSWORD + 1), "at most 256"),
        ("abababababab", "too few characters"),
        ("123456789012", "tried first"),
        ("Password2024!", "tried first"),
        ("!!Welcome 123!!", "tried first"),
        ("zyxwvutsrqponm", "tried first"),
        ("Qwertyuiop12", "tried first"),
        ("P@ssw0rd1234", "tried first"),
        ("maria.lopez1!", "the login itself"),
        ("maria.lopez@example.org", "the login itself"),
    ],
)
def test_what_is_guessed_first_is_refused_in_words(password: str, because: str) -> None:
    assert because in objection(password)


@given(st.text(max_size=SHORTEST_PASSWORD - 1))
def test_nothing_shorter_than_twelve_characters_is_a_password(password: str) -> None:
    if len(normalized(password)) < SHORTEST_PASSWORD:
        assert "at least" in objection(password)


@given(st.text(min_size=1))
def test_a_refusal_never_repeats_the_password(password: str) -> None:
    secret = normalized(f"|{password}")[: SHORTEST_PASSWORD - 1]

    assert secret not in objection(secret)


def test_what_looks_the_same_is_the_same_password() -> None:
    assert normalized("cafe\u0301 au lait noir") == normalized("caf\u00e9 au lait noir")
