"""A test that takes all the memory there is, or all the time, ends the run and says where it was.

The time limit of a test is a signal, and fails that test alone. But an event loop takes whatever is raised in one of
its callbacks for the callback's own, and goes on; so this looks from a thread. `tests/conftest.py` loads it.
"""

import faulthandler
import os
import threading
import time
from pathlib import Path
from typing import Final

LARGEST_MEMORY: Final = 4 * 1024**3
"""Bytes; four times what all tests together leave behind in one process."""
LONGEST_TEST: Final = 900.0
"""Seconds; more than the limit of any test."""
_OWN_MEMORY: Final = Path("/proc/self/statm")
_PACE: Final = 1.0


def pytest_configure() -> None:
    """Begin to look. Nothing is captured yet, so what is said later by way of this copy of stderr is seen."""
    if _OWN_MEMORY.exists():
        threading.Thread(target=_watch, args=(os.dup(2),), daemon=True, name="runaways").start()


def _watch(stderr: int) -> None:
    running, since = "", time.monotonic()
    while True:
        time.sleep(_PACE)
        current = os.environ.get("PYTEST_CURRENT_TEST", "")
        if current != running:
            running, since = current, time.monotonic()
        memory = int(_OWN_MEMORY.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
        if memory > LARGEST_MEMORY:
            _end(stderr, f"{memory >> 20} MB are in use", running)
        if running and time.monotonic() - since > LONGEST_TEST:
            _end(stderr, f"it goes on after {LONGEST_TEST:.0f} s", running)


def _end(stderr: int, why: str, test: str) -> None:
    os.write(stderr, f"\n{test or 'between tests'}: {why}\n".encode())
    faulthandler.dump_traceback(stderr)
    os._exit(3)
