"""Settings on their way from the supervisor to its workers."""

import pickle

from gate.settings import Settings


def packed(settings: Settings) -> bytes:
    """With their secrets, as they were read: a worker that starts later works by the same settings as the others."""
    return pickle.dumps(Settings.model_construct(**dict(settings)))


def unpacked(settings: bytes) -> Settings:
    """What `packed` packed; nothing is read or verified anew."""
    restored: Settings = pickle.loads(settings)  # noqa: S301 - by a pipe from the process that started this one
    return restored
