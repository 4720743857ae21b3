"""What the supervisor and its workers say to each other: a line of JSON each, by the workers' standard streams."""

import pickle

import msgspec

from gate.serving import ServeRole
from gate.settings import Settings


class Order(msgspec.Struct, frozen=True):
    """The first thing a worker is told. Not by way of the command line, which everybody on the machine may read."""

    slot: int
    """Which one of the workers it is, from 1; one that takes the place of another has its number."""
    size: int
    """How many there are to be."""
    metrics_directory: str
    settings: bytes
    """As `packed` packs them."""
    role: ServeRole = ServeRole.ALL


class Condition(msgspec.Struct, frozen=True):
    """How all of them are, told to each whenever it changes."""

    serving: dict[int, int] = {}
    """Process ids of those that take calls, by slot."""
    were_all_there: bool = False
    """Whether each of them took calls once."""
    restarts: int = 0
    """How often one took the place of another."""
    is_ending: bool = False
    """They are to finish."""


class Word(msgspec.Struct, frozen=True):
    """What a worker says of itself."""

    is_serving: bool = False
    failed: str = ""
    """Why it cannot start, in words for the operator."""


def packed(settings: Settings) -> bytes:
    """With their secrets, as they were read: a worker that starts later works by the same settings as the others."""
    return pickle.dumps(Settings.model_construct(**dict(settings)))


def unpacked(settings: bytes) -> Settings:
    """What `packed` packed; nothing is read or verified anew."""
    restored: Settings = pickle.loads(settings)  # noqa: S301 - by a pipe from the process that started this one
    return restored
