"""Files that people and programs wait for: they appear whole, or not at all."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

STANDARD_OUTPUT: Final = "-"


@contextmanager
def written_whole(target: str | Path) -> Iterator[BinaryIO]:
    """Write to the file `target`, or to standard output for ``-``.

    A file appears, or replaces the one before, only when the block ends without an exception; until then everything
    goes to a file beside it, which an exception removes.

    Raises:
        OSError: when the file cannot be written.
    """
    if str(target) == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(target).resolve()
    if path.exists() and not path.is_file():
        # A pipe or device is written to, not replaced.
        with path.open("wb") as stream:
            yield stream
        return
    with _replacing(path) as stream:
        yield stream


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        if error.filename in {None, str(partial)}:
            error.filename = str(path)
        raise
    finally:
        partial.unlink(missing_ok=True)
