"""Whose work a list shows, as its address has it: everybody's, one's own, nobody's, or somebody's. Pure."""

from collections.abc import Sequence
from typing import Final

ME: Final = "me"
NOBODY: Final = "nobody"
EVERYBODY_OR_ME: Final[Sequence[tuple[str, str]]] = (("", "Everybody’s"), (ME, "Mine"))
WHOSE: Final[Sequence[tuple[str, str]]] = (*EVERYBODY_OR_ME, (NOBODY, "Nobody’s"))


def login_of(who: str, login: str) -> str:
    """The login that `who` stands for where `login` is one's own; empty: everybody's."""
    return login if who == ME else who


def choices_with(who: str, choices: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """The choices, and whoever was named in the address."""
    return choices if who in dict(choices) else (*choices, (who, who))
