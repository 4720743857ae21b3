"""What makes a start quick."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
        gc.enable()
