"""What makes a start quick."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_GENERATIONS: Final = (20_000, 20, 20)
"""When garbage is looked for. A batch makes some thousand short-lived objects: by default it would be looked through
several times before it is answered."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Inside, nothing is looked through for garbage, and what was made inside never is afterwards.

    What a start imports and builds stays until the end. Looking through all of it again and again while it grows takes
    a fifth of the start; later on, each full collection would stop the answers for as long.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*_GENERATIONS)
        gc.enable()
