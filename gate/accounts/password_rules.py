"""Which passwords people may choose: long ones that nobody guesses first. Pure.

Length, not composition: what rules about digits and signs bring forth is ``Password2024!``. Twelve characters rule out
nearly all of the passwords that are tried first; what is left of those is refused here.
"""

import unicodedata
from typing import Final

from gate.errors import FieldViolation, InvalidInput

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
_FEWEST_CHARACTERS: Final = 5
"""Different ones. Fewer are a pattern: ``abababababab``."""
_SHORTEST_TELLING_PART: Final = 4
_COMMON_WORDS: Final = frozenset(
    "abcabc abcd admin administrator baseball basketball changeit changeme changemenow charlie chocolate "
    "computer default dragon enrollment enrollmentgate external football gate hello helloworld hospital "
    "iloveyou iloveyousomuch internet jordan letmein letmeinnow login loveyou master medicaid michael monkey mypassword "
    "newpassword pass passpass passphrase password passwordpassword passwort princess provider qazwsx qazwsxedc qwer "
    "qwert qwerty qwertyqwerty qwertyuiop qwertyuiopasdfghjkl root rootroot secret secretpassword starwars summer sunshine "
    "superman temp temporary test testing testtest thisismypassword trustno user username welcome welcomehome "
    "welcomeback whatever winter zaq zxcvbn zxcvbnm autumn spring november december january february".split()
)
"""Alone, or with nothing but digits and signs around them."""
_COMMON_WHOLES: Final = frozenset(
    "1q2w3e4r5t6y 1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i q1w2e3r4t5y6 q1w2e3r4t5y6u7 1qaz2wsx3edc 1qaz2wsx3edc4rfv "
    "qwerty123456 123456qwerty qwertyuiop12 asdfghjkl123 qwertyuiop[] abcdefghijkl abcdefghijklm abcdefgh1234 "
    "abc123abc123 a1b2c3d4e5f6 aa123456789 correcthorsebatterystaple p@ssw0rd1234 p@ssw0rd123! passw0rd1234 "
    "iloveyou1234 monkey123456 zaq12wsxcde3 adgjmptwadgj 147258369147 741852963741".split()
)
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
    return password in _COMMON_WHOLES or letters in _COMMON_WORDS or _runs_along_the_keyboard(password)


def _runs_along_the_keyboard(password: str) -> bool:
    return any(password in row or password in row[::-1] for row in _KEYBOARD_ROWS)


def _tells_the_login(password: str, login: str) -> bool:
    telling = [part for part in (login, login.partition("@")[0]) if len(part) >= _SHORTEST_TELLING_PART]
    return any(len(password.replace(part, "")) < _SHORTEST_TELLING_PART for part in telling)
