"""What the supervisor and its workers say to each other: a line of JSON each, by the workers' standard streams."""

import msgspec

from gate.serving import ServeRole


class Order(msgspec.Struct, frozen=True):
    """The first thing a worker is told. Not by way of the command line, which everybody on the machine may read."""

    slot: int
    """Which one of the workers it is, from 1; one that takes the place of another has its number."""
    size: int
    """How many there are to be."""
    metrics_directory: str
    settings: bytes
    """As `gate.workers.packing` packs them: who only listens to words does without what settings need."""
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
