"""Which passwords people may choose: long ones that nobody guesses first. Pure.

Length, not composition: what rules about digits and signs bring forth is ``Password2024!``. Twelve characters rule out
nearly all of the passwords that are tried first; what is left of those is refused here.
"""

import unicodedata
from importlib.resources import files
from typing import Final

from gate.errors import FieldViolation, InvalidInput

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
_FEWEST_CHARACTERS: Final = 5
"""Different ones. Fewer are a pattern: ``abababababab``."""
_SHORTEST_TELLING_PART: Final = 4
_COMMON: Final = frozenset((files("gate.accounts") / "common_passwords.txt").read_text(encoding="ascii").split())
"""Refused as they are, and the words among them also with digits and signs around them."""
_KEYBOARD_ROWS: Final = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


def normalized(password: str) -> str:
    """One spelling for what looks the same: keyboards compose accents differently."""
    return unicodedata.normalize("NFKC", password)


def verify_choice(password: str, login: str, *, field: str = "password") -> None:
    """Let pass a password that `login` may have.

    Raises:
        InvalidInput: saying what is wrong with it, never repeating it.
    """
    if objection := _objection(normalized(password), login):
        raise InvalidInput(FieldViolation(field, objection))


def _objection(password: str, login: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        return f"must have at least {SHORTEST_PASSWORD} characters"
    if len(password) > LONGEST_PASSWORD:
        return f"must have at most {LONGEST_PASSWORD} characters"
    if len(set(password.lower())) < _FEWEST_CHARACTERS:
        return "repeats too few characters: it would be guessed"
    if _is_common(password.lower()):
        return "is among the passwords that are tried first"
    if _tells_the_login(password.lower(), login.lower()):
        return "must be more than the login itself"
    return ""


def _is_common(password: str) -> bool:
    letters = "".join(character for character in password if character.isalpha())
    return password in _COMMON or letters in _COMMON or _runs_along_the_keyboard(password)


def _runs_along_the_keyboard(password: str) -> bool:
    return any(password in row or password in row[::-1] for row in _KEYBOARD_ROWS)


def _tells_the_login(password: str, login: str) -> bool:
    telling = [part for part in (login, login.partition("@")[0]) if len(part) >= _SHORTEST_TELLING_PART]
    return any(len(password.replace(part, "")) < _SHORTEST_TELLING_PART for part in telling)
